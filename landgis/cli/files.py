"""Commands for files that come in: looked at, taken in."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from landgis.cli.common import (
    ISSUES_SHOWN,
    application_url,
    as_operator,
    call,
    given_settings,
    print_line,
    print_rows,
    reply,
    steps,
)
from landgis.cli.naming import named
from landgis.workflows.ingest import ingest as ingest_files
from landgis.workflows.ingest import issue_list, units_of
from landgis.workflows.preview import preview

commands = typer.Typer()


@commands.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="文件 | files", metavar="FILE…")],
    profile: Annotated[
        str, typer.Option(help="字段方案；auto 按文件选 | profile of the columns, auto chooses by the file")
    ] = "landgis-template",
    park: Annotated[str | None, typer.Option(help="园区代码 | park")] = None,
    park_name: Annotated[
        str | None, typer.Option(help="新园区的名称，与 --park 一起用 | what a new park is called, with --park")
    ] = None,
    crs: Annotated[str | None, typer.Option(help="坐标系，如 EPSG:4549 | coordinate reference system")] = None,
    encoding: Annotated[str | None, typer.Option(help="文字编码 | text encoding")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入 | check only, write nothing")] = False,
    full: Annotated[
        bool,
        typer.Option("--full", help="文件是全量：库中有而文件中没有的终止 | the file holds all: what it lacks ends"),
    ] = False,
    unit: Annotated[
        list[str] | None, typer.Option(help="列的单位，如 TDMJ=公顷，可多次 | unit of a column, may be repeated")
    ] = None,
    repair: Annotated[
        list[str] | None,
        typer.Option(
            help="另作的修复：snap 对齐界址点，duplicates 去重，可多次 | repairs besides invalid shapes, may be repeated"
        ),
    ] = None,
    issues: Annotated[
        Path | None, typer.Option(help="问题清单写到 .xlsx 或 .csv | write every issue to a file")
    ] = None,
) -> None:
    """导入文件：读取、对应、检查、入库。 | A file becomes stock."""
    settings = given_settings()
    with as_operator(application_url(settings)) as conn, steps() as tell:
        done = ingest_files(
            conn,
            files,
            profile,
            park=park,
            park_name=park_name,
            crs=crs,
            encoding=encoding,
            is_dry=dry_run,
            is_full=full,
            units=units_of(unit or ()),
            repairs=repair or (),
            tell=tell,
        )
        if issues is not None:
            issue_list(done, issues, language=settings.language)
    reply(done.as_dict(), print_ingested)
    if not call.is_json:
        _print_first_issues(done.issues, settings.language)


@commands.command("preview")
def preview_files(
    files: Annotated[list[Path], typer.Argument(help="文件 | files", metavar="FILE…")],
    crs: Annotated[str | None, typer.Option(help="坐标系，如 EPSG:4549 | coordinate reference system")] = None,
    encoding: Annotated[str | None, typer.Option(help="文字编码 | text encoding")] = None,
) -> None:
    """看看文件里有什么：图层、列、编码、坐标系，不写入。 | What is in a file, before it is taken in."""
    given_settings()
    reply(preview(files, crs=crs, encoding=encoding), _print_preview)


def _print_preview(answer: Mapping[str, Any]) -> None:
    for layer in answer["layers"]:
        shapes = layer["shapes"] or {}
        crs = (shapes.get("crs") or {}).get("name") or ", ".join(
            f"EPSG:{one['epsg']}?" for one in shapes.get("candidates", [])
        )
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in shapes.get("kinds", {}).items())
        about = " · ".join(filter(None, [f"{layer['rows']:,} 行 rows", layer["encoding"] or "", kinds, crs]))
        print_rows(
            (f"{layer['file']}: {layer['layer']}", "类型 kind", "有值 filled", about),
            [
                (
                    column["name"],
                    column["kind"],
                    f"{column['filled']:,}",
                    "；".join(row["cells"][place] or "-" for row in layer["sample"][:3]),
                )
                for place, column in enumerate(layer["columns"])
            ],
        )


def print_ingested(answer: dict[str, Any]) -> None:
    """Print what became of a file."""
    print_line(
        f"{answer['file']}: 批次 batch {answer['batch'] or '-'} · 读入 in {answer['rows_in']} · 入库 stored {answer['stored']} · "
        f"整行拒收 refused {answer['refused']} · 未变 unchanged {answer['unchanged']}"
    )
    print_rows(("问题 issue", "条 rows"), [(code, str(count)) for code, count in answer["issues"].items()])
    if "corrections" in answer:
        done = answer["corrections"]
        print_line(
            f"更正 corrections {len(done['corrections'])} · 等待其行 waiting for their row {done['waiting']} · "
            f"未登记 refused {len(done['refused'])}"
        )
    absent = ", ".join(f"{table} {count}" for table, count in answer["absent"].items())
    if answer["ended"]:
        print_line(f"库中有而文件中没有，自本批终止 not in the file, ended with this batch: {absent}")
    elif absent:
        print_line(
            f"库中有而文件中没有，保持不变（--full 使其终止） not in the file, left as they are (--full ends them): {absent}"
        )


def _print_first_issues(issues: pd.DataFrame, language: str) -> None:
    first = issues.head(ISSUES_SHOWN).astype("str").fillna("")
    places = first["file"] + " " + first["row"]
    fields = [named(table, field) for table, field in zip(first["table_name"], first["field"], strict=True)]
    lines = list(zip(places, fields, first["raw"], first[language], strict=True))
    print_rows(("文件 行 file row", "字段 field", "原值 raw", "说明 issue"), lines)
    if len(issues) > ISSUES_SHOWN:
        print_line(f"… 共 {len(issues)} 条，--issues FILE 写出全部 | {len(issues)} in all, --issues FILE writes them")
