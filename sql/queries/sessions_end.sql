-- End the sessions of an account that are not over.
UPDATE people.session SET ends_at = now() WHERE account = %(account)s AND ends_at > now()
