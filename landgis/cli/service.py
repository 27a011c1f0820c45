"""Commands that bring the system up and look after it: database, service, worker, jobs, the sample city."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from landgis import __version__, jobs
from landgis.cli.common import (
    administrator,
    application_url,
    as_operator,
    cluster_of,
    console,
    given_settings,
    mark,
    print_line,
    print_rows,
    reply,
    steps,
)
from landgis.cli.files import print_ingested
from landgis.cli.judging import print_assessed
from landgis.cli.showing import write_map
from landgis.sample import make_city, write_city
from landgis.settings import Settings
from landgis.store import database, queue
from landgis.store.accounts import has_accounts
from landgis.store.database import Connection
from landgis.store.health import examine
from landgis.store.migrate import migrate as migrate_database
from landgis.terms.errors import ConflictError, SetupError, Words
from landgis.workflows import publish
from landgis.workflows.assess import assess as assess_parks
from landgis.workflows.ingest import Tell
from landgis.workflows.ingest import ingest as ingest_files
from landgis.workflows.preview import reader_check

commands = typer.Typer()
db = typer.Typer(help="内置数据库：启动、停止、状态、地址。 | The embedded database.", no_args_is_help=True)
commands.add_typer(db, name="db")

#: The sample city is made for this day, so that it is the same city on every machine and every day.
_SAMPLE_DAY: Final = date(2026, 6, 30)
_SAMPLE_SEED: Final = 20260630
_SAMPLE_PLACE: Final = (115.2, 33.0)


@commands.command()
def demo(
    serve_after: Annotated[
        bool, typer.Option("--serve/--no-serve", help="发布后是否打开服务 | serve the map at the end")
    ] = True,
    parcels: Annotated[
        int, typer.Option(help="示例城市的地块数 | parcels of the sample city", min=20, max=1_000_000)
    ] = 600,
) -> None:
    """示例：建库、导入示例城市、评估、发布、打开地图。 | The sample city, all the way to the map."""
    settings = given_settings()
    if serve_after:
        _free_port(settings.host, settings.port)
    app_url = _bring_up(settings)
    folder = settings.home / "demo"
    with steps() as tell:
        folder.mkdir(parents=True, exist_ok=True)
        city = folder / f"sample-{parcels}-{_SAMPLE_SEED}-{__version__}.gpkg"
        if not city.exists():
            with tell(Words(f"生成示例城市（{parcels} 个地块）", f"Making the sample city ({parcels} parcels)")):
                write_city(
                    make_city(parcels=parcels, parks=4, seed=_SAMPLE_SEED, on=_SAMPLE_DAY, origin=_SAMPLE_PLACE), city
                )
        with as_operator(app_url) as conn:
            ingested = ingest_files(conn, [city], "landgis-template", tell=tell)
            assessed = assess_parks(conn, ingested.park_codes, settings.rule_codes, _SAMPLE_DAY, tell=tell)
            published = _publish(conn, settings, assessed["run"], folder, tell)
    reply({"ingest": ingested.as_dict(), "assess": assessed, "published": published}, _print_demo)
    if serve_after:
        _serve(settings, app_url, settings.host, settings.port, is_working=True)


@commands.command()
def up() -> None:
    """启动数据库、升级、打开服务。 | Start the database, migrate, serve."""
    settings = given_settings()
    _free_port(settings.host, settings.port)
    _serve(settings, _bring_up(settings), settings.host, settings.port, is_working=True)


@db.command("start")
def db_start() -> None:
    """启动内置数据库。 | Start the embedded database."""
    cluster = cluster_of(given_settings())
    with steps() as tell, tell(Words("启动数据库", "Starting the database")):
        cluster.start()
    reply({"running": True, "url": cluster.admin_url})


@db.command("stop")
def db_stop() -> None:
    """停止内置数据库。 | Stop the embedded database."""
    cluster_of(given_settings()).stop()
    reply({"running": False})


@db.command("status")
def db_status() -> None:
    """内置数据库是否在运行。 | Is the embedded database running."""
    status = cluster_of(given_settings()).status()
    reply({"running": status.running, "pid": status.pid, "version": status.version, "data": str(status.data)})


@db.command("url")
def db_url() -> None:
    """数据库地址（管理员）。 | The administrator's address of the database."""
    settings = given_settings()
    reply({"url": settings.database_url or cluster_of(settings).admin_url}, lambda answer: print_line(answer["url"]))


@commands.command()
def migrate() -> None:
    """把数据库升级到本版本。 | Bring the database to this version."""
    settings = given_settings()
    with administrator(settings) as conn:
        done = migrate_database(conn)
    reply({"applied": list(done.applied), "standing": list(done.standing), "postgis": done.postgis})


@commands.command()
def doctor() -> None:
    """检查数据库、角色、索引与程序文件是否如所需。 | Is everything as it should be."""
    settings = given_settings()
    with database.connect(application_url(settings)) as conn:
        checks = [*examine(conn), reader_check()]
    reply(
        {"ok": all(check.is_ok for check in checks), "checks": [check.as_dict() for check in checks]},
        lambda answer: print_rows(
            ("", "检查 check", "说明 detail"), [(mark(c.is_ok), c.name, c.detail) for c in checks]
        ),
    )
    if not all(check.is_ok for check in checks):
        raise typer.Exit(1)


