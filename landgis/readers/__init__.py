"""Files in: open them, and bring their columns to ours."""
