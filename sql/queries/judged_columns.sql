-- Some fields of all parcels of a run. Composed, not bound, because COPY takes no parameters: {columns} are allowed names, {run} a literal.
SELECT {columns} FROM api.judged({run}) AS j ORDER BY j.parcel_id
