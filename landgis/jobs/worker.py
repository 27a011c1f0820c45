"""The worker: takes jobs from the queue, has each done by a process of its own, and looks after those that died."""

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import procrastinate
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason

from landgis.jobs.inbox import discard_old, discard_received
from landgis.store import database, queue
from landgis.store.database import ALL_PARKS, scoped
from landgis.store.queue import FINAL
from landgis.terms.errors import LandgisError, Words

_log = logging.getLogger(__name__)

#: A worker that has not been heard of for so long has died; it is heard of three times as often.
_SILENCE_S: Final = 15.0
#: So long a worker waits before it asks again for a database that was away.
_PAUSE_S: Final = 5.0
#: So often a worker looks for files that nobody came back for.
_SWEEP_S: Final = 3600.0
#: Where a worker puts the address of the database for the process that does the work.
_URL: Final = "LANDGIS_APP_DATABASE_URL"


_FAILED: Final = (
    Words("任务出错中止，没有写入任何数据。", "The job failed; nothing was stored."),
    {"mend": {"zh": "详情见服务日志；可重新提交。", "en": "See the service's log; it can be asked for again."}},
)


async def run_worker(
    url: str,
    *,
    concurrency: int,
    inbox: Path | None = None,
    inbox_days: int = 0,
    is_preparing: bool = False,
    stop: asyncio.Event | None = None,
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
    is_preparing
        Have the planner compiled meanwhile, where this machine has not done it yet.
    stop
        Set to stop: what is running is given back to the queue. None: SIGINT and SIGTERM do so.
    """
    app = _app(url)
    async with app.open_async():
        sides: list[asyncio.Task[Any]] = [asyncio.create_task(_pick_up_stalled(app, url))]
        if inbox is not None and inbox_days:
            sides.append(asyncio.create_task(_sweep(url, inbox, inbox_days)))
        if is_preparing:
            sides.append(asyncio.create_task(_prepare()))
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
            sides.append(asyncio.create_task(_end(worker, stop)))
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await worker
        finally:
            for side in sides:
                side.cancel()
            await asyncio.gather(*sides, return_exceptions=True)


@contextmanager
def working(
    url: str, *, concurrency: int, inbox: Path | None = None, inbox_days: int = 0, is_preparing: bool = False
) -> Iterator[None]:
    """Work on the queue beside the block, in a thread of this process; begin again when the database was away."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def untiring() -> None:
        while not stop.is_set():
            try:
                await run_worker(
                    url,
                    concurrency=concurrency,
                    inbox=inbox,
                    inbox_days=inbox_days,
                    is_preparing=is_preparing,
                    stop=stop,
                )
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


async def _sweep(url: str, inbox: Path, days: int) -> None:
    """Remove old files at once and from time to time."""
    while True:
        try:
            await asyncio.to_thread(discard_old, url, inbox, days)
        except LandgisError:
            _log.exception("the inbox was not looked through; it will be later")
        await asyncio.sleep(_SWEEP_S)


async def _end(worker: asyncio.Task[None], stop: asyncio.Event) -> None:
    """Stop a worker when told to; one that was just beginning may not have heard it, and is told again."""
    await stop.wait()
    while not worker.done():
        worker.cancel()
        await asyncio.wait([worker], timeout=_PAUSE_S)


async def _prepare() -> None:
    """Have the planner compiled by a process of its own, which gives way to all others."""
    with subprocess.Popen(
        [sys.executable, "-m", "landgis.jobs.planning"], stdin=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            await asyncio.to_thread(process.wait)
        except asyncio.CancelledError:
            process.terminate()
            raise


async def _pick_up_stalled(app: procrastinate.App, url: str) -> None:
    """Put the jobs of workers that died back into the queue; one that was to be cancelled is."""
    while True:
        try:
            for stalled in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=_SILENCE_S):
                job = int(str(stalled.task_kwargs["job"]))
                _log.warning("job %s: its worker died", job)
                _settle(url, job, "again")
                await app.job_manager.retry_job(stalled)
        except (
            procrastinate.exceptions.ConnectorException,
            LandgisError,
        ):  # another worker came first, or the database is away
            _log.exception("the jobs of workers that died were not all put back; they will be looked for again")
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
