-- One plan, or the latest in scope, with its rulesets and whether it is adopted now.
SELECT
    p.plan, p.parent, p.run, p.demand_batch, p.park_codes, p.as_of, p.version, p.asked, p.currency, p.objective_wan, p.bound_wan, p.gap,
    p.is_proved, p.seconds, p.members, p.told, p.made_at, p.made_by,
    EXISTS (SELECT FROM land.promise AS a WHERE a.plan = p.plan AND upper_inf(a.during)) AS is_adopted,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object('code', s.code, 'sha256', s.sha256, 'document', s.document) ORDER BY u.place), '[]')
        FROM unnest(p.rulesets) WITH ORDINALITY AS u (sha256, place) JOIN land.ruleset AS s USING (sha256)
    ) AS rulesets
FROM land.plan AS p
WHERE %(plan)s::bigint IS NULL OR p.plan = %(plan)s
ORDER BY p.plan DESC
LIMIT 1
