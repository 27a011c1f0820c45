"""What comes in: is it sound, what is doubtful, what is mended, what a batch changed."""
