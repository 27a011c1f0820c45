-- The main user of every parcel of a run. Composed, not bound, because COPY takes no parameters: {run} is a quoted literal.
SELECT t.parcel_id, t.park_code, t.uscc FROM land.triage AS t WHERE t.run = {run} ORDER BY t.parcel_id
