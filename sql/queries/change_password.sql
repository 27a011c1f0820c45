-- Give the account of a session another password, see api.change_password.
SELECT api.change_password(%(own)s, %(address)s, %(key)s, %(kdf)s, %(salt)s, %(verifier)s)
