-- The parcels of a run that have a case, as the run saw them: the parcel may have had another version when the case was opened.
--   in      run      out   one row per case: which, whose, which parcel, and how much land (m²)
--   index   case_file_parcel, parcel's exclusion on its number, triage primary key
SELECT c.case_no, c.park_code, t.parcel_id, p.geom_area_m2 AS area_m2, t.freeable_m2, t.upgrade_m2
FROM land.case_file AS c
JOIN land.parcel AS p ON p.park_code = c.park_code AND p.parcel_no = c.parcel_no
JOIN land.triage AS t ON t.parcel_id = p.id AND t.run = %(run)s
ORDER BY c.case_no
