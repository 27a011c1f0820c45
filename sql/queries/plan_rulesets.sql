-- The very text of the rulesets a plan used, in their order.
SELECT s.content
FROM land.plan AS p, unnest(p.rulesets) WITH ORDINALITY AS u (sha256, place)
JOIN land.ruleset AS s USING (sha256)
WHERE p.plan = %(plan)s
ORDER BY u.place
