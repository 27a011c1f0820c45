-- What was thought about the stock: rulesets, runs, and what each run found. Rows are added, never changed.
--   crs     cells are counted on the Web Mercator tile grid (3857): for drawing only, areas in them are ellipsoid areas summed
--   run     added in the transaction that adds its results, and never deleted: a foreign key, asked once a row, would take as long
--           as all the rest of storing a million findings
--   scope   as the stock: park by park; a run or batch that speaks of several parks is seen by who may see one of them

CREATE TABLE land.ruleset (
    sha256 text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    code text NOT NULL,
    document text NOT NULL,
    confidence text NOT NULL,
    effective_from date NOT NULL,
    effective_to date,
    content text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE land.ruleset IS '规则集 | the very text of every ruleset that a run has used, by its hash';

CREATE TABLE land.run (
    run bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch bigint NOT NULL REFERENCES land.batch,
    park_codes text[] NOT NULL CHECK (cardinality(park_codes) > 0),
    as_of date NOT NULL,
    rulesets text[] NOT NULL,
    snapshot text NOT NULL,
    version text NOT NULL,
    parcels integer NOT NULL,
    extents jsonb NOT NULL,
    detail_zoom integer NOT NULL CHECK (detail_zoom BETWEEN 0 AND 24),
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE land.run IS '评估 | one assessment: which stock, which day, which rules';
COMMENT ON COLUMN land.run.batch IS '批次 | the last batch the run saw; its parcels are those whose versions it names';
COMMENT ON COLUMN land.run.rulesets IS '规则集 | hashes of land.ruleset, in the order given';
COMMENT ON COLUMN land.run.snapshot IS '快照 | hash over the stock that was read';
COMMENT ON COLUMN land.run.version IS '程序版本 | the version of the program that thought';
COMMENT ON COLUMN land.run.extents IS '范围 | park to [west, south, east, north] of its parcels, in degrees';
COMMENT ON COLUMN land.run.detail_zoom IS '细节级别 | the zoom from which single parcels can be told apart; cells below it';
ALTER TABLE land.run ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.run FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.run USING (land.in_scope(park_codes));

CREATE TABLE land.finding (
    run bigint NOT NULL,
    park_code text NOT NULL,
    parcel_id bigint NOT NULL,
    ruleset text NOT NULL,
    test text NOT NULL,
    finding text NOT NULL CHECK (finding IN ('suspected', 'clear', 'unknown')),
    value double precision,
    threshold double precision,
    unit text,
    article text,
    missing text[],
    PRIMARY KEY (run, parcel_id, ruleset, test)
);
COMMENT ON TABLE land.finding IS '线索 | what a run says of one parcel by one test: suspected, clear or unknown, never a verdict';

CREATE TABLE land.grade (
    run bigint NOT NULL,
    park_code text NOT NULL,
    parcel_id bigint,
    uscc text,
    year integer,
    ruleset text NOT NULL,
    population text NOT NULL,
    scores jsonb NOT NULL,
    total double precision,
    rank integer,
    share double precision CHECK (share BETWEEN 0 AND 1),
    grade text CHECK (grade IN ('A', 'B', 'C', 'D', 'T')),
    reason text,
    CHECK (parcel_id IS NOT NULL OR uscc IS NOT NULL)
);
CREATE INDEX grade_parcel ON land.grade (run, parcel_id);
CREATE INDEX grade_enterprise ON land.grade (run, park_code, uscc);
COMMENT ON TABLE land.grade IS '评价 | score, rank and grade of an enterprise, or of a parcel where nobody is known';

CREATE TABLE land.triage (
    run bigint NOT NULL,
    park_code text NOT NULL,
    parcel_id bigint NOT NULL,
    answer text NOT NULL CHECK (answer IN ('exit', 'swap', 'upgrade', 'leave', 'data_first')),
    gate integer NOT NULL CHECK (gate BETWEEN 0 AND 9),
    reason text NOT NULL,
    track text CHECK (track IN ('fee', 'take_back', 'agreement')),
    suspected integer NOT NULL CHECK (suspected >= 0),
    tests text NOT NULL,
    grade text CHECK (grade IN ('A', 'B', 'C', 'D', 'T')),
    freeable_m2 double precision CHECK (freeable_m2 >= 0),
    upgrade_m2 double precision CHECK (upgrade_m2 >= 0),
    PRIMARY KEY (run, parcel_id)
);
COMMENT ON TABLE land.triage IS '分类处置 | the answer for one parcel: exit, swap, upgrade, leave or data first, and the gate that decided';
COMMENT ON COLUMN land.triage.tests IS '疑似项 | the tests that suspect it, each between bars: |a|b|';

CREATE TABLE land.cell (
    run bigint NOT NULL,
    park_code text NOT NULL,
    zoom integer NOT NULL,
    x integer NOT NULL,
    y integer NOT NULL,
    exit integer NOT NULL,
    swap integer NOT NULL,
    upgrade integer NOT NULL,
    leave integer NOT NULL,
    data_first integer NOT NULL,
    exit_m2 double precision NOT NULL,
    swap_m2 double precision NOT NULL,
    upgrade_m2 double precision NOT NULL,
    leave_m2 double precision NOT NULL,
    data_first_m2 double precision NOT NULL,
    PRIMARY KEY (run, zoom, x, y, park_code)
);
COMMENT ON TABLE land.cell IS '网格 | parcels and their land by answer, on a grid of 32 by 32 cells a tile, for zooms at which they cannot be told apart';

DO $$
DECLARE result text;
BEGIN
    FOREACH result IN ARRAY ARRAY['finding', 'grade', 'triage', 'cell'] LOOP
        EXECUTE format('ALTER TABLE land.%I ENABLE ROW LEVEL SECURITY', result);
        EXECUTE format('ALTER TABLE land.%I FORCE ROW LEVEL SECURITY', result);
        EXECUTE format($policy$CREATE POLICY park ON land.%I USING (
            (SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]))$policy$, result);
    END LOOP;
END $$;

CREATE TABLE land.audit (
    audit bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    who text NOT NULL DEFAULT session_user,
    act text NOT NULL,
    park_codes text[] NOT NULL,
    detail jsonb NOT NULL
);
COMMENT ON TABLE land.audit IS '审计 | who did what and when; rows can be added and read, nothing else';
ALTER TABLE land.audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.audit FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.audit USING (land.in_scope(park_codes));
