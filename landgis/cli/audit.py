"""The command for the record of who did what."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from landgis.cli.common import application_url, as_operator, given_day, given_settings, print_list, reply
from landgis.terms.audit import NOTED
from landgis.terms.errors import InputError, Words
from landgis.workflows import audit as workflow

commands = typer.Typer()


@commands.command("audit")
def audit(
    who: Annotated[str | None, typer.Option(help="账号 | account, or role of the database")] = None,
    act: Annotated[str | None, typer.Option(help=f"事项 | {', '.join(NOTED)}")] = None,
    park: Annotated[str | None, typer.Option(help="园区代码 | park")] = None,
    since: Annotated[str | None, typer.Option(help="自这一天 | from this day on", metavar="DAY")] = None,
    until: Annotated[str | None, typer.Option(help="至这一天，含 | to this day, included", metavar="DAY")] = None,
    limit: Annotated[int, typer.Option(help="最近几条 | so many of the latest", min=1, max=10_000)] = 50,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="全部写到 .xlsx 或 .csv | write all of them to a file")
    ] = None,
) -> None:
    """操作记录：谁在何时做了什么，最近的在前。 | Who did what, and when; the latest first."""
    if act is not None and act not in NOTED:
        raise InputError(
            Words("没有这种事项。", "There is no such act."),
            at=act,
            mend=Words(f"可用：{'、'.join(NOTED)}。", f"Use {', '.join(NOTED)}."),
        )
    sought = workflow.Sought(who, act, park)
    if since is not None:
        sought = replace(sought, since=given_day(since))
    if until is not None:
        sought = replace(sought, until=given_day(until))
    settings = given_settings()
    with as_operator(application_url(settings)) as conn:
        if output is not None:
            written = workflow.write_entries(conn, sought, output, language=settings.language)
            reply({"entries": written, "file": str(output)})
        else:
            reply({"entries": workflow.entries(conn, sought, most=limit)}, _print_entries)


def _print_entries(answer: dict[str, Any]) -> None:
    print_list(
        ("编号 no.", "时间 at", "账号 who", "事项 act", "园区 parks", "内容 what"),
        [
            (
                str(one["audit"]),
                f"{one['at'].astimezone(workflow.ZONE):%Y-%m-%d %H:%M}",
                one["who"],
                f"{one['title']['zh']} {one['title']['en']}",
                ", ".join(one["park_codes"]),
                one["said"]["zh"],
            )
            for one in answer["entries"]
        ],
    )
