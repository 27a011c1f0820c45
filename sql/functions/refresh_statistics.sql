-- Tell the planner what a batch or a run has just added: without it the first tiles of a new run are planned as if it were empty.
--   in      nothing      out   nothing      uses   the columns by which rows are found, and no others: the rest would cost seconds
-- It looks at 300 rows for each of the 30: enough until autovacuum looks at three times as many, in a third of the time.
-- Runs as its owner, since only a table's owner may have it analysed; it takes nothing from its caller and shows nothing.
CREATE FUNCTION api.refresh_statistics() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET default_statistics_target = 30 AS $$
BEGIN
    ANALYZE
        land.parcel (park_code, parcel_no, during, geom), land.parcel_use (park_code, parcel_no, uscc, during),
        land.enterprise (park_code, uscc, during), land.finding (run, parcel_id), land.triage (run, parcel_id),
        land.grade (run, parcel_id, park_code, uscc), land.cell (run, zoom, x, y);
END $$;
