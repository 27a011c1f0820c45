-- One run, or the latest in scope, with its parks and rulesets; `parcels` counts those in scope.
SELECT
    r.run, r.batch, r.as_of, r.made_at, r.made_by,
    api.parcels_in_scope(r.run, r.park_codes, r.parcels) AS parcels,
    r.detail_zoom, r.snapshot,
    (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'park_code', e.park_code, 'name', coalesce(k.name, e.park_code), 'bbox', e.bbox) ORDER BY e.park_code), '[]')
        FROM jsonb_each(r.extents) AS e (park_code, bbox)
        LEFT JOIN land.park AS k ON k.park_code = e.park_code AND k.during @> r.batch
        WHERE (SELECT land.scope()) = '{*}' OR e.park_code = ANY ((SELECT land.scope())::text[])
    ) AS parks,
    (
        SELECT jsonb_agg(jsonb_build_object(
            'code', s.code, 'sha256', s.sha256, 'document', s.document, 'confidence', s.confidence) ORDER BY u.place)
        FROM unnest(r.rulesets) WITH ORDINALITY AS u (sha256, place) JOIN land.ruleset AS s USING (sha256)
    ) AS rulesets
FROM land.run AS r
WHERE %(run)s::bigint IS NULL OR r.run = %(run)s
ORDER BY r.run DESC
LIMIT 1
