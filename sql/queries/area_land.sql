-- The parcels of a run that meet a drawn area, each with how much of it lies inside (m² on the ellipsoid).
--   in      run, shape (WKB, degrees of EPSG:4490)      index   parcel_geom, triage primary key
SELECT
    t.parcel_id, p.park_code, p.parcel_no, t.answer, t.suspected, t.grade, g.total, p.geom_area_m2 AS area_m2,
    t.freeable_m2, t.upgrade_m2,
    CASE WHEN ST_CoveredBy(p.geom, s.shape) THEN p.geom_area_m2
         ELSE ST_Area(ST_Intersection(p.geom, s.shape)::geography) END AS inside_m2
FROM (SELECT ST_SetSRID(ST_GeomFromWKB(%(shape)s), 4490) AS shape) AS s
JOIN land.parcel AS p ON ST_Intersects(p.geom, s.shape)
JOIN land.triage AS t ON t.run = %(run)s AND t.parcel_id = p.id
JOIN land.run AS r ON r.run = t.run
LEFT JOIN LATERAL (
    SELECT o.total FROM land.grade AS o WHERE o.run = t.run AND o.parcel_id = t.parcel_id
    UNION ALL
    SELECT o.total FROM land.grade AS o
    WHERE o.run = t.run AND o.park_code = t.park_code AND o.uscc = t.uscc AND o.parcel_id IS NULL
        AND o.year = extract(year FROM r.as_of) - 1
    LIMIT 1
) AS g ON true
ORDER BY t.parcel_id
