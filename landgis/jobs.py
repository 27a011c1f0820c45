"""Long work as queued jobs with progress: one task per workflow.

A worker takes jobs from the queue and runs each in a process of its own: what reads a hostile file or thinks for minutes neither slows
the service down nor takes it along, its memory goes back to the machine, and to stop it is to end that process, after which the
database has rolled back whatever was not finished.
"""

import asyncio
import contextlib
import logging
import math
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import procrastinate
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason

from landgis.store import database, queue
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.store.queue import FINAL, Job
from landgis.terms.draws import Draws
from landgis.terms.errors import LandgisError, Words
from landgis.workflows.asked import Asked, Shown, forbidding, pinning
from landgis.workflows.assess import assess
from landgis.workflows.drafts import keep_findings
from landgis.workflows.ingest import Tell, ingest
from landgis.workflows.reallocate import PLAN_RULES, change, make, site

_log = logging.getLogger(__name__)

#: A worker that has not been heard of for so long has died; it is heard of three times as often.
_SILENCE_S: Final = 15.0
#: So long a worker waits before it asks again for a database that was away.
_PAUSE_S: Final = 5.0
#: So often a worker looks for files that nobody came back for.
_SWEEP_S: Final = 3600.0
_DAY_S: Final = 86_400.0
#: What the service calls a folder of files that were sent.
_SENT: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")
#: Where a worker puts the address of the database for the process that does the work.
_URL: Final = "LANDGIS_APP_DATABASE_URL"


def _ingest(conn: Connection, asked: Mapping[str, Any], scope: Sequence[str], tell: Tell) -> dict[str, Any]:
    done = ingest(
        conn,
        [Path(path) for path in asked["paths"]],
        asked["profile"],
        park=asked.get("park"),
        park_name=asked.get("park_name"),
        crs=asked.get("crs"),
        encoding=asked.get("encoding"),
        is_dry=asked.get("is_dry", False),
        is_full=asked.get("is_full", False),
        units=asked.get("units"),
        repairs=asked.get("repairs") or (),
        parks=scope,
        tell=tell,
    )
    if asked.get("findings"):
        with tell(Words("写下问题清单", "Writing down what was found")):
            keep_findings(done, Path(asked["findings"]))
    return done.as_dict()


def _assess(conn: Connection, asked: Mapping[str, Any], scope: Sequence[str], tell: Tell) -> dict[str, Any]:
    draws = Draws(**asked["draws"]) if asked.get("draws") else None
    on = date.fromisoformat(asked["on"])
    return assess(conn, asked["parks"], asked["rules"], on, parks=scope, draws=draws, tell=tell)


def _plan(conn: Connection, asked: Mapping[str, Any], scope: Sequence[str], tell: Tell) -> dict[str, Any]:
    """Make a plan, or change one; the answer is what it comes to, without its sites and moves."""
    if asked.get("of"):
        pin, forbid = (_altering(asked.get(name)) for name in ("pin", "forbid"))

        def alter(before: Asked, held: Shown) -> Asked:
            after = forbidding(*forbid[:3])(pinning(*pin)(before, held), held)
            return replace(after, time_limit_s=asked["time_limit_s"])

        made = change(conn, asked["of"], alter, parks=scope, tell=tell)
    else:
        given = Asked.read({name: asked[name] for name in _CONDITIONS})
        rules = asked.get("rules") or PLAN_RULES
        made = make(conn, given, run=asked.get("run"), rules=rules, resume=asked.get("resume"), parks=scope, tell=tell)
    return {name: value for name, value in made.items() if name not in ("sites", "members", "moved", "demand_states")}


def _site(conn: Connection, asked: Mapping[str, Any], scope: Sequence[str], tell: Tell) -> dict[str, Any]:
    """Find the cheapest site for one demand; nothing is stored but the answer."""
    given = Asked.read({name: asked[name] for name in ("level", "noted", "time_limit_s")})
    rules = asked.get("rules") or PLAN_RULES
    return site(
        conn, asked["demand"], given, park=asked.get("park"), run=asked.get("run"), rules=rules, alternatives=asked["alternatives"],
        parks=scope, tell=tell,
    )  # fmt: skip


