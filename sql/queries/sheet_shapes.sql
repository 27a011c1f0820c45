-- The parcels of a run that meet an extent, with their shapes. Composed, not bound, because COPY takes no parameters: {run}, {west},
-- {south}, {east} and {north} (degrees, EPSG:4490) are quoted literals.
--   index   parcel_geom, triage primary key
SELECT t.parcel_id, p.park_code, p.parcel_no, t.answer, p.geom_area_m2, p.geom
FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
WHERE t.run = {run} AND p.geom && ST_MakeEnvelope({west}, {south}, {east}, {north}, 4490)
ORDER BY t.parcel_id
