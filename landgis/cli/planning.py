"""Commands for sites and plans, and the demands they serve."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from landgis.cli.common import (
    Language,
    Output,
    Run,
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
from landgis.cli.files import ingest
from landgis.cli.rulesets import chosen_rulesets
from landgis.terms.errors import InputError, Words
from landgis.terms.frames import DEMAND_STATUS
from landgis.terms.plans import CONDITION, DEED, DEMAND_REASON, LEFT_OUT, LIMIT, REMARK
from landgis.terms.units import mu
from landgis.workflows import demands, plans, reallocate
from landgis.workflows.asked import Asked, Shown, forbidding, pinning

commands = typer.Typer()
demand = typer.Typer(help="项目用地需求：导入、列出。 | The projects that need land.", no_args_is_help=True)
commands.add_typer(demand, name="demand")
plan = typer.Typer(
    help="成片供地方案：制定、比较、指定、禁用、采纳。 | Plans of sites and moves.", no_args_is_help=True
)
commands.add_typer(plan, name="plan")

#: The rulesets of a plan where none are named.
_PLAN_RULES: Final = ",".join(reallocate.PLAN_RULES)

#: What of a scenario is held side by side: its figure, its name, decimals; areas are shown in mu.
_FIGURES: Final = (
    ("demands_served", "落地项目 demands served", 0), ("freed_m2", "腾出 freed, mu", 1), ("reserve_m2", "动用储备 reserve, mu", 1),
    ("blocks", "成片地块 blocks", 0), ("cost_wan", "成本 cost, 万 10k", 0), ("worth_wan", "价值 worth, 万 10k", 0),
    ("objective", "目标 objective, 万 10k", 0), ("tax_gained_wan", "年增税收 tax gained, 万 10k", 0),
    ("tax_lost_wan", "年失税收 tax lost, 万 10k", 0), ("jobs_gained", "就业 jobs", 0),
    ("moves", "迁移 moves", 0), ("flip_cost_factor", "成本乘以此数即不如现状 no better than nothing at cost ×", 2),
)  # fmt: skip
PlanNumber = Annotated[int, typer.Argument(help="方案编号 | plan", min=1, metavar="PLAN")]
PlanRules = Annotated[
    str,
    typer.Option("--rules", help="方案规则集代码或 .toml 文件，逗号分隔 | rulesets of the plan: codes or .toml files"),
]
TimeLimit = Annotated[
    float | None,
    typer.Option("--time-limit", help="时限（秒），到时给出目前最好的 | seconds; then the best so far", min=1),
]
Level = Annotated[Literal["low", "mid", "high"], typer.Option("--cost", help="按哪一档估算 | which estimate")]
Noted = Annotated[
    str, typer.Option("--noted", help="不明时只提示、不排除的条件 | rules whose unknown is noted, not a bar")
]
Parcels = Annotated[
    list[str] | None, typer.Option("--parcel", help="地块：园区/编号，可重复 | parcel as PARK/NUMBER, may be repeated")
]
Sites = Annotated[list[int] | None, typer.Option("--site", help="成片地块序号，可重复 | number of a site")]
Moves = Annotated[list[int] | None, typer.Option("--move", help="迁移序号，可重复 | number of a move")]


@demand.command("import")
def demand_import(
    files: Annotated[list[Path], typer.Argument(help="需求表 .xlsx 或 .csv | lists of demands", metavar="FILE…")],
    profile: Annotated[str, typer.Option(help="字段方案 | profile of the columns")] = demands.DEMAND_PROFILE,
    park: Annotated[str | None, typer.Option(help="园区代码，表里没有时 | park, where the list does not say")] = None,
    encoding: Annotated[str | None, typer.Option(help="文字编码 | text encoding")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不写入 | check only, write nothing")] = False,
    issues: Annotated[
        Path | None, typer.Option(help="问题清单写到 .xlsx 或 .csv | write every issue to a file")
    ] = None,
) -> None:
    """导入项目用地需求，逐行检查。 | A list of projects becomes demands, every row checked."""
    ingest(files, profile, park, encoding=encoding, dry_run=dry_run, issues=issues)


@demand.command("list")
def demand_list(
    park: Annotated[str, typer.Option(help="园区代码，逗号分隔；all 为全部 | parks, or all")] = "all",
) -> None:
    """列出现有需求。 | The demands that now stand."""
    with as_operator(application_url(given_settings())) as conn:
        found = demands.list_demands(conn, None if park == "all" else split_names(park))
    reply({"demands": found}, _print_demands)


@commands.command()
def site(
    demand: Annotated[str, typer.Argument(help="项目编号 | project number", metavar="DEMAND")],
    park: Annotated[
        str | None, typer.Option(help="登记该需求的园区，编号不止一处时必填 | park the demand is registered in")
    ] = None,
    run: Run = None,
    rule_names: PlanRules = _PLAN_RULES,
    level: Level = "mid",
    noted: Noted = "",
    alternatives: Annotated[int, typer.Option(help="另列几个次优 | how many next best", min=0, max=50)] = 5,
    time_limit: TimeLimit = None,
) -> None:
    """为一个项目找最省的成片地块：证明、次优、逐块拒绝代价；找不到时说明放宽什么。 | The cheapest site for one project."""
    settings = given_settings()
    asked = Asked(level=level, noted=split_names(noted), time_limit_s=time_limit)
    with as_operator(application_url(settings)) as conn, steps() as tell, _until_interrupted() as stop:
        found = reallocate.site(
            conn, demand, asked, park=park, run=run, rules=chosen_rulesets(settings, rule_names), alternatives=alternatives,
            tell=tell, stop=stop,
        )  # fmt: skip
    reply(found, _print_site)


@plan.command("make")
def plan_make(
    park: Annotated[str, typer.Option(help="园区代码，逗号分隔；all 为全部 | parks, or all")] = "all",
    run: Run = None,
    rule_names: PlanRules = _PLAN_RULES,
    budget: Annotated[float | None, typer.Option(help="预算（万元） | budget, 10 000 yuan", min=0)] = None,
    staff: Annotated[float | None, typer.Option(help="可用人工（天） | days of the park's own people", min=0)] = None,
    level: Level = "mid",
    noted: Noted = "",
    gap: Annotated[
        float, typer.Option(help="差距在此以内即算证明 | within this share it counts as proved", min=0)
    ] = 1e-4,
    time_limit: TimeLimit = None,
    resume: Annotated[
        int | None, typer.Option(help="接着这个方案的候选集做 | go on from the sites of this plan", min=1)
    ] = None,
) -> None:
    """一盘棋：所有项目一起选址，谁退谁换、去哪里、何时。 | Sites for all projects at once, and who moves where."""
    settings = given_settings()
    asked = Asked(
        parks=None if park == "all" else split_names(park), level=level, budget_wan=budget, staff_days=staff, time_limit_s=time_limit,
        gap=gap, noted=split_names(noted),
    )  # fmt: skip
    with as_operator(application_url(settings)) as conn, steps() as tell, _until_interrupted() as stop:
        made = reallocate.make(
            conn, asked, run=run, rules=chosen_rulesets(settings, rule_names), resume=resume, tell=tell, stop=stop
        )
    reply(made, _print_plan)


@plan.command("list")
def plan_list() -> None:
    """列出方案。 | The plans, latest first."""
    with as_operator(application_url(given_settings())) as conn:
        found = plans.list_all(conn)
    reply({"plans": found}, _print_plans)


@plan.command("show")
def plan_show(
    number: Annotated[
        int | None, typer.Argument(help="方案编号，缺省为最近 | plan, the latest by default", metavar="[PLAN]")
    ] = None,
) -> None:
    """一个方案的成片地块、成员与迁移。 | A plan's sites, parcels and moves."""
    with as_operator(application_url(given_settings())) as conn:
        reply(plans.show(conn, number), _print_plan)


