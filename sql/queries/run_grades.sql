-- A run's evaluations, subject by subject. Composed, not bound, because COPY takes no parameters: {run} is a quoted literal.
SELECT g.park_code, g.parcel_id, g.uscc, g.year, g.ruleset, g.population, to_json(g.measured), g.total, g.rank, g.grade, g.reason
FROM land.grade AS g
WHERE g.run = {run}
ORDER BY g.year DESC, g.population, g.rank, g.uscc, g.parcel_id
