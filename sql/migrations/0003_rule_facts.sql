-- What rulesets ask beyond the first columns: office and green land, what is agreed on energy and emission, who is registered here,
-- and what of a zone cannot be built upon.
--   scope   columns of tables that are under row-level security already

ALTER TABLE land.park ADD COLUMN unbuildable_area_ha double precision CHECK (unbuildable_area_ha >= 0);
COMMENT ON COLUMN land.park.unbuildable_area_ha IS '不可建设面积 | area that cannot be built upon [ha]';

ALTER TABLE land.parcel
    ADD COLUMN office_land_m2 double precision CHECK (office_land_m2 >= 0),
    ADD COLUMN green_m2 double precision CHECK (green_m2 >= 0);
COMMENT ON COLUMN land.parcel.office_land_m2 IS '行政办公及生活服务设施用地面积 | land of offices and services [m²]';
COMMENT ON COLUMN land.parcel.green_m2 IS '绿地面积 | green land [m²]';

ALTER TABLE land.contract
    ADD COLUMN agreed_value_added_wan_per_tce double precision CHECK (agreed_value_added_wan_per_tce >= 0),
    ADD COLUMN agreed_value_added_wan_per_t double precision CHECK (agreed_value_added_wan_per_t >= 0);
COMMENT ON COLUMN land.contract.agreed_value_added_wan_per_tce IS '约定单位能耗增加值 | agreed value added per energy [万元/tce]';
COMMENT ON COLUMN land.contract.agreed_value_added_wan_per_t IS '约定单位排放增加值 | agreed value added per emission [万元/t]';

ALTER TABLE land.enterprise ADD COLUMN is_local boolean;
COMMENT ON COLUMN land.enterprise.is_local IS '在本地登记 | registered in the county';
