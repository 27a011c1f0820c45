-- What a run rests on, and the hashes over what it said.
SELECT batch, park_codes, as_of, snapshot, version, result FROM land.run WHERE run = %(run)s
