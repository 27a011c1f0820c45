-- One vector tile of a run's parcels, on the stock as the run saw it.
--   in      z, x, y  Web Mercator tile;  run
--   out     MVT, layer "parcel": id (parcel_id), no, park, answer, suspected, tests, grade, area_m2 (m²); empty where there is none
--   crs     stored 4490, drawn 3857; nothing is measured here.   index  parcel_geom, triage primary key
WITH tile AS (SELECT ST_TileEnvelope(%(z)s, %(x)s, %(y)s) AS edge),
seen AS MATERIALIZED (  -- else the shape would be made twice: once to see whether it is there
    SELECT
        p.id, p.parcel_no AS no, p.park_code AS park, t.answer, t.suspected, t.tests, t.grade,
        round(p.geom_area_m2)::integer AS area_m2,
        ST_AsMVTGeom(ST_Transform(p.geom, 3857), tile.edge, 4096, 64, true) AS geom
    FROM tile
    JOIN land.parcel AS p ON p.geom && ST_Transform(ST_Expand(tile.edge, 40075016.685578488 / (1 << %(z)s) / 64), 4490)
    JOIN land.triage AS t ON t.run = %(run)s AND t.parcel_id = p.id
)
SELECT ST_AsMVT(seen, 'parcel', 4096, 'geom') FROM seen WHERE geom IS NOT NULL