#: What a plan is asked for by the names of `landgis.workflows.asked.Asked`.
_CONDITIONS: Final = ("parks", "level", "budget_wan", "staff_days", "noted", "gap", "time_limit_s")


def _altering(given: Mapping[str, Any] | None) -> tuple[Any, ...]:
    """Give parcels, sites, moves and demands to pin or to forbid."""
    given = given or {}
    named = {
        name: [(one["park_code"], one["number"]) for one in given.get(name, ())] for name in ("parcels", "demands")
    }
    return named["parcels"], given.get("sites", ()), given.get("moves", ()), named["demands"]


#: What each kind of job does; the answer is plain data.
WORK: Final[Mapping[str, Callable[[Connection, Mapping[str, Any], Sequence[str], Tell], dict[str, Any]]]] = {
    "ingest": _ingest,
    "assess": _assess,
    "plan": _plan,
    "site": _site,
}


def work(url: str, number: int) -> bool:
    """Do one job, here and now, and note what became of it; False where it was over before.

    The process that does it is ended from outside when the job is given up. Only refusals are caught here: a fault ends the process
    with its traceback in the log, and the worker notes that.
    """
    with database.connect(url) as notes, database.connect(url) as conn:

        def note(state: str, words: Words | None = None, detail: Mapping[str, Any] | None = None) -> bool:
            with scoped(notes, ALL_PARKS):
                return queue.add_event(notes, number, state, words, detail)

        @contextmanager
        def tell(step: Words) -> Iterator[None]:
            note("step", step)
            yield

        with scoped(notes, ALL_PARKS):
            job = queue.read_job(notes, number)
        if not note("running"):
            return False
        database.act_as(conn, job.asked_by)
        try:
            with tell(Words("等待同一园区的其他任务", "Waiting for other work on the same parks")):
                queue.hold_parks(notes, job.park_codes)
            answer = WORK[job.kind](conn, job.asked, job.scope, tell)
        except LandgisError as refusal:
            discard_received(job)
            note("refused", refusal.what, refusal.as_dict())
        else:
            discard_received(job)
            note("done", detail=answer)
    return True


_FAILED: Final = (
    Words("任务出错中止，没有写入任何数据。", "The job failed; nothing was stored."),
    {"mend": {"zh": "详情见服务日志；可重新提交。", "en": "See the service's log; it can be asked for again."}},
)


async def run_worker(
    url: str, *, concurrency: int, inbox: Path | None = None, inbox_days: int = 0, stop: asyncio.Event | None = None
) -> None:
    """Work on the queue until told to stop.

    Parameters
    ----------
    url
        The database, as the application's role.
    concurrency
        So many jobs at once, never two on the same park.
    inbox, inbox_days
        Where files wait that were sent, and for how many days at most (d); 0 or no folder: for ever.
    stop
        Set to stop: what is running is given back to the queue. None: SIGINT and SIGTERM do so.
    """
    app = _app(url)
    async with app.open_async():
        sides: list[asyncio.Task[Any]] = [asyncio.create_task(_pick_up_stalled(app, url))]
        if inbox is not None and inbox_days:
            sides.append(asyncio.create_task(_sweep(url, inbox, inbox_days)))
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=concurrency,
                install_signal_handlers=stop is None,
                shutdown_graceful_timeout=0,
                update_heartbeat_interval=_SILENCE_S / 3,
                stalled_worker_timeout=_SILENCE_S,
                abort_job_polling_interval=1,
                delete_jobs="always",
            )
        )
        if stop is not None:
            told = asyncio.create_task(stop.wait())
            told.add_done_callback(lambda _: worker.cancel())
            sides.append(told)
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await worker
        finally:
            for side in sides:
                side.cancel()
            await asyncio.gather(*sides, return_exceptions=True)


