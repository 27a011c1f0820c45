-- Count a run's parcels on the grid of each zoom at which they cannot be told apart, from `zoom` down to 0.
--   out     land.cell: 32 by 32 cells a tile, numbered from the north-west corner of the world
--   crs     3857, by a point inside each parcel: for drawing only
WITH seat AS (
    SELECT t.park_code, t.answer, p.geom_area_m2 AS area_m2, ST_Transform(ST_PointOnSurface(p.geom), 3857) AS at
    FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
    WHERE t.run = %(run)s
),
finest AS (
    SELECT
        park_code, answer,
        floor((ST_X(at) + 20037508.342789244) / 40075016.685578488 * (32 << %(zoom)s))::integer AS x,
        floor((20037508.342789244 - ST_Y(at)) / 40075016.685578488 * (32 << %(zoom)s))::integer AS y,
        count(*)::integer AS parcels, sum(area_m2) AS area_m2
    FROM seat GROUP BY 1, 2, 3, 4
)
INSERT INTO land.cell (run, zoom, park_code, answer, x, y, parcels, area_m2)
SELECT %(run)s, z.zoom, park_code, answer, x >> (%(zoom)s - z.zoom), y >> (%(zoom)s - z.zoom), sum(parcels), sum(area_m2)
FROM finest CROSS JOIN generate_series(0, %(zoom)s) AS z (zoom)
GROUP BY 2, 3, 4, 5, 6
