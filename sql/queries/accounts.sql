-- The accounts by name, with when each last came in and the tokens that are in force.
SELECT
    a.name, a.shown_name, a.role, a.park_codes, a.made_at, a.disabled_since,
    (SELECT max(s.begun_at) FROM people.session AS s WHERE s.account = a.account) AS last_login_at,
    coalesce((
        SELECT jsonb_agg(jsonb_build_object('label', t.label, 'ends_on', t.ends_at::date) ORDER BY t.label)
        FROM people.token AS t WHERE t.account = a.account AND t.ends_at > now()
    ), '[]') AS tokens
FROM people.account AS a ORDER BY a.name