@commands.command()
def serve(
    host: Annotated[str | None, typer.Option(help="监听地址 | address to listen at")] = None,
    port: Annotated[int | None, typer.Option(help="端口 | port", min=1, max=65535)] = None,
) -> None:
    """打开网页与接口服务，直到 Ctrl-C。 | Serve pages and API until Ctrl-C."""
    settings = given_settings()
    _free_port(host or settings.host, port or settings.port)
    _serve(settings, application_url(settings), host or settings.host, port or settings.port)


@commands.command()
def worker() -> None:
    """执行排队的任务，直到 Ctrl-C；`up` 自带一个。 | Work on the queue until Ctrl-C; `up` brings one along."""
    settings = given_settings()
    asyncio.run(jobs.run_worker(application_url(settings), **_at_work(settings)))


@commands.command(hidden=True)
def work(job: int) -> None:
    """做一项任务；由工作进程调用。 | Do one job; called by a worker."""
    jobs.end_with_parent()
    jobs.work(application_url(given_settings()), job)


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


def _at_work(settings: Settings) -> dict[str, Any]:
    return {"concurrency": settings.jobs, "inbox": settings.inbox_folder, "inbox_days": settings.inbox_days}


def _bring_up(settings: Settings) -> str:
    with (
        administrator(settings) as conn,
        steps() as tell,
        tell(Words("升级数据库", "Bringing the database up to date")),
    ):
        migrate_database(conn)
    return application_url(settings)


def _publish(conn: Connection, settings: Settings, run: int, folder: Path, tell: Tell) -> list[str]:
    """Write the run's map and ledger beside each other, unless they are there already: a run never changes."""
    written = []
    with database.scoped(conn, database.ALL_PARKS):
        table = folder / f"run-{run}-{settings.language}.xlsx"
        if not table.exists():
            with tell(Words("写台账", "Writing the ledger")):
                publish.ledger(conn, run, table, language=settings.language)
        written.append(str(table))
        page = folder / f"run-{run}-{settings.language}.html"
        if publish.summarise(conn, run)["parcels"] <= publish.ONE_FILE_PARCELS:
            if not page.exists():
                write_map(conn, settings, run, page, tell)
            written.append(str(page))
    return written


def _serve(settings: Settings, app_url: str, host: str, port: int, *, is_working: bool = False) -> None:
    # Half a second that no other command has to wait for.
    import uvicorn

    from landgis.api.app import create_app

    _closed_to_strangers(settings, app_url, host)
    shown = f"[{host}]" if ":" in host else host
    console.print(f"地图 map: http://{shown}:{port}/   （Ctrl-C 结束 | to stop）", markup=False, highlight=False)
    with jobs.working(app_url, **_at_work(settings)) if is_working else nullcontext():
        uvicorn.run(
            create_app(settings, app_url),
            host=host,
            port=port,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,  # a page that follows a job would hold the service up
        )


def _closed_to_strangers(settings: Settings, app_url: str, host: str) -> None:
    """Refuse to show land records to a whole network before there is anybody to log in."""
    if settings.login != "auto" or _is_own(host):
        return
    with database.connect(app_url) as conn:
        if has_accounts(conn):
            return
    raise SetupError(
        Words("服务要在网络上开放，但还没有任何账号。", "The service is to listen to a network, and there is no account yet."),
        at=f"LANDGIS_HOST={host}",
        why=Words("否则网络上任何人都能查看和改动园区数据。", "Anybody there could see and change what is known of the parks."),
        mend=Words(
            "先运行 landgis account add NAME --role manager --parks '*'；若前面已有自己的网关把关，设 LANDGIS_LOGIN=off。",
            "Run `landgis account add NAME --role manager --parks '*'` first; behind a gateway of your own that asks for a login, set "
            "LANDGIS_LOGIN=off.",
        ),
    )  # fmt: skip


def _is_own(host: str) -> bool:
    """Tell whether an address is of this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _free_port(host: str, port: int) -> None:
    """Refuse a taken port before any work is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConflictError(
                Words("端口已被占用或不能使用。", "The port is in use or cannot be used."),
                at=f"{host}:{port}",
                why=Words(str(error.strerror), str(error.strerror)),
                mend=Words(
                    "换一个端口：设置 LANDGIS_PORT，或 landgis serve --port。",
                    "Set LANDGIS_PORT, or use `landgis serve --port`.",
                ),
            ) from error


def _print_demo(answer: dict[str, Any]) -> None:
    print_ingested(answer["ingest"])
    print_assessed(answer["assess"])
    for path in answer["published"]:
        print_line(path)


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
    print_rows(("任务 job", "种类 kind", "园区 parks", "状态 state", "时间 at", "进展 step"), lines)
