-- The scenarios of a run, latest first.
SELECT scenario, run, name, weights, made_at, made_by FROM land.scenario WHERE run = %(run)s ORDER BY scenario DESC
