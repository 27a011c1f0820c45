-- The corrections that stand, oldest first; those of some parks if named.
SELECT c.correction, c.park_code, c.table_name, c.row_key, c.field, c.old, c.new, c.reason, c.evidence, c.made_at, c.made_by
FROM land.correction AS c
WHERE c.withdraws IS NULL
    AND NOT EXISTS (SELECT FROM land.correction AS w WHERE w.withdraws = c.correction)
    AND (%(codes)s::text[] IS NULL OR c.park_code = ANY(%(codes)s::text[]))
ORDER BY c.correction
