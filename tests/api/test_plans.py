"""Plans and demands over the service: asked for, worked on, told, drawn, held side by side, promised."""

import io
import json

import httpx
import openpyxl
import pyogrio
import pytest

from landgis.jobs.work import work
from landgis.store import database
from landgis.terms.crs import STORED
from landgis.terms.plans import DEED
from landgis.workflows import reallocate
from landgis.workflows.asked import Asked


@pytest.fixture(scope="module")
def client(service):
    with httpx.Client(base_url=service.url, timeout=60) as opened:
        yield opened


@pytest.fixture(scope="module")
def plan(sample) -> int:
    with database.connect(sample.app_url) as conn:
        return reallocate.make(conn, Asked(parks=("S01",)))["plan"]


def worked(client: httpx.Client, sample, asked: dict, kind: str = "plan") -> dict:
    """Ask for a job, do it here, and give it as it stands then."""
    answer = client.post(f"/api/jobs/{kind}", json=asked)
    assert answer.status_code == 202, answer.text
    number = answer.json()["job"]
    assert work(sample.app_url, number)
    return client.get(f"/api/jobs/{number}").json()


def test_a_plan_is_asked_for_as_a_job_and_changed_by_another(client, sample, plan) -> None:
    done = worked(client, sample, {"parks": ["S01"], "time_limit_s": 60})
    assert done["state"] == "done" and done["kind"] == "plan" and done["park_codes"] == ["S01"]
    keys = {"plan", "objective", "bound", "gap", "demands_served", "demands", "moves", "freed_m2", "seconds"}
    assert keys <= done["detail"].keys()
    told = client.get(f"/api/plans/{done['detail']['plan']}").json()
    firm = next(one for one in told["members"] if one["deed"] == "swap")

    forbidden = {"parcels": [{"park_code": firm["park_code"], "number": firm["parcel_no"]}]}
    child = worked(client, sample, {"of": told["plan"], "forbid": forbidden})
    assert child["state"] == "done"
    after = client.get(f"/api/plans/{child['detail']['plan']}").json()
    assert after["parent"] == told["plan"] and after["objective"] < told["objective"]
    assert firm["parcel_no"] not in {one["parcel_no"] for one in after["members"]}
    events = [one for one in client.get("/api/plans").json() if one["plan"] in (told["plan"], after["plan"])]
    assert [one["plan"] for one in events] == [after["plan"], told["plan"]]


def test_a_site_for_one_demand_is_asked_for_as_a_job_and_is_the_workflow_s(client, sample) -> None:
    """D002 finds a site and a next best; D003 finds none, and what it would have to give up is told."""
    with database.connect(sample.app_url) as conn:
        for demand, park, sites in (("D002", "S02", 2), ("D003", None, 0)):
            done = worked(client, sample, {"demand": demand, "park": park, "alternatives": 1}, "site")
            assert done["state"] == "done" and done["kind"] == "site"
            found = reallocate.site(conn, demand, Asked(time_limit_s=60), park=park, alternatives=1)
            told = {name: json.loads(json.dumps(value, default=str)) for name, value in found.items()}
            assert done["detail"] | {"seconds": 0} == told | {"seconds": 0}
            assert len(found["sites"]) == sites and bool(found["relaxations"]) == (sites == 0)
    assert client.post("/api/jobs/site", json={"demand": "D002", "rules": ["../secret.toml"]}).status_code == 422
    nobody = worked(client, sample, {"demand": "nobody"}, "site")
    assert nobody["state"] == "refused" and nobody["detail"]["at"] == "nobody"


