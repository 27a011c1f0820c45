-- The parcels as they stand now, for desktop GIS: the latest truth of each, in the caller's scope.
--   crs     4490        index   parcel_geom
CREATE VIEW api.parcel_now WITH (security_invoker = true) AS
SELECT
    p.id, p.park_code, p.parcel_no, p.location, p.owner_name, p.tenure, p.landuse_code, p.landuse_scheme, p.build_status,
    p.cert_area_m2, p.geom_area_m2, lower(p.during) AS since_batch, p.geom
FROM land.parcel AS p
WHERE upper_inf(p.during);
COMMENT ON VIEW api.parcel_now IS '现状宗地 | parcels as they stand now';
