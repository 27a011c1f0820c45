-- The parcels of a run that bear a number: one a park.
--   index   parcel (park_code, parcel_no, during), triage primary key
SELECT t.parcel_id, p.park_code, p.parcel_no
FROM land.parcel AS p
JOIN land.triage AS t ON t.parcel_id = p.id AND t.run = %(run)s
WHERE p.parcel_no = %(parcel_no)s AND (%(park)s::text IS NULL OR p.park_code = %(park)s)
ORDER BY p.park_code
