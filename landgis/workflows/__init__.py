"""Read, think, write: the only place where the pillars meet."""
