-- The scores of the year a run evaluated. Composed, not bound, because COPY takes no parameters: {run} is a quoted literal.
SELECT g.park_code, g.parcel_id, g.uscc, g.population, to_json(g.scores), g.bonus, g.deduction, g.total, g.rank, g.grade, g.reason
FROM land.grade AS g JOIN land.run AS r USING (run)
WHERE g.run = {run} AND (g.parcel_id IS NOT NULL OR g.year = extract(year FROM r.as_of) - 1) AND g.scores IS NOT NULL
ORDER BY g.population, g.rank, g.uscc, g.parcel_id
