-- What the application's role may and may not do, and what keeps its queries quick.
--   out   name, is_ok, seen (the names that are wrong, or the version that was found; the words are in `landgis.store.health`)
SELECT 'role is bound' AS name, NOT rolsuper AND NOT rolbypassrls AS is_ok, current_user::text AS seen
FROM pg_roles WHERE rolname = current_user
UNION ALL
SELECT 'role owns nothing', count(*) = 0, coalesce(string_agg(relname, ', '), '')
FROM pg_class WHERE relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) AND relpersistence <> 't'
UNION ALL
SELECT 'row-level security', count(*) = 0, coalesce(string_agg(relname, ', '), '')
FROM pg_class AS c
WHERE relnamespace = 'land'::regnamespace AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)
    AND relname NOT IN ('migration', 'ruleset')
UNION ALL
SELECT 'no scope sees nothing', count(*) = 0, '' FROM (SELECT FROM land.parcel LIMIT 1) AS seen
UNION ALL
SELECT 'views ask as the caller', count(*) = 0, coalesce(string_agg(relname, ', '), '')
FROM pg_class
WHERE relnamespace = 'api'::regnamespace
    AND (relkind = 'm' OR relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (reloptions), false))
UNION ALL
SELECT 'geometry_overlaps is leakproof', bool_and(proleakproof), ''
FROM pg_proc WHERE proname = 'geometry_overlaps' AND pronargs = 2
UNION ALL
SELECT 'PostGIS', string_to_array(split_part(extversion, '-', 1), '.')::int[] >= '{3,3}', extversion
FROM pg_extension WHERE extname = 'postgis'
