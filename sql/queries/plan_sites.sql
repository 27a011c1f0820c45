-- The sites of a plan.
SELECT s.*, d.name
FROM land.plan_site AS s
LEFT JOIN land.plan_demand AS d ON d.plan = s.plan AND d.park_code = s.demand_park AND d.demand_no = s.demand_no
WHERE s.plan = %(plan)s
ORDER BY s.site
