-- What a run keeps of an evaluation: only what it adds to the ruleset's text, how sure it is, and how stable under other weights.
--   scope   as the stock: park by park; the head of a stability analysis as the run it belongs to
--   scores  were objects that repeated the ruleset in every row; now two arrays in the order of the population's indicators, joined
--           with the ruleset's text when they are read. Earlier runs keep their numbers; what they did not know stays empty.

ALTER TABLE land.grade
    ADD COLUMN measured double precision[],
    ADD COLUMN points double precision[],
    ADD COLUMN bonus double precision,
    ADD COLUMN deduction double precision,
    ADD COLUMN total_low double precision,
    ADD COLUMN total_high double precision,
    ADD COLUMN reliability double precision CHECK (reliability BETWEEN 0 AND 1),
    ADD COLUMN possible text CHECK (possible ~ '^[ABCDT]+$');

SET LOCAL landgis.parks = '*';
UPDATE land.grade AS g SET
    measured = p.measured, points = p.points,
    bonus = CASE WHEN g.total IS NOT NULL THEN greatest(p.adjustment, 0) END,
    deduction = CASE WHEN g.total IS NOT NULL THEN greatest(-p.adjustment, 0) END
FROM (
    SELECT
        o.ctid AS place,
        array_agg((e.part->>'value')::double precision ORDER BY e.at) FILTER (WHERE e.part->>'indicator' <> 'adjustment') AS measured,
        array_agg((e.part->>'score')::double precision ORDER BY e.at) FILTER (WHERE e.part->>'indicator' <> 'adjustment') AS points,
        coalesce(sum((e.part->>'score')::double precision) FILTER (WHERE e.part->>'indicator' = 'adjustment'), 0) AS adjustment
    FROM land.grade AS o, jsonb_array_elements(o.scores) WITH ORDINALITY AS e (part, at)
    GROUP BY o.ctid
) AS p
WHERE g.ctid = p.place;
RESET landgis.parks;
ALTER TABLE land.grade DROP COLUMN scores;
ALTER TABLE land.grade RENAME COLUMN points TO scores;

COMMENT ON COLUMN land.grade.measured IS '指标值 | value of each indicator, in the order of the population''s indicators; NULL: unknown';
COMMENT ON COLUMN land.grade.scores IS '得分 | score of each indicator, in the same order; NULL: left out';
COMMENT ON COLUMN land.grade.bonus IS '加分 | points added, limited where the scheme limits them';
COMMENT ON COLUMN land.grade.deduction IS '扣分 | points taken off';
COMMENT ON COLUMN land.grade.total IS '总分 | sum of the scores and the bonus, less the deduction';
COMMENT ON COLUMN land.grade.total_low IS '总分下限 | the total with every missing value at its worst';
COMMENT ON COLUMN land.grade.total_high IS '总分上限 | the total with every missing value at its best; empty: no bound is known';
COMMENT ON COLUMN land.grade.reliability IS '可信度 | share of the weight that stands on known figures, less where they are in doubt, 0-1';
COMMENT ON COLUMN land.grade.possible IS '可能等级 | grades it could still be if what is missing were known, best first';

ALTER TABLE land.triage ADD COLUMN uscc text;
COMMENT ON COLUMN land.triage.uscc IS '主要用地企业 | whose grade speaks for the parcel: its main user; empty where nobody is known';

ALTER TABLE land.enterprise_year
    ADD COLUMN bonus_score double precision CHECK (bonus_score >= 0),
    ADD COLUMN deduction_score double precision CHECK (deduction_score >= 0),
    ADD COLUMN adjustment_basis text;
COMMENT ON COLUMN land.enterprise_year.bonus_score IS '评价加分 | points added in the evaluation [score]';
COMMENT ON COLUMN land.enterprise_year.deduction_score IS '评价扣分 | points taken off in the evaluation [score]';
COMMENT ON COLUMN land.enterprise_year.adjustment_basis IS '加扣分依据 | what the points rest on: document, item';

ALTER TABLE land.grade ADD COLUMN bases double precision[];
COMMENT ON COLUMN land.grade.bases IS '基准值 | bases of the indicators where the run computed them; empty: they stand in the ruleset';

CREATE TABLE land.stability (
    run bigint PRIMARY KEY,
    park_codes text[] NOT NULL CHECK (cardinality(park_codes) > 0),
    draws integer NOT NULL CHECK (draws > 0),
    seed bigint NOT NULL CHECK (seed >= 0),
    concentration double precision NOT NULL CHECK (concentration > 0),
    noise double precision NOT NULL CHECK (noise >= 0),
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL DEFAULT session_user
);
COMMENT ON TABLE land.stability IS '稳健性 | a run looked at under other weights and noisy figures: how many draws, from which seed';
COMMENT ON COLUMN land.stability.concentration IS '集中度 | concentration of the Dirichlet distribution around the scheme''s weights: higher is nearer to them';
COMMENT ON COLUMN land.stability.noise IS '数据误差 | relative standard deviation of the figures';
ALTER TABLE land.stability ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.stability FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.stability USING (land.in_scope(park_codes));

CREATE TABLE land.stability_parcel (
    run bigint NOT NULL,
    park_code text NOT NULL,
    parcel_id bigint NOT NULL,
    uscc text,
    grade_a double precision NOT NULL CHECK (grade_a BETWEEN 0 AND 1),
    grade_b double precision NOT NULL CHECK (grade_b BETWEEN 0 AND 1),
    grade_c double precision NOT NULL CHECK (grade_c BETWEEN 0 AND 1),
    grade_d double precision NOT NULL CHECK (grade_d BETWEEN 0 AND 1),
    grade_t double precision NOT NULL CHECK (grade_t BETWEEN 0 AND 1),
    grade_none double precision NOT NULL CHECK (grade_none BETWEEN 0 AND 1),
    rank_p05 integer CHECK (rank_p05 > 0),
    rank_p95 integer CHECK (rank_p95 >= rank_p05),
    exit double precision NOT NULL CHECK (exit BETWEEN 0 AND 1),
    swap double precision NOT NULL CHECK (swap BETWEEN 0 AND 1),
    upgrade double precision NOT NULL CHECK (upgrade BETWEEN 0 AND 1),
    leave double precision NOT NULL CHECK (leave BETWEEN 0 AND 1),
    data_first double precision NOT NULL CHECK (data_first BETWEEN 0 AND 1),
    PRIMARY KEY (run, parcel_id)
);
COMMENT ON TABLE land.stability_parcel IS '稳健性 | share of the draws in which a parcel had each grade and each answer, and between which ranks its main user stood';
COMMENT ON COLUMN land.stability_parcel.uscc IS '主要用地企业 | whose grade was drawn; empty where the parcel itself is graded or nobody is';
COMMENT ON COLUMN land.stability_parcel.grade_a IS 'A 级份额 | share of the draws with grade A; likewise b, c, d, t and none';
COMMENT ON COLUMN land.stability_parcel.rank_p05 IS '名次 5% | rank that 5 % of the draws do not exceed';
COMMENT ON COLUMN land.stability_parcel.rank_p95 IS '名次 95% | rank that 95 % of the draws do not exceed';
COMMENT ON COLUMN land.stability_parcel.exit IS '退出份额 | share of the draws that answer exit; likewise swap, upgrade, leave and data_first';
ALTER TABLE land.stability_parcel ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.stability_parcel FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.stability_parcel USING (
    (SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));
