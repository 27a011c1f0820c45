-- One vector tile of a run's cells, for zooms at which single parcels cannot be told apart.
--   in      z, x, y  Web Mercator tile;  run
--   out     MVT, layer "cell": parcels, area_m2, answer (of most land), exit, swap, upgrade, leave, data_first (parcels)
--   index   cell primary key
WITH counted AS (
    SELECT
        x, y, sum(parcels)::integer AS parcels, round(sum(area_m2))::bigint AS area_m2,
        (array_agg(answer ORDER BY area_m2 DESC, answer))[1] AS answer,
        coalesce(sum(parcels) FILTER (WHERE answer = 'exit'), 0)::integer AS exit,
        coalesce(sum(parcels) FILTER (WHERE answer = 'swap'), 0)::integer AS swap,
        coalesce(sum(parcels) FILTER (WHERE answer = 'upgrade'), 0)::integer AS upgrade,
        coalesce(sum(parcels) FILTER (WHERE answer = 'leave'), 0)::integer AS leave,
        coalesce(sum(parcels) FILTER (WHERE answer = 'data_first'), 0)::integer AS data_first
    FROM (
        SELECT x, y, answer, sum(parcels) AS parcels, sum(area_m2) AS area_m2
        FROM land.cell
        WHERE run = %(run)s AND zoom = %(z)s
            AND x BETWEEN 32 * %(x)s AND 32 * %(x)s + 31 AND y BETWEEN 32 * %(y)s AND 32 * %(y)s + 31
        GROUP BY x, y, answer
    ) AS by_answer
    GROUP BY x, y
),
drawn AS (
    SELECT
        parcels, area_m2, answer, exit, swap, upgrade, leave, data_first,
        ST_MakeEnvelope(128 * (x & 31) + 8, 128 * (y & 31) + 8, 128 * (x & 31) + 120, 128 * (y & 31) + 120) AS geom
    FROM counted
)
SELECT ST_AsMVT(drawn, 'cell', 4096, 'geom') FROM drawn
