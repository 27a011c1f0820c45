-- Who may. Run at the start of every migration by the administrator who connects.
--   landgis_owner   owns everything and migrates; nobody logs in as it
--   landgis_app     what the service and the command line connect as: owns nothing, cannot bypass row-level security
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'landgis_owner') THEN
        CREATE ROLE landgis_owner NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'landgis_app') THEN
        CREATE ROLE landgis_app LOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
END $$;
GRANT landgis_owner, landgis_app TO CURRENT_USER;
CREATE SCHEMA IF NOT EXISTS land AUTHORIZATION landgis_owner;
DO $$
BEGIN
    EXECUTE format('GRANT CONNECT, TEMPORARY, CREATE ON DATABASE %I TO landgis_owner', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO landgis_app', current_database());
END $$;
