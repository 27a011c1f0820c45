-- Change an account; what is NULL stays as it is.
UPDATE people.account SET
    role = coalesce(%(role)s, role), park_codes = coalesce(%(park_codes)s::text[], park_codes),
    kdf = coalesce(%(kdf)s, kdf), salt = coalesce(%(salt)s::bytea, salt), verifier = coalesce(%(verifier)s::bytea, verifier),
    disabled_since = CASE %(is_disabled)s::boolean
        WHEN true THEN coalesce(disabled_since, now()) WHEN false THEN NULL ELSE disabled_since
    END
WHERE name = %(called)s
RETURNING account, park_codes
