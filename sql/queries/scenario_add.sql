-- Keep weights under a name; nothing where the name is taken. A scenario speaks of the parks of its run.
INSERT INTO land.scenario (run, park_codes, name, weights)
SELECT r.run, r.park_codes, %(title)s, %(weights)s FROM land.run AS r WHERE r.run = %(run)s
ON CONFLICT (run, name) DO NOTHING
RETURNING scenario, run, name, weights, made_at, made_by
