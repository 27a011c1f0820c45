-- The measures a run kept to look by, and whether its stability was drawn.
SELECT r.measures, EXISTS (SELECT FROM land.stability AS s WHERE s.run = r.run) AS is_drawn FROM land.run AS r WHERE r.run = %(run)s
