-- The numbers of the parcels a filter shows. {where} holds parameters only.
SELECT j.parcel_id FROM api.judged(%(run)s) AS j WHERE {where} ORDER BY j.parcel_id
