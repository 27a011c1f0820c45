-- One vector tile in one message to the server and back: its scope and its time, which end with it, and the tile itself.
-- Statements of one message are one transaction: what SET LOCAL sets is gone when the message is answered.
--   in      parks  codes with commas between, "*" all;  timeout_ms  0: no limit;  run, z, x, y
--   out     of the last statement: see api.tile
SET LOCAL landgis.parks = %(parks)s;
SET LOCAL statement_timeout = %(timeout_ms)s;
SELECT api.tile(%(run)s, %(z)s, %(x)s, %(y)s)
