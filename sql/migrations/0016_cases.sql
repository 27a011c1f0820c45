-- Cases: what people do about a suspicion, step by step. Rows are added, never changed: where a case stands follows from its events.
--   scope   by park, as the stock
--   NULL    unknown, or not said

CREATE TABLE land.case_file (
    case_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    park_code text COLLATE "C" NOT NULL,
    parcel_no text COLLATE "C" NOT NULL,
    run bigint NOT NULL REFERENCES land.run,
    parcel_id bigint NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL DEFAULT session_user,
    UNIQUE (case_no, park_code)
);
CREATE INDEX case_file_parcel ON land.case_file (park_code, parcel_no);
COMMENT ON TABLE land.case_file IS '处置任务 | a case: one parcel that somebody looks after until it is closed';
COMMENT ON COLUMN land.case_file.run IS '评估 | the run whose suspicion it goes after, and by whose rules its clocks run';
COMMENT ON COLUMN land.case_file.parcel_id IS '地块 | the version of the parcel that the run judged';

CREATE TABLE land.case_event (
    case_no bigint NOT NULL,
    place integer NOT NULL CHECK (place >= 1),
    park_code text COLLATE "C" NOT NULL,
    act text NOT NULL CHECK (act IN (
        'opened', 'assigned', 'investigated', 'answered', 'recognised', 'not_recognised', 'decided', 'agreed', 'freed', 'closed')),
    happened_on date NOT NULL,
    done_by text NOT NULL CHECK (btrim(done_by) <> ''),
    note text NOT NULL CHECK (btrim(note) <> ''),
    evidence text,
    responsible text,
    role text,
    checker text,
    track text CHECK (track IN ('fee', 'take_back', 'agreement')),
    sets_going text CHECK (sets_going IN (
        'found_on', 'notice_served_on', 'extension_signed_on', 'temporary_use_from', 'hearing_notice_served_on', 'decision_served_on')),
    due_on date,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL DEFAULT session_user,
    PRIMARY KEY (case_no, place),
    FOREIGN KEY (case_no, park_code) REFERENCES land.case_file (case_no, park_code),
    CHECK ((place = 1) = (act = 'opened')),
    CHECK (act NOT IN ('opened', 'assigned') OR (responsible IS NOT NULL AND checker IS NOT NULL AND responsible <> checker)),
    CHECK (due_on >= happened_on)
);
COMMENT ON TABLE land.case_event IS '处置过程 | what was done about a case, who did it, when and why; the place of an event is its number in the case';
COMMENT ON COLUMN land.case_event.act IS '事项 | a recognition 认定 is the act of a person, never of a program';
COMMENT ON COLUMN land.case_event.done_by IS '经办人 | who did it';
COMMENT ON COLUMN land.case_event.evidence IS '依据 | the document that shows it';
COMMENT ON COLUMN land.case_event.responsible IS '责任人 | who looks after the case from here on';
COMMENT ON COLUMN land.case_event.role IS '职务 | the office of who looks after it';
COMMENT ON COLUMN land.case_event.checker IS '复核人 | who checks it, and alone may close it';
COMMENT ON COLUMN land.case_event.track IS '法定路径 | the track of the idle-land measure from here on';
COMMENT ON COLUMN land.case_event.sets_going IS '起算 | which clock of the procedure its day sets going';
COMMENT ON COLUMN land.case_event.due_on IS '期限 | when the next step is due, where people agreed on a day';

DO $$
DECLARE secured text;
BEGIN
    FOREACH secured IN ARRAY ARRAY['case_file', 'case_event'] LOOP
        EXECUTE format('ALTER TABLE land.%I ENABLE ROW LEVEL SECURITY', secured);
        EXECUTE format('ALTER TABLE land.%I FORCE ROW LEVEL SECURITY', secured);
        EXECUTE format($policy$CREATE POLICY park ON land.%I USING (
            (SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]))$policy$, secured);
    END LOOP;
END $$;
