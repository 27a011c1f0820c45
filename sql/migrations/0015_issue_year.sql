-- Of which year an issue speaks: a row of a file that has a column for each year makes a row of ours for each.
--   NULL    the row is of no year, or the batch is older than this
ALTER TABLE land.issue ADD COLUMN year integer CHECK (year BETWEEN 1 AND 9999);
COMMENT ON COLUMN land.issue.year IS '年度 | the year of the row, where one row of the file makes a row for each year';
