-- Withdraw a plan: its promises end now.
UPDATE land.promise SET during = tstzrange(lower(during), greatest(clock_timestamp(), lower(during) + interval '1 microsecond'))
WHERE plan = %(plan)s AND upper_inf(during)
RETURNING parcel_no
