-- The parcels that are promised now, and by which plan.
SELECT park_code, parcel_no, plan, use FROM land.promise WHERE upper_inf(during) ORDER BY park_code, parcel_no
