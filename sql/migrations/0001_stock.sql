-- The stock, batch by batch. A row is the truth for the batches in `during`; it is closed, never changed.
--   crs     geometries are stored in CGCS2000, EPSG:4490; areas are measured on the ellipsoid before they come here
--   scope   every table is seen park by park (row-level security): no scope, no rows; see 0002 for what is found in it
--   index   SP-GiST on shapes: half the price of GiST to fill, which every import pays; half a millisecond more to a tile, which is kept
--   keys    compared byte by byte (COLLATE "C"): the same order in every database, and quicker
--   units   in the column's name and comment; NULL is unknown, never zero and never false

CREATE FUNCTION land.scope() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN string_to_array(nullif(current_setting('landgis.parks', true), ''), ',');
COMMENT ON FUNCTION land.scope() IS 'The parks this transaction may see; NULL without a scope, {*} for all.';

CREATE FUNCTION land.in_scope(parks text[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(land.scope() = '{*}' OR parks && land.scope(), false);
COMMENT ON FUNCTION land.in_scope(text[]) IS 'May this transaction see a record that speaks of several parks?';

CREATE TABLE land.batch (
    batch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    profile text NOT NULL,
    park_codes text[] NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL DEFAULT session_user,
    rows_in integer NOT NULL,
    stored integer NOT NULL,
    refused integer NOT NULL,
    unchanged integer NOT NULL,
    CHECK (rows_in = stored + refused + unchanged)
);
COMMENT ON TABLE land.batch IS '批次 | one import: a file, its hash, and what became of its rows';
ALTER TABLE land.batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.batch FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.batch USING (land.in_scope(park_codes));

CREATE TABLE land.issue (
    batch bigint NOT NULL,
    issue integer NOT NULL,
    code text NOT NULL,
    severity text NOT NULL CHECK (severity IN ('refused', 'doubted', 'changed')),
    table_name text NOT NULL,
    park_code text,
    file text NOT NULL,
    layer text,
    row integer,
    field text,
    raw text,
    new text,
    rule text,
    zh text NOT NULL,
    en text NOT NULL,
    PRIMARY KEY (batch, issue)
);
COMMENT ON TABLE land.issue IS '问题清单 | what was changed, doubted or refused in a batch: file, row, field, value, rule';
ALTER TABLE land.issue ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.issue FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.issue
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.park (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    name text NOT NULL,
    level text CHECK (level IN ('national', 'provincial', 'county')),
    type text CHECK (type IN ('economic', 'hightech', 'bonded', 'chemical', 'other')),
    county_code text,
    approved_area_ha double precision CHECK (approved_area_ha >= 0),
    leading_industries text[],
    admin_unit text,
    geom geometry(MultiPolygon, 4490),
    EXCLUDE USING gist (park_code WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX park_now ON land.park (park_code) WHERE upper_inf(during);
CREATE INDEX park_geom ON land.park USING spgist (geom);
COMMENT ON TABLE land.park IS '园区 | industrial park';
COMMENT ON COLUMN land.park.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.park.name IS '名称 | name';
COMMENT ON COLUMN land.park.level IS '级别 | level';
COMMENT ON COLUMN land.park.type IS '类型 | type';
COMMENT ON COLUMN land.park.county_code IS '行政区代码 | county, six digits';
COMMENT ON COLUMN land.park.approved_area_ha IS '核准面积 | approved area [ha]';
COMMENT ON COLUMN land.park.leading_industries IS '主导产业 | leading industries, GB/T 4754 codes';
COMMENT ON COLUMN land.park.admin_unit IS '管委会 | administration';
COMMENT ON COLUMN land.park.geom IS '范围 | extent, EPSG:4490';
ALTER TABLE land.park ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.park FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.park
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.parcel (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    parcel_no text COLLATE "C" NOT NULL,
    zddm text,
    bdcdyh text,
    cert_no text,
    supervise_no text,
    location text,
    town text,
    village text,
    owner_uscc text,
    owner_name text,
    tenure text CHECK (tenure IN ('granted', 'allocated', 'leased', 'contributed', 'collective')),
    ownership text CHECK (ownership IN ('state', 'collective')),
    cert_area_m2 double precision CHECK (cert_area_m2 > 0),
    geom_area_m2 double precision NOT NULL CHECK (geom_area_m2 > 0),
    approved_area_m2 double precision CHECK (approved_area_m2 >= 0),
    supplied_area_m2 double precision CHECK (supplied_area_m2 >= 0),
    built_area_m2 double precision CHECK (built_area_m2 >= 0),
    landuse_code text,
    landuse_scheme text,
    plan_code text,
    plan_scheme text,
    plan_far_min double precision CHECK (plan_far_min BETWEEN 0 AND 50),
    plan_far_max double precision CHECK (plan_far_max BETWEEN 0 AND 50),
    plan_density_max double precision CHECK (plan_density_max BETWEEN 0 AND 1),
    plan_height_max_m double precision CHECK (plan_height_max_m >= 0),
    term_end date,
    is_mortgaged boolean,
    is_seized boolean,
    build_status text CHECK (build_status IN ('unbuilt', 'building', 'stopped', 'built')),
    stock_class text CHECK (stock_class IN ('approved_unsupplied', 'supplied_unused', 'underused', 'built_idle', 'below_standard', 'normal')),
    base_price_yuan_per_m2 double precision CHECK (base_price_yuan_per_m2 >= 0),
    assessed_value double precision CHECK (assessed_value >= 0),
    assessed_currency text,
    in_boundary_m2 double precision CHECK (in_boundary_m2 >= 0),
    is_legacy boolean,
    geom geometry(MultiPolygon, 4490) NOT NULL,
    EXCLUDE USING gist (park_code WITH =, parcel_no WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX parcel_now ON land.parcel (park_code, parcel_no) WHERE upper_inf(during);
CREATE INDEX parcel_geom ON land.parcel USING spgist (geom);
COMMENT ON TABLE land.parcel IS '宗地 | parcel';
COMMENT ON COLUMN land.parcel.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.parcel.parcel_no IS '地块编号 | parcel number, unique in its park';
COMMENT ON COLUMN land.parcel.zddm IS '宗地代码 | parcel code of the cadastre, 19 characters';
COMMENT ON COLUMN land.parcel.bdcdyh IS '不动产单元号 | real-estate unit code, 28 characters';
COMMENT ON COLUMN land.parcel.cert_no IS '不动产权证号 | certificate number';
COMMENT ON COLUMN land.parcel.supervise_no IS '电子监管号 | land-market supervision number';
COMMENT ON COLUMN land.parcel.location IS '坐落 | location';
COMMENT ON COLUMN land.parcel.town IS '镇街 | town';
COMMENT ON COLUMN land.parcel.village IS '村 | village';
COMMENT ON COLUMN land.parcel.owner_uscc IS '权利人信用代码 | credit code of the holder of the right';
COMMENT ON COLUMN land.parcel.owner_name IS '土地使用权人 | holder of the land-use right';
COMMENT ON COLUMN land.parcel.tenure IS '使用权类型 | how the right was obtained';
COMMENT ON COLUMN land.parcel.ownership IS '权属性质 | state or collective land';
COMMENT ON COLUMN land.parcel.cert_area_m2 IS '登记面积 | registered area [m²]';
COMMENT ON COLUMN land.parcel.geom_area_m2 IS '图形面积 | area drawn, measured on the ellipsoid [m²]';
COMMENT ON COLUMN land.parcel.approved_area_m2 IS '批准面积 | approved area [m²]';
COMMENT ON COLUMN land.parcel.supplied_area_m2 IS '供应面积 | supplied area [m²]';
COMMENT ON COLUMN land.parcel.built_area_m2 IS '已建成面积 | land built upon [m²]';
COMMENT ON COLUMN land.parcel.landuse_code IS '现状用途 | present land use';
COMMENT ON COLUMN land.parcel.landuse_scheme IS '用途分类标准 | scheme of the land-use code';
COMMENT ON COLUMN land.parcel.plan_code IS '规划用途 | planned land use';
COMMENT ON COLUMN land.parcel.plan_scheme IS '规划分类标准 | scheme of the planned code';
COMMENT ON COLUMN land.parcel.plan_far_min IS '规划容积率下限 | planned floor-area ratio, least [ratio]';
COMMENT ON COLUMN land.parcel.plan_far_max IS '规划容积率上限 | planned floor-area ratio, most [ratio]';
COMMENT ON COLUMN land.parcel.plan_density_max IS '规划建筑密度上限 | planned building density, most [ratio]';
COMMENT ON COLUMN land.parcel.plan_height_max_m IS '规划限高 | planned height, most [m]';
COMMENT ON COLUMN land.parcel.term_end IS '使用年限止 | end of the land-use term';
COMMENT ON COLUMN land.parcel.is_mortgaged IS '抵押 | mortgaged';
COMMENT ON COLUMN land.parcel.is_seized IS '查封 | seized by a court';
COMMENT ON COLUMN land.parcel.build_status IS '建设状况 | state of building';
COMMENT ON COLUMN land.parcel.stock_class IS '存量分类 | class of stock';
COMMENT ON COLUMN land.parcel.base_price_yuan_per_m2 IS '基准地价 | benchmark land price [元/m²]';
COMMENT ON COLUMN land.parcel.assessed_value IS '评估价值 | assessed value, land and buildings';
COMMENT ON COLUMN land.parcel.assessed_currency IS '评估币种 | currency of the assessed value, ISO 4217';
COMMENT ON COLUMN land.parcel.in_boundary_m2 IS '城镇开发边界内面积 | area inside the urban development boundary [m²]';
COMMENT ON COLUMN land.parcel.is_legacy IS '历史遗留 | historic plot without full papers';
COMMENT ON COLUMN land.parcel.geom IS '图形 | shape, EPSG:4490';
ALTER TABLE land.parcel ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.parcel FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.parcel
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.contract (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    contract_no text COLLATE "C" NOT NULL,
    parcel_no text COLLATE "C" NOT NULL,
    signed_on date,
    price_wan double precision CHECK (price_wan >= 0),
    price_paid_wan double precision CHECK (price_paid_wan >= 0),
    delivered_on date,
    agreed_start_on date,
    agreed_finish_on date,
    agreed_production_on date,
    started_on date,
    start_evidence text,
    finished_on date,
    stopped_since date,
    should_develop_m2 double precision CHECK (should_develop_m2 >= 0),
    developed_m2 double precision CHECK (developed_m2 >= 0),
    total_invest_wan double precision CHECK (total_invest_wan >= 0),
    invested_wan double precision CHECK (invested_wan >= 0),
    agreed_far_min double precision CHECK (agreed_far_min BETWEEN 0 AND 50),
    agreed_coefficient_min double precision CHECK (agreed_coefficient_min BETWEEN 0 AND 1),
    agreed_invest_wan_per_mu double precision CHECK (agreed_invest_wan_per_mu >= 0),
    agreed_tax_wan_per_mu double precision CHECK (agreed_tax_wan_per_mu >= 0),
    government_delay_days integer CHECK (government_delay_days >= 0),
    delay_cause text CHECK (delay_cause IN ('government', 'enterprise', 'market', 'force_majeure')),
    EXCLUDE USING gist (park_code WITH =, contract_no WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX contract_now ON land.contract (park_code, contract_no) WHERE upper_inf(during);
CREATE INDEX contract_parcel ON land.contract (park_code, parcel_no);
COMMENT ON TABLE land.contract IS '出让合同 | land contract and its fulfilment';
COMMENT ON COLUMN land.contract.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.contract.contract_no IS '合同编号 | contract number';
COMMENT ON COLUMN land.contract.parcel_no IS '地块编号 | parcel number, unique in its park';
COMMENT ON COLUMN land.contract.signed_on IS '签订日期 | signed on';
COMMENT ON COLUMN land.contract.price_wan IS '合同价款 | price [万元]';
COMMENT ON COLUMN land.contract.price_paid_wan IS '已缴价款 | price paid [万元]';
COMMENT ON COLUMN land.contract.delivered_on IS '交地日期 | land delivered on';
COMMENT ON COLUMN land.contract.agreed_start_on IS '约定动工日期 | agreed start of works';
COMMENT ON COLUMN land.contract.agreed_finish_on IS '约定竣工日期 | agreed end of works';
COMMENT ON COLUMN land.contract.agreed_production_on IS '约定达产日期 | agreed full production';
COMMENT ON COLUMN land.contract.started_on IS '实际动工日期 | actual start of works';
COMMENT ON COLUMN land.contract.start_evidence IS '动工证据 | evidence of the start (令第53号 第30条)';
COMMENT ON COLUMN land.contract.finished_on IS '实际竣工日期 | actual end of works';
COMMENT ON COLUMN land.contract.stopped_since IS '中止开发日期 | works stopped since; empty while they go on';
COMMENT ON COLUMN land.contract.should_develop_m2 IS '应动工开发面积 | area that should be under development [m²]';
COMMENT ON COLUMN land.contract.developed_m2 IS '已动工开发面积 | area under development [m²]';
COMMENT ON COLUMN land.contract.total_invest_wan IS '总投资额 | total investment, without land price and taxes [万元]';
COMMENT ON COLUMN land.contract.invested_wan IS '已投资额 | invested, without land price and taxes [万元]';
COMMENT ON COLUMN land.contract.agreed_far_min IS '约定容积率下限 | agreed floor-area ratio, least [ratio]';
COMMENT ON COLUMN land.contract.agreed_coefficient_min IS '约定建筑系数下限 | agreed building coefficient, least [ratio]';
COMMENT ON COLUMN land.contract.agreed_invest_wan_per_mu IS '约定投资强度 | agreed investment [万元/亩]';
COMMENT ON COLUMN land.contract.agreed_tax_wan_per_mu IS '约定亩均税收 | agreed tax [万元/亩]';
COMMENT ON COLUMN land.contract.government_delay_days IS '政府原因延误天数 | days of delay caused by government [d]';
COMMENT ON COLUMN land.contract.delay_cause IS '延误原因 | cause of delay';
ALTER TABLE land.contract ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.contract FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.contract
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.building (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    building_no text COLLATE "C" NOT NULL,
    parcel_no text COLLATE "C" NOT NULL,
    name text,
    function text CHECK (function IN ('workshop', 'warehouse', 'office', 'dormitory', 'research', 'other')),
    floors double precision CHECK (floors BETWEEN 0 AND 200),
    height_m double precision CHECK (height_m BETWEEN 0 AND 1000),
    storey_height_m double precision CHECK (storey_height_m BETWEEN 0 AND 100),
    footprint_m2 double precision CHECK (footprint_m2 >= 0),
    floor_area_m2 double precision CHECK (floor_area_m2 >= 0),
    counted_area_m2 double precision CHECK (counted_area_m2 >= 0),
    structure text,
    built_year integer CHECK (built_year BETWEEN 1600 AND 2200),
    has_permit boolean,
    vacancy double precision CHECK (vacancy BETWEEN 0 AND 1),
    geom geometry(MultiPolygon, 4490),
    EXCLUDE USING gist (park_code WITH =, building_no WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX building_now ON land.building (park_code, building_no) WHERE upper_inf(during);
CREATE INDEX building_geom ON land.building USING spgist (geom);
CREATE INDEX building_parcel ON land.building (park_code, parcel_no);
COMMENT ON TABLE land.building IS '建筑物 | building';
COMMENT ON COLUMN land.building.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.building.building_no IS '建筑编号 | building number';
COMMENT ON COLUMN land.building.parcel_no IS '地块编号 | parcel number, unique in its park';
COMMENT ON COLUMN land.building.name IS '名称 | name';
COMMENT ON COLUMN land.building.function IS '用途 | function';
COMMENT ON COLUMN land.building.floors IS '层数 | floors';
COMMENT ON COLUMN land.building.height_m IS '高度 | height [m]';
COMMENT ON COLUMN land.building.storey_height_m IS '层高 | storey height [m]';
COMMENT ON COLUMN land.building.footprint_m2 IS '占地面积 | footprint [m²]';
COMMENT ON COLUMN land.building.floor_area_m2 IS '建筑面积 | floor area [m²]';
COMMENT ON COLUMN land.building.counted_area_m2 IS '计容面积 | floor area counted for the ratio; storeys above 8 m count double [m²]';
COMMENT ON COLUMN land.building.structure IS '结构 | structure';
COMMENT ON COLUMN land.building.built_year IS '建成年份 | year built';
COMMENT ON COLUMN land.building.has_permit IS '有证 | has a permit';
COMMENT ON COLUMN land.building.vacancy IS '空置率 | vacant share [ratio]';
COMMENT ON COLUMN land.building.geom IS '图形 | shape, EPSG:4490';
ALTER TABLE land.building ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.building FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.building
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.enterprise (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    uscc text COLLATE "C" NOT NULL,
    name text NOT NULL,
    industry_code text,
    industry_scheme text,
    scale text CHECK (scale IN ('above', 'below')),
    founded_on date,
    production_since date,
    status text CHECK (status IN ('normal', 'half_stopped', 'stopped', 'closed', 'deregistered', 'revoked')),
    stopped_since date,
    tags text[],
    is_utility boolean,
    is_safety_failed boolean,
    is_environment_failed boolean,
    EXCLUDE USING gist (park_code WITH =, uscc WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX enterprise_now ON land.enterprise (park_code, uscc) WHERE upper_inf(during);
COMMENT ON TABLE land.enterprise IS '企业 | enterprise';
COMMENT ON COLUMN land.enterprise.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.enterprise.uscc IS '统一社会信用代码 | unified social credit code, or a provisional number';
COMMENT ON COLUMN land.enterprise.name IS '名称 | name';
COMMENT ON COLUMN land.enterprise.industry_code IS '行业代码 | industry, GB/T 4754';
COMMENT ON COLUMN land.enterprise.industry_scheme IS '行业标准版本 | edition of the industry code';
COMMENT ON COLUMN land.enterprise.scale IS '规模 | size class';
COMMENT ON COLUMN land.enterprise.founded_on IS '成立日期 | founded on';
COMMENT ON COLUMN land.enterprise.production_since IS '投产日期 | in production since';
COMMENT ON COLUMN land.enterprise.status IS '经营状态 | state of business';
COMMENT ON COLUMN land.enterprise.stopped_since IS '停产日期 | stopped since';
COMMENT ON COLUMN land.enterprise.tags IS '标签 | tags: hightech, specialised, listed, chain_leader';
COMMENT ON COLUMN land.enterprise.is_utility IS '公用事业 | public utility';
COMMENT ON COLUMN land.enterprise.is_safety_failed IS '安全不达标 | fails safety requirements';
COMMENT ON COLUMN land.enterprise.is_environment_failed IS '环保不达标 | fails environmental requirements';
ALTER TABLE land.enterprise ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.enterprise FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.enterprise
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.parcel_use (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    parcel_no text COLLATE "C" NOT NULL,
    uscc text COLLATE "C" NOT NULL,
    role text COLLATE "C" NOT NULL CHECK (role IN ('owner', 'user', 'tenant', 'subtenant')),
    area_m2 double precision CHECK (area_m2 > 0),
    from_on date,
    to_on date,
    lease_no text,
    rent_yuan_per_m2_month double precision CHECK (rent_yuan_per_m2_month >= 0),
    EXCLUDE USING gist (park_code WITH =, parcel_no WITH =, uscc WITH =, role WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX parcel_use_now ON land.parcel_use (park_code, parcel_no, uscc, role) WHERE upper_inf(during);
CREATE INDEX parcel_use_enterprise ON land.parcel_use (park_code, uscc);
COMMENT ON TABLE land.parcel_use IS '用地关系 | who uses which parcel';
COMMENT ON COLUMN land.parcel_use.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.parcel_use.parcel_no IS '地块编号 | parcel number, unique in its park';
COMMENT ON COLUMN land.parcel_use.uscc IS '统一社会信用代码 | unified social credit code, or a provisional number';
COMMENT ON COLUMN land.parcel_use.role IS '角色 | role';
COMMENT ON COLUMN land.parcel_use.area_m2 IS '用地面积 | area used [m²]';
COMMENT ON COLUMN land.parcel_use.from_on IS '起 | from';
COMMENT ON COLUMN land.parcel_use.to_on IS '止 | to; empty while it lasts';
COMMENT ON COLUMN land.parcel_use.lease_no IS '租赁合同 | lease contract';
COMMENT ON COLUMN land.parcel_use.rent_yuan_per_m2_month IS '租金 | rent [元/m²/月]';
ALTER TABLE land.parcel_use ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.parcel_use FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.parcel_use
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.enterprise_year (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    uscc text COLLATE "C" NOT NULL,
    year integer NOT NULL CHECK (year BETWEEN 1990 AND 2200),
    revenue_wan double precision CHECK (revenue_wan >= 0),
    output_wan double precision CHECK (output_wan >= 0),
    value_added_wan double precision,
    tax_wan double precision,
    profit_wan double precision,
    liabilities_wan double precision CHECK (liabilities_wan >= 0),
    assets_wan double precision CHECK (assets_wan >= 0),
    ebit_wan double precision,
    interest_wan double precision CHECK (interest_wan >= 0),
    energy_tce double precision CHECK (energy_tce >= 0),
    power_kwh double precision CHECK (power_kwh >= 0),
    water_t double precision CHECK (water_t >= 0),
    emission_t double precision CHECK (emission_t >= 0),
    rd_wan double precision CHECK (rd_wan >= 0),
    employees double precision CHECK (employees >= 0),
    fixed_asset_wan double precision CHECK (fixed_asset_wan >= 0),
    land_used_m2 double precision CHECK (land_used_m2 >= 0),
    is_in_arrears boolean,
    data_status text CHECK (data_status IN ('reported', 'verified', 'doubtful')),
    EXCLUDE USING gist (park_code WITH =, uscc WITH =, year WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX enterprise_year_now ON land.enterprise_year (park_code, uscc, year) WHERE upper_inf(during);
COMMENT ON TABLE land.enterprise_year IS '年度指标 | an enterprise''s year';
COMMENT ON COLUMN land.enterprise_year.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.enterprise_year.uscc IS '统一社会信用代码 | unified social credit code, or a provisional number';
COMMENT ON COLUMN land.enterprise_year.year IS '年度 | year';
COMMENT ON COLUMN land.enterprise_year.revenue_wan IS '营业收入 | revenue [万元]';
COMMENT ON COLUMN land.enterprise_year.output_wan IS '产值 | output [万元]';
COMMENT ON COLUMN land.enterprise_year.value_added_wan IS '增加值 | value added [万元]';
COMMENT ON COLUMN land.enterprise_year.tax_wan IS '评价税收 | tax as evaluated [万元]';
COMMENT ON COLUMN land.enterprise_year.profit_wan IS '利润 | profit [万元]';
COMMENT ON COLUMN land.enterprise_year.liabilities_wan IS '负债 | liabilities [万元]';
COMMENT ON COLUMN land.enterprise_year.assets_wan IS '资产 | assets [万元]';
COMMENT ON COLUMN land.enterprise_year.ebit_wan IS '息税前利润 | earnings before interest and taxes [万元]';
COMMENT ON COLUMN land.enterprise_year.interest_wan IS '利息支出 | interest paid [万元]';
COMMENT ON COLUMN land.enterprise_year.energy_tce IS '综合能耗 | energy, equivalent value [tce]';
COMMENT ON COLUMN land.enterprise_year.power_kwh IS '用电量 | electricity [kWh]';
COMMENT ON COLUMN land.enterprise_year.water_t IS '用水量 | water [t]';
COMMENT ON COLUMN land.enterprise_year.emission_t IS '主要污染物排放 | main pollutants, equivalent [t]';
COMMENT ON COLUMN land.enterprise_year.rd_wan IS '研发经费 | research and development [万元]';
COMMENT ON COLUMN land.enterprise_year.employees IS '年平均从业人员 | employees, yearly mean';
COMMENT ON COLUMN land.enterprise_year.fixed_asset_wan IS '固定资产 | fixed assets [万元]';
COMMENT ON COLUMN land.enterprise_year.land_used_m2 IS '评价用地 | land used: own + leased in − leased out [m²]';
COMMENT ON COLUMN land.enterprise_year.is_in_arrears IS '欠税欠薪欠息欠费 | long in arrears of tax, wages, interest or fees';
COMMENT ON COLUMN land.enterprise_year.data_status IS '数据状态 | state of the data';
ALTER TABLE land.enterprise_year ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.enterprise_year FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.enterprise_year
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.enterprise_month (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    uscc text COLLATE "C" NOT NULL,
    month date NOT NULL,
    power_kwh double precision CHECK (power_kwh >= 0),
    tax_wan double precision,
    insured integer CHECK (insured >= 0),
    EXCLUDE USING gist (park_code WITH =, uscc WITH =, month WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX enterprise_month_now ON land.enterprise_month (park_code, uscc, month) WHERE upper_inf(during);
COMMENT ON TABLE land.enterprise_month IS '月度指标 | an enterprise''s month';
COMMENT ON COLUMN land.enterprise_month.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.enterprise_month.uscc IS '统一社会信用代码 | unified social credit code, or a provisional number';
COMMENT ON COLUMN land.enterprise_month.month IS '月份 | first day of the month';
COMMENT ON COLUMN land.enterprise_month.power_kwh IS '用电量 | electricity [kWh]';
COMMENT ON COLUMN land.enterprise_month.tax_wan IS '税收 | tax [万元]';
COMMENT ON COLUMN land.enterprise_month.insured IS '参保人数 | insured heads';
ALTER TABLE land.enterprise_month ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.enterprise_month FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.enterprise_month
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.zone (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    layer text COLLATE "C" NOT NULL CHECK (layer IN ('urban_boundary', 'farmland', 'ecology', 'industrial_line_1', 'industrial_line_2', 'detailed_plan', 'renewal_area', 'chemical_park', 'sensitive', 'river_1km')),
    zone_code text COLLATE "C" NOT NULL,
    name text,
    geom geometry(MultiPolygon, 4490) NOT NULL,
    EXCLUDE USING gist (park_code WITH =, layer WITH =, zone_code WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX zone_now ON land.zone (park_code, layer, zone_code) WHERE upper_inf(during);
CREATE INDEX zone_geom ON land.zone USING spgist (geom);
COMMENT ON TABLE land.zone IS '管控图层 | control layer';
COMMENT ON COLUMN land.zone.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.zone.layer IS '图层 | layer';
COMMENT ON COLUMN land.zone.zone_code IS '编号 | number in its layer';
COMMENT ON COLUMN land.zone.name IS '名称 | name';
COMMENT ON COLUMN land.zone.geom IS '范围 | extent, EPSG:4490';
ALTER TABLE land.zone ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.zone FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.zone
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

CREATE TABLE land.demand (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    during int8range NOT NULL,
    row_hash bigint NOT NULL,
    source_file text,
    source_layer text,
    source_row integer,
    park_code text COLLATE "C" NOT NULL CHECK (park_code NOT IN ('', '*') AND strpos(park_code, ',') = 0),
    demand_no text COLLATE "C" NOT NULL,
    name text NOT NULL,
    investor text,
    industry_code text,
    area_min_m2 double precision CHECK (area_min_m2 > 0),
    area_ideal_m2 double precision CHECK (area_ideal_m2 > 0),
    area_max_m2 double precision CHECK (area_max_m2 > 0),
    width_min_m double precision CHECK (width_min_m >= 0),
    far_min double precision CHECK (far_min BETWEEN 0 AND 50),
    invest_wan double precision CHECK (invest_wan >= 0),
    output_wan double precision CHECK (output_wan >= 0),
    tax_wan double precision CHECK (tax_wan >= 0),
    jobs integer CHECK (jobs >= 0),
    energy_tce double precision CHECK (energy_tce >= 0),
    start_on date,
    priority integer CHECK (priority BETWEEN 1 AND 9),
    status text CHECK (status IN ('negotiating', 'signed', 'supplied', 'started', 'producing', 'left')),
    EXCLUDE USING gist (park_code WITH =, demand_no WITH =, during WITH &&) WHERE (NOT upper_inf(during))
);
CREATE UNIQUE INDEX demand_now ON land.demand (park_code, demand_no) WHERE upper_inf(during);
COMMENT ON TABLE land.demand IS '项目需求 | a project''s demand for land';
COMMENT ON COLUMN land.demand.park_code IS '园区代码 | park';
COMMENT ON COLUMN land.demand.demand_no IS '项目编号 | project number';
COMMENT ON COLUMN land.demand.name IS '项目名称 | project name';
COMMENT ON COLUMN land.demand.investor IS '投资主体 | investor';
COMMENT ON COLUMN land.demand.industry_code IS '行业代码 | industry, GB/T 4754';
COMMENT ON COLUMN land.demand.area_min_m2 IS '用地需求下限 | area, least [m²]';
COMMENT ON COLUMN land.demand.area_ideal_m2 IS '用地需求 | area, ideal [m²]';
COMMENT ON COLUMN land.demand.area_max_m2 IS '用地需求上限 | area, most [m²]';
COMMENT ON COLUMN land.demand.width_min_m IS '最小宽度 | inscribed width, least [m]';
COMMENT ON COLUMN land.demand.far_min IS '容积率下限 | floor-area ratio, least [ratio]';
COMMENT ON COLUMN land.demand.invest_wan IS '固定资产投资 | investment [万元]';
COMMENT ON COLUMN land.demand.output_wan IS '达产产值 | output at full production [万元]';
COMMENT ON COLUMN land.demand.tax_wan IS '达产税收 | tax at full production [万元]';
COMMENT ON COLUMN land.demand.jobs IS '就业 | jobs';
COMMENT ON COLUMN land.demand.energy_tce IS '综合能耗 | energy [tce]';
COMMENT ON COLUMN land.demand.start_on IS '拟开工日期 | planned start';
COMMENT ON COLUMN land.demand.priority IS '优先级 | priority, 1 is first';
COMMENT ON COLUMN land.demand.status IS '状态 | state of the negotiation';
ALTER TABLE land.demand ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.demand FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.demand
    USING ((SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));
