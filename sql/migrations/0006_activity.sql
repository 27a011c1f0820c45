-- Whether firms still work: figures and patches that tell of it, how far findings lie beyond their lines, and what a run says.
--   crs     patches are stored in CGCS2000, EPSG:4490
--   scope   as the stock and what is found in it: park by park
--   index   SP-GiST on patches, as on parcels; activity by enterprise and by parcel

ALTER TABLE land.enterprise_year ADD COLUMN subsidy_wan double precision CHECK (subsidy_wan >= 0);
ALTER TABLE land.enterprise_year ADD COLUMN short_debt_wan double precision CHECK (short_debt_wan >= 0);
ALTER TABLE land.enterprise_year ADD COLUMN long_debt_wan double precision CHECK (long_debt_wan >= 0);
ALTER TABLE land.enterprise_year ADD COLUMN bonds_wan double precision CHECK (bonds_wan >= 0);
COMMENT ON COLUMN land.enterprise_year.subsidy_wan IS '政府补贴 | government subsidies [万元]';
COMMENT ON COLUMN land.enterprise_year.short_debt_wan IS '短期借款 | short-term borrowing, at the end of the year [万元]';
COMMENT ON COLUMN land.enterprise_year.long_debt_wan IS '长期借款 | long-term borrowing, at the end of the year [万元]';
COMMENT ON COLUMN land.enterprise_year.bonds_wan IS '应付债券 | bonds outstanding, at the end of the year [万元]';

CREATE TABLE land.evidence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    evidence_no text COLLATE "C" NOT NULL,
    kind text NOT NULL CHECK (kind IN ('bare_ground', 'building_gone', 'stopped_site', 'no_vehicles', 'dark_at_night', 'found_stopped', 'found_running')),
    seen_on date NOT NULL,
    source text,
    confidence double precision CHECK (confidence BETWEEN 0 AND 1),
    note text,
    geom geometry(MultiPolygon, 4490) NOT NULL,
    EXCLUDE USING gist (park_code WITH =, evidence_no WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX evidence_now ON land.evidence (park_code, evidence_no) WHERE upper_inf(during);
CREATE INDEX evidence_geom ON land.evidence USING spgist (geom);
COMMENT ON TABLE land.evidence IS '核查图斑 | a patch seen by an inspector or from above';
COMMENT ON COLUMN land.evidence.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.evidence.evidence_no IS '图斑编号 | number of the patch';
COMMENT ON COLUMN land.evidence.kind IS '图斑类型 | what was seen';
COMMENT ON COLUMN land.evidence.seen_on IS '发现日期 | seen on';
COMMENT ON COLUMN land.evidence.source IS '来源 | source: image, drone, inspector';
COMMENT ON COLUMN land.evidence.confidence IS '置信度 | confidence of who saw it [ratio]';
COMMENT ON COLUMN land.evidence.note IS '备注 | note';
COMMENT ON COLUMN land.evidence.geom IS '图形 | shape, EPSG:4490';

ALTER TABLE land.finding ADD COLUMN margin double precision;
ALTER TABLE land.finding ADD COLUMN margin_share double precision;
COMMENT ON COLUMN land.finding.margin IS '差距 | how far beyond the threshold, in the unit; negative: short of being suspected';
COMMENT ON COLUMN land.finding.margin_share IS '差距占比 | the margin as a share of the threshold';

CREATE TABLE land.activity (
    run bigint NOT NULL,
    park_code text NOT NULL,
    uscc text,
    parcel_id bigint,
    probability double precision CHECK (probability BETWEEN 0 AND 1),
    stopped text NOT NULL CHECK (stopped IN ('suspected', 'clear', 'unknown')),
    zombie text CHECK (zombie IN ('suspected', 'clear', 'unknown', 'out_of_scope')),
    tests jsonb NOT NULL,
    signs jsonb NOT NULL,
    CHECK ((uscc IS NULL) <> (parcel_id IS NULL))
);
CREATE INDEX activity_enterprise ON land.activity (run, park_code, uscc) WHERE uscc IS NOT NULL;
CREATE INDEX activity_parcel ON land.activity (run, parcel_id) WHERE parcel_id IS NOT NULL;
COMMENT ON TABLE land.activity IS '在产研判 | how likely an enterprise, or all on a parcel, has stopped: each sign with its age, each zombie test; never a verdict';
COMMENT ON COLUMN land.activity.probability IS '停产概率 | fused from the signs; NULL where there is none';
COMMENT ON COLUMN land.activity.zombie IS '疑似僵尸企业 | of an enterprise: two of the four tests';
COMMENT ON COLUMN land.activity.tests IS '检验 | test by test: finding, value, threshold, margin, article, missing';
COMMENT ON COLUMN land.activity.signs IS '迹象 | sign by sign: value, threshold, on or off, age in months, weight, effect on the log-odds';

DO $$
DECLARE secured text;
BEGIN
    FOREACH secured IN ARRAY ARRAY['evidence', 'activity'] LOOP
        EXECUTE format('ALTER TABLE land.%I ENABLE ROW LEVEL SECURITY', secured);
        EXECUTE format('ALTER TABLE land.%I FORCE ROW LEVEL SECURITY', secured);
        EXECUTE format($policy$CREATE POLICY park ON land.%I USING (
            (SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]))$policy$, secured);
    END LOOP;
END $$;
