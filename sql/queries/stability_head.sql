-- How a run's stability was drawn, if it was.
SELECT run, draws, seed, concentration, noise, made_at FROM land.stability WHERE run = %(run)s
