-- A run's stability parcel by parcel, page by page: those behind `after`; of one parcel where it is named.
--   index   stability_parcel primary key
SELECT
    s.parcel_id, s.park_code, s.uscc, s.grade_a, s.grade_b, s.grade_c, s.grade_d, s.grade_t, s.grade_none, s.rank_p05, s.rank_p95,
    s.exit, s.swap, s.upgrade, s.leave, s.data_first
FROM land.stability_parcel AS s
WHERE s.run = %(run)s AND s.parcel_id > %(after)s AND (%(parcel_id)s::bigint IS NULL OR s.parcel_id = %(parcel_id)s)
ORDER BY s.parcel_id
LIMIT %(limit)s
