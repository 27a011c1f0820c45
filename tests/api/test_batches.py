"""Batches over the service: head, difference page by page, undo; and who may not."""

from pathlib import Path

import httpx
import pandas as pd
import pytest
from conftest import serving
from drawing import draw
from given import parcels, park, rows

from landgis.api.app import create_app
from landgis.settings import Settings
from landgis.store import database, stock
from landgis.store.stock import Source
from landgis.terms.frames import ISSUE_COLUMNS, empty


@pytest.fixture
def asked(fresh, conn, tmp_path: Path):
    """Give a client of a service on two batches of one park: four parcels, then one owner more."""
    for content, differs in (("a", {}), ("b", {"A": {"owner_name": "乙"}})):
        frames = {
            "park": rows("park", park()).assign(source_row=pd.array([None], dtype="Int64")),
            "parcel": parcels(draw("ABCD"), **differs),
        }
        stock.add_batch(conn, frames, empty(ISSUE_COLUMNS), Source("drawn.gpkg", content * 64, "x", 4))
    settings = Settings(inbox=tmp_path, parks="p1")
    with serving(create_app(settings, fresh.app_url)) as running, httpx.Client(base_url=running.url) as client:
        yield client


def test_a_batch_is_shown_compared_and_undone(asked, conn):
    assert [one["kind"] for one in asked.get("/api/batches").json()] == ["import", "import"]
    assert asked.get("/api/batches/2").json()["undone_by"] is None
    found = asked.get("/api/batches/1/diff", params={"limit": 2, "after": 1}).json()
    assert (found["total"], [one["key"] for one in found["changes"]]) == (5, ["A", "B"])
    changed = asked.get("/api/batches/2/diff").json()["changes"]
    assert [(one["field"], one["before"], one["after"]) for one in changed] == [("owner_name", "示例企业 A", "乙")]

    done = asked.post("/api/batches/2/undo")
    assert (done.status_code, done.json()["batch"], done.json()["restored"]) == (200, 3, {"parcel": 1})
    with database.scoped(conn, ["p1"]):
        assert set(stock.read_stock(conn, ["p1"])[0].parcel["owner_name"]) == {f"示例企业 {one}" for one in "ABCD"}
    again = asked.post("/api/batches/2/undo")
    assert (again.status_code, again.json()["at"]) == (409, "batch 2, undone by batch 3")


def test_who_may_not_undo(asked, fresh, tmp_path):
    assert asked.post("/api/batches/2/undo", headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert asked.get("/api/batches/9").status_code == 404
    with serving(create_app(Settings(inbox=tmp_path, parks="p2"), fresh.app_url)) as other:
        assert httpx.post(f"{other.url}/api/batches/2/undo").status_code == 404
