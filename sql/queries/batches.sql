-- The batches in scope, latest first.
SELECT batch, file, sha256, profile, park_codes, made_at, rows_in, stored, refused, unchanged, kind, undoes, ended
FROM land.batch
ORDER BY batch DESC
LIMIT %(limit)s