@plan.command("export")
def plan_export(
    output: Output,
    number: Annotated[
        int | None, typer.Argument(help="方案编号，缺省为最近 | plan, the latest by default", metavar="[PLAN]")
    ] = None,
    language: Language = None,
) -> None:
    """把一个方案写成 .xlsx 或 .gpkg。 | A plan as a workbook or GeoPackage."""
    settings = given_settings(language)
    with as_operator(application_url(settings)) as conn:
        reply(plans.file(conn, number, output, language=settings.language))


@plan.command("compare")
def plan_compare(
    numbers: Annotated[list[int], typer.Argument(help="方案编号 | plans", metavar="PLAN…", min=1)],
) -> None:
    """并排比较方案，含“维持现状”。 | Plans side by side, doing nothing among them."""
    with as_operator(application_url(given_settings())) as conn:
        reply(plans.compare(conn, numbers), _print_compared)


@plan.command("pin")
def plan_pin(
    number: PlanNumber,
    parcels: Parcels = None,
    sites: Sites = None,
    moves: Moves = None,
    demands_: Annotated[
        list[str] | None, typer.Option("--demand", help="必须落地的项目：园区/编号 | demand that must be served")
    ] = None,
) -> None:
    """指定必选的地块、成片、迁移或项目，重新规划成一个下级方案。 | Pin, and plan again as a child."""
    _change(number, pinning(_places(parcels), tuple(sites or ()), tuple(moves or ()), _places(demands_)))


