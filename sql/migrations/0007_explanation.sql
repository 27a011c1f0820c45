-- What a run needs to be explained and to be made again: the cell behind a number, the ways open to a parcel, the hash of what was said.
--   crs     no shapes here
--   scope   columns of tables that have their policies (0001, 0002)
--   NULL    a run made before this migration: not computed, never zero

ALTER TABLE land.batch ADD COLUMN fields jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(fields) = 'array');
COMMENT ON COLUMN land.batch.fields IS '字段来源 | by table, file and layer: from which column of the file, in which unit, each of ours was read';

ALTER TABLE land.run ADD COLUMN result jsonb;
COMMENT ON COLUMN land.run.result IS '结果摘要 | by table: its columns, its rows, and the hash over their canonical bytes';

ALTER TABLE land.triage
    ADD COLUMN modes text,
    ADD COLUMN urgency text CHECK (urgency IN ('high', 'middle', 'low')),
    ADD COLUMN urgency_low double precision,
    ADD COLUMN urgency_high double precision,
    ADD COLUMN shortfall_low double precision,
    ADD COLUMN shortfall_high double precision,
    ADD COLUMN exit_ease_low double precision,
    ADD COLUMN exit_ease_high double precision,
    ADD CHECK (urgency_low BETWEEN 0 AND urgency_high AND urgency_high <= 1),
    ADD CHECK (shortfall_low BETWEEN 0 AND shortfall_high AND shortfall_high <= 1),
    ADD CHECK (exit_ease_low BETWEEN 0 AND exit_ease_high AND exit_ease_high <= 1);
COMMENT ON COLUMN land.triage.modes IS '可用处置方式 | modes of disposal that are open, each between bars: |M02|M05|';
COMMENT ON COLUMN land.triage.urgency IS '紧迫程度 | class of urgency; NULL where what is unknown could move it to another class';
COMMENT ON COLUMN land.triage.urgency_low IS '紧迫度下限 | urgency if all that is unknown were harmless, 0-1 [ratio]';
COMMENT ON COLUMN land.triage.urgency_high IS '紧迫度上限 | urgency if all that is unknown were pressing, 0-1 [ratio]';
COMMENT ON COLUMN land.triage.shortfall_low IS '低效程度下限 | weighted shortfall against contract, floor and line, least, 0-1 [ratio]';
COMMENT ON COLUMN land.triage.shortfall_high IS '低效程度上限 | weighted shortfall, most, 0-1 [ratio]';
COMMENT ON COLUMN land.triage.exit_ease_low IS '退出可行性下限 | how free of mortgage, seizure and long terms the land is, least, 0-1 [ratio]';
COMMENT ON COLUMN land.triage.exit_ease_high IS '退出可行性上限 | how free it is, most, 0-1 [ratio]';
