-- A mortgaged or seized parcel can be swapped or divided where mortgagee or court consents (权利限制人同意).
--   scope   a column of a table that is under row-level security already

ALTER TABLE land.parcel ADD COLUMN has_consent boolean;
COMMENT ON COLUMN land.parcel.has_consent IS '抵押权人或查封机关同意处置 | mortgagee or court consents to disposal';
