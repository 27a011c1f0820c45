-- The answer of every run for every parcel it judged, on the version it judged: what a desktop GIS or a report draws.
--   crs     4490        index   triage primary key, parcel primary key
CREATE VIEW api.parcel_answer WITH (security_invoker = true) AS
SELECT
    t.run, r.as_of, p.id AS parcel_id, p.park_code, p.parcel_no, t.answer, t.gate, t.track, t.suspected, t.tests, t.grade,
    p.geom_area_m2, t.freeable_m2, t.upgrade_m2, p.geom
FROM land.triage AS t
JOIN land.run AS r USING (run)
JOIN land.parcel AS p ON p.id = t.parcel_id;
COMMENT ON VIEW api.parcel_answer IS '处置建议 | answers of all runs on the parcels as judged';
