-- Idle land in full: what proves a start, what puts one off, and where each contract stands in a run, until when, and what comes due.
--   crs     no shapes here
--   scope   as the stock and what is found in it: park by park
--   NULL    unknown, or not asked on that track; never zero

ALTER TABLE land.contract
    ADD COLUMN permit_on date,
    ADD COLUMN foundation_kind text CHECK (foundation_kind IN ('pit', 'piles', 'other')),
    ADD COLUMN foundation_share double precision CHECK (foundation_share BETWEEN 0 AND 1);
COMMENT ON COLUMN land.contract.permit_on IS '施工许可证日期 | building permit of';
COMMENT ON COLUMN land.contract.foundation_kind IS '基础类型 | kind of foundation';
COMMENT ON COLUMN land.contract.foundation_share IS '基础完成比例 | share of the foundation that is done [ratio]';

CREATE TABLE land.contract_delay (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    contract_no text COLLATE "C" NOT NULL,
    cause text COLLATE "C" NOT NULL CHECK (cause IN (
        'not_delivered', 'plan_changed', 'policy_changed', 'petition', 'control_or_relics', 'government_act', 'force_majeure',
        'preparation', 'supplement')),
    from_on date NOT NULL,
    to_on date,
    document_no text,
    EXCLUDE USING gist (park_code WITH =, contract_no WITH =, cause WITH =, from_on WITH =, during WITH &&)
        WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX contract_delay_now ON land.contract_delay (park_code, contract_no, cause, from_on) WHERE upper_inf(during);
COMMENT ON TABLE land.contract_delay IS '动工延期 | what puts the start of works off';
COMMENT ON COLUMN land.contract_delay.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.contract_delay.contract_no IS '合同编号 | contract number';
COMMENT ON COLUMN land.contract_delay.cause IS '原因 | cause';
COMMENT ON COLUMN land.contract_delay.from_on IS '起 | from; of a supplement the day it was signed';
COMMENT ON COLUMN land.contract_delay.to_on IS '止 | its last day, empty while it lasts; of a supplement the newly agreed start';
COMMENT ON COLUMN land.contract_delay.document_no IS '文号 | document that shows it';

CREATE TABLE land.idle (
    run bigint NOT NULL,
    park_code text NOT NULL,
    parcel_id bigint,
    contract_no text NOT NULL,
    state text NOT NULL CHECK (state IN ('clear', 'unknown', 'agreement', 'fee', 'take_back')),
    finding text NOT NULL CHECK (finding IN ('suspected', 'clear', 'unknown')),
    track text CHECK (track IN ('fee', 'take_back', 'agreement')),
    start_due date,
    start_basis text CHECK (start_basis IN ('agreed', 'supplement', 'delivered')),
    start_proof text CHECK (start_proof IN ('proved', 'unproved', 'refuted')),
    overdue_days double precision,
    overdue_limit_days double precision,
    stopped_days double precision CHECK (stopped_days >= 0),
    stopped_limit_days double precision,
    developed_share double precision CHECK (developed_share >= 0),
    invested_share double precision CHECK (invested_share >= 0),
    changes_on date,
    changes_to text CHECK (changes_to IN ('clear', 'unknown', 'agreement', 'fee', 'take_back')),
    fee_low_wan double precision CHECK (fee_low_wan >= 0),
    fee_high_wan double precision CHECK (fee_high_wan >= 0),
    remarks text[] NOT NULL,
    missing text[] NOT NULL,
    asks text[] NOT NULL,
    clocks jsonb NOT NULL CHECK (jsonb_typeof(clocks) = 'array'),
    PRIMARY KEY (run, park_code, contract_no),
    CHECK ((finding = 'suspected') = (track IS NOT NULL)),
    CHECK ((changes_on IS NULL) = (changes_to IS NULL)),
    CHECK (state <> changes_to)
);
CREATE INDEX idle_parcel ON land.idle (run, parcel_id);
COMMENT ON TABLE land.idle IS '疑似闲置 | where a contract stands by the idle-land rule on the day of the run, until when, and what comes due; never a verdict';
COMMENT ON COLUMN land.idle.state IS '状态 | the finding, or the track where it is suspected';
COMMENT ON COLUMN land.idle.track IS '法定路径 | the statutory track; works stopped and causes of the government are always by agreement';
COMMENT ON COLUMN land.idle.start_due IS '应动工日 | the start that was due, put off by excused days';
COMMENT ON COLUMN land.idle.start_basis IS '应动工日依据 | what that day was read from';
COMMENT ON COLUMN land.idle.start_proof IS '动工证据 | whether the start on record is one; NULL where none is, or works are finished';
COMMENT ON COLUMN land.idle.overdue_days IS '逾期天数 | days since the start was due; negative before it; NULL where works started [d]';
COMMENT ON COLUMN land.idle.overdue_limit_days IS '逾期期限 | days after which it is suspected [d]';
COMMENT ON COLUMN land.idle.stopped_days IS '中止天数 | days since works stopped [d]';
COMMENT ON COLUMN land.idle.stopped_limit_days IS '中止期限 | days from which they have stopped for a full year [d]';
COMMENT ON COLUMN land.idle.developed_share IS '已动工面积占比 | developed of what should be [ratio]';
COMMENT ON COLUMN land.idle.invested_share IS '已投资额占比 | spent of the whole investment [ratio]';
COMMENT ON COLUMN land.idle.changes_on IS '下次变化日 | the first later day with another state, if nothing else is recorded; NULL: none';
COMMENT ON COLUMN land.idle.changes_to IS '变化后状态 | the state from that day on';
COMMENT ON COLUMN land.idle.fee_low_wan IS '闲置费下限 | idle fee, at least; NULL: unknown, or not on this track [万元]';
COMMENT ON COLUMN land.idle.fee_high_wan IS '闲置费上限 | idle fee, at most [万元]';
COMMENT ON COLUMN land.idle.remarks IS '提示 | what a reader must know beside it';
COMMENT ON COLUMN land.idle.missing IS '缺 | columns without which it stays unknown';
COMMENT ON COLUMN land.idle.asks IS '应补材料 | columns to ask for';
COMMENT ON COLUMN land.idle.clocks IS '程序期限 | step by step: what sets it going, how long it runs, when it is due';

DO $$
DECLARE secured text;
BEGIN
    FOREACH secured IN ARRAY ARRAY['contract_delay', 'idle'] LOOP
        EXECUTE format('ALTER TABLE land.%I ENABLE ROW LEVEL SECURITY', secured);
        EXECUTE format('ALTER TABLE land.%I FORCE ROW LEVEL SECURITY', secured);
        EXECUTE format($policy$CREATE POLICY park ON land.%I USING (
            (SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]))$policy$, secured);
    END LOOP;
END $$;
