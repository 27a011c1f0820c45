-- Whose session or token it is, see api.person_of.
SELECT api.person_of(%(digest)s, %(is_seen)s)
