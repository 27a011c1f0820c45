"""What every command needs: the settings, the database, the steps as they go, the answer as text or JSON."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from landgis.settings import Settings
from landgis.store import database
from landgis.store.cluster import Cluster
from landgis.store.database import Connection
from landgis.terms.errors import InputError, SetupError, Words
from landgis.workflows.clock import allow_reading, today
from landgis.workflows.steps import Tell, quietly

#: So many issues are shown on the screen; all of them are in the file that --issues names, and in the service.
ISSUES_SHOWN: Final = 10

#: So many parcels that a change of rules would alter are shown on the screen.
CHANGES_SHOWN: Final = 20

console = Console(stderr=True)


@dataclass
class _Call:
    """What the whole command was called with."""

    is_json: bool = False


call = _Call()

Run = Annotated[int | None, typer.Option("--run", help="评估编号，缺省为最近一次 | run, the latest by default", min=1)]
Language = Annotated[Literal["zh", "en"] | None, typer.Option("--lang", help="语言 | language")]
Output = Annotated[Path, typer.Option("-o", "--output", help="输出文件 | file to write")]


def print_line(text: str) -> None:
    """Write one line to standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def given_settings(language: str | None = None) -> Settings:
    """Read the settings of the environment; a language asked for goes before."""
    try:
        settings = Settings() if language is None else Settings().model_copy(update={"language": language})
    except ValidationError as error:
        wrong = "; ".join(f"{_variable(part['loc'][0])}: {part['msg']}" for part in error.errors())
        raise SetupError(
            Words("设置有误。", "A setting is wrong."),
            at=wrong,
            mend=Words("各项设置见 README。", "See the README for the settings."),
        ) from error
    allow_reading(settings.read_timeout_s)
    # Read by numba when it is loaded, here and in the processes we start; where the home cannot be written it looks for another folder.
    os.environ.setdefault("NUMBA_CACHE_DIR", str(settings.home / "compiled"))
    return settings


def _variable(field: object) -> str:
    """Give the name of the environment variable behind a setting."""
    name = str(field).upper()
    return name if name == "DATABASE_URL" else f"LANDGIS_{name}"


def cluster_of(settings: Settings) -> Cluster:
    """Give the embedded cluster of these settings, running or not."""
    return Cluster(settings.home, settings.pg_bin)


def application_url(settings: Settings) -> str:
    """Give the address as the application's role: its own, or that of the given database with the role put on."""
    if settings.app_database_url:
        return settings.app_database_url
    if settings.database_url:
        return database.with_role(settings.database_url, "landgis_app")
    return started(settings).app_url


def started(settings: Settings) -> Cluster:
    """Give the embedded cluster, started where it was not running."""
    cluster = cluster_of(settings)
    if not cluster.status().running:
        with steps() as tell, tell(Words("启动数据库", "Starting the database")):
            cluster.start()
    return cluster


def administrator(settings: Settings) -> Connection:
    """Connect as the administrator, who migrates and keeps the accounts."""
    return database.connect(settings.database_url or started(settings).admin_url)


@contextmanager
def as_operator(app_url: str) -> Iterator[Connection]:
    """Connect as the one who sees all parks."""
    with database.connect(app_url) as conn:
        yield conn


def given_day(text: str | None) -> date:
    """Read a day; without one it is today in China."""
    if text is None:
        return today()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            Words("日期写法不对。", "The day is not written as a date."),
            at=text,
            mend=Words("写作 2026-06-30。", "Write it as 2026-06-30."),
        ) from error


def split_names(text: str) -> tuple[str, ...]:
    """Read names with commas between them."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@contextmanager
def steps() -> Iterator[Tell]:
    """Show each step with the seconds it takes, where somebody watches."""
    if call.is_json or not console.is_terminal:
        yield _plainly if not call.is_json else quietly
        return
    columns = (SpinnerColumn(), TimeElapsedColumn(), BarColumn(bar_width=16), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as progress:

        @contextmanager
        def tell(step: Words) -> Iterator[None]:
            task = progress.add_task(f"{step.zh} | {step.en}", total=None)
            yield
            progress.update(task, total=1, completed=1)

        yield tell


def _plainly(step: Words) -> AbstractContextManager[None]:
    console.print(f"{step.zh} | {step.en}", markup=False, highlight=False)
    return quietly(step)


def reply(answer: dict[str, Any], show: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Print what a command comes to: one JSON object where that was asked for, else as `show` has it."""
    if call.is_json:
        print_line(json.dumps(answer, ensure_ascii=False, default=str))
    elif show is not None:
        show(answer)
    else:
        for name, value in answer.items():
            print_line(f"{name}: {value}")


def print_rows(heads: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
    """Print a table."""
    table = Table(*(Column(head, overflow="fold") for head in heads))
    for line in lines:
        table.add_row(*line)
    if lines:
        Console().print(table, markup=False)


def print_list(heads: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
    """Print a table that was asked for by itself: where it is empty, that is said."""
    print_rows(heads, lines)
    if not lines:
        print_line("没有。 | None.")


def mark(is_ok: bool) -> str:
    """Give a tick or a cross."""
    return "✓" if is_ok else "✗"
