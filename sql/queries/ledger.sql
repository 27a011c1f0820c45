-- A run parcel by parcel. Composed, not bound, because COPY takes no parameters: {run}, {parks} and {ids} are quoted literals; {ids}
-- may be null: all.
SELECT
    p.id, p.park_code, p.parcel_no, p.location, p.owner_name,
    (SELECT string_agg(DISTINCT coalesce(e.name, u.uscc), '；')
     FROM land.parcel_use AS u
     LEFT JOIN land.enterprise AS e ON e.park_code = u.park_code AND e.uscc = u.uscc AND e.during @> r.batch
     WHERE u.park_code = p.park_code AND u.parcel_no = p.parcel_no AND u.during @> r.batch),
    p.geom_area_m2, p.cert_area_m2, p.landuse_code, p.landuse_scheme,
    t.answer, t.gate, t.reason, t.track, t.suspected, t.tests, t.grade,
    g.possible, g.reliability, g.total, g.total_low, g.total_high, t.freeable_m2, t.upgrade_m2, p.geom
FROM land.triage AS t
JOIN land.run AS r USING (run)
JOIN land.parcel AS p ON p.id = t.parcel_id
LEFT JOIN LATERAL (
    SELECT o.possible, o.reliability, o.total, o.total_low, o.total_high
    FROM land.grade AS o
    WHERE o.run = r.run AND o.parcel_id = t.parcel_id
    UNION ALL
    SELECT o.possible, o.reliability, o.total, o.total_low, o.total_high
    FROM land.grade AS o
    WHERE o.run = r.run AND o.park_code = t.park_code AND o.uscc = t.uscc AND o.parcel_id IS NULL
        AND o.year = extract(year FROM r.as_of) - 1
    LIMIT 1
) AS g ON true
WHERE t.run = {run} AND (cardinality({parks}::text[]) = 0 OR p.park_code = ANY ({parks}::text[]))
    AND ({ids}::bigint[] IS NULL OR p.id = ANY ({ids}::bigint[]))
ORDER BY p.park_code, p.parcel_no
