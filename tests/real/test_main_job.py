"""The main job on real parcels: file in, stored or in the issue list, assessed, drawn."""

from datetime import date
from pathlib import Path

import pytest

from landgis.settings import Settings
from landgis.store import database
from landgis.workflows import publish
from landgis.workflows.assess import assess
from landgis.workflows.explain import explain
from landgis.workflows.held import Held
from landgis.workflows.ingest import ingest

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the real parcels lie beside the checkout, in ../shared/data, and are not there"
)

NYC = (["nyc-ibz-mappluto/nyc_ibz_lots.gpkg"], "nyc-pluto", None, 2410)
PORT_MORRIS = (["nyc-ibz-mappluto/port_morris_lots_shp.zip"], "nyc-pluto", None, 348)
CAMBRIDGE = (
    ["cambridge-ma-fy2014/ASSESSING_ParcelsFY2014.topojson", "cambridge-ma-fy2014/TaxFY14.csv"],
    "cambridge-fy2014", None, 13_116 + 27_528,
)  # fmt: skip
GUANGDONG = (["guangdong-land-supply/DataSupplyResultDetail.csv"], "guangdong-supply", None, 1838)
NAOSHIMA = (["kagawa-naoshima-parcels/naoshima_parcels.gpkg"], "naoshima", None, 8390)


def rows(conn, query: str) -> list[tuple]:
    with database.scoped(conn, database.ALL_PARKS):
        return conn.execute(query).fetchall()


@pytest.mark.parametrize(
    ("files", "profile", "park", "rows_in"),
    [NYC, PORT_MORRIS, CAMBRIDGE, GUANGDONG, NAOSHIMA],
    ids=["nyc", "port-morris", "cambridge", "guangdong", "naoshima"],
)
def test_every_row_is_stored_or_in_the_issue_list_and_a_second_time_changes_nothing(
    conn, files, profile, park, rows_in
):
    paths = [DATA / name for name in files]
    first = ingest(conn, paths, profile, park=park)
    again = ingest(conn, paths, profile, park=park)

    assert first.rows_in == rows_in == first.stored.stored + first.stored.refused
    refused = rows(conn, "SELECT DISTINCT file, layer, row FROM land.issue WHERE severity = 'refused'")
    assert len(refused) >= first.stored.refused  # a row that feeds two tables may lose one of them
    assert (again.stored.batch, again.stored.stored, again.stored.unchanged) == (
        first.stored.batch,
        0,
        first.stored.stored,
    )


def test_new_york_s_industrial_zones_go_all_the_way_to_the_map(conn):
    ingested = ingest(conn, [DATA / NYC[0][0]], NYC[1])
    told = assess(conn, None, ["nyc-ibz"], date(2024, 6, 30))

    assert ingested.stored.tables["parcel"] == 2410 and ingested.stored.refused == 0
    assert told["parcels"] == 2410 == sum(land["parcels"] for land in told["triage"].values())
    assert {code: sum(land["parcels"] for land in park.values()) for code, park in told["triage_by_park"].items()} == {
        "nyc-north-brooklyn": 1249, "nyc-maspeth": 813, "nyc-port-morris": 348,
    }  # fmt: skip
    assert told["findings"]["vacant_use"]["suspected"] == 141  # SOURCE.md of the data: 141 vacant lots ...
    assert told["findings"]["vacant_use"]["unknown"] == 154  # ... and 154 without a land use: not known is not vacant

    with database.scoped(conn, database.ALL_PARKS):
        page = publish.map_page(
            conn, told["run"], language="en", base_maps=[], web=Settings().web_folder, nonce="n", held=Held(1)
        )
        vacant = "SELECT parcel_id FROM land.finding WHERE test = 'vacant_use' AND finding = 'suspected'"
        why = explain(conn, told["run"], rows(conn, vacant)[0][0])
    assert "North Brooklyn Industrial Business Zone" in page
    assert why["triage"]["answer"] == "exit" and why["source"]["file"] == "nyc_ibz_lots.gpkg"


def test_the_ellipsoid_area_is_postgis_s_own(conn):
    ingest(conn, [DATA / NYC[0][0]], NYC[1])
    apart = "abs(geom_area_m2 - ST_Area(geom::geography)) - 1e-6 * geom_area_m2"
    assert (
        rows(conn, f"SELECT max({apart}) FROM land.parcel")[0][0] < 1e-4
    )  # m²: slivers of a thousandth are among the lots
