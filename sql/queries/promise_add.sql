-- Promise every parcel of a plan: those of its sites, and the plots that firms move to. A parcel that is promised to somebody else
-- breaks the constraint of the table and with it the whole adoption. In one order, so that two never wait for each other.
INSERT INTO land.promise (plan, park_code, parcel_no, use)
SELECT plan, park_code, parcel_no, 'site' FROM land.plan_member WHERE plan = %(plan)s
UNION ALL
SELECT v.plan, p.park_code, p.parcel_no, 'plot'
FROM land.plan_move AS v JOIN land.parcel AS p ON p.id = v.to_parcel_id
WHERE v.plan = %(plan)s AND v.to_building_id IS NULL
ORDER BY park_code, parcel_no
