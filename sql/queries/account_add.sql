-- Add an account.
INSERT INTO people.account (name, shown_name, role, park_codes, kdf, salt, verifier)
VALUES (%(called)s, %(shown_name)s, %(role)s, %(park_codes)s, %(kdf)s, %(salt)s, %(verifier)s)
RETURNING account
