-- Judged parcels whose number, holder, place, enterprises, credit codes or initials hold a text.
SELECT
    p.id AS parcel_id, p.parcel_no, p.park_code,
    coalesce(
        (SELECT n FROM unnest(string_to_array(k.enterprises, '；')) AS n ORDER BY n ILIKE %(pattern)s DESC LIMIT 1), p.owner_name
    ) AS name,
    t.answer, array[ST_XMin(p.geom), ST_YMin(p.geom), ST_XMax(p.geom), ST_YMax(p.geom)] AS bbox
FROM land.triage AS t
JOIN land.looked AS k ON k.run = t.run AND k.parcel_id = t.parcel_id
JOIN land.parcel AS p ON p.id = t.parcel_id
WHERE t.run = %(run)s
    AND (p.parcel_no ILIKE %(pattern)s OR p.owner_name ILIKE %(pattern)s OR p.location ILIKE %(pattern)s
        OR k.enterprises ILIKE %(pattern)s OR k.usccs ILIKE %(pattern)s OR k.initials ILIKE %(pattern)s)
ORDER BY (p.parcel_no ILIKE %(exact)s) DESC, p.parcel_no, p.park_code
LIMIT %(limit)s
