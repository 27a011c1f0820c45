-- What a run found on one parcel, test by test.
SELECT ruleset, test, finding, value, threshold, margin, margin_share, unit, article, coalesce(missing, '{}') AS missing
FROM land.finding
WHERE run = %(run)s AND parcel_id = %(parcel_id)s
ORDER BY CASE finding WHEN 'suspected' THEN 0 WHEN 'unknown' THEN 1 ELSE 2 END, ruleset, test
