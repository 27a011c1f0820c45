"""Long work in the queue: real workers in processes of their own, stopped, killed, and begun again."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import httpx
import pytest
from conftest import RULES, SAMPLE_DAY, serving

from landgis.api.app import create_app
from landgis.jobs.inbox import discard_old
from landgis.jobs.worker import _pick_up_stalled, working
from landgis.settings import Settings
from landgis.store import database, queue
from landgis.store.database import ALL_PARKS, scoped
from landgis.terms.errors import ConflictError, NotFoundError
from landgis.workflows.ingest import ingest

ASKED = {"parks": None, "rules": list(RULES), "on": SAMPLE_DAY.isoformat()}
EVERY_PARK = "hashtextextended('landgis.job.parks', 0)"


@pytest.fixture(scope="module")
def stock(databases, city_file):
    """Give the name of a database with the sample city, not assessed, that nobody is connected to."""
    name, made = databases.copy("landgis")
    with database.connect(made.app_url) as conn:
        ingest(conn, [city_file], "landgis-template")
    yield name
    databases.drop(name)


@pytest.fixture
def stocked(databases, stock):
    """Give a database with the sample city, not assessed."""
    name, made = databases.copy(stock)
    yield made
    databases.drop(name)


def ask(url: str, kind: str = "assess", asked=ASKED, parks=None) -> int:
    with database.connect(url) as conn:
        return queue.add_job(conn, kind, asked, ALL_PARKS, parks)


def read(url: str, number: int) -> queue.Job:
    with database.connect(url) as conn, scoped(conn, ALL_PARKS):
        return queue.read_job(conn, number)


def states(url: str, number: int) -> list[str]:
    with database.connect(url) as conn, scoped(conn, ALL_PARKS):
        return [event["state"] for event in queue.list_events(conn, number) if event["state"] != "step"]


def until(url: str, number: int, state: str, limit_s: float = 60) -> queue.Job:
    """Wait for a state, and fail with what there is instead."""
    deadline = time.monotonic() + limit_s
    while (found := read(url, number)).state != state:
        assert time.monotonic() < deadline, (found, states(url, number))
        assert found.state not in queue.FINAL, found
        time.sleep(0.1)
    return found


def work_on(url: str, *numbers: int) -> None:
    """Let a worker work until these jobs are over."""
    deadline = time.monotonic() + 120
    with working(url, concurrency=2):
        while any(read(url, number).state not in queue.FINAL for number in numbers):
            assert time.monotonic() < deadline
            time.sleep(0.1)


@contextmanager
def worker(url: str):
    """Run `landgis worker` as an installation does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "landgis", "worker"],
        env={**os.environ, "LANDGIS_APP_DATABASE_URL": url},
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=30)


@contextmanager
def parks_held(url: str):
    """Keep every park, so that a job which begins has to wait: it is surely under way and surely not over."""
    with database.connect(url) as conn:
        conn.execute(f"SELECT pg_advisory_lock({EVERY_PARK})")
        yield


def doing(number: int) -> list[int]:
    """List the processes that do this job."""
    ends = f"\0landgis\0work\0{number}\0".encode()
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if line.read_bytes().endswith(ends):
                found.append(int(line.parent.name))
        except OSError:
            continue
    return found


def gone(number: int, limit_s: float = 10) -> bool:
    deadline = time.monotonic() + limit_s
    while doing(number) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not doing(number)


def test_a_job_is_queued_done_and_answers_as_the_workflow_does(stocked):
    number = ask(stocked.app_url)
    assert read(stocked.app_url, number).state == "queued"

    work_on(stocked.app_url, number)

    found = read(stocked.app_url, number)
    assert (found.state, found.detail["parcels"], found.detail["triage"]["exit"]["parcels"]) == ("done", 600, 20)
    assert states(stocked.app_url, number) == ["queued", "running", "done"]
    with database.connect(stocked.app_url) as conn, scoped(conn, ALL_PARKS):
        said = [event["zh"] for event in queue.list_events(conn, number) if event["state"] == "step"]
    assert said[0] == "等待同一园区的其他任务" and "读取存量" in said and said[-1] == "写入评估结果"


