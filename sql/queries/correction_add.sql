-- A new correction, or the withdrawal of one; its number.
INSERT INTO land.correction (park_code, table_name, row_key, field, old, new, reason, evidence, withdraws)
VALUES (
    %(park_code)s, %(table_name)s, %(row_key)s, %(field)s, %(old)s, %(new)s, %(reason)s, %(evidence)s, %(withdraws)s
)
RETURNING correction
