-- One batch in scope: its head, who undid it, and its issues by code.
SELECT
    b.batch, b.file, b.sha256, b.profile, b.park_codes, b.made_at, b.made_by, b.rows_in, b.stored, b.refused, b.unchanged, b.kind,
    b.undoes, b.ended, (SELECT max(u.batch) FROM land.batch AS u WHERE u.undoes = b.batch) AS undone_by,
    (
        SELECT coalesce(jsonb_object_agg(code, n), '{}')
        FROM (SELECT code, count(*) AS n FROM land.issue AS i WHERE i.batch = b.batch GROUP BY code ORDER BY code) AS counted
    ) AS issues
FROM land.batch AS b
WHERE b.batch = %(batch)s