def test_a_refusal_of_the_workflow_is_the_jobs_answer(fresh, tmp_path):
    number = ask(fresh.app_url, "ingest", {"paths": [str(tmp_path / "none.gpkg")], "profile": "landgis-template"})
    work_on(fresh.app_url, number)
    found = read(fresh.app_url, number)
    assert found.state == "refused" and found.detail["kind"] == "input" and found.detail["mend"]["zh"]


def test_a_fault_is_told_as_failed_and_the_worker_goes_on(stocked, capfd):
    broken, whole = ask(stocked.app_url, asked={"parks": None}), ask(stocked.app_url)
    work_on(stocked.app_url, broken, whole)
    assert (read(stocked.app_url, broken).state, read(stocked.app_url, whole).state) == ("failed", "done")
    assert "KeyError" in capfd.readouterr().err


def test_a_waiting_job_is_given_up_at_once_and_never_begun(stocked):
    number = ask(stocked.app_url)
    with database.connect(stocked.app_url) as conn:
        queue.cancel_job(conn, ALL_PARKS, number)
        with pytest.raises(ConflictError, match="over already"):
            queue.cancel_job(conn, ALL_PARKS, number)
    work_on(stocked.app_url, ask(stocked.app_url))
    assert states(stocked.app_url, number) == ["queued", "cancelled"]


def test_a_running_job_is_given_up_and_its_process_ended(stocked):
    number = ask(stocked.app_url)
    with parks_held(stocked.app_url), worker(stocked.app_url):
        until(stocked.app_url, number, "running")
        with database.connect(stocked.app_url) as conn:
            queue.cancel_job(conn, ALL_PARKS, number)
        until(stocked.app_url, number, "cancelled")
        assert gone(number)
    assert states(stocked.app_url, number) == ["queued", "running", "stopping", "cancelled"]


def test_a_worker_that_is_shut_down_gives_its_job_back(stocked):
    number = ask(stocked.app_url)
    with parks_held(stocked.app_url), worker(stocked.app_url) as first:
        until(stocked.app_url, number, "running")
        first.terminate()
        until(stocked.app_url, number, "again")
        assert gone(number)
    work_on(stocked.app_url, number)
    assert states(stocked.app_url, number) == ["queued", "running", "again", "running", "done"]


def test_a_job_whose_worker_is_killed_is_picked_up_by_the_next_and_done_once(stocked, city_file):
    number = ask(stocked.app_url)
    with parks_held(stocked.app_url), worker(stocked.app_url) as first:
        until(stocked.app_url, number, "running")
        first.send_signal(signal.SIGKILL)
        first.wait(10)
        assert gone(number), "the process that did the job outlived its worker"
        assert read(stocked.app_url, number).state == "running"  # nobody could say otherwise

    with worker(stocked.app_url):
        until(stocked.app_url, number, "again")
        until(stocked.app_url, number, "running")
        done = until(stocked.app_url, number, "done")
    with database.connect(stocked.admin_url) as conn:
        assert conn.execute("SELECT count(*), min(run) FROM land.run").fetchone() == (1, done.detail["run"])


def test_a_worker_looks_for_the_jobs_of_dead_ones_again_where_it_could_not_put_one_back(fresh, caplog):
    number = ask(fresh.app_url)
    with database.connect(fresh.admin_url) as conn:
        conn.execute("SET search_path = queue, public")
        conn.execute("UPDATE procrastinate_jobs SET status = 'doing'")  # by a worker that is not there any more

    async def look(url: str, said: str) -> None:
        app = queue.open_queue(fresh.app_url)
        async with app.open_async():
            looking = asyncio.create_task(_pick_up_stalled(app, url))
            while said not in caplog.text:
                assert not looking.done(), looking
                await asyncio.sleep(0.02)
            assert not looking.done(), looking
            looking.cancel()

    with ThreadPoolExecutor(1) as aside:  # in this thread a browser's loop may run
        aside.submit(asyncio.run, look("postgresql://127.0.0.1:1/nobody", "they will be looked for again")).result()
    assert states(fresh.app_url, number) == ["queued"]


