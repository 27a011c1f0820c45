-- Count a run's parcels on the grid of each zoom at which they cannot be told apart, from `zoom` down to 0.
--   out     land.cell: 32 by 32 cells a tile, numbered from the north-west corner of the world; parcels and m² by answer
--   crs     3857, by a point inside each parcel: for drawing only
WITH seat AS (
    SELECT t.park_code, t.answer, p.geom_area_m2 AS m2, ST_Transform(ST_PointOnSurface(p.geom), 3857) AS at
    FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
    WHERE t.run = %(run)s
),
finest AS (
    SELECT
        park_code, answer, count(*) AS parcels, sum(m2) AS m2,
        floor((ST_X(at) + 20037508.342789244) / 40075016.685578488 * (32 << %(zoom)s))::integer AS x,
        floor((20037508.342789244 - ST_Y(at)) / 40075016.685578488 * (32 << %(zoom)s))::integer AS y
    FROM seat GROUP BY park_code, answer, x, y
)
INSERT INTO land.cell (
    run, zoom, x, y, park_code, exit, swap, upgrade, leave, data_first, exit_m2, swap_m2, upgrade_m2, leave_m2, data_first_m2
)
SELECT
    %(run)s, z.zoom, x >> (%(zoom)s - z.zoom) AS column_x, y >> (%(zoom)s - z.zoom) AS row_y, park_code,
    coalesce(sum(parcels) FILTER (WHERE answer = 'exit'), 0),
    coalesce(sum(parcels) FILTER (WHERE answer = 'swap'), 0),
    coalesce(sum(parcels) FILTER (WHERE answer = 'upgrade'), 0),
    coalesce(sum(parcels) FILTER (WHERE answer = 'leave'), 0),
    coalesce(sum(parcels) FILTER (WHERE answer = 'data_first'), 0),
    coalesce(sum(m2) FILTER (WHERE answer = 'exit'), 0),
    coalesce(sum(m2) FILTER (WHERE answer = 'swap'), 0),
    coalesce(sum(m2) FILTER (WHERE answer = 'upgrade'), 0),
    coalesce(sum(m2) FILTER (WHERE answer = 'leave'), 0),
    coalesce(sum(m2) FILTER (WHERE answer = 'data_first'), 0)
FROM finest CROSS JOIN generate_series(0, %(zoom)s) AS z (zoom)
GROUP BY z.zoom, column_x, row_y, park_code
-- Neighbours in a tile lie side by side on disk, too.
ORDER BY z.zoom, column_x, row_y
