-- Keep the text of a ruleset once; the hash is its name.
INSERT INTO land.ruleset (sha256, code, document, confidence, effective_from, effective_to, content)
VALUES (%(sha256)s, %(code)s, %(document)s, %(confidence)s, %(effective_from)s, %(effective_to)s, %(content)s)
ON CONFLICT (sha256) DO NOTHING
RETURNING sha256
