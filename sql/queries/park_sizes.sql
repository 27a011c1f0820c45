-- The parks in scope and how many parcels each now holds.
SELECT k.park_code, k.name, (
    SELECT count(*) FROM land.parcel AS p WHERE p.park_code = k.park_code AND upper_inf(p.during)
) AS parcels
FROM land.park AS k
WHERE upper_inf(k.during)
ORDER BY k.park_code
