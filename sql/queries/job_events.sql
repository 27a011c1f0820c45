-- What happened to a job after an event already seen, in order.
SELECT event, at, state, zh, en, detail
FROM land.job_event
WHERE job = %(job)s AND event > %(after)s
ORDER BY event
