-- The parcels of a plan's sites, with the shape of what is had of them: the whole as the run saw it, or the part that is divided off.
SELECT m.*, ST_AsBinary(coalesce(m.part, p.geom)) AS wkb
FROM land.plan_member AS m JOIN land.parcel AS p ON p.id = m.parcel_id
WHERE m.plan = %(plan)s
ORDER BY m.site, m.park_code, m.parcel_no
