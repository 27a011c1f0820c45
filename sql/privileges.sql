-- What each role may do with what there is now. Run at the end of every migration; nothing is granted anywhere else.
GRANT USAGE ON SCHEMA land, api TO landgis_app;
GRANT SELECT ON ALL TABLES IN SCHEMA land, api TO landgis_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA land, api TO landgis_app;
GRANT INSERT ON ALL TABLES IN SCHEMA land TO landgis_app;
REVOKE INSERT ON land.migration FROM landgis_app;
-- Closing a version is the only change: `during` of a stock row, and nothing else of it.
GRANT UPDATE (during) ON land.park, land.parcel, land.contract, land.contract_delay, land.building, land.enterprise, land.parcel_use,
    land.enterprise_year, land.enterprise_month, land.zone, land.evidence, land.demand TO landgis_app;
-- So is the end of a promise.
GRANT UPDATE (during) ON land.promise TO landgis_app;
-- The queue is worked on by whoever works: it holds numbers of jobs, and what they are about is under row-level security.
GRANT USAGE ON SCHEMA queue TO landgis_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA queue TO landgis_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA queue TO landgis_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA queue TO landgis_app;

-- Under row-level security PostGIS's && may use its index only when it is known not to leak rows. It can say nothing but
-- "mixed SRID". pg_dump forgets the flag, an extension update may too: hence on every migration, where we are allowed to.
DO $$
BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        ALTER FUNCTION geometry_overlaps(geometry, geometry) LEAKPROOF;
        -- The scope is set by SET LOCAL with a literal; closing set_config keeps an injected expression from widening it.
        REVOKE EXECUTE ON FUNCTION pg_catalog.set_config(text, text, boolean) FROM PUBLIC;
    END IF;
END $$;