def test_jobs_of_one_park_wait_for_each_other_and_those_of_two_do_not(stocked):
    parks = ["S01", "S01", "S02"]
    numbers = [ask(stocked.app_url, asked={**ASKED, "parks": [code]}, parks=[code]) for code in parks]
    everywhere = ask(stocked.app_url)
    work_on(stocked.app_url, *numbers, everywhere)
    spans = [span(stocked.app_url, number) for number in (*numbers, everywhere)]
    ends = [read(stocked.app_url, number) for number in (*numbers, everywhere)]
    assert [job.state for job in ends] == ["done"] * 4, ends
    first, second, other, every = spans
    assert not overlaps(first, second)
    assert not any(overlaps(every, one) for one in (first, second, other))


def span(url: str, number: int) -> tuple[float, float]:
    """Give when a job had its parks to itself: from the first step after the wait to its end."""
    with database.connect(url) as conn, scoped(conn, ALL_PARKS):
        found = queue.list_events(conn, number)
    steps = [event["at"].timestamp() for event in found if event["state"] == "step"]
    return steps[1], found[-1]["at"].timestamp()


def overlaps(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def test_who_sees_one_park_sees_its_jobs_and_no_others(stocked):
    mine, theirs = (
        ask(stocked.app_url, asked={**ASKED, "parks": [code]}, parks=[code]) for code in ("sample-01", "sample-02")
    )
    with database.connect(stocked.app_url) as conn:
        with scoped(conn, ("sample-01",)):
            assert [job.job for job in queue.list_jobs(conn, 10)] == [mine]
            assert queue.list_events(conn, theirs) == []
        with pytest.raises(NotFoundError):
            queue.cancel_job(conn, ("sample-01",), theirs)
        with scoped(conn, ()):
            assert queue.list_jobs(conn, 10) == []


def test_the_service_takes_a_file_imports_it_assesses_it_and_tells_each_step(fresh, city_file, tmp_path):
    settings = Settings(inbox=tmp_path / "inbox")
    with (
        working(fresh.app_url, concurrency=1),
        serving(create_app(settings, fresh.app_url)) as service,
        httpx.Client(base_url=service.url, timeout=60) as client,
    ):
        sent = client.post(
            "/api/jobs/ingest",
            params={"name": "../市.gpkg", "profile": "landgis-template"},
            content=city_file.read_bytes(),
        )
        assert sent.status_code == 202 and sent.json()["asked"]["files"] == ["市.gpkg"], sent.text
        said = follow(client, sent.json()["job"])
        assert said[0]["state"] == "queued" and said[-1]["state"] == "done" and said[-1]["detail"]["stored"] > 600
        assert not list((tmp_path / "inbox").iterdir()), "the file is not needed any more"

        asked = client.post("/api/jobs/assess", json={"on": SAMPLE_DAY.isoformat()})
        assert asked.status_code == 202
        assert follow(client, asked.json()["job"])[-1]["detail"]["triage"]["exit"]["parcels"] == 20

        seen = [said[2]["id"], *[event["id"] for event in follow(client, sent.json()["job"], after=said[2]["id"])]]
        assert seen == [event["id"] for event in said[2:]], "who comes back goes on where he stopped"
        assert [job["kind"] for job in client.get("/api/jobs").json()] == ["assess", "ingest"]


def sent(inbox: Path, name: str, *, days_ago: int) -> Path:
    """Lay a file into the inbox as one that was sent so long ago."""
    path = inbox / name / "park.gpkg"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no such thing")
    for one in (path, path.parent):
        os.utime(one, (time.time() - days_ago * 86_400,) * 2)
    return path


def test_what_nobody_came_back_for_is_removed_and_what_a_job_waits_for_is_not(fresh, tmp_path):
    inbox = tmp_path / "inbox"
    gone = sent(inbox, "0" * 32, days_ago=31)
    young = sent(inbox, "1" * 32, days_ago=29)
    awaited, over, strange = (
        sent(inbox, "2" * 32, days_ago=99),
        sent(inbox, "3" * 16, days_ago=99),
        sent(inbox, "mine", days_ago=99),
    )
    waiting, given_up = (
        ask(fresh.app_url, "ingest", {"paths": [str(path)], "profile": "landgis-template"}) for path in (awaited, over)
    )
    with database.connect(fresh.app_url) as conn:
        queue.cancel_job(conn, ALL_PARKS, given_up)
    discard_old(fresh.app_url, inbox, 30)
    assert not gone.parent.exists() and not over.parent.exists()
    assert all(path.exists() for path in (young, awaited, strange))
    assert read(fresh.app_url, waiting).state == "queued"


def test_a_worker_looks_through_the_inbox_when_it_starts(fresh, tmp_path):
    gone = sent(tmp_path, "0" * 32, days_ago=8)
    with working(fresh.app_url, concurrency=1, inbox=tmp_path, inbox_days=7):
        deadline = time.monotonic() + 30
        while gone.parent.exists():
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_worker_that_is_stopped_as_it_begins_stops(fresh):
    for wait_s in (0, 0.01, 0.03, 0.1):
        with working(fresh.app_url, concurrency=1):
            time.sleep(wait_s)


def test_a_worker_has_the_planner_compiled_and_takes_that_along_when_it_stops(fresh, monkeypatch):
    begun, begin = [], subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda *asked, **so: begun.append(begin(*asked, **so)) or begun[-1])
    with working(fresh.app_url, concurrency=1, is_preparing=True):
        deadline = time.monotonic() + 30
        while not begun:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    (one,) = begun
    assert one.args[-1] == "landgis.jobs.planning" and one.poll() is not None


