-- The next event of a case. Whoever comes second with the same place breaks the key of the table.
INSERT INTO land.case_event (case_no, place, park_code, act, happened_on, done_by, note, evidence, responsible, role, checker, track,
    sets_going, due_on)
VALUES (%(case_no)s, %(place)s, %(park_code)s, %(act)s, %(happened_on)s, %(done_by)s, %(note)s, %(evidence)s, %(responsible)s,
    %(role)s, %(checker)s, %(track)s, %(sets_going)s, %(due_on)s)
