-- The parcels of a run that got one of some answers, with their shapes. Composed, not bound, because COPY takes no parameters: {run},
-- {answers} and {park} (NULL: all) are quoted literals.
SELECT t.parcel_id, p.park_code, p.parcel_no, t.answer, p.geom_area_m2, p.geom
FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
WHERE t.run = {run} AND t.answer = ANY ({answers}::text[]) AND ({park}::text IS NULL OR t.park_code = {park})
ORDER BY t.parcel_id
