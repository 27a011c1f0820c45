-- Note a job that is asked for.
INSERT INTO land.job (kind, park_codes, scope, asked)
VALUES (%(kind)s, %(park_codes)s, %(scope)s, %(asked)s)
RETURNING job
