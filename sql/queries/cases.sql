-- The cases in scope, latest first; one, or those of a park or a parcel, if named.
--   index   case_file primary key, case_file_parcel
SELECT case_no, park_code, parcel_no, run, parcel_id, made_at, made_by
FROM land.case_file
WHERE (%(case_no)s::bigint IS NULL OR case_no = %(case_no)s)
    AND (%(park)s::text IS NULL OR park_code = %(park)s)
    AND (%(parcel_no)s::text IS NULL OR parcel_no = %(parcel_no)s)
ORDER BY case_no DESC
