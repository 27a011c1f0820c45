-- The run that a page shows where none is named: the latest of those that judged most of the parks that now stand and are in scope. An
-- assessment of one park does not put that of all of them out of sight.
--   out   run
--   uses  index park_now
SELECT r.run
FROM land.run AS r
ORDER BY (SELECT count(*) FROM land.park AS k WHERE k.park_code = ANY (r.park_codes) AND upper_inf(k.during)) DESC, r.run DESC
LIMIT 1
