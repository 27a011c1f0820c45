-- The queue's own numbers of a job that it has not finished.
SELECT id FROM queue.procrastinate_jobs
WHERE args ->> 'job' = %(job)s::text AND status IN ('todo', 'doing')
