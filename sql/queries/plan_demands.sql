-- Every demand a plan was asked for, and what became of it.
SELECT park_code, demand_no, name, value_wan, state, reason FROM land.plan_demand WHERE plan = %(plan)s ORDER BY park_code, demand_no
