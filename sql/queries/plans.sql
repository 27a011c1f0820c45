-- The plans in scope, latest first; of one run if named.
SELECT
    p.plan, p.parent, p.run, p.park_codes, p.as_of, p.made_at, p.made_by, p.asked, p.currency, p.objective_wan, p.bound_wan, p.gap,
    p.is_proved, p.seconds, p.told,
    EXISTS (SELECT FROM land.promise AS a WHERE a.plan = p.plan AND upper_inf(a.during)) AS is_adopted
FROM land.plan AS p
WHERE %(run)s::bigint IS NULL OR p.run = %(run)s
ORDER BY p.plan DESC
LIMIT %(limit)s
