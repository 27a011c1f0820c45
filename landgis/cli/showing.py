"""Commands that write what people take along: map, sheet, ledger."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from landgis.cli.common import Language, Output, Run, application_url, as_operator, given_settings, reply, steps
from landgis.settings import Settings
from landgis.store import database
from landgis.store.database import Connection
from landgis.terms.errors import Words
from landgis.workflows import publish
from landgis.workflows.drawing import read_bbox, sheet_file
from landgis.workflows.steps import Tell

commands = typer.Typer()


@commands.command("map")
def map_(output: Output, run: Run = None, language: Language = None) -> None:
    """把一次评估的地图写成一个文件，无网络也能打开。 | One file that opens without a network."""
    settings = given_settings(language)
    with as_operator(application_url(settings)) as conn, steps() as tell, database.scoped(conn, database.ALL_PARKS):
        reply(write_map(conn, settings, run, output, tell))


@commands.command("print")
def print_(
    output: Output,
    run: Run = None,
    park: Annotated[str | None, typer.Option(help="园区代码，缺省为全部 | park, all by default")] = None,
    bbox: Annotated[
        str | None, typer.Option(help="图幅范围 西,南,东,北（度） | extent: west,south,east,north in degrees")
    ] = None,
    wanted: Annotated[str, typer.Option("--filter", help="CQL2 筛选，其余画成灰色 | CQL2 text; the rest is grey")] = "",
    paper: Annotated[Literal["a4", "a3"], typer.Option(help="纸张 | paper")] = "a4",
    title: Annotated[str, typer.Option(help="图名 | title")] = "",
    secrecy: Annotated[str, typer.Option(help="密级 | classification")] = "",
    approval: Annotated[str, typer.Option(help="审图号 | map approval number")] = "",
    language: Language = None,
) -> None:
    """把一次评估画成一张图纸 .pdf 或 .png：图例、指北针、比例尺、日期。 | One lying sheet, to scale."""
    settings = given_settings(language)
    extent = read_bbox(bbox) if bbox else None
    with as_operator(application_url(settings)) as conn, steps() as tell, database.scoped(conn, database.ALL_PARKS):
        reply(
            sheet_file(
                conn, run, output, bbox=extent, park=park, wanted=wanted, paper=paper, language=settings.language,
                title=title, secrecy=secrecy, approval=approval, tell=tell,
            )
        )  # fmt: skip


@commands.command()
def ledger(output: Output, run: Run = None, language: Language = None) -> None:
    """把一次评估的台账写成 .xlsx、.gpkg、.geojson、.csv、.gdb.zip 或 .zip。 | The ledger of a run."""
    settings = given_settings(language)
    with as_operator(application_url(settings)) as conn, steps() as tell, database.scoped(conn, database.ALL_PARKS):
        with tell(Words("写台账", "Writing the ledger")):
            done = publish.ledger(conn, run, output, language=settings.language)
        reply(done)


def write_map(conn: Connection, settings: Settings, run: int | None, output: Path, tell: Tell) -> dict[str, Any]:
    """Write the map of a run as one file."""
    return publish.map_file(
        conn, run, output, language=settings.language, base_maps=settings.base_maps, web=settings.web_folder, tell=tell
    )
