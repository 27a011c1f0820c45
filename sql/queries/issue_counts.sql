-- How many issues of a batch, in scope, there are of each severity.
--   index   issue primary key
SELECT severity, count(*) AS issues FROM land.issue WHERE batch = %(batch)s GROUP BY severity
