-- A case knows that the idle-land fee 闲置费 was paid: what ends its clock of 30 days (令第53号 第14条第1项, 第17条).

ALTER TABLE land.case_event DROP CONSTRAINT case_event_act_check;
ALTER TABLE land.case_event ADD CONSTRAINT case_event_act_check CHECK (act IN (
    'opened', 'assigned', 'investigated', 'answered', 'recognised', 'not_recognised', 'decided', 'agreed', 'paid', 'freed', 'closed'));
