-- A new run; its number.
INSERT INTO land.run (batch, park_codes, as_of, rulesets, snapshot, version, parcels, extents, detail_zoom, measures, result)
VALUES (%(batch)s, %(park_codes)s, %(as_of)s, %(rulesets)s, %(snapshot)s, %(version)s, %(parcels)s, %(extents)s, %(detail_zoom)s,
    %(measures)s, %(result)s)
RETURNING run
