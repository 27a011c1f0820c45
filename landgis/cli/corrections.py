"""Commands for the register of corrections."""

from pathlib import Path
from typing import Annotated, Any

import typer

from landgis.cli.common import Output, application_url, as_operator, given_settings, print_list, reply
from landgis.cli.naming import named
from landgis.workflows import corrections

commands = typer.Typer()
correction = typer.Typer(help="更正登记：导入后仍有效。 | Corrections that outlive every import.", no_args_is_help=True)
commands.add_typer(correction, name="correction")


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
        "park_code": park, "table_name": table, "key": [part.strip() for part in key.split("|")], "field": field, "old": old, "new": new,
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


def _print_corrections(answer: dict[str, Any]) -> None:
    lines = [
        (
            str(one["correction"]),
            f"{one['park_code']} {named(one['table_name'])} {' | '.join(one['row_key'])}",
            named(one["table_name"], one["field"]),
            one["old"] or "–",
            one["new"] or "–",
            one["reason"],
            one["evidence"] or "",
            f"{one['made_by']} {one['made_at']:%Y-%m-%d}",
        )
        for one in answer["corrections"]
    ]
    print_list(("号 no", "行 row", "字段 field", "原 old", "现 new", "理由 reason", "依据 evidence", "何人 who"), lines)
