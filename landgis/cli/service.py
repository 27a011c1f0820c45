"""Commands that serve the pages."""

import ipaddress
import socket
from contextlib import nullcontext
from typing import Annotated

import typer
import uvicorn

from landgis.api.app import create_app
from landgis.cli.common import administrator, application_url, console, given_settings, steps
from landgis.cli.working import at_work
from landgis.jobs.worker import working
from landgis.settings import Settings
from landgis.store import database
from landgis.store.accounts import has_accounts
from landgis.store.migrate import migrate as migrate_database
from landgis.terms.errors import ConflictError, SetupError, Words

commands = typer.Typer()


@commands.command()
def up() -> None:
    """启动数据库、升级、打开服务。 | Start the database, migrate, serve."""
    settings = given_settings()
    free_port(settings.host, settings.port)
    serve_pages(settings, bring_up(settings), settings.host, settings.port, is_working=True)


@commands.command()
def serve(
    host: Annotated[str | None, typer.Option(help="监听地址 | address to listen at")] = None,
    port: Annotated[int | None, typer.Option(help="端口 | port", min=1, max=65535)] = None,
) -> None:
    """打开网页与接口服务，直到 Ctrl-C。 | Serve pages and API until Ctrl-C."""
    settings = given_settings()
    free_port(host or settings.host, port or settings.port)
    serve_pages(settings, application_url(settings), host or settings.host, port or settings.port)


def bring_up(settings: Settings) -> str:
    """Start the database where it is ours, bring it up to date; give its address as the application's role."""
    with (
        administrator(settings) as conn,
        steps() as tell,
        tell(Words("升级数据库", "Bringing the database up to date")),
    ):
        migrate_database(conn)
    return application_url(settings)


def serve_pages(settings: Settings, app_url: str, host: str, port: int, *, is_working: bool = False) -> None:
    """Serve pages and API until Ctrl-C; with ``is_working`` also work on the queue."""
    _closed_to_strangers(settings, app_url, host)
    shown = f"[{host}]" if ":" in host else host
    console.print(f"地图 map: http://{shown}:{port}/   （Ctrl-C 结束 | to stop）", markup=False, highlight=False)
    with working(app_url, **at_work(settings)) if is_working else nullcontext():
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


def free_port(host: str, port: int) -> None:
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
