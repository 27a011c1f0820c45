-- What a project asks of its land, in full: form, use and pollution, chain, when and where, what it may cost.
--   crs     no shapes here
--   scope   a column of a table that has its policy (0001)
--   NULL    not asked; never zero

ALTER TABLE land.demand
    ADD COLUMN depth_min_m double precision CHECK (depth_min_m >= 0),
    ADD COLUMN compactness_min double precision CHECK (compactness_min BETWEEN 0 AND 1),
    ADD COLUMN use_kind text CHECK (use_kind IN ('industrial', 'warehouse', 'research')),
    ADD COLUMN pollution_class integer CHECK (pollution_class BETWEEN 1 AND 3),
    ADD COLUMN chain text,
    ADD COLUMN chain_link text CHECK (chain_link IN ('fill', 'strengthen', 'extend')),
    ADD COLUMN ready_by date,
    ADD COLUMN emission_t double precision CHECK (emission_t >= 0),
    ADD COLUMN power_kva double precision CHECK (power_kva >= 0),
    ADD COLUMN sensitive_min_m double precision CHECK (sensitive_min_m >= 0),
    ADD COLUMN allowed_parks text[],
    ADD COLUMN owners_max integer CHECK (owners_max >= 0),
    ADD COLUMN cost_max_wan double precision CHECK (cost_max_wan >= 0);
COMMENT ON COLUMN land.demand.depth_min_m IS '最小进深 | depth, least [m]';
COMMENT ON COLUMN land.demand.compactness_min IS '紧凑度下限 | compactness 4πA ÷ outline², least [ratio]';
COMMENT ON COLUMN land.demand.use_kind IS '用地类型 | kind of use';
COMMENT ON COLUMN land.demand.pollution_class IS '污染等级 | industry of class 1, 2 or 3 by pollution';
COMMENT ON COLUMN land.demand.chain IS '产业链 | industrial chain';
COMMENT ON COLUMN land.demand.chain_link IS '产业链环节 | what it does for the chain';
COMMENT ON COLUMN land.demand.ready_by IS '最迟供地日期 | land needed by';
COMMENT ON COLUMN land.demand.emission_t IS '主要污染物排放 | main pollutants, equivalent [t]';
COMMENT ON COLUMN land.demand.power_kva IS '用电负荷 | power load [kVA]';
COMMENT ON COLUMN land.demand.sensitive_min_m IS '与敏感目标最小距离 | distance from sensitive places, least [m]';
COMMENT ON COLUMN land.demand.allowed_parks IS '可落园区 | parks that may take it; empty = any';
COMMENT ON COLUMN land.demand.owners_max IS '权利人数上限 | holders to deal with, most';
COMMENT ON COLUMN land.demand.cost_max_wan IS '用地成本上限 | cost of the land, most [万元]';
