-- Note what happened to a job; nothing once it is over.
INSERT INTO land.job_event (job, state, zh, en, detail)
SELECT %(job)s, %(state)s, %(zh)s, %(en)s, %(detail)s
WHERE NOT EXISTS (
    SELECT FROM land.job_event WHERE job = %(job)s AND state IN ('done', 'refused', 'failed', 'cancelled'))
RETURNING event
