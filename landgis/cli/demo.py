"""The command that shows everything with a made city."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from landgis import __version__
from landgis.cli.common import as_operator, given_settings, print_line, reply, steps
from landgis.cli.files import print_ingested
from landgis.cli.judging import print_assessed
from landgis.cli.service import bring_up, free_port, serve_pages
from landgis.cli.showing import write_map
from landgis.sample import make_city, write_city
from landgis.settings import Settings
from landgis.store import database
from landgis.store.database import Connection
from landgis.terms.errors import Words
from landgis.workflows import publish
from landgis.workflows.assess import assess as assess_parks
from landgis.workflows.ingest import ingest as ingest_files
from landgis.workflows.steps import Tell

commands = typer.Typer()

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
        free_port(settings.host, settings.port)
    app_url = bring_up(settings)
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
        serve_pages(settings, app_url, settings.host, settings.port, is_working=True)


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


def _print_demo(answer: dict[str, Any]) -> None:
    print_ingested(answer["ingest"])
    print_assessed(answer["assess"])
    for path in answer["published"]:
        print_line(path)
