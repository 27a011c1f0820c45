-- What is looked for, coloured and filtered by: place, names, initials and measures of every parcel a run judged; and saved scenarios.
--   crs     lon and lat lie inside the parcel: degrees of 4490, rounded to 6 decimals (0.1 m); for finding, not for measuring
--   scope   as the stock: park by park; a scenario as the run it belongs to
--   NULL    unknown; a run made before this migration has places and names, but neither initials nor measures

ALTER TABLE land.run ADD COLUMN measures text[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN land.run.measures IS '指标名 | names of the measures kept in land.looked, in their order';

CREATE TABLE land.looked (
    run bigint NOT NULL,
    park_code text NOT NULL,
    parcel_id bigint NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    enterprises text,
    usccs text,
    initials text NOT NULL,
    measures double precision[],
    PRIMARY KEY (run, parcel_id)
);
COMMENT ON TABLE land.looked IS '查询底表 | what every parcel of a run is looked for, coloured and filtered by; official figures stay where they are';
COMMENT ON COLUMN land.looked.lon IS '经度 | longitude of a place inside the parcel';
COMMENT ON COLUMN land.looked.lat IS '纬度 | latitude of that place';
COMMENT ON COLUMN land.looked.enterprises IS '用地企业 | names of the users, one behind the other';
COMMENT ON COLUMN land.looked.usccs IS '信用代码 | credit codes of the users';
COMMENT ON COLUMN land.looked.initials IS '拼音首字母 | initials of holder, users and location, as people type them';
COMMENT ON COLUMN land.looked.measures IS '指标值 | values of the run''s measures, rounded to six figures; NULL: unknown';
ALTER TABLE land.looked ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.looked FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.looked USING (
    (SELECT land.scope()) = '{*}' OR park_code = ANY ((SELECT land.scope())::text[]));

SET LOCAL landgis.parks = '*';
INSERT INTO land.looked (run, park_code, parcel_id, lon, lat, enterprises, usccs, initials, measures)
SELECT
    t.run, t.park_code, t.parcel_id, round(ST_X(s.seat)::numeric, 6), round(ST_Y(s.seat)::numeric, 6), e.names, e.usccs, '', NULL
FROM land.triage AS t
JOIN land.run AS r USING (run)
JOIN land.parcel AS p ON p.id = t.parcel_id
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(p.geom) AS seat) AS s
LEFT JOIN LATERAL (
    SELECT string_agg(DISTINCT e.name, '；') AS names, string_agg(DISTINCT u.uscc, '；') AS usccs
    FROM land.parcel_use AS u
    LEFT JOIN land.enterprise AS e ON e.park_code = u.park_code AND e.uscc = u.uscc AND e.during @> r.batch
    WHERE u.park_code = p.park_code AND u.parcel_no = p.parcel_no AND u.during @> r.batch
) AS e ON true;
RESET landgis.parks;

CREATE TABLE land.scenario (
    scenario bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint NOT NULL REFERENCES land.run,
    park_codes text[] NOT NULL CHECK (cardinality(park_codes) > 0),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    weights jsonb NOT NULL CHECK (jsonb_typeof(weights) = 'object'),
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL DEFAULT session_user,
    UNIQUE (run, name)
);
COMMENT ON TABLE land.scenario IS '试算方案 | weights somebody tried on a run and kept by a name; never an official result';
COMMENT ON COLUMN land.scenario.weights IS '权重 | population to indicator to weight';
ALTER TABLE land.scenario ENABLE ROW LEVEL SECURITY;
ALTER TABLE land.scenario FORCE ROW LEVEL SECURITY;
CREATE POLICY park ON land.scenario USING (land.in_scope(park_codes));
