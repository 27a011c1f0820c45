-- Who used a parcel, as the run's stock knew it.
SELECT u.uscc, e.name, u.role, u.area_m2, u.from_on, u.to_on, e.industry_code, e.status, e.scale
FROM land.run AS r
JOIN land.parcel AS p ON p.id = %(parcel_id)s
JOIN land.parcel_use AS u ON u.park_code = p.park_code AND u.parcel_no = p.parcel_no AND u.during @> r.batch
LEFT JOIN land.enterprise AS e ON e.park_code = u.park_code AND e.uscc = u.uscc AND e.during @> r.batch
WHERE r.run = %(run)s
ORDER BY u.area_m2 DESC NULLS LAST, u.uscc
