-- A new plan; its number.
INSERT INTO land.plan (parent, run, demand_batch, park_codes, as_of, rulesets, version, asked, currency, objective_wan, bound_wan, gap,
    is_proved, seconds, members, told, pool)
VALUES (%(parent)s, %(run)s, %(demand_batch)s, %(park_codes)s, %(as_of)s, %(rulesets)s, %(version)s, %(asked)s, %(currency)s,
    %(objective_wan)s, %(bound_wan)s, %(gap)s, %(is_proved)s, %(seconds)s, %(members)s, %(told)s, %(pool)s)
RETURNING plan