def test_a_plan_is_sent_as_a_workbook_and_a_geopackage_with_its_own_figures(client, plan, tmp_path) -> None:
    told = client.get(f"/api/plans/{plan}").json()
    sent = client.get(f"/api/plans/{plan}/plan.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(sent.content))
    assert book.sheetnames == ["概要", "成片地块", "地块", "迁移", "项目", "不可用地块"]
    figures = dict(row[:2] for row in book["概要"].values)
    assert (figures["方案编号"], figures["落地项目"]) == (plan, told["demands_served"])
    assert figures["成本（万元）"] == pytest.approx(told["cost_wan"])
    assert figures["腾出（亩）"] == pytest.approx(told["freed_m2"] * 3 / 2000)
    head, *rows = book["地块"].values
    parcels = [dict(zip(head, row, strict=True)) for row in rows]
    assert [one["地块编号"] for one in parcels] == [one["parcel_no"] for one in told["members"]]
    assert parcels[0]["方式"] == DEED[told["members"][0]["deed"]].zh
    assert sum(one["面积（亩）"] for one in parcels) == pytest.approx(
        sum(one["area_m2"] for one in told["members"]) * 3 / 2000
    )
    assert all(
        sheet.print_title_rows == "$1:$1" for sheet in book.worksheets[1:]
    )  # the head stands on each printed page

    path = tmp_path / "plan.gpkg"
    path.write_bytes(client.get(f"/api/plans/{plan}/plan.gpkg?lang=en").content)
    assert {name for name, _ in pyogrio.list_layers(path)} == {"site", "member", "move"}
    sites = pyogrio.read_dataframe(path, layer="site")
    assert sites.crs == STORED and sites["demand_no"].tolist() == [one["demand_no"] for one in told["sites"]]
    moves = pyogrio.read_dataframe(path, layer="move")
    assert moves["deed"].unique().tolist() == [DEED["swap"].en] and len(moves) == len(told["moved"])
    assert client.get("/api/plans/999999/plan.xlsx").status_code == 404


def test_what_cannot_be_planned_is_refused_at_once_or_told_by_the_job(client, sample, plan) -> None:
    assert client.post("/api/jobs/plan", json={"rules": ["../secret.toml"]}).status_code == 422
    assert client.post("/api/jobs/plan", json={"of": 10**9}).status_code == 404
    assert client.post("/api/jobs/plan", json={"budget_wan": -1}).status_code == 422
    hidden = {"parcels": [{"park_code": "S01", "number": "P\x00"}]}
    assert client.post("/api/jobs/plan", json={"of": plan, "forbid": hidden}).status_code == 422
    refused = worked(client, sample, {"of": plan, "pin": {"sites": [99]}})
    assert refused["state"] == "refused" and "99" in refused["detail"]["at"]


def test_a_plan_is_told_drawn_and_held_beside_doing_nothing(client, plan) -> None:
    told = client.get(f"/api/plans/{plan}").json()
    drawn = client.get(f"/api/plans/{plan}/features").json()
    kinds = [one["properties"]["kind"] for one in drawn["features"]]
    assert kinds.count("site") == len(told["sites"]) and kinds.count("member") == len(told["members"])
    assert kinds.count("move") == len(told["moved"]) == told["moves"]
    beside = client.get("/api/plans/compare", params={"plan": [plan]}).json()
    assert [one["plan"] for one in beside["scenarios"]] == [0, plan]
    assert client.get("/api/plans/999999").status_code == 404


def test_a_promise_is_given_once(client, plan) -> None:
    first = client.post(f"/api/plans/{plan}/adopt")
    again = client.post(f"/api/plans/{plan}/adopt")
    assert first.status_code == 200 and first.json()["promised"] > 0
    assert again.status_code == 409 and "already" in again.json()["what"]["en"]
    assert client.get(f"/api/plans/{plan}").json()["is_adopted"]
    foreign = client.post(f"/api/plans/{plan}/withdraw", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 403
    assert client.post(f"/api/plans/{plan}/withdraw").json()["released"] == first.json()["promised"]


def test_demands_are_listed_and_sent(client, sample) -> None:
    before = client.get("/api/demands", params={"park": "S04"}).json()
    assert {one["demand_no"] for one in before} >= {"D004", "D008", "D012"}
    row = {"park_code": "S04", "demand_no": "T001", "name": "试验项目", "area_min_m2": 9000, "status": "left"}
    sent = client.post("/api/demands", json=[row, {**row, "demand_no": "T002", "park_code": "nowhere"}])
    assert sent.status_code == 200 and (sent.json()["stored"], sent.json()["refused"]) == (1, 1)
    assert "T001" in {one["demand_no"] for one in client.get("/api/demands", params={"park": "S04"}).json()}
    assert client.post("/api/demands", json=[{**row, "area": 3}]).status_code == 422
