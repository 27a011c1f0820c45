"""Which run is shown where none is named."""

from landgis.store import database, runs


def test_an_assessment_of_one_park_does_not_put_that_of_all_out_of_sight(sample):
    with database.connect(sample.admin_url) as conn, conn.transaction(force_rollback=True):
        (later,) = conn.execute(
            """INSERT INTO land.run (batch, park_codes, as_of, rulesets, snapshot, version, parcels, extents, detail_zoom)
               SELECT batch, '{S01}', as_of + 1, rulesets, snapshot, version, 1, jsonb_build_object('S01', extents -> 'S01'), detail_zoom
               FROM land.run WHERE run = 1 RETURNING run"""
        ).fetchone()
        conn.execute("SET LOCAL ROLE landgis_app")  # as the service asks: the scope holds
        for scope, shown in ((["*"], 1), (["S01", "S02"], 1), (["S01"], later), (["S02"], 1), ([], None)):
            with database.scoped(conn, scope):
                assert runs.find_widest(conn) == shown, scope
