-- The parcels of a plan's sites, each once: whose, which, and how much of it is had (m²).
SELECT park_code, parcel_id, area_m2
FROM land.plan_member
WHERE plan = %(plan)s
ORDER BY parcel_id
