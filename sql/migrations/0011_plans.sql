-- Plans: sites for projects, who gives way and goes where, and what is promised. Rows are added, never changed; only a promise ends.
--   crs     no shapes here: a plan names parcel versions of the run it rests on, and those have them
--   scope   a plan as a run: seen by who sees one of its parks; what it holds park by park
--   NULL    unknown, or not asked; never zero

CREATE TABLE land.plan (
    plan bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent bigint REFERENCES land.plan,
    run bigint NOT NULL REFERENCES land.run,
    demand_batch bigint REFERENCES land.batch,
    park_codes text[] NOT NULL CHECK (cardinality(park_codes) > 0),
    as_of date NOT NULL,
    rulesets text[] NOT NULL,
    version text NOT NULL,
    asked jsonb NOT NULL CHECK (jsonb_typeof(asked) = 'object'),
    currency text NOT NULL,
    objective_wan double precision NOT NULL,
    bound_wan double precision NOT NULL,
    gap double precision CHECK (gap >= 0),
    is_proved boolean NOT NULL,
    seconds double precision NOT NULL CHECK (seconds >= 0),
    members integer NOT NULL CHECK (members >= 0),
    told jsonb NOT NULL CHECK (jsonb_typeof(told) = 'object'),
    pool jsonb NOT NULL CHECK (jsonb_typeof(pool) = 'array'),
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL DEFAULT session_user,
    CHECK (bound_wan >= objective_wan)
);
COMMENT ON TABLE land.plan IS '方案 | a plan of sites and moves for the projects that need land';
COMMENT ON COLUMN land.plan.parent IS '上级方案 | the plan it was changed from; NULL: made anew';
COMMENT ON COLUMN land.plan.run IS '评估 | whose answers it rests on, on the stock as that run saw it';
COMMENT ON COLUMN land.plan.demand_batch IS '需求批次 | the last batch that brought one of its demands';
COMMENT ON COLUMN land.plan.rulesets IS '规则集 | hashes of land.ruleset, in the order given';
COMMENT ON COLUMN land.plan.asked IS '参数 | budget, staff, estimate, time limit, what is pinned and forbidden';
COMMENT ON COLUMN land.plan.currency IS '币种 | ten thousand of which all money of the plan is, ISO 4217';
COMMENT ON COLUMN land.plan.objective_wan IS '目标值 | worth served minus cost [万元]';
COMMENT ON COLUMN land.plan.bound_wan IS '上界 | no plan is better [万元]';
COMMENT ON COLUMN land.plan.gap IS '差距 | (bound − objective) ÷ objective; NULL: no demand is served and it is not proved that none can [ratio]';
COMMENT ON COLUMN land.plan.members IS '地块数 | parcels in its sites, so that who sees only some knows it';
COMMENT ON COLUMN land.plan.told IS '摘要 | counts, sums, limits, what is left out and why';
COMMENT ON COLUMN land.plan.pool IS '候选集 | the sites considered, to go on from';

CREATE TABLE land.plan_demand (
    plan bigint NOT NULL REFERENCES land.plan,
    park_code text NOT NULL,
    demand_no text NOT NULL,
    name text NOT NULL,
    value_wan double precision,
    state text NOT NULL CHECK (state IN ('served', 'unserved', 'left_out')),
    reason text NOT NULL,
    PRIMARY KEY (plan, park_code, demand_no)
);
COMMENT ON TABLE land.plan_demand IS '方案中的需求 | every demand a plan was asked for: served, not served, or left out and why';

CREATE TABLE land.plan_site (
    plan bigint NOT NULL REFERENCES land.plan,
    site integer NOT NULL,
    park_code text NOT NULL,
    demand_park text NOT NULL,
    demand_no text NOT NULL,
    worth_wan double precision NOT NULL,
    cost_low_wan double precision NOT NULL,
    cost_wan double precision NOT NULL,
    cost_high_wan double precision NOT NULL,
    links_wan double precision NOT NULL,
    area_m2 double precision NOT NULL,
    width_m double precision NOT NULL,
    depth_m double precision NOT NULL,
    compactness double precision NOT NULL,
    owners integer NOT NULL,
    ready_on date NOT NULL,
    remarks text[] NOT NULL,
    PRIMARY KEY (plan, site)
);
COMMENT ON TABLE land.plan_site IS '成片地块 | the parcels that make one piece for one project';
COMMENT ON COLUMN land.plan_site.cost_wan IS '成本 | as the moves make it, links included; low and high by the estimate [万元]';
COMMENT ON COLUMN land.plan_site.ready_on IS '可供日期 | when the last of it is free';

