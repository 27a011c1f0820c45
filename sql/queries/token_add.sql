-- Give an account a token; one of the same label is replaced.
INSERT INTO people.token (digest, account, label, ends_at)
SELECT %(digest)s, a.account, %(label)s, now() + make_interval(days => %(days)s) FROM people.account AS a WHERE a.name = %(called)s
ON CONFLICT (account, label) DO UPDATE SET digest = excluded.digest, made_at = now(), ends_at = excluded.ends_at
RETURNING ends_at, (SELECT a.park_codes FROM people.account AS a WHERE a.account = token.account) AS park_codes
