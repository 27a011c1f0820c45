"""The register of corrections over the service: listed, added, withdrawn, written and read; by the parks in scope and nobody else."""

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

OWNER = {
    "park_code": "p1", "table_name": "parcel", "key": ["A"], "field": "owner_name", "old": "示例企业 A", "new": "乙", "reason": "已过户",
    "evidence": "不动产权证 1 号",
}  # fmt: skip


@pytest.fixture
def asked(fresh, conn, tmp_path: Path):
    """Give a client of a service that shows p1 of two parks, each of two parcels A and B."""
    for code in ("p1", "p2"):
        frames = {
            "park": rows("park", park(park_code=code)).assign(source_row=pd.array([None], dtype="Int64")),
            "parcel": parcels(draw("AB"), **{one: {"park_code": code} for one in "AB"}),
        }
        stock.add_batch(conn, frames, empty(ISSUE_COLUMNS), Source("drawn.gpkg", code[1] * 64, "x", 2))
    settings = Settings(inbox=tmp_path, parks="p1")
    with serving(create_app(settings, fresh.app_url)) as running, httpx.Client(base_url=running.url) as client:
        yield client


def owners(conn, code: str) -> list[str]:
    with database.scoped(conn, [code]):
        return stock.read_stock(conn, [code])[0].parcel.set_index("parcel_no")["owner_name"].sort_index().tolist()


def test_a_correction_is_added_listed_and_withdrawn(asked, conn):
    done = asked.post("/api/corrections", json=OWNER)
    assert (done.status_code, done.json()["waiting"], done.json()["refused"]) == (201, 0, [])
    (number,) = done.json()["corrections"]
    assert owners(conn, "p1") == ["乙", "示例企业 B"]
    assert asked.get(f"/api/batches/{done.json()['batch']}").json()["kind"] == "correction"
    (stands,) = asked.get("/api/corrections").json()
    assert {name: stands[name] for name in ("correction", "row_key", "old", "new", "evidence")} == {
        "correction": number, "row_key": ["A"], "old": "示例企业 A", "new": "乙", "evidence": "不动产权证 1 号",
    }  # fmt: skip

    assert asked.post("/api/corrections", json=OWNER).status_code == 422, "another value stands there now"
    back = asked.post(f"/api/corrections/{number}/withdraw", json={"reason": "登记有误"})
    assert back.status_code == 200 and owners(conn, "p1") == ["示例企业 A", "示例企业 B"]
    assert asked.get("/api/corrections").json() == []
    assert asked.post(f"/api/corrections/{number}/withdraw", json={"reason": "again"}).status_code == 409


def test_a_park_outside_the_scope_is_neither_seen_nor_corrected(asked, conn, fresh, tmp_path):
    with serving(create_app(Settings(inbox=tmp_path / "other", parks="p2"), fresh.app_url)) as other:
        (number,) = httpx.post(f"{other.url}/api/corrections", json=OWNER | {"park_code": "p2"}).json()["corrections"]
    assert asked.get("/api/corrections").json() == []
    assert asked.get("/api/corrections/register.csv").text.count("\n") == 1, "the header alone"
    assert asked.post(f"/api/corrections/{number}/withdraw", json={"reason": "x"}).status_code == 404
    assert asked.post("/api/corrections", json=OWNER | {"park_code": "p2", "key": ["B"]}).status_code == 404
    assert owners(conn, "p2") == ["乙", "示例企业 B"]


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_the_register_goes_out_and_comes_back(asked, conn, tmp_path, ending):
    (number,) = asked.post("/api/corrections", json=OWNER).json()["corrections"]
    sent = asked.get(f"/api/corrections/register.{ending}").content
    again = asked.post("/api/corrections/import", params={"name": f"list.{ending}"}, content=sent)
    assert (again.status_code, again.json()["corrections"], again.json()["batch"]) == (201, [], None), again.text

    asked.post(f"/api/corrections/{number}/withdraw", json={"reason": "x"})
    back = asked.post("/api/corrections/import", params={"name": f"list.{ending}"}, content=sent)
    assert len(back.json()["corrections"]) == 1 and owners(conn, "p1") == ["乙", "示例企业 B"]
    assert list(tmp_path.iterdir()) == [], "nothing of what was sent is left"


def test_a_list_with_rows_of_another_park_takes_ours_and_names_the_rest(asked, conn):
    lines = ["park_code,table_name,key,field,old,new,reason", "p1,parcel,A,owner_name,示例企业 A,乙,过户"]
    lines += ["p2,parcel,A,owner_name,示例企业 A,乙,过户", "p1,parcel,B,geom,,x,过户"]
    done = asked.post("/api/corrections/import", params={"name": "a.csv"}, content="\n".join(lines).encode()).json()
    assert len(done["corrections"]) == 1 and [one["row"] for one in done["refused"]] == [3, 4]
    assert "no such park" in done["refused"][0]["en"]
    assert (owners(conn, "p1"), owners(conn, "p2")) == (["乙", "示例企业 B"], ["示例企业 A", "示例企业 B"])


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"field": "geom"}, {"new": "a\x00b"}, {"key": []}, {"table_name": "nothing"}]
)
def test_what_cannot_be_a_correction_is_refused(asked, wrong):
    assert asked.post("/api/corrections", json=OWNER | wrong).status_code == 422


def test_a_page_of_somebody_else_corrects_nothing(asked):
    for path, body in (("", OWNER), ("/1/withdraw", {"reason": "x"}), ("/import?name=a.csv", {})):
        answer = asked.post(f"/api/corrections{path}", json=body, headers={"Origin": "https://elsewhere.example"})
        assert answer.status_code == 403
