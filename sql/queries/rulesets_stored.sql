-- Every ruleset that a run has used, latest first.
SELECT code, sha256, stored_at, content
FROM land.ruleset
ORDER BY stored_at DESC, code, sha256
