-- Where the contracts of one parcel stand by the idle-land rule in a run, the gravest first.
--   index   idle (run, parcel_id)
SELECT
    contract_no, state, finding, track, start_due, start_basis, start_proof, overdue_days, overdue_limit_days, stopped_days,
    stopped_limit_days, developed_share, invested_share, changes_on, changes_to, fee_low_wan, fee_high_wan, remarks, missing, asks,
    clocks
FROM land.idle
WHERE run = %(run)s AND parcel_id = %(parcel_id)s
ORDER BY array_position(ARRAY['take_back', 'fee', 'agreement', 'unknown', 'clear'], state), contract_no
