"""Long work as queued jobs with progress: one task per workflow.

A worker takes jobs from the queue and runs each in a process of its own: what reads a hostile file or thinks for minutes neither slows
the service down nor takes it along, its memory goes back to the machine, and to stop it is to end that process, after which the
database has rolled back whatever was not finished.
"""
