-- The parcels of a plan's sites, each once: whose, which, and how much land (m²).
SELECT DISTINCT m.park_code, m.parcel_id, p.geom_area_m2 AS area_m2
FROM land.plan_member AS m JOIN land.parcel AS p ON p.id = m.parcel_id
WHERE m.plan = %(plan)s
ORDER BY m.parcel_id