@plan.command("forbid")
def plan_forbid(number: PlanNumber, parcels: Parcels = None, sites: Sites = None, moves: Moves = None) -> None:
    """禁用地块、成片或迁移，重新规划成一个下级方案。 | Forbid, and plan again as a child."""
    _change(number, forbidding(_places(parcels), tuple(sites or ()), tuple(moves or ())))


@plan.command("adopt")
def plan_adopt(
    number: PlanNumber,
    is_withdrawn: Annotated[bool, typer.Option("--withdraw", help="撤回采纳 | take the adoption back")] = False,
) -> None:
    """采纳方案：其中的地块不再给别人；撤回即放开。 | Promise a plan's parcels; nobody else gets them."""
    with as_operator(application_url(given_settings())) as conn:
        reply(plans.withdraw(conn, number) if is_withdrawn else plans.adopt(conn, number))


def _change(number: int, alter: Callable[[Asked, Shown], Asked]) -> None:
    with as_operator(application_url(given_settings())) as conn, steps() as tell, _until_interrupted() as stop:
        made = reallocate.change(conn, number, alter, tell=tell, stop=stop)
    reply(made, _print_plan)


def _places(texts: Sequence[str] | None) -> tuple[tuple[str, str], ...]:
    """Read ``PARK/NUMBER``."""
    found = []
    for text in texts or ():
        park, slash, number = text.partition("/")
        if not slash or not park or not number:
            raise InputError(
                Words("写法不对。", "It is not written as it should be."),
                at=text,
                mend=Words("写作 园区/编号，例如 S01/P00012。", "Write PARK/NUMBER, for example S01/P00012."),
            )
        found.append((park, number))
    return tuple(found)