@contextmanager
def working(url: str, *, concurrency: int, inbox: Path | None = None, inbox_days: int = 0) -> Iterator[None]:
    """Work on the queue beside the block, in a thread of this process; begin again when the database was away."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def untiring() -> None:
        while not stop.is_set():
            try:
                await run_worker(url, concurrency=concurrency, inbox=inbox, inbox_days=inbox_days, stop=stop)
            except (procrastinate.exceptions.ConnectorException, LandgisError):
                _log.exception("the worker lost the database; it begins again")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _PAUSE_S)

    thread = threading.Thread(target=loop.run_until_complete, args=(untiring(),), name="worker")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


class _AfterShutdown(procrastinate.BaseRetryStrategy):
    """Give a job back to the queue when its worker is shut down; anything else is final."""

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        return procrastinate.RetryDecision(retry_in={"seconds": 0}) if isinstance(exception, _ShutDownError) else None


class _ShutDownError(JobAborted):
    """The worker stops; the job does not."""


def _app(url: str) -> procrastinate.App:
    app = queue.open_queue(url)

    @app.task(name=queue.TASK, pass_context=True, retry=_AfterShutdown())
    async def task(context: procrastinate.JobContext, *, job: int) -> None:
        # The pipe closes when the worker dies, however it dies, and with it the process ends: see `end_with_parent`.
        # Its own session keeps a Ctrl-C in the worker's terminal from it: the worker ends it, and says so.
        with subprocess.Popen(
            [sys.executable, "-m", "landgis", "work", str(job)],
            stdin=subprocess.PIPE,
            env={**os.environ, _URL: url},
            start_new_session=True,
        ) as process:
            try:
                code = await asyncio.to_thread(process.wait)
            except asyncio.CancelledError:
                process.terminate()
                given_back = context.abort_reason() != AbortReason.USER_REQUEST
                _settle(url, job, "again" if given_back else "cancelled")
                raise (_ShutDownError if given_back else JobAborted) from None
        if code:
            _log.error("job %s: its process ended with %s", job, code)
            _settle(url, job, "failed", *_FAILED)

    return app


def discard_received(job: Job) -> None:
    """Remove the file that was sent for a job, before it is said to be over; a file that lay there before stays."""
    if "received" in job.asked:
        shutil.rmtree(job.asked["received"], ignore_errors=True)


def discard_old(url: str, inbox: Path, days: int) -> None:
    """Remove what was sent more than so many days ago and never stored or thrown away; what a job waits for or works on stays."""
    latest = time.time() - days * _DAY_S
    old = [folder for folder in inbox.glob("*") if _SENT.fullmatch(folder.name) and _touched(folder) < latest]
    if not old:
        return
    with database.connect(url) as conn, scoped(conn, ALL_PARKS):
        awaited = {Path(path).parent for path in queue.list_awaited(conn)}
    for folder in old:
        if folder not in awaited:
            _log.info("removed from the inbox: %s", folder.name)
            shutil.rmtree(folder, ignore_errors=True)


def _touched(folder: Path) -> float:
    """Give when something was last put into a folder, in seconds of the clock; one that has just gone is as good as new."""
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return math.inf


async def _sweep(url: str, inbox: Path, days: int) -> None:
    """Remove old files at once and from time to time."""
    while True:
        try:
            await asyncio.to_thread(discard_old, url, inbox, days)
        except LandgisError:
            _log.exception("the inbox was not looked through; it will be later")
        await asyncio.sleep(_SWEEP_S)


async def _pick_up_stalled(app: procrastinate.App, url: str) -> None:
    """Put the jobs of workers that died back into the queue; one that was to be cancelled is."""
    while True:
        for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_SILENCE_S):
            job = int(str(stalled.task_kwargs["job"]))
            _log.warning("job %s: its worker died", job)
            _settle(url, job, "again")
            await app.job_manager.retry_job(stalled)
        await asyncio.sleep(_SILENCE_S / 3)


def _settle(
    url: str, number: int, state: str, words: Words | None = None, detail: Mapping[str, Any] | None = None
) -> None:
    """Note what became of a job whose process is gone; one that was to be given up is not done again."""
    with database.connect(url) as conn, scoped(conn, ALL_PARKS):
        job = queue.read_job(conn, number)
        if job.state == "stopping":
            state, words, detail = "cancelled", None, None
        if state in FINAL:
            discard_received(job)
        queue.add_event(conn, number, state, words, detail)


def end_with_parent() -> None:
    """End this process when the worker that started it is gone: its end of our input closes then."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