CREATE TABLE land.plan_member (
    plan bigint NOT NULL REFERENCES land.plan,
    site integer NOT NULL,
    park_code text NOT NULL,
    parcel_id bigint NOT NULL,
    parcel_no text NOT NULL,
    deed text NOT NULL CHECK (deed IN ('reserve', 'exit', 'swap', 'factory')),
    area_m2 double precision NOT NULL,
    cost_low_wan double precision,
    cost_wan double precision NOT NULL,
    cost_high_wan double precision,
    tax_wan double precision,
    free_on date NOT NULL,
    PRIMARY KEY (plan, parcel_id),
    FOREIGN KEY (plan, site) REFERENCES land.plan_site
);
COMMENT ON TABLE land.plan_member IS '成片地块成员 | a parcel of a site, and by which deed it is had; a plan gives each parcel once';

CREATE TABLE land.plan_move (
    plan bigint NOT NULL REFERENCES land.plan,
    place integer NOT NULL,
    park_code text NOT NULL,
    parcel_id bigint NOT NULL,
    parcel_no text NOT NULL,
    holder text,
    deed text NOT NULL CHECK (deed IN ('exit', 'swap', 'factory')),
    to_parcel_id bigint,
    to_parcel_no text,
    to_building_id bigint,
    frees_parcel_no text NOT NULL,
    step integer NOT NULL CHECK (step >= 1),
    enter_on date NOT NULL,
    left_on date NOT NULL,
    cost_wan double precision NOT NULL,
    pay_wan double precision,
    PRIMARY KEY (plan, place),
    UNIQUE (plan, parcel_id),
    UNIQUE (plan, to_building_id),
    CHECK ((deed = 'exit') = (to_parcel_id IS NULL)),
    CHECK ((deed = 'factory') = (to_building_id IS NOT NULL))
);
CREATE UNIQUE INDEX plan_move_plot ON land.plan_move (plan, to_parcel_id) WHERE to_building_id IS NULL;
COMMENT ON TABLE land.plan_move IS '迁移 | who gives way, where to and when; nobody moves twice and no plot is given twice';
COMMENT ON COLUMN land.plan_move.to_parcel_id IS '去向 | the plot, or the parcel of the workshop, it goes to';
COMMENT ON COLUMN land.plan_move.pay_wan IS '补差 | money settled; above zero the firm receives it [万元]';

CREATE TABLE land.promise (
    promise bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    plan bigint NOT NULL REFERENCES land.plan,
    park_code text COLLATE "C" NOT NULL,
    parcel_no text COLLATE "C" NOT NULL,
    use text NOT NULL CHECK (use IN ('site', 'plot')),
    during tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
    made_by text NOT NULL DEFAULT session_user,
    EXCLUDE USING gist (park_code WITH =, parcel_no WITH =, during WITH &&)
);
CREATE INDEX promise_plan ON land.promise (plan);
COMMENT ON TABLE land.promise IS '承诺 | a parcel that an adopted plan gives to somebody; no parcel is promised twice at one time, whoever asks';
COMMENT ON COLUMN land.promise.use IS '用途 | part of a site, or the plot somebody moves to';
COMMENT ON COLUMN land.promise.during IS '期间 | from the adoption until it is withdrawn';

ALTER TABLE land.plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.plan FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.plan USING (land.in_scope(park_codes));
DO $$
DECLARE secured text;
BEGIN
    FOREACH secured IN ARRAY ARRAY['plan_demand', 'plan_site', 'plan_member', 'plan_move', 'promise'] LOOP
        EXECUTE format('ALTER TABLE land.%I ENABLE ROW LEVEL SECURITY', secured);
        EXECUTE format('ALTER TABLE land.%I FORCE ROW LEVEL SECURITY', secured);
        EXECUTE format($policy$CREATE POLICY park ON land.%I USING (
            (SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]))$policy$, secured);
    END LOOP;
END $$;
