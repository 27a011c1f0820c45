-- A new batch; its number.
INSERT INTO land.batch (file, sha256, profile, park_codes, rows_in, stored, refused, unchanged, fields, kind, undoes, ended)
VALUES (
    %(file)s, %(sha256)s, %(profile)s, %(park_codes)s, %(rows_in)s, %(stored)s, %(refused)s, %(unchanged)s, %(fields)s,
    %(kind)s, %(undoes)s, %(ended)s
)
RETURNING batch
