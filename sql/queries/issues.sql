-- A batch's issues in scope, in order, from the one behind `after`; of one severity if it is named.
--   index   issue primary key
SELECT issue, code, severity, table_name, park_code, file, layer, row, year, field, raw, new, rule, zh, en, lon, lat
FROM land.issue
WHERE batch = %(batch)s AND issue > %(after)s AND (%(severity)s::text IS NULL OR severity = %(severity)s)
ORDER BY issue
LIMIT %(limit)s
