-- One parcel as a run judged it, with the answer and where its row came from.
--   index   triage primary key, parcel primary key
SELECT
    t.run, r.as_of, p.id AS parcel_id, p.park_code, coalesce(k.name, p.park_code) AS park_name, p.parcel_no, p.zddm, p.bdcdyh,
    p.cert_no, p.location, p.owner_name, p.owner_uscc, p.tenure, p.ownership, p.geom_area_m2 AS area_m2, p.cert_area_m2,
    p.landuse_code, p.landuse_scheme, p.plan_code, p.plan_scheme, p.plan_far_min, p.plan_far_max, p.build_status, p.stock_class,
    p.term_end, p.is_mortgaged, p.is_seized, p.assessed_value, p.assessed_currency,
    array[ST_XMin(p.geom), ST_YMin(p.geom), ST_XMax(p.geom), ST_YMax(p.geom)] AS bbox,
    t.answer, t.gate, t.reason, t.track, t.suspected, t.tests, t.grade, t.freeable_m2, t.upgrade_m2,
    t.modes, t.urgency, t.urgency_low, t.urgency_high, t.shortfall_low, t.shortfall_high, t.exit_ease_low, t.exit_ease_high,
    jsonb_build_object('file', coalesce(p.source_file, b.file), 'batch', b.batch, 'layer', p.source_layer, 'row', p.source_row, 'sha256', b.sha256) AS source
FROM land.triage AS t
JOIN land.run AS r USING (run)
JOIN land.parcel AS p ON p.id = t.parcel_id
JOIN land.batch AS b ON b.batch = lower(p.during)
LEFT JOIN land.park AS k ON k.park_code = p.park_code AND k.during @> r.batch
WHERE t.run = %(run)s AND t.parcel_id = %(parcel_id)s
