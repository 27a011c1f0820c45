-- A run's parcels, page by page: those behind `after`, of one park and one answer where they are named.
--   index   triage primary key, parcel primary key
SELECT
    t.parcel_id, p.parcel_no, p.park_code, p.owner_name, p.location, p.geom_area_m2 AS area_m2, t.answer, t.gate, t.track,
    t.suspected, t.tests, t.grade, t.freeable_m2, t.upgrade_m2,
    array[ST_XMin(p.geom), ST_YMin(p.geom), ST_XMax(p.geom), ST_YMax(p.geom)] AS bbox
FROM land.triage AS t
JOIN land.parcel AS p ON p.id = t.parcel_id
WHERE t.run = %(run)s AND t.parcel_id > %(after)s
    AND (%(park)s::text IS NULL OR t.park_code = %(park)s) AND (%(answer)s::text IS NULL OR t.answer = %(answer)s)
ORDER BY t.parcel_id
LIMIT %(limit)s
