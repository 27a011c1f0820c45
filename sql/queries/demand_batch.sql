-- The last batch that brought one of the demands that now stand in some parks.
--   in    park_codes
--   out   batch (NULL: there is no demand)
--   uses  index demand_now
SELECT max(lower(during)) AS batch FROM land.demand WHERE upper_inf(during) AND park_code = ANY (%(park_codes)s)
