-- Who may check cases in a park, see api.checkers.
SELECT api.checkers(%(park)s) AS names
