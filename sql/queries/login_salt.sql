-- How the key of a password is made, see api.login_salt.
SELECT api.login_salt(%(called)s, %(address)s)
