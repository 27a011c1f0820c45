-- The demands that plans adopted now serve.
SELECT DISTINCT s.demand_park, s.demand_no
FROM land.plan_site AS s
WHERE EXISTS (SELECT FROM land.promise AS a WHERE a.plan = s.plan AND a.use = 'site' AND upper_inf(a.during))
