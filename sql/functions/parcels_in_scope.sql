-- How many parcels of a run are in scope: all that it counted, where the scope holds all of its parks.
--   in      run, its parks and what it counted   out  parcels   scope   row-level security of land.triage   index   triage primary key
CREATE FUNCTION api.parcels_in_scope(run bigint, park_codes text[], parcels integer) RETURNS integer
    LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN land.scope() = '{*}' OR park_codes <@ land.scope()::text[] THEN parcels
        ELSE (SELECT count(*) FROM land.triage AS t WHERE t.run = parcels_in_scope.run)::integer
    END
$$;
