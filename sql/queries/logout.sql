-- End a session, see api.logout.
SELECT api.logout(%(digest)s)
