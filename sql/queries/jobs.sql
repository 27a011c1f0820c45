-- The jobs in scope, latest first, or one of them; each with its last event that is not a mere step.
SELECT
    j.job, j.kind, j.park_codes, j.scope, j.asked, j.asked_at, j.asked_by,
    last.state, last.at, last.detail, step.zh, step.en,
    (SELECT min(at) FROM land.job_event AS e WHERE e.job = j.job AND e.state = 'running') AS started_at
FROM land.job AS j
CROSS JOIN LATERAL (
    SELECT state, at, detail FROM land.job_event AS e
    WHERE e.job = j.job AND e.state <> 'step' ORDER BY e.event DESC LIMIT 1) AS last
LEFT JOIN LATERAL (
    SELECT zh, en FROM land.job_event AS e
    WHERE e.job = j.job AND e.zh IS NOT NULL ORDER BY e.event DESC LIMIT 1) AS step ON true
WHERE %(job)s::bigint IS NULL OR j.job = %(job)s
ORDER BY j.job DESC
LIMIT %(limit)s
