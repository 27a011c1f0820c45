-- A run's findings by park and test.
SELECT
    park_code, ruleset, test,
    count(*) FILTER (WHERE finding = 'suspected') AS suspected,
    count(*) FILTER (WHERE finding = 'clear') AS clear,
    count(*) FILTER (WHERE finding = 'unknown') AS unknown
FROM land.finding
WHERE run = %(run)s
GROUP BY park_code, ruleset, test
ORDER BY ruleset, test, park_code
