-- One vector tile of a run's cells, for zooms at which single parcels cannot be told apart.
--   in      z, x, y  Web Mercator tile;  run
--   out     MVT, layer "cell": parcels, area_m2, answer (of most land), exit, swap, upgrade, leave, data_first (parcels)
--   index   cell primary key
WITH counted AS (
    SELECT
        x, y,
        sum(exit)::integer AS exit, sum(swap)::integer AS swap, sum(upgrade)::integer AS upgrade,
        sum(leave)::integer AS leave, sum(data_first)::integer AS data_first,
        sum(exit_m2) AS exit_m2, sum(swap_m2) AS swap_m2, sum(upgrade_m2) AS upgrade_m2,
        sum(leave_m2) AS leave_m2, sum(data_first_m2) AS data_first_m2
    FROM land.cell
    WHERE run = %(run)s AND zoom = %(z)s
        AND x BETWEEN 32 * %(x)s AND 32 * %(x)s + 31 AND y BETWEEN 32 * %(y)s AND 32 * %(y)s + 31
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
