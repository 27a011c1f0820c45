-- Other texts kept under the same code: what runs have used before.
SELECT content
FROM land.ruleset
WHERE code = %(code)s AND sha256 <> %(sha256)s
ORDER BY stored_at, sha256