@contextmanager
def _until_interrupted() -> Iterator[Callable[[], bool]]:
    """Give a question that says yes after the first Ctrl-C, so that the best so far is told; a second one ends as ever."""
    pressed = threading.Event()

    def press(_number: int, _frame: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _print_demands(answer: dict[str, Any]) -> None:
    print_list(
        ("园区 park", "编号 no", "项目 project", "需地亩 mu", "最窄 m", "最迟供地 by", "优先 priority", "状态 state"),
        [
            (
                one["park_code"],
                one["demand_no"],
                one["name"],
                " – ".join(f"{mu(one[name]):,.0f}" for name in ("area_min_m2", "area_max_m2") if one[name] is not None),
                "" if one["width_min_m"] is None else f"{one['width_min_m']:g}",
                one["ready_by"] or one["start_on"] or "",
                str(one["priority"] or ""),
                DEMAND_STATUS[one["status"]].zh if one["status"] else "",
            )
            for one in answer["demands"]
        ],
    )


def _print_site(answer: dict[str, Any]) -> None:
    proved = "已证明 proved" if answer["is_proved"] else f"未证明 not proved, gap {_share(answer['gap'])}"
    print_line(
        f"{answer['demand']} {answer['name']} · 评估 run {answer['run']} · {answer['on']} · {proved} · {answer['seconds']} s"
    )
    print_rows(
        ("成片 site", "成本 cost", "面积 mu", "最窄 m", "进深 m", "户 owners", "园区 park", "地块 parcels"),
        [
            (str(at), f"{one['cost_wan']:,.0f}", f"{mu(one['area_m2']):,.1f}", f"{one['width_m']:.0f}", f"{one['depth_m']:.0f}",
             str(one["owners"]), one["park_code"], " ".join(one["parcels"]))
            for at, one in enumerate(answer["sites"], 1)
        ],
    )  # fmt: skip
    print_rows(
        ("地块 parcel", "方式 deed", "成本 cost", "面积 mu", "拒绝代价 refusal"),
        [
            (one["parcel_no"], DEED[one["deed"]].zh, f"{one['cost_wan']:,.0f}", f"{mu(one['area_m2']):,.1f}",
             "无可替代 none without it" if one["refusal_wan"] is None else f"+{one['refusal_wan']:,.0f}")
            for one in answer["members"]
        ],
    )  # fmt: skip
    print_rows(
        ("放宽 give up", "要求 asked", "可至 given", "成本 cost", "面积 mu", "园区 park", "地块 parcels"),
        [
            (" + ".join(CONDITION[it].zh for it in one["conditions"]), " + ".join(map(_condition, one["conditions"], one["asked"])),
             _condition(one["conditions"][0], one["given"]), f"{one['cost_wan']:,.0f}", f"{mu(one['area_m2']):,.1f}", one["park_code"],
             " ".join(one["parcels"]))
            for one in answer["relaxations"]
        ],
    )  # fmt: skip
    if not answer["sites"]:
        _print_left_out(answer["not_to_be_had"])


def _condition(name: str, value: object) -> str:
    """Write what a condition asks: areas in mu, as everywhere here."""
    if value is None:
        return ""
    if name.startswith("area_") and isinstance(value, float):
        return f"{mu(value):,.1f} 亩"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _print_plan(answer: dict[str, Any]) -> None:
    proved = "已证明 proved" if answer["is_proved"] else "未证明 not proved"
    print_line(
        f"方案 plan {answer['plan']} · 评估 run {answer['run']} · {answer['on']} · 目标 objective {answer['objective']:,.1f} · "
        f"上界 bound {answer['bound']:,.1f} · 差距 gap {_share(answer['gap'])} · {proved} · {answer['seconds']} s"
    )
    print_line(
        f"落地 served {answer['demands_served']}/{answer['demands']} · 腾出 freed {mu(answer['freed_m2']):,.1f} 亩 mu · "
        f"储备 reserve {mu(answer['reserve_m2']):,.1f} 亩 mu · 成本 cost {_span(answer)} 万 {answer['currency']} · "
        f"迁移 moves {answer['moves']}"
    )
    print_rows(
        ("成片 site", "项目 project", "园区 park", "面积 mu", "价值 worth", "成本 cost", "可供 ready", "提示 remarks"),
        [
            (str(one["site"]), f"{one['demand_no']} {one['name'] or ''}", one["park_code"], f"{mu(one['area_m2']):,.1f}",
             f"{one['worth_wan']:,.0f}", f"{one['cost_wan']:,.0f}", one["ready_on"], "；".join(REMARK[it].zh for it in one["remarks"]))
            for one in answer["sites"]
        ],
    )  # fmt: skip
    print_rows(
        ("成片 site", "地块 parcel", "方式 deed", "面积 mu", "成本 cost", "腾出 free"),
        [
            (str(one["site"]), f"{one['park_code']}/{one['parcel_no']}", DEED[one["deed"]].zh, f"{mu(one['area_m2']):,.1f}",
             f"{one['cost_wan']:,.0f}", one["free_on"])
            for one in answer["members"]
        ],
    )  # fmt: skip
    print_rows(
        ("迁移 move", "从 from", "方式 deed", "到 to", "为 frees", "进入 enter", "离开 left", "补差 pay"),
        [
            (str(one["place"]), one["parcel_no"], DEED[one["deed"]].zh, one["to_parcel_no"] or "–", one["frees_parcel_no"],
             one["enter_on"], one["left_on"], "" if one["pay_wan"] is None else f"{one['pay_wan']:,.0f}")
            for one in answer["moved"]
        ],
    )  # fmt: skip
    print_rows(
        ("未落地 not served", "项目 project", "原因 why"),
        [
            (f"{one['park_code']}/{one['demand_no']}", one["name"], f"{DEMAND_REASON[one['reason']].zh} {DEMAND_REASON[one['reason']].en}")
            for one in answer["demand_states"]
            if one["state"] != "served"
        ],
    )  # fmt: skip
    print_rows(
        ("限额 limit", "上限 most", "用去 used", "多一单位值 worth of one more"),
        [
            (
                f"{LIMIT[one['name']].zh} {LIMIT[one['name']].en}",
                f"{one['most']:,.1f}",
                f"{one['used']:,.1f}",
                f"{one['worth_per_unit']:,.3f}",
            )
            for one in answer["limits"]
        ],
    )
    if answer["unmet"]:
        print_line(f"未能满足的指定 pinned and not met: {', '.join(answer['unmet'])}")
    _print_left_out(answer["left_out"])


def _print_left_out(rows: Sequence[dict[str, Any]]) -> None:
    print_rows(
        ("不可用 not to be had", "地块 parcels", "亩 mu"),
        [
            (f"{LEFT_OUT[one['reason']].zh} {LEFT_OUT[one['reason']].en}", str(one["parcels"]), f"{mu(one['area_m2']):,.0f}")
            for one in rows
        ],
    )  # fmt: skip


def _print_plans(answer: dict[str, Any]) -> None:
    if not answer["plans"]:
        print_line("没有。 | None.")
    for one in answer["plans"]:
        print_line(
            f"{one['plan']} · {one['made_at'][:16]} · {', '.join(one['parks'])} · 落地 served {one['demands_served']}/{one['demands']} · "
            f"目标 objective {one['objective']:,.0f} · 差距 gap {_share(one['gap'])} · {one['seconds']} s"
            + f" · 由 from {one['parent']}" * bool(one["parent"])
            + " · 已采纳 adopted" * one["is_adopted"]
        )


def _print_scenarios(found: Sequence[dict[str, Any]]) -> None:
    def told(name: str, value: float | None, places: int) -> str:
        return "–" if value is None else f"{mu(value) if name.endswith('_m2') else value:,.{places}f}"

    heads = ["维持现状 status quo" if not one["plan"] else f"方案 plan {one['plan']}" for one in found]
    lines = [(title, *(told(name, one[name], places) for one in found)) for name, title, places in _FIGURES]
    lines.append(("回本年份 break-even", *(str(one["break_even_year"] or "–") for one in found)))
    lines.append(("差距 gap", *(_share(one.get("gap")) for one in found)))
    print_rows(("", *heads), lines)


def _print_compared(answer: dict[str, Any]) -> None:
    _print_scenarios(answer["scenarios"])
    print_rows(
        ("方案 plans", "成本乘以此数时翻转 flips at cost ×", "低于此时较优 better below"),
        [
            (" / ".join(map(str, one["plans"])), "–" if one["flip_cost_factor"] is None else f"{one['flip_cost_factor']:.2f}",
             str(one["better_below"]))
            for one in answer["flips"]
        ],
    )  # fmt: skip
    print_line(f"用途不同的地块 parcels used differently: {len(answer['parcels'])}")


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.4g} %"


def _span(answer: dict[str, Any]) -> str:
    low, high = answer["cost_low_wan"], answer["cost_high_wan"]
    around = f" ({low:,.0f} – {high:,.0f})" if low is not None and high is not None else ""
    return f"{answer['cost_wan']:,.0f}{around}"
