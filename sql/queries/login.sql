-- Begin a session, see api.login.
SELECT api.login(%(called)s, %(address)s, %(key)s, %(digest)s, %(idle_s)s, %(life_s)s)
