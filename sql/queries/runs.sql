-- The runs in scope, latest first; `parcels` counts those in scope.
SELECT
    r.run, r.batch, r.as_of, r.made_at, r.park_codes,
    CASE
        WHEN (SELECT land.scope()) = '{*}' OR r.park_codes <@ (SELECT land.scope())::text[] THEN r.parcels
        ELSE (SELECT count(*) FROM land.triage AS t WHERE t.run = r.run)::integer
    END AS parcels,
    (SELECT array_agg(s.code ORDER BY u.place)
     FROM unnest(r.rulesets) WITH ORDINALITY AS u (sha256, place) JOIN land.ruleset AS s USING (sha256)) AS rulesets
FROM land.run AS r
ORDER BY r.run DESC
LIMIT %(limit)s
