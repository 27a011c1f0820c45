"""Commands for cases: opened, recorded, followed."""

from typing import Annotated, Any, Literal

import typer

from landgis.cli.common import (
    Run,
    application_url,
    as_operator,
    given_day,
    given_settings,
    print_line,
    print_list,
    print_rows,
    reply,
)
from landgis.store import database
from landgis.terms.cases import Act, Event
from landgis.workflows import cases
from landgis.workflows.clock import today
from landgis.workflows.explain import find_parcel

commands = typer.Typer()
case = typer.Typer(
    help="处置任务：立案、登记、列出、详情。 | Cases: who looks after a suspicion, what was done, what is due.",
    no_args_is_help=True,
)
commands.add_typer(case, name="case")
CaseNumber = Annotated[int, typer.Argument(help="任务编号 | case", min=1, metavar="CASE")]
DoneBy = Annotated[str, typer.Option("--by", help="经办人 | who did it")]
Note = Annotated[str, typer.Option(help="理由 | why")]
Day = Annotated[str | None, typer.Option("--on", help="办理日期，缺省为今天 | the day, today by default")]
Due = Annotated[str | None, typer.Option(help="商定的期限 | when the next step is due, where agreed")]
Track = Annotated[
    Literal["fee", "take_back", "agreement"] | None, typer.Option(help="法定路径 | track of the idle-land measure")
]


@case.command("open")
def case_open(
    parcel: Annotated[str, typer.Argument(help="地块编号 | parcel number", metavar="PARCEL")],
    by: DoneBy,
    note: Note,
    responsible: Annotated[str, typer.Option(help="责任人 | who looks after it")],
    checker: Annotated[str, typer.Option(help="复核人，不能是责任人 | who checks; somebody else")],
    role: Annotated[str | None, typer.Option(help="责任人职务 | the office of who looks after it")] = None,
    park: Annotated[str | None, typer.Option(help="园区代码 | park")] = None,
    run: Run = None,
    on: Day = None,
    track: Track = None,
    due: Due = None,
    evidence: Annotated[str | None, typer.Option(help="依据 | evidence")] = None,
) -> None:
    """为一块疑似地块立案；期限按评估所用的闲置土地规则起算。 | Open a case about a suspected parcel."""
    given = Event(
        "opened", given_day(on), by, note, evidence=evidence, responsible=responsible, role=role, checker=checker, track=track,
        due_on=given_day(due) if due else None,
    )  # fmt: skip
    with as_operator(application_url(given_settings())) as conn:
        with database.scoped(conn, database.ALL_PARKS):
            number, parcel_id = find_parcel(conn, run, parcel, park)
        reply({"case": cases.open_case(conn, number, parcel_id, given, today())}, _print_case)


@case.command("record")
def case_record(
    number: CaseNumber,
    act: Annotated[
        Act,
        typer.Argument(help="事项 | what was done", metavar="ACT"),
    ],
    by: DoneBy,
    note: Note,
    on: Day = None,
    after: Annotated[
        int | None, typer.Option(help="您看到的最后一步的序号，缺省为现有最后一步 | the last act you saw", min=1)
    ] = None,
    responsible: Annotated[str | None, typer.Option(help="责任人 | who looks after it")] = None,
    checker: Annotated[str | None, typer.Option(help="复核人 | who checks")] = None,
    role: Annotated[str | None, typer.Option(help="责任人职务 | the office of who looks after it")] = None,
    track: Track = None,
    sets_going: Annotated[
        Literal["extension_signed_on", "temporary_use_from", "hearing_notice_served_on"] | None,
        typer.Option("--clock", help="起算的期限 | the clock of the procedure that this day sets going"),
    ] = None,
    due: Due = None,
    evidence: Annotated[str | None, typer.Option(help="依据 | evidence")] = None,
) -> None:
    """登记一步：谁、何时、为什么、凭什么。认定由人作出。 | Record what was done: who, when, why, by what evidence."""
    given = Event(
        act, given_day(on), by, note, evidence=evidence, responsible=responsible, role=role, checker=checker, track=track,
        sets_going=sets_going, due_on=given_day(due) if due else None,
    )  # fmt: skip
    with as_operator(application_url(given_settings())) as conn:
        seen = cases.show(conn, number, today())["place"] if after is None else after
        reply({"case": cases.record(conn, number, seen, given, today())}, _print_case)


@case.command("list")
def case_list(
    park: Annotated[str | None, typer.Option(help="园区代码 | park")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列超期 | only what is overdue")] = False,
) -> None:
    """列出处置任务，超期最久的在前，其次是快到期的。 | The cases, the longest overdue first, then what is due next."""
    with as_operator(application_url(given_settings())) as conn:
        found = [one for one in cases.list_all(conn, today(), park=park) if one["overdue_days"] or not overdue]
    reply({"cases": found}, _print_cases)


@case.command("show")
def case_show(number: CaseNumber) -> None:
    """一个任务的全部过程、期限和下一步。 | One case: what was done, what is due, what may follow."""
    with as_operator(application_url(given_settings())) as conn:
        reply({"case": cases.show(conn, number, today())}, _print_case)


def _print_cases(answer: dict[str, Any]) -> None:
    print_list(
        (
            "任务 case",
            "地块 parcel",
            "进展 state",
            "责任人 responsible",
            "复核人 checker",
            "期限 due",
            "超期 overdue, d",
        ),
        [
            (
                str(one["case_no"]),
                f"{one['park_code']} {one['parcel_no']}",
                f"{one['state_title']['zh']} {one['state_title']['en']}",
                " ".join(filter(None, (one["responsible"], one["role"]))),
                one["checker"],
                str(one["due_on"] or "–"),
                str(one["overdue_days"] or ""),
            )
            for one in answer["cases"]
        ],
    )


def _print_case(answer: dict[str, Any]) -> None:
    one = answer["case"]
    _print_cases({"cases": [one]})
    print_rows(
        ("步 step", "事项 act", "日期 on", "经办人 by", "理由 why", "依据 evidence"),
        [
            (str(each["place"]), f"{each['title']['zh']} {each['title']['en']}", str(each["happened_on"]), each["done_by"],
             each["note"], each["evidence"] or "–")
            for each in one["events"]
        ],
    )  # fmt: skip
    print_rows(
        ("期限 clock", "起算 from", "到期 due", "办结 stopped", "依据 article"),
        [
            (f"{each['title']['zh']} {each['title']['en']}", each["happened_on"] or "–", each["due_on"] or "–",
             each["stopped_on"] or ("超期 overdue" if each["is_overdue"] else "–"), each["article"] or "–")
            for each in one["clocks"]
        ],
    )  # fmt: skip
    print_line("下一步 next: " + "；".join(f"{each['act']} {each['zh']}" for each in one["next"]))
