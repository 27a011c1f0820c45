-- One vector tile of a run, on the stock as the run saw it: its parcels, or counts in cells where parcels cannot be told apart.
--   in      run, z, x, y  Web Mercator tile
--   out     MVT; NULL: no such run in scope; no bytes: nothing of it lies here
--           layer "parcel": id (parcel_id), no, park, answer, suspected, tests, grade, area_m2 (m²)
--           layer "cell": parcels, area_m2, answer (of most land), exit, swap, upgrade, leave, data_first (parcels)
--   crs     stored 4490, drawn 3857; nothing is measured here.   index  parcel_geom, triage primary key, cell primary key
-- Plans are kept: to plan a tile anew for its numbers takes as long as to draw it.
CREATE FUNCTION api.tile(run bigint, z integer, x integer, y integer) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE detail_zoom integer := (SELECT r.detail_zoom FROM land.run AS r WHERE r.run = tile.run);
BEGIN
    IF tile.z < detail_zoom THEN
        RETURN (
            WITH counted AS (
                SELECT
                    x, y,
                    sum(exit)::integer AS exit, sum(swap)::integer AS swap, sum(upgrade)::integer AS upgrade,
                    sum(leave)::integer AS leave, sum(data_first)::integer AS data_first,
                    sum(exit_m2) AS exit_m2, sum(swap_m2) AS swap_m2, sum(upgrade_m2) AS upgrade_m2,
                    sum(leave_m2) AS leave_m2, sum(data_first_m2) AS data_first_m2
                FROM land.cell
                WHERE run = tile.run AND zoom = tile.z
                    AND x BETWEEN 32 * tile.x AND 32 * tile.x + 31 AND y BETWEEN 32 * tile.y AND 32 * tile.y + 31
                GROUP BY x, y
            ),
            drawn AS (
                SELECT
                    exit + swap + upgrade + leave + data_first AS parcels,
                    round(exit_m2 + swap_m2 + upgrade_m2 + leave_m2 + data_first_m2)::bigint AS area_m2,
                    CASE greatest(exit_m2, swap_m2, upgrade_m2, leave_m2, data_first_m2)
                        WHEN data_first_m2 THEN 'data_first' WHEN exit_m2 THEN 'exit' WHEN leave_m2 THEN 'leave'
                        WHEN swap_m2 THEN 'swap' ELSE 'upgrade'
                    END AS answer,
                    exit, swap, upgrade, leave, data_first,
                    ST_MakeEnvelope(128 * (x & 31) + 8, 128 * (y & 31) + 8, 128 * (x & 31) + 120, 128 * (y & 31) + 120) AS geom
                FROM counted
            )
            SELECT ST_AsMVT(drawn, 'cell', 4096, 'geom') FROM drawn
        );
    ELSIF tile.z >= detail_zoom THEN
        RETURN (
            WITH place AS (SELECT ST_TileEnvelope(tile.z, tile.x, tile.y) AS edge),
            seen AS MATERIALIZED (  -- else the shape would be made twice: once to see whether it is there
                SELECT
                    p.id, p.parcel_no AS no, p.park_code AS park, t.answer, t.suspected, t.tests, t.grade,
                    round(p.geom_area_m2)::integer AS area_m2,
                    ST_AsMVTGeom(ST_Transform(p.geom, 3857), place.edge, 4096, 64, true) AS geom
                FROM place
                JOIN land.parcel AS p
                    ON p.geom && ST_Transform(ST_Expand(place.edge, 40075016.685578488 / (1 << tile.z) / 64), 4490)
                JOIN land.triage AS t ON t.run = tile.run AND t.parcel_id = p.id
            )
            SELECT ST_AsMVT(seen, 'parcel', 4096, 'geom') FROM seen WHERE geom IS NOT NULL
        );
    END IF;
    RETURN NULL;
END $$;
