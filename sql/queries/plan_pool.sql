-- The sites a plan considered, to go on from.
SELECT pool FROM land.plan WHERE plan = %(plan)s
