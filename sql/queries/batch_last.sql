-- The last batch that speaks of one of these parks.
SELECT max(batch) AS batch FROM land.batch WHERE park_codes && %(park_codes)s
