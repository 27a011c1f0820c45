"""Commands for batches: what each import changed, undo, the stock as it stands."""

from pathlib import Path
from typing import Annotated, Any

import typer

from landgis.cli.common import (
    CHANGES_SHOWN,
    Output,
    application_url,
    as_operator,
    given_settings,
    print_line,
    print_list,
    print_rows,
    reply,
    split_names,
    steps,
)
from landgis.cli.naming import named
from landgis.terms.frames import BATCH_KIND, CHANGE, LINEAGE
from landgis.workflows import batches

commands = typer.Typer()
batch = typer.Typer(help="批次：列表、详情、差异、撤销。 | The imports: what each changed, undo.", no_args_is_help=True)
commands.add_typer(batch, name="batch")
BatchNumber = Annotated[int, typer.Argument(help="批次号 | batch", min=1, metavar="BATCH")]


@batch.command("list")
def batch_list(
    limit: Annotated[int, typer.Option(help="最近几批 | so many of the latest", min=1, max=1000)] = 20,
) -> None:
    """列出批次，最近的在前。 | The batches, latest first."""
    with as_operator(application_url(given_settings())) as conn:
        reply({"batches": batches.list_batches(conn, limit=limit)}, _print_batches)


@batch.command("show")
def batch_show(number: BatchNumber) -> None:
    """一个批次：文件、哈希、行数、问题。 | One batch: file, hash, rows, issues by code."""
    with as_operator(application_url(given_settings())) as conn:
        reply(batches.show(conn, number), _print_batch)


@batch.command("diff")
def batch_diff(
    number: BatchNumber,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="全部差异写到 .xlsx 或 .csv | write every change to a file")
    ] = None,
) -> None:
    """一个批次改了什么：新增、终止、逐字段、界线移动、分割合并。 | What a batch changed."""
    settings = given_settings()
    with as_operator(application_url(settings)) as conn, steps() as tell:
        found = batches.diff(conn, number, tell=tell)
    if output is not None:
        batches.write_difference(found, output, language=settings.language)
    reply(found.as_dict(), _print_batch_diff)


@batch.command("undo")
def batch_undo(number: BatchNumber) -> None:
    """撤销一个批次：以新批次恢复此前的内容，不删除任何版本。 | Put back what stood before, as a new batch."""
    with as_operator(application_url(given_settings())) as conn, steps() as tell:
        reply(batches.undo(conn, number, tell=tell))


@commands.command("export")
def export(
    output: Output,
    park: Annotated[str, typer.Option(help="园区代码，逗号分隔；all 为全部 | parks, or all")] = "all",
) -> None:
    """把现有存量写成 .gpkg 或 .xlsx；再导入时什么也不变。 | The stock as it stands; an import of it changes nothing."""
    with as_operator(application_url(given_settings())) as conn, steps() as tell:
        reply(batches.export_stock(conn, None if park == "all" else split_names(park), output, tell=tell))


def _print_batches(answer: dict[str, Any]) -> None:
    lines = [
        (
            str(one["batch"]),
            BATCH_KIND[one["kind"]].zh + (f" {one['undoes']}" if one["undoes"] else ""),
            f"{one['made_at']:%Y-%m-%d %H:%M}",
            one["file"],
            ",".join(one["park_codes"]),
            *(str(one[name]) for name in ("rows_in", "stored", "refused", "unchanged", "ended")),
        )
        for one in answer["batches"]
    ]
    heads = (
        "批次 batch",
        "种类 kind",
        "时间 at",
        "文件 file",
        "园区 parks",
        "读入 in",
        "入库 stored",
        "拒收 refused",
        "未变 same",
        "终止 ended",
    )
    print_list(heads, lines)


def _print_batch(answer: dict[str, Any]) -> None:
    for name, value in answer.items():
        if name != "issues" and value is not None:
            print_line(f"{name}: {value}")
    print_rows(("问题 issue", "条 rows"), [(code, str(count)) for code, count in answer["issues"].items()])


def _print_batch_diff(answer: dict[str, Any]) -> None:
    for table, counts in answer["counts"].items():
        said = " · ".join(f"{CHANGE[what].zh} {what} {count}" for what, count in counts.items())
        print_line(f"{named(table)}: {said}")
    if answer["moved_m2"]:
        print_line(f"界线移动 borders moved: {answer['moved_m2']:,.1f} m²")
    lines = [
        (
            named(one["table_name"]),
            f"{one['park_code']} {one['key']}",
            f"{CHANGE[one['what']].zh} {one['what']}",
            named(one["table_name"], one["field"]) if one["field"] else "",
            one["before"] or "–",
            one["after"] or "–",
            "" if one["moved_m2"] is None else f"{one['moved_m2']:,.1f}",
        )
        for one in answer["changes"][:CHANGES_SHOWN]
    ]
    print_rows(("表 table", "行 row", "变化 what", "字段 field", "原 before", "现 after", "移动 moved m²"), lines)
    if answer["total"] > CHANGES_SHOWN:
        print_line(f"… 共 {answer['total']} 条，-o FILE 写出全部 | {answer['total']} in all, -o FILE writes them")
    print_rows(
        ("园区 park", "来自 from", "成为 to", "关系 kind", "共有 common m²"),
        [
            (
                one["park_code"],
                one["from_no"],
                one["to_no"],
                f"{LINEAGE[one['kind']].zh} {LINEAGE[one['kind']].en}",
                f"{one['common_m2']:,.1f}",
            )
            for one in answer["lineage"][:CHANGES_SHOWN]
        ],
    )
