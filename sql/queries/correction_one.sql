-- One correction in scope, and which row withdraws it.
SELECT
    c.correction, c.park_code, c.table_name, c.row_key, c.field, c.old, c.new, c.reason, c.evidence, c.withdraws,
    (SELECT w.correction FROM land.correction AS w WHERE w.withdraws = c.correction) AS withdrawn_by
FROM land.correction AS c
WHERE c.correction = %(correction)s
