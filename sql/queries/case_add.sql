-- A new case; its number.
INSERT INTO land.case_file (park_code, parcel_no, run, parcel_id) VALUES (%(park_code)s, %(parcel_no)s, %(run)s, %(parcel_id)s)
RETURNING case_no
