"""Cases over the service: opened, recorded one after the other, held apart where two write, and told in the cockpit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from landgis.cli import app
from landgis.store import database
from landgis.terms.cases import Event
from landgis.terms.errors import NotFoundError
from landgis.workflows import cases
from landgis.workflows.clock import today

TODAY = today()
SUSPECTED = "t.park_code IN ('S02', 'S03') AND t.suspected > 0"
PEOPLE = {"responsible": "示例甲", "role": "包联干部", "checker": "示例乙"}


def days_ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def town(sample, service):
    """The sample city: cases are opened in S02 and S03, in S01 by one test alone, and never in S04."""
    with httpx.Client(base_url=service.url, timeout=60) as client, database.connect(sample.admin_url) as sql:
        yield SimpleNamespace(url=sample.app_url, client=client, sql=sql)


def parcels(town, where: str) -> list[tuple]:
    """Give id, number, park and area of the run's parcels that have no case yet."""
    return town.sql.execute(
        f"""SELECT p.id, p.parcel_no, p.park_code, p.geom_area_m2 FROM land.triage AS t JOIN land.parcel AS p ON p.id = t.parcel_id
            WHERE t.run = 1 AND {where}
            AND NOT EXISTS (SELECT FROM land.case_file AS c WHERE (c.park_code, c.parcel_no) = (p.park_code, p.parcel_no))
            ORDER BY p.id"""
    ).fetchall()


def opened(town, parcel_id: int, **differs) -> dict:
    asked = {
        "parcel_id": parcel_id,
        "happened_on": days_ago(100),
        "done_by": "示例甲",
        "note": "评估列为疑似",
        **PEOPLE,
        **differs,
    }
    answer = town.client.post("/api/cases", json=asked)
    assert answer.status_code == 201, answer.text
    assert answer.headers["ETag"] == '"1"'
    return answer.json()


def record(town, case: int, after: int, act: str, **differs) -> httpx.Response:
    asked = {"act": act, "happened_on": TODAY.isoformat(), "done_by": "示例甲", "note": "见依据", **differs}
    return town.client.post(f"/api/cases/{case}/events", json=asked, headers={"If-Match": f'"{after}"'})


def test_where_no_case_was_opened_the_cockpit_does_not_know_what_is_recognised(town):
    told = town.client.get("/api/runs/1/cockpit", params={"park": "S04"}).json()
    stages = {one["stage"]: one for one in told["stages"]}
    assert stages["suspected"]["parcels"] > 0
    for name in ("opened", "recognised", "freed"):
        assert stages[name]["parcels"] is None and stages[name]["area_m2"] is None
        assert stages[name]["why"]["zh"] and stages[name]["why"]["en"]


def test_a_case_goes_from_suspicion_to_freed_land_and_the_cockpit_counts_it(town):
    idle = parcels(town, "t.park_code = 'S01' AND t.track = 'fee'")
    (parcel_id, parcel_no, park, area_m2), (late_id, late_no, *_) = idle[:2]
    case = opened(town, parcel_id)
    assert (case["parcel_no"], case["track"], case["state"], case["responsible"]) == (
        parcel_no,
        "fee",
        "opened",
        "示例甲",
    )
    assert case["due_on"] == days_ago(70) and case["overdue_days"] == 70  # 第5条: 30 days to begin the investigation
    late = opened(town, late_id, happened_on=days_ago(40), **PEOPLE | {"responsible": "示例丙"})

    number = case["case_no"]
    for after, (act, more) in enumerate(
        [
            ("investigated", {}),
            ("answered", {}),
            ("recognised", {"evidence": "认定书 1 号"}),
            ("decided", {}),
            ("freed", {}),
        ],
        1,
    ):
        answer = record(town, number, after, act, **more)
        assert answer.status_code == 200, answer.text
    told = town.client.get(f"/api/cases/{number}").json()
    assert [one["act"] for one in told["events"]] == [
        "opened",
        "investigated",
        "answered",
        "recognised",
        "decided",
        "freed",
    ]
    assert told["is_recognised"] and told["is_freed"] and told["is_open"]
    assert {one["step"]: one["stopped_on"] for one in told["clocks"]}["S1_answer"] == TODAY.isoformat()

    cockpit = town.client.get("/api/runs/1/cockpit", params={"park": park}).json()
    stages = {one["stage"]: one for one in cockpit["stages"]}
    assert stages["opened"]["parcels"] == 2  # each has a case, as far as it may have got
    for name in ("recognised", "freed"):
        assert (stages[name]["parcels"], stages[name]["area_m2"]) == (1, pytest.approx(area_m2))
        page = town.client.get("/api/runs/1/parcels", params={"filter": stages[name]["filter"]}).json()
        assert [one["parcel_no"] for one in page["items"]] == [parcel_no]
    assert (cockpit["cases"]["open"], cockpit["cases"]["overdue"]) == (2, 1)
    assert [(one["parcel_no"], one["overdue_days"]) for one in cockpit["cases"]["late"]] == [(late_no, 10)]
    assert [(one["responsible"], one["open"], one["overdue"]) for one in cockpit["cases"]["people"]] == [
        ("示例丙", 1, 1),
        ("示例甲", 1, 0),
    ]
    assert [one["case_no"] for one in town.client.get("/api/cases", params={"park": park}).json()] == [
        late["case_no"],
        number,
    ]

    assert record(town, number, 6, "closed").status_code == 409  # by who looks after it
    returned = record(town, number, 6, "returned", done_by="示例乙", note="缺交付清单").json()
    assert (returned["state"], returned["is_returned"], returned["is_freed"]) == ("decided", True, False)
    assert [one["act"] for one in returned["events"] if one["is_taken_back"]] == ["freed"]
    assert record(town, number, 7, "freed").json()["is_freed"] is True
    assert record(town, number, 8, "closed", done_by="示例乙").json()["is_open"] is False


