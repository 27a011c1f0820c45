-- End a token.
UPDATE people.token AS t SET ends_at = now() FROM people.account AS a
WHERE a.account = t.account AND a.name = %(called)s AND t.label = %(label)s AND t.ends_at > now()
RETURNING t.ends_at, a.park_codes
