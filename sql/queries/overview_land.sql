-- A run's land added up by park, answer, class of stock, whether any test suspects it, and whether some of it could be
-- freed or won by building up: parcels, m², and how much of either.
--   in      run      out   one row per kind of land; a class nobody recorded is NULL      index   triage primary key, parcel primary key
SELECT
    t.park_code, t.answer, p.stock_class, t.suspected > 0 AS is_suspected,
    coalesce(t.freeable_m2 > 0, false) AS is_freeable, coalesce(t.upgrade_m2 > 0, false) AS is_upgradable,
    count(*) AS parcels, sum(p.geom_area_m2) AS area_m2,
    coalesce(sum(t.freeable_m2), 0) AS freeable_m2, coalesce(sum(t.upgrade_m2), 0) AS upgrade_m2
FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
WHERE t.run = %(run)s
GROUP BY t.park_code, t.answer, p.stock_class, 4, 5, 6
ORDER BY t.park_code, t.answer, p.stock_class, 4, 5, 6
