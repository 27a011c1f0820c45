-- Who gives way in a plan, with a point inside the parcel it leaves and the one it goes to.
SELECT
    m.*,
    t.park_code AS to_park_code,
    ST_AsBinary(ST_PointOnSurface(p.geom)) AS from_wkb,
    ST_AsBinary(ST_PointOnSurface(t.geom)) AS to_wkb
FROM land.plan_move AS m
JOIN land.parcel AS p ON p.id = m.parcel_id
LEFT JOIN land.parcel AS t ON t.id = m.to_parcel_id
WHERE m.plan = %(plan)s
ORDER BY m.place
