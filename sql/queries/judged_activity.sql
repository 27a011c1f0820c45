-- Whether those on one parcel still work, as a run saw it: the parcel itself where it has patches, then each enterprise that uses it.
--   index   activity_parcel, activity_enterprise, parcel_use_now
SELECT NULL AS uscc, a.probability, a.stopped, a.zombie, a.tests, a.signs
FROM land.activity AS a
WHERE a.run = %(run)s AND a.parcel_id = %(parcel_id)s
UNION ALL
SELECT a.uscc, a.probability, a.stopped, a.zombie, a.tests, a.signs
FROM land.run AS r
JOIN land.parcel AS p ON p.id = %(parcel_id)s
-- Its users first: asked of each enterprise of the park instead, it takes as many looks at the uses as the park has enterprises.
CROSS JOIN LATERAL (
    SELECT DISTINCT u.uscc
    FROM land.parcel_use AS u
    WHERE u.park_code = p.park_code AND u.parcel_no = p.parcel_no AND u.during @> r.batch
) AS u
JOIN land.activity AS a ON a.run = r.run AND a.park_code = p.park_code AND a.uscc = u.uscc
WHERE r.run = %(run)s
ORDER BY uscc NULLS FIRST
