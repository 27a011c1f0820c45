-- Note who did what.
INSERT INTO land.audit (act, park_codes, detail) VALUES (%(act)s, %(park_codes)s, %(detail)s)
