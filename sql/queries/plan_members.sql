-- The parcels of a plan's sites, with their shapes as the run saw them.
SELECT m.*, ST_AsBinary(p.geom) AS wkb
FROM land.plan_member AS m JOIN land.parcel AS p ON p.id = m.parcel_id
WHERE m.plan = %(plan)s
ORDER BY m.site, m.park_code, m.parcel_no
