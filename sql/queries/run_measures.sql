-- The measures a run kept to look by.
SELECT measures FROM land.run WHERE run = %(run)s
