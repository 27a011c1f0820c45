-- The grades that bear on one parcel: its own, or those of the enterprises that use it.
SELECT g.uscc, g.year, g.ruleset, g.population, g.measured, g.bases, g.scores, g.bonus, g.deduction,
    g.total, g.total_low, g.total_high, g.reliability, g.rank, g.share, g.grade, g.possible, g.reason
FROM land.grade AS g
WHERE g.run = %(run)s AND g.parcel_id = %(parcel_id)s
UNION ALL
SELECT g.uscc, g.year, g.ruleset, g.population, g.measured, g.bases, g.scores, g.bonus, g.deduction,
    g.total, g.total_low, g.total_high, g.reliability, g.rank, g.share, g.grade, g.possible, g.reason
FROM land.run AS r
JOIN land.parcel AS p ON p.id = %(parcel_id)s
-- Who owns a parcel and uses it stands twice among its uses.
CROSS JOIN LATERAL (
    SELECT DISTINCT u.park_code, u.uscc
    FROM land.parcel_use AS u
    WHERE u.park_code = p.park_code AND u.parcel_no = p.parcel_no AND u.during @> r.batch
) AS u
JOIN land.grade AS g ON g.run = r.run AND g.park_code = u.park_code AND g.uscc = u.uscc AND g.parcel_id IS NULL
WHERE r.run = %(run)s
ORDER BY year DESC, ruleset, uscc
