-- A run's answers by park: how many parcels, how much land (m²), how much could be freed or won.
SELECT
    t.park_code, t.answer, count(*) AS parcels, sum(p.geom_area_m2) AS area_m2,
    coalesce(sum(t.freeable_m2), 0) AS freeable_m2, coalesce(sum(t.upgrade_m2), 0) AS upgrade_m2
FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
WHERE t.run = %(run)s
GROUP BY t.park_code, t.answer
ORDER BY t.park_code, t.answer
