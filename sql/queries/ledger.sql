-- A run parcel by parcel. Composed, not bound, because COPY takes no parameters: {run}, {parks} and {ids} are quoted literals; {ids}
-- may be null: all.
SELECT
    p.id, p.park_code, p.parcel_no, p.location, p.owner_name, coalesce(k.enterprises, k.usccs),
    p.geom_area_m2, p.cert_area_m2, p.landuse_code, p.landuse_scheme,
    t.answer, t.gate, t.reason, t.track, t.suspected, t.tests, t.grade,
    coalesce(own.possible, firm.possible), coalesce(own.reliability, firm.reliability), coalesce(own.total, firm.total),
    coalesce(own.total_low, firm.total_low), coalesce(own.total_high, firm.total_high), t.freeable_m2, t.upgrade_m2, p.geom
FROM land.triage AS t
JOIN land.run AS r ON r.run = t.run
JOIN land.parcel AS p ON p.id = t.parcel_id
JOIN land.looked AS k ON k.run = t.run AND k.parcel_id = t.parcel_id
LEFT JOIN land.grade AS own ON own.run = {run} AND own.parcel_id = t.parcel_id
LEFT JOIN land.grade AS firm ON own.run IS NULL AND firm.run = {run} AND firm.park_code = t.park_code
    AND firm.uscc = t.uscc AND firm.parcel_id IS NULL AND firm.year = extract(year FROM r.as_of) - 1
WHERE t.run = {run} AND (cardinality({parks}::text[]) = 0 OR p.park_code = ANY ({parks}::text[]))
    AND ({ids}::bigint[] IS NULL OR p.id = ANY ({ids}::bigint[]))
ORDER BY p.park_code, p.parcel_no
