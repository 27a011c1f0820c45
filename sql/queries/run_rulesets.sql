-- The texts of a run's rulesets, in their order.
SELECT s.content
FROM land.run AS r
CROSS JOIN unnest(r.rulesets) WITH ORDINALITY AS u (sha256, place)
JOIN land.ruleset AS s USING (sha256)
WHERE r.run = %(run)s
ORDER BY u.place
