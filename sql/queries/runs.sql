-- The runs in scope, latest first; `parcels` counts those in scope.
SELECT
    r.run, r.batch, r.as_of, r.made_at, r.park_codes,
    api.parcels_in_scope(r.run, r.park_codes, r.parcels) AS parcels,
    (SELECT array_agg(s.code ORDER BY u.place)
     FROM unnest(r.rulesets) WITH ORDINALITY AS u (sha256, place) JOIN land.ruleset AS s USING (sha256)) AS rulesets
FROM land.run AS r
ORDER BY r.run DESC
LIMIT %(limit)s
