-- Judged parcels whose number, owner or enterprise holds a text.
SELECT
    p.id AS parcel_id, p.parcel_no, p.park_code, coalesce(e.name, p.owner_name) AS name, t.answer,
    array[ST_XMin(p.geom), ST_YMin(p.geom), ST_XMax(p.geom), ST_YMax(p.geom)] AS bbox
FROM land.triage AS t
JOIN land.run AS r USING (run)
JOIN land.parcel AS p ON p.id = t.parcel_id
LEFT JOIN LATERAL (
    SELECT e.name
    FROM land.parcel_use AS u
    JOIN land.enterprise AS e ON e.park_code = u.park_code AND e.uscc = u.uscc AND e.during @> r.batch
    WHERE u.park_code = p.park_code AND u.parcel_no = p.parcel_no AND u.during @> r.batch
    ORDER BY (e.name ILIKE %(pattern)s OR e.uscc ILIKE %(pattern)s) DESC, u.area_m2 DESC NULLS LAST
    LIMIT 1
) AS e ON true
WHERE t.run = %(run)s
    AND (p.parcel_no ILIKE %(pattern)s OR p.owner_name ILIKE %(pattern)s OR p.location ILIKE %(pattern)s OR e.name ILIKE %(pattern)s)
ORDER BY (p.parcel_no ILIKE %(exact)s) DESC, p.parcel_no, p.park_code
LIMIT %(limit)s
