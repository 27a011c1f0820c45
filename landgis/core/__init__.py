"""Pure thought: frames, rules and a day in; frames out."""
