-- The files that jobs which are not over were sent, in scope: each by its path.
--   index   job_event (job)
SELECT DISTINCT path
FROM land.job AS j CROSS JOIN LATERAL jsonb_array_elements_text(j.asked -> 'paths') AS path
WHERE NOT EXISTS (SELECT FROM land.job_event AS e WHERE e.job = j.job AND e.state = ANY (%(final)s))