def test_who_writes_second_is_shown_what_the_other_wrote(town):
    case = opened(town, parcels(town, SUSPECTED)[0][0])["case_no"]
    assert record(town, case, 1, "investigated", note="甲的登记").status_code == 200
    refused = record(town, case, 1, "assigned", note="乙的登记", **PEOPLE)
    assert refused.status_code == 412
    assert [(one["place"], one["act"], one["note"]) for one in refused.json()["since"]] == [
        (2, "investigated", "甲的登记")
    ]
    assert record(town, case, 2, "assigned", note="乙的登记", **PEOPLE).json()["place"] == 3


def test_of_many_who_write_at_once_one_does(town):
    case = opened(town, parcels(town, SUSPECTED)[0][0])["case_no"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda who: record(town, case, 1, "investigated", done_by=f"第{who}人"), range(6)))
    assert sorted(one.status_code for one in answers) == [200, *[412] * 5]
    assert town.client.get(f"/api/cases/{case}").json()["place"] == 2


def test_of_many_who_open_at_once_one_does(town):
    parcel_id = parcels(town, SUSPECTED)[0][0]
    asked = {
        "parcel_id": parcel_id,
        "happened_on": days_ago(1),
        "done_by": "示例甲",
        "note": "…",
        "responsible": "示例甲",
        "checker": "示例乙",
    }
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: town.client.post("/api/cases", json=asked).status_code, range(6)))
    assert sorted(answers) == [201, *[409] * 5]


@pytest.mark.parametrize(
    ("differs", "status"),
    [
        ({"parcel_id": 10**9}, 404),
        ({"run": 99}, 404),
        ({"checker": "示例甲"}, 422),
        ({"note": " "}, 422),
        ({"note": "\x00"}, 422),
        ({"happened_on": (TODAY + timedelta(days=1)).isoformat()}, 422),
        ({"track": "none"}, 422),
    ],
)
def test_what_cannot_be_opened_is_refused(town, differs, status):
    asked = {"parcel_id": parcels(town, SUSPECTED)[0][0], "happened_on": days_ago(1), "done_by": "示例甲", "note": "…",
             **PEOPLE, **differs}  # fmt: skip
    assert town.client.post("/api/cases", json=asked).status_code == status


def test_nothing_is_changed_and_no_other_park_is_seen(town):
    parcel_id, _, park, _ = parcels(town, SUSPECTED)[0]
    case = opened(town, parcel_id)["case_no"]
    with database.connect(town.url) as conn:
        assert [
            one["case_no"] for one in cases.list_all(conn, TODAY, park=park, parks=(park,)) if one["case_no"] == case
        ]
        assert all(one["park_code"] == "S01" for one in cases.list_all(conn, TODAY, parks=("S01",)))
        with pytest.raises(NotFoundError):
            cases.show(conn, case, TODAY, parks=("S01",))
        given = Event("investigated", TODAY, "示例甲", "…")
        with pytest.raises(NotFoundError):
            cases.record(conn, case, 1, given, TODAY, parks=("S01",))
        for statement in ("UPDATE land.case_event SET note = 'x'", "DELETE FROM land.case_file"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(statement)


def test_the_command_line_opens_records_lists_and_shows(town, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", town.url)
    monkeypatch.setenv("LANDGIS_APP_DATABASE_URL", town.url)
    _, parcel_no, park, _ = parcels(town, SUSPECTED)[0]
    run = CliRunner()
    made = run.invoke(app, [
        "case", "open", parcel_no, "--park", park, "--by", "示例甲", "--note", "评估列为疑似",
        "--responsible", "示例甲", "--checker", "示例乙",
        "--on", days_ago(9), "--due", days_ago(3),
    ])  # fmt: skip
    assert made.exit_code == 0, made.output
    with database.connect(town.url) as conn:
        case = cases.list_all(conn, TODAY, park=park, parcel_no=parcel_no)[0]["case_no"]
    assert f" {case} " in run.invoke(app, ["case", "list", "--overdue"]).output
    assert (
        run.invoke(
            app, ["case", "record", str(case), "investigated", "--by", "示例甲", "--note", "通知书 1 号"]
        ).exit_code
        == 0
    )
    shown = run.invoke(app, ["case", "show", str(case)]).stdout
    assert "通知书 1 号" in shown and "下一步 next: " in shown  # what may follow is a part of the answer
    assert run.invoke(app, ["case", "record", str(case), "freed", "--by", "示例甲", "--note", "…"]).exit_code != 0
    assert f" {case} " not in run.invoke(app, ["case", "list", "--overdue"]).output
