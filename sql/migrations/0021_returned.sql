-- Who checks a case may return what was done: the act before it is taken back, with a reason.

ALTER TABLE land.case_event DROP CONSTRAINT case_event_act_check;
ALTER TABLE land.case_event ADD CONSTRAINT case_event_act_check CHECK (act IN (
    'opened', 'assigned', 'investigated', 'answered', 'recognised', 'not_recognised', 'decided', 'agreed', 'paid', 'freed', 'returned',
    'closed'));
