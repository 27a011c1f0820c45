-- Where parks lie.
--   in    codes  parks; those outside the caller's scope are not told
--   out   park_code; geom, WKB in EPSG:4490: the park's own shape, or the box around its parcels where it has none
SELECT k.park_code, ST_AsBinary(coalesce(k.geom, (
    SELECT ST_SetSRID(ST_Extent(p.geom)::geometry, 4490) FROM land.parcel AS p WHERE p.park_code = k.park_code AND upper_inf(p.during)
))) AS geom
FROM land.park AS k
WHERE upper_inf(k.during) AND k.park_code = ANY (%(codes)s)
