-- What some batches were read from: the file, its hash, and which of its columns each of ours came from.
SELECT batch, file, sha256, profile, fields FROM land.batch WHERE batch = ANY(%(batches)s) ORDER BY batch
