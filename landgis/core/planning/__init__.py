"""Which ground goes together and what frees it: borders, sites, moves, and all demands at once."""
