-- A batch's issues in scope, in order, from the one behind `after`.
SELECT issue, code, severity, table_name, park_code, file, layer, row, year, field, raw, new, rule, zh, en, lon, lat
FROM land.issue
WHERE batch = %(batch)s AND issue > %(after)s
ORDER BY issue
LIMIT %(limit)s
