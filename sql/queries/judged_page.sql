-- A page of the parcels a filter shows. {where} holds parameters only, {value} and {order} allowed names.
--   last    what the parcel behind which the page begins has in the sorted field
WITH last AS MATERIALIZED (SELECT {value} AS value FROM api.judged(%(run)s) AS j WHERE j.parcel_id = %(after)s)
SELECT
    j.parcel_id, j.parcel_no, j.park_code, j.owner_name, j.enterprises, j.uscc, j.location, j.area_m2, j.landuse_code, j.answer,
    j.gate, j.track, j.urgency, j.suspected, j.tests, j.grade, j.total, j.rank, j.rank_p05, j.rank_p95, j.idle_state, j.freeable_m2, j.upgrade_m2, j.bbox
FROM api.judged(%(run)s) AS j LEFT JOIN last ON true
WHERE {where}
ORDER BY {order}
LIMIT %(limit)s
