-- What was done about some cases, in order.
--   index   case_event primary key
SELECT case_no, place, act, happened_on, done_by, note, evidence, responsible, role, checker, track, sets_going, due_on, made_at, made_by
FROM land.case_event
WHERE case_no = ANY (%(cases)s)
ORDER BY case_no, place
