"""Commands that look after the database: start, stop, bring up to date, examine."""

from typing import Any

import typer

from landgis.cli.common import (
    administrator,
    application_url,
    cluster_of,
    given_settings,
    mark,
    print_line,
    print_rows,
    reply,
    steps,
)
from landgis.store import database
from landgis.store.migrate import migrate as migrate_database
from landgis.terms.errors import Words
from landgis.workflows.health import examine

commands = typer.Typer()
db = typer.Typer(help="内置数据库：启动、停止、状态、地址。 | The embedded database.", no_args_is_help=True)
commands.add_typer(db, name="db")


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
    reply({"applied": list(done.applied), "standing": list(done.standing), "postgis": done.postgis}, _print_migrated)


@commands.command()
def doctor() -> None:
    """检查数据库、角色、索引与程序文件是否如所需。 | Is everything as it should be."""
    settings = given_settings()
    with database.connect(application_url(settings)) as conn:
        checks = examine(conn)
    reply(
        {"ok": all(check.is_ok for check in checks), "checks": [check.as_dict() for check in checks]},
        lambda answer: print_rows(
            ("", "检查 check", "说明 detail"),
            [
                (
                    mark(c.is_ok),
                    *(words.zh if words.zh == words.en else f"{words.zh} {words.en}" for words in (c.title, c.detail)),
                )
                for c in checks
            ],
        ),
    )
    if not all(check.is_ok for check in checks):
        raise typer.Exit(1)


def _print_migrated(answer: dict[str, Any]) -> None:
    applied, standing = len(answer["applied"]), len(answer["standing"])
    print_line(
        f"新做迁移 {applied} 个，共 {standing} 个；PostGIS {answer['postgis']}。 | "
        f"{applied} migrations applied, {standing} in all; PostGIS {answer['postgis']}."
    )
