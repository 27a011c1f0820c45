"""Commands for what comes in: files, batches, corrections, profiles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from landgis.cli.common import (
    CHANGES_SHOWN,
    ISSUES_SHOWN,
    Output,
    application_url,
    as_operator,
    call,
    given_settings,
    print_line,
    print_rows,
    reply,
    split_names,
    steps,
)
from landgis.terms.frames import BATCH_KIND, CHANGE, LINEAGE
from landgis.workflows import batches, corrections, profiles, publish
from landgis.workflows.ingest import ingest as ingest_files
from landgis.workflows.ingest import units_of
from landgis.workflows.preview import preview

commands = typer.Typer()
batch = typer.Typer(help="批次：列表、详情、差异、撤销。 | The imports: what each changed, undo.", no_args_is_help=True)
commands.add_typer(batch, name="batch")
correction = typer.Typer(help="更正登记：导入后仍有效。 | Corrections that outlive every import.", no_args_is_help=True)
commands.add_typer(correction, name="correction")
profile_ = typer.Typer(help="字段方案：列表、内容、按文件提议。 | Profiles of columns.", no_args_is_help=True)
commands.add_typer(profile_, name="profile")
BatchNumber = Annotated[int, typer.Argument(help="批次号 | batch", min=1, metavar="BATCH")]


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
            publish.issue_list(done, issues, language=settings.language)
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


@correction.command("add")
def correction_add(
    table: Annotated[str, typer.Argument(help="表，如 parcel | table", metavar="TABLE")],
    key: Annotated[str, typer.Argument(help="行的编号，多项以 | 隔开 | the row's key", metavar="KEY")],
    field: Annotated[str, typer.Argument(help="字段，如 cert_area_m2 | field", metavar="FIELD")],
    park: Annotated[str, typer.Option(help="园区代码 | park")],
    reason: Annotated[str, typer.Option(help="理由 | reason")],
    old: Annotated[
        str | None, typer.Option(help="现值，不给为不明 | the value that stands; unknown by default")
    ] = None,
    new: Annotated[str | None, typer.Option(help="更正值，不给为不明 | the right value; unknown by default")] = None,
    evidence: Annotated[str | None, typer.Option(help="依据 | evidence")] = None,
) -> None:
    """登记一条更正并立即生效；以后每次导入，原值未变就继续应用。 | Put one cell right, now and in every import."""
    given = {
        "park_code": park, "table_name": table, "key": split_names(key.replace("|", ",")), "field": field, "old": old, "new": new,
        "reason": reason, "evidence": evidence,
    }  # fmt: skip
    with as_operator(application_url(given_settings())) as conn:
        reply(corrections.add(conn, given).as_dict())


@correction.command("list")
def correction_list() -> None:
    """列出现行更正。 | The corrections that stand."""
    with as_operator(application_url(given_settings())) as conn:
        reply({"corrections": corrections.list_all(conn)}, _print_corrections)


@correction.command("withdraw")
def correction_withdraw(
    number: Annotated[int, typer.Argument(help="更正编号 | correction", min=1, metavar="CORRECTION")],
    reason: Annotated[str, typer.Option(help="理由 | reason")],
) -> None:
    """撤回一条更正；更正值仍在时恢复原值。 | Take one back; the old value returns where the new one still stands."""
    with as_operator(application_url(given_settings())) as conn:
        reply(corrections.withdraw(conn, number, reason).as_dict())


@correction.command("import")
def correction_import(
    file: Annotated[Path, typer.Argument(help="更正清单 .xlsx 或 .csv | list of corrections", metavar="FILE")],
) -> None:
    """登记一份更正清单。 | Register a list of corrections."""
    with as_operator(application_url(given_settings())) as conn:
        reply(corrections.import_list(conn, file).as_dict())


@correction.command("export")
def correction_export(output: Output) -> None:
    """把现行更正写成 .xlsx 或 .csv，可再导入。 | Write them to a file that can be imported again."""
    with as_operator(application_url(given_settings())) as conn:
        reply({"corrections": corrections.export_list(conn, output), "file": str(output)})


@profile_.command("list")
def profile_list() -> None:
    """列出随附的字段方案。 | The profiles that are shipped."""
    reply(
        {"profiles": profiles.packaged()},
        lambda answer: print_rows(
            ("方案 profile", "来源 source", "表 tables"),
            [(one["name"], f"{one['zh']} | {one['en']}", ", ".join(one["tables"])) for one in answer["profiles"]],
        ),
    )


@profile_.command("show")
def profile_show(
    profile: Annotated[str, typer.Argument(help="方案名或 .toml 文件 | profile, or a .toml file", metavar="PROFILE")],
) -> None:
    """一个方案的全部对应。 | All that a profile says."""
    reply(profiles.lay_out(profile), _print_profile)


@profile_.command("suggest")
def profile_suggest(
    files: Annotated[list[Path], typer.Argument(help="文件 | files", metavar="FILE…")],
    encoding: Annotated[str | None, typer.Option(help="文字编码 | text encoding")] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="写成 .toml，改好后使用 | write it as a profile to be looked through"),
    ] = None,
) -> None:
    """按列名、拼音首字母、数值和单位提议一个方案。 | Propose a profile by names, initials, values and units."""
    given_settings()
    with steps() as tell:
        found = profiles.propose(files, encoding=encoding, output=output, tell=tell)
    reply(found, _print_proposal)


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


def _print_corrections(answer: dict[str, Any]) -> None:
    lines = [
        (
            str(one["correction"]),
            f"{one['park_code']} {one['table_name']} {' | '.join(one['row_key'])}",
            one["field"],
            one["old"] or "–",
            one["new"] or "–",
            one["reason"],
            one["evidence"] or "",
            f"{one['made_by']} {one['made_at']:%Y-%m-%d}",
        )
        for one in answer["corrections"]
    ]
    print_rows(("号 no", "行 row", "字段 field", "原 old", "现 new", "理由 reason", "依据 evidence", "何人 who"), lines)


def _print_profile(answer: dict[str, Any]) -> None:
    print_line(f"{answer['name']}: {answer['zh']} | {answer['en']}")
    for one in answer["tables"]:
        own = "（本系统列名 our own names）" if one["own_names"] else ""
        print_line(f"{one['table']} ← {', '.join(one['layers'])}{own}")
        lines = [
            (item["column"], item["zh"], ", ".join(item["from"]) or str(item["value"]), item["unit"] or "")
            for item in one["columns"]
        ]
        print_rows(("列 column", "名称 name", "来自 from", "单位 unit"), lines)


def _print_proposal(answer: dict[str, Any]) -> None:
    for fit in answer["fits"]:
        print_line(f"随附方案 shipped profile {fit['name']}: {100 * fit['share']:.0f} %")
    for layer in answer["layers"]:
        sure = "" if layer["is_sure"] else "（编号列不确定 key not certain）"
        print_line(f"{layer['name']} ({layer['rows']}) → {layer['table'] or '?'}{sure}")
        lines = [
            (
                one["header"],
                f"{one['zh']} {one['column']}",
                f"{one['score']:.2f}",
                one["reason"]["zh"],
                one["unit"]
                or one["unit_from"]
                or ("? " + (one["hint"]["zh"] if one["hint"] else "") if one["asks_unit"] else ""),
                " / ".join(one["examples"]),
            )
            for one in layer["columns"]
        ]
        print_rows(("文件列 header", "字段 column", "把握 score", "理由 reason", "单位 unit", "示例 examples"), lines)
        if layer["left"]:
            print_line(f"未用 not used: {', '.join(layer['left'])}")


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
    print_rows(heads, lines)


def _print_batch(answer: dict[str, Any]) -> None:
    for name, value in answer.items():
        if name != "issues" and value is not None:
            print_line(f"{name}: {value}")
    print_rows(("问题 issue", "条 rows"), [(code, str(count)) for code, count in answer["issues"].items()])


def _print_batch_diff(answer: dict[str, Any]) -> None:
    for table, counts in answer["counts"].items():
        said = " · ".join(f"{CHANGE[what].zh} {what} {count}" for what, count in counts.items())
        print_line(f"{table}: {said}")
    if answer["moved_m2"]:
        print_line(f"界线移动 borders moved: {answer['moved_m2']:,.1f} m²")
    lines = [
        (
            one["table_name"],
            f"{one['park_code']} {one['key']}",
            CHANGE[one["what"]].zh,
            one["field"] or "",
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
            (one["park_code"], one["from_no"], one["to_no"], LINEAGE[one["kind"]].zh, f"{one['common_m2']:,.1f}")
            for one in answer["lineage"][:CHANGES_SHOWN]
        ],
    )


def _print_first_issues(issues: pd.DataFrame, language: str) -> None:
    first = issues.head(ISSUES_SHOWN).astype("str").fillna("")
    places = first["file"] + " " + first["row"]
    lines = list(zip(places, first["field"], first["raw"], first[language], strict=True))
    print_rows(("文件 行 file row", "字段 field", "原值 raw", "说明 issue"), lines)
    if len(issues) > ISSUES_SHOWN:
        print_line(f"… 共 {len(issues)} 条，--issues FILE 写出全部 | {len(issues)} in all, --issues FILE writes them")
