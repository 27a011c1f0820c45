-- The last run over the same stock by the same rules for the same day and by the same version of the program.
SELECT max(run) AS run FROM land.run
WHERE snapshot = %(snapshot)s AND rulesets = %(rulesets)s AND as_of = %(as_of)s AND version = %(version)s
