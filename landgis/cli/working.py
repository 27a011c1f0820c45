"""Commands for long work: the worker, and the jobs that wait."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from landgis.cli.common import application_url, as_operator, given_settings, print_list, reply
from landgis.jobs import work as one_job
from landgis.jobs.worker import run_worker
from landgis.settings import Settings
from landgis.store import database, queue

commands = typer.Typer()


@commands.command()
def worker() -> None:
    """执行排队的任务，直到 Ctrl-C；`up` 自带一个。 | Work on the queue until Ctrl-C; `up` brings one along."""
    settings = given_settings()
    asyncio.run(run_worker(application_url(settings), **at_work(settings)))


@commands.command(hidden=True)
def work(job: int) -> None:
    """做一项任务；由工作进程调用。 | Do one job; called by a worker."""
    one_job.end_with_parent()
    one_job.work(application_url(given_settings()), job)


@commands.command("jobs")
def jobs_(
    cancel: Annotated[int | None, typer.Option("--cancel", help="取消这项任务 | give up this job", min=1)] = None,
) -> None:
    """列出任务，或取消其一。 | List the jobs, or give one up."""
    with as_operator(application_url(given_settings())) as conn:
        if cancel is not None:
            queue.cancel_job(conn, database.ALL_PARKS, cancel)
        with database.scoped(conn, database.ALL_PARKS):
            found = queue.list_jobs(conn, 50)
    reply({"jobs": [asdict(job) for job in found]}, lambda answer: _print_jobs(found))


def at_work(settings: Settings) -> dict[str, Any]:
    """Give what a worker has to know of the settings."""
    return {
        "concurrency": settings.jobs,
        "inbox": settings.inbox_folder,
        "inbox_days": settings.inbox_days,
        "is_preparing": True,
    }


def _print_jobs(found: Sequence[queue.Job]) -> None:
    lines = [
        (
            str(job.job),
            job.kind,
            ",".join(job.park_codes),
            job.state,
            f"{job.at:%Y-%m-%d %H:%M:%S}",
            job.step.zh if job.step else "",
        )
        for job in found
    ]
    print_list(("任务 job", "种类 kind", "园区 parks", "状态 state", "时间 at", "进展 step"), lines)
