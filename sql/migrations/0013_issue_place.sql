-- Where an issue lies, so that a map can go there: a point in the parcel, or in the very ground that two share.
--   crs     4490, longitude first, as two numbers: nothing is measured with them
--   NULL    the row has no shape, or the batch is older than this
ALTER TABLE land.issue
    ADD COLUMN lon double precision CHECK (lon BETWEEN -180 AND 180),
    ADD COLUMN lat double precision CHECK (lat BETWEEN -90 AND 90);
COMMENT ON COLUMN land.issue.lon IS '经度 | longitude of a point in what the issue speaks of, EPSG:4490 [°]';
COMMENT ON COLUMN land.issue.lat IS '纬度 | latitude of it [°]';