def follow(client: httpx.Client, number: int, after: int = 0) -> list[dict]:
    found = []
    with client.stream("GET", f"/api/jobs/{number}/events", headers={"Last-Event-ID": str(after)}) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line.startswith("id: "):
                found.append({"id": int(line.removeprefix("id: "))})
            elif line.startswith("data: "):
                found[-1] |= json.loads(line.removeprefix("data: "))
    return found


@pytest.fixture
def client(fresh, tmp_path):
    """Give a client of a service that queues and does not work."""
    settings = Settings(inbox=tmp_path / "inbox", parks="sample-01", upload_mb=1)
    with serving(create_app(settings, fresh.app_url)) as service, httpx.Client(base_url=service.url) as opened:
        yield opened


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Host": "rebound.example"},
        {"Origin": "null"},
    ],
)
def test_a_page_of_somebody_else_cannot_ask_for_work(client, headers):
    answer = client.post("/api/jobs/assess", json={"on": "2026-06-30"}, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:landgis:problem:access")
    assert client.get("/api/jobs").json() == []


def test_work_outside_the_scope_or_the_rules_is_refused_before_it_is_queued(client):
    elsewhere = client.post("/api/jobs/assess", json={"on": "2026-06-30", "parks": ["sample-02"]})
    unknown = client.post("/api/jobs/assess", json={"on": "2026-06-30", "rules": ["cn-idel-2012"]})
    assert (elsewhere.status_code, unknown.status_code) == (404, 422)
    assert "cn-idle-2012" in unknown.json()["mend"]["en"]
    assert client.get("/api/jobs").json() == []


def test_a_file_that_is_empty_or_too_large_leaves_nothing(client, tmp_path):
    ask_for = {"name": "a.gpkg", "profile": "landgis-template"}
    assert client.post("/api/jobs/ingest", params=ask_for).status_code == 422
    large = client.post("/api/jobs/ingest", params=ask_for, content=bytes(2 << 20))
    assert large.status_code == 422 and "LANDGIS_UPLOAD_MB" in large.json()["mend"]["en"]
    assert client.get("/api/jobs").json() == [] and not list((tmp_path / "inbox").iterdir())


def test_a_waiting_job_is_given_up_through_the_service_and_its_file_with_it(client, tmp_path):
    sent = client.post("/api/jobs/ingest", params={"name": "a.gpkg", "profile": "landgis-template"}, content=b"x")
    assert len(list((tmp_path / "inbox").iterdir())) == 1
    given_up = client.post(f"/api/jobs/{sent.json()['job']}/cancel")
    assert given_up.json()["state"] == "cancelled" and not list((tmp_path / "inbox").iterdir())
    again = client.post(f"/api/jobs/{sent.json()['job']}/cancel")
    assert again.status_code == 409
    assert client.get("/api/jobs/999").status_code == 404


def test_the_day_is_kept_as_asked(client):
    asked = client.post("/api/jobs/assess", json={"on": "2026-06-30"}).json()
    assert date.fromisoformat(asked["asked"]["on"]) == SAMPLE_DAY and asked["park_codes"] == ["sample-01"]
