-- Which land-use codes the parcels of a run have, each with the scheme it is of.
--   in    run   out  landuse_code, landuse_scheme (NULL: not said)   uses   triage primary key, parcel primary key
SELECT DISTINCT p.landuse_code, p.landuse_scheme
FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
WHERE t.run = %(run)s AND p.landuse_code IS NOT NULL
