"""The command line: one command per workflow, and nothing else."""

import asyncio
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import pandas as pd
import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from landgis import __version__, jobs
from landgis.api.app import create_app
from landgis.sample import make_city, write_city
from landgis.settings import Settings
from landgis.store import database, queue
from landgis.store.cluster import Cluster
from landgis.store.database import Connection
from landgis.store.health import examine
from landgis.store.migrate import migrate as migrate_database
from landgis.terms.cases import Event
from landgis.terms.draws import Draws
from landgis.terms.errors import ConflictError, InputError, LandgisError, SetupError, Words
from landgis.terms.frames import ANSWER, BATCH_KIND, CHANGE, DEMAND_STATUS, IDLE_REMARK, IDLE_STATE, LINEAGE
from landgis.terms.plans import DEED, DEMAND_REASON, LEFT_OUT, REMARK
from landgis.terms.reasons import name_words
from landgis.terms.rules import KIND_WORDS, STATUS_WORDS, Ruleset
from landgis.terms.units import hectares, mu
from landgis.workflows import batches, cases, corrections, demands, evaluation, profiles, publish, reallocate, rulebooks
from landgis.workflows.assess import assess as assess_parks
from landgis.workflows.cases import today
from landgis.workflows.compare import compare
from landgis.workflows.drawing import read_bbox, sheet_file
from landgis.workflows.explain import Cases, find_parcel, what_if
from landgis.workflows.explain import explain as explain_parcel
from landgis.workflows.ingest import Tell, allow_reading, quietly, units_of
from landgis.workflows.ingest import ingest as ingest_files
from landgis.workflows.preview import preview, reader_check
from landgis.workflows.screen import screen
from landgis.workflows.verify import verify
from landgis.workflows.zones import evaluate_zones

app = typer.Typer(
    help="LandGIS 园区存量用地：哪些地块疑似闲置低效，谁该退出、置换、提升。 | Land stock of industrial parks.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
db = typer.Typer(help="内置数据库：启动、停止、状态、地址。 | The embedded database.", no_args_is_help=True)
app.add_typer(db, name="db")
runs = typer.Typer(help="评估：复核。 | Runs: make one again and compare.", no_args_is_help=True)
app.add_typer(runs, name="run")
rules = typer.Typer(help="规则集：有哪些、写了什么、对不对、差在哪里。 | The rulesets.", no_args_is_help=True)
app.add_typer(rules, name="rules")
demand = typer.Typer(help="项目用地需求：导入、列出。 | The projects that need land.", no_args_is_help=True)
app.add_typer(demand, name="demand")
batch = typer.Typer(help="批次：列表、详情、差异、撤销。 | The imports: what each changed, undo.", no_args_is_help=True)
app.add_typer(batch, name="batch")
correction = typer.Typer(help="更正登记：导入后仍有效。 | Corrections that outlive every import.", no_args_is_help=True)
app.add_typer(correction, name="correction")
profile_ = typer.Typer(help="字段方案：列表、内容、按文件提议。 | Profiles of columns.", no_args_is_help=True)
app.add_typer(profile_, name="profile")
plan = typer.Typer(
    help="成片供地方案：制定、比较、指定、禁用、采纳。 | Plans of sites and moves.", no_args_is_help=True
)
app.add_typer(plan, name="plan")
case = typer.Typer(
    help="处置任务：立案、登记、列出、详情。 | Cases: who looks after a suspicion, what was done, what is due.",
    no_args_is_help=True,
)
app.add_typer(case, name="case")

#: The sample city is made for this day, so that it is the same city on every machine and every day.
_SAMPLE_DAY: Final = date(2026, 6, 30)
_SAMPLE_SEED: Final = 20260630
_SAMPLE_PLACE: Final = (115.2, 33.0)

#: So many issues are shown on the screen; all of them are in the file that --issues names, and in the service.
_ISSUES_SHOWN: Final = 10

#: So many parcels that a change of rules would alter are shown on the screen.
_CHANGES_SHOWN: Final = 20

#: The rulesets of a plan where none are named.
_PLAN_RULES: Final = ",".join(reallocate.PLAN_RULES)

#: What of a scenario is held side by side: its figure, its name, decimals; areas are shown in mu.
_FIGURES: Final = (
    ("demands_served", "落地项目 demands served", 0), ("freed_m2", "腾出 freed, mu", 1), ("reserve_m2", "动用储备 reserve, mu", 1),
    ("blocks", "成片地块 blocks", 0), ("cost_wan", "成本 cost", 0), ("worth_wan", "价值 worth", 0), ("objective", "目标 objective", 0),
    ("tax_gained_wan", "年增税收 tax gained", 0), ("tax_lost_wan", "年失税收 tax lost", 0), ("jobs_gained", "就业 jobs", 0),
    ("moves", "迁移 moves", 0), ("flip_cost_factor", "成本乘以此数即不如现状 no better than nothing at cost ×", 2),
)  # fmt: skip

#: What is held side by side of a parcel, and what it is called.
_SIDES: Final = {
    "answer": "处置 answer", "grade": "等级 grade", "tests": "疑似 suspected", "unknown": "不明 unknown", "reason": "缘由 reason",
}  # fmt: skip

_screen = Console(stderr=True)


@dataclass
class _Call:
    """What the whole command was called with."""

    is_json: bool = False


_call = _Call()

Run = Annotated[int | None, typer.Option("--run", help="评估编号，缺省为最近一次 | run, the latest by default", min=1)]
Language = Annotated[Literal["zh", "en"] | None, typer.Option("--lang", help="语言 | language")]
RulesetName = Annotated[
    str, typer.Argument(help="规则集代码或 .toml 文件 | code of a ruleset, or a .toml file", metavar="RULESET")
]
PlanNumber = Annotated[int, typer.Argument(help="方案编号 | plan", min=1, metavar="PLAN")]
CaseNumber = Annotated[int, typer.Argument(help="任务编号 | case", min=1, metavar="CASE")]
DoneBy = Annotated[str, typer.Option("--by", help="经办人 | who did it")]
Note = Annotated[str, typer.Option(help="理由 | why")]
Day = Annotated[str | None, typer.Option("--on", help="办理日期，缺省为今天 | the day, today by default")]
Due = Annotated[str | None, typer.Option(help="商定的期限 | when the next step is due, where agreed")]
Track = Annotated[
    Literal["fee", "take_back", "agreement"] | None, typer.Option(help="法定路径 | track of the idle-land measure")
]
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
Output = Annotated[Path, typer.Option("-o", "--output", help="输出文件 | file to write")]
BatchNumber = Annotated[int, typer.Argument(help="批次号 | batch", min=1, metavar="BATCH")]


@app.callback()
def _options(
    is_json: Annotated[bool, typer.Option("--json", help="只输出一个 JSON 对象 | print one JSON object")] = False,
) -> None:
    _call.is_json = is_json


@app.command()
def demo(
    serve_after: Annotated[
        bool, typer.Option("--serve/--no-serve", help="发布后是否打开服务 | serve the map at the end")
    ] = True,
    parcels: Annotated[
        int, typer.Option(help="示例城市的地块数 | parcels of the sample city", min=20, max=1_000_000)
    ] = 600,
) -> None:
    """示例：建库、导入示例城市、评估、发布、打开地图。 | The sample city, all the way to the map."""
    settings = _settings()
    if serve_after:
        _free_port(settings.host, settings.port)
    app_url = _bring_up(settings)
    folder = settings.home / "demo"
    with _steps() as tell:
        folder.mkdir(parents=True, exist_ok=True)
        city = folder / f"sample-{parcels}-{_SAMPLE_SEED}-{__version__}.gpkg"
        if not city.exists():
            with tell(Words(f"生成示例城市（{parcels} 个地块）", f"Making the sample city ({parcels} parcels)")):
                write_city(
                    make_city(parcels=parcels, parks=4, seed=_SAMPLE_SEED, on=_SAMPLE_DAY, origin=_SAMPLE_PLACE), city
                )
        with _operator(app_url) as conn:
            ingested = ingest_files(conn, [city], "landgis-template", tell=tell)
            assessed = assess_parks(conn, ingested.park_codes, settings.rule_codes, _SAMPLE_DAY, tell=tell)
            published = _publish(conn, settings, assessed["run"], folder, tell)
    _answer({"ingest": ingested.as_dict(), "assess": assessed, "published": published}, _print_demo)
    if serve_after:
        _serve(settings, app_url, settings.host, settings.port, is_working=True)


@app.command()
def up() -> None:
    """启动数据库、升级、打开服务。 | Start the database, migrate, serve."""
    settings = _settings()
    _free_port(settings.host, settings.port)
    _serve(settings, _bring_up(settings), settings.host, settings.port, is_working=True)


@db.command("start")
def db_start() -> None:
    """启动内置数据库。 | Start the embedded database."""
    cluster = _cluster(_settings())
    with _steps() as tell, tell(Words("启动数据库", "Starting the database")):
        cluster.start()
    _answer({"running": True, "url": cluster.admin_url})


@db.command("stop")
def db_stop() -> None:
    """停止内置数据库。 | Stop the embedded database."""
    _cluster(_settings()).stop()
    _answer({"running": False})


@db.command("status")
def db_status() -> None:
    """内置数据库是否在运行。 | Is the embedded database running."""
    status = _cluster(_settings()).status()
    _answer({"running": status.running, "pid": status.pid, "version": status.version, "data": str(status.data)})


@db.command("url")
def db_url() -> None:
    """数据库地址（管理员）。 | The administrator's address of the database."""
    settings = _settings()
    _answer({"url": settings.database_url or _cluster(settings).admin_url}, lambda answer: print_line(answer["url"]))


@app.command()
def migrate() -> None:
    """把数据库升级到本版本。 | Bring the database to this version."""
    settings = _settings()
    with _administrator(settings) as conn:
        done = migrate_database(conn)
    _answer({"applied": list(done.applied), "standing": list(done.standing), "postgis": done.postgis})


@app.command()
def doctor() -> None:
    """检查数据库、角色、索引与程序文件是否如所需。 | Is everything as it should be."""
    settings = _settings()
    with database.connect(_app_url(settings)) as conn:
        checks = [*examine(conn), reader_check()]
    _answer(
        {"ok": all(check.is_ok for check in checks), "checks": [check.as_dict() for check in checks]},
        lambda answer: _print_rows(
            ("", "检查 check", "说明 detail"), [(_mark(c.is_ok), c.name, c.detail) for c in checks]
        ),
    )
    if not all(check.is_ok for check in checks):
        raise typer.Exit(1)


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="文件 | files", metavar="FILE…")],
    profile: Annotated[
        str, typer.Option(help="字段方案；auto 按文件选 | profile of the columns, auto chooses by the file")
    ] = "landgis-template",
    park: Annotated[str | None, typer.Option(help="园区代码 | park")] = None,
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
    settings = _settings()
    with _operator(_app_url(settings)) as conn, _steps() as tell:
        done = ingest_files(
            conn,
            files,
            profile,
            park=park,
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
    _answer(done.as_dict(), _print_ingested)
    if not _call.is_json:
        _print_first_issues(done.issues, settings.language)


@app.command("preview")
def preview_files(
    files: Annotated[list[Path], typer.Argument(help="文件 | files", metavar="FILE…")],
    crs: Annotated[str | None, typer.Option(help="坐标系，如 EPSG:4549 | coordinate reference system")] = None,
    encoding: Annotated[str | None, typer.Option(help="文字编码 | text encoding")] = None,
) -> None:
    """看看文件里有什么：图层、列、编码、坐标系，不写入。 | What is in a file, before it is taken in."""
    _settings()
    _answer(preview(files, crs=crs, encoding=encoding), _print_preview)


@app.command()
def assess(
    park: Annotated[str, typer.Option(help="园区代码，逗号分隔；all 为全部 | parks, or all")] = "all",
    rule_names: Annotated[
        str | None, typer.Option("--rules", help="规则集代码或 .toml 文件，逗号分隔 | rulesets: codes or .toml files")
    ] = None,
    on: Annotated[str | None, typer.Option(help="评估日 YYYY-MM-DD，缺省今天 | as of which day")] = None,
    stability: Annotated[
        int, typer.Option(help="稳健性抽样次数，如 1000；0 为不做 | draws of the stability, 0 for none", min=0)
    ] = 0,
    seed: Annotated[int, typer.Option(help="抽样种子 | seed of the draws", min=0)] = 1,
    concentration: Annotated[float, typer.Option(help="权重集中度 | how near to the scheme's weights")] = 50.0,
    noise: Annotated[float, typer.Option(help="数据相对误差 | relative noise of the figures")] = 0.05,
) -> None:
    """评估：疑似闲置、低效、亩均评价、分类处置。 | Stock becomes findings, grades and answers."""
    settings = _settings()
    day = _day(on)
    chosen = _chosen(settings, rule_names)
    draws = Draws(stability, seed, concentration, noise) if stability else None
    with _operator(_app_url(settings)) as conn, _steps() as tell:
        parks = None if park == "all" else _split(park)
        _answer(assess_parks(conn, parks, chosen, day, draws=draws, tell=tell), _print_assessed)


@app.command()
def explore(
    run: Run = None,
    method: Annotated[str, typer.Option(help="entropy、critic、user | where the weights come from")] = "entropy",
    weights: Annotated[
        str | None, typer.Option(help="自定权重，如 tax_wan_per_mu:2,rd_share:1 | weights of your own")
    ] = None,
    park: Annotated[str | None, typer.Option(help="园区代码 | park")] = None,
    limit: Annotated[int, typer.Option(help="每类显示几名 | so many of each population", min=1)] = 10,
) -> None:
    """探索性排序：换一种权重看看，不是法定评价。 | Rank by other weights, for looking around."""
    given = evaluation.read_weights(weights) if weights else None
    method = "user" if given else method
    with _operator(_app_url(_settings())) as conn, database.scoped(conn, database.ALL_PARKS):
        _answer(evaluation.explored(conn, run, method, weights=given, park=park, limit=limit), _print_explored)


@app.command()
def zones(
    park: Annotated[str, typer.Option(help="园区代码，逗号分隔；all 为全部 | parks, or all")] = "all",
    rule_names: Annotated[
        str, typer.Option("--rules", help="规则集代码或 .toml 文件，逗号分隔 | rulesets: codes or .toml files")
    ] = "cn-zone-use-2010,cn-idle-2012",
    on: Annotated[str | None, typer.Option(help="评估日 YYYY-MM-DD，缺省今天 | as of which day")] = None,
) -> None:
    """园区集约利用：开发、结构、强度、投入产出、闲置与潜力。 | How each park as a whole uses its land."""
    settings = _settings()
    with _operator(_app_url(settings)) as conn, _steps() as tell:
        parks = None if park == "all" else _split(park)
        found = evaluate_zones(conn, parks, _chosen(settings, rule_names), _day(on), tell=tell)
    _answer(found.as_dict(), _print_zones)


@app.command()
def idle(
    files: Annotated[list[Path], typer.Argument(help="合同台账 | files of contracts", metavar="FILE…")],
    profile: Annotated[str, typer.Option(help="字段方案 | profile of the columns")] = "landgis-template",
    rule_name: Annotated[str, typer.Option("--rules", help="闲置规则集 | ruleset for idle land")] = "cn-idle-2012",
    on: Annotated[str | None, typer.Option(help="评估日 YYYY-MM-DD，缺省今天 | as of which day")] = None,
    park: Annotated[str | None, typer.Option(help="园区代码 | park")] = None,
    encoding: Annotated[str | None, typer.Option(help="文字编码 | text encoding")] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="逐份写到 .xlsx 或 .csv | write every contract to a file")
    ] = None,
) -> None:
    """只凭合同台账筛查疑似闲置，不入库。 | Screen a file of contracts for suspected idle land; nothing is stored."""
    settings = _settings()
    with _steps() as tell:
        found = screen(files, profile, rulebooks.choose(rule_name), _day(on), park=park, encoding=encoding, tell=tell)
        if output is not None:
            found.write(output, settings.language)
    _answer(found.as_dict(), _print_screened)


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
    ingest(files, profile, park, None, encoding, dry_run, issues=issues)


@demand.command("list")
def demand_list(
    park: Annotated[str, typer.Option(help="园区代码，逗号分隔；all 为全部 | parks, or all")] = "all",
) -> None:
    """列出现有需求。 | The demands that now stand."""
    with _operator(_app_url(_settings())) as conn:
        found = demands.list_demands(conn, None if park == "all" else _split(park))
    _answer({"demands": found}, _print_demands)


@app.command()
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
    settings = _settings()
    asked = reallocate.Asked(level=level, noted=_split(noted), time_limit_s=time_limit)
    with _operator(_app_url(settings)) as conn, _steps() as tell, _until_interrupted() as stop:
        found = reallocate.site(
            conn, demand, asked, park=park, run=run, rules=_chosen(settings, rule_names), alternatives=alternatives,
            tell=tell, stop=stop,
        )  # fmt: skip
    _answer(found, _print_site)


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
    settings = _settings()
    asked = reallocate.Asked(
        parks=None if park == "all" else _split(park), level=level, budget_wan=budget, staff_days=staff, time_limit_s=time_limit,
        gap=gap, noted=_split(noted),
    )  # fmt: skip
    with _operator(_app_url(settings)) as conn, _steps() as tell, _until_interrupted() as stop:
        made = reallocate.make(
            conn, asked, run=run, rules=_chosen(settings, rule_names), resume=resume, tell=tell, stop=stop
        )
    _answer(made, _print_plan)


@plan.command("list")
def plan_list() -> None:
    """列出方案。 | The plans, latest first."""
    with _operator(_app_url(_settings())) as conn:
        found = reallocate.list_made(conn)
    _answer({"plans": found}, _print_plans)


@plan.command("show")
def plan_show(
    number: Annotated[
        int | None, typer.Argument(help="方案编号，缺省为最近 | plan, the latest by default", metavar="[PLAN]")
    ] = None,
) -> None:
    """一个方案的成片地块、成员与迁移。 | A plan's sites, parcels and moves."""
    with _operator(_app_url(_settings())) as conn:
        _answer(reallocate.show(conn, number), _print_plan)


@plan.command("compare")
def plan_compare(
    numbers: Annotated[list[int], typer.Argument(help="方案编号 | plans", metavar="PLAN…", min=1)],
) -> None:
    """并排比较方案，含“维持现状”。 | Plans side by side, doing nothing among them."""
    with _operator(_app_url(_settings())) as conn:
        _answer(reallocate.compare(conn, numbers), _print_compared)


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
    _change(number, reallocate.pinning(_places(parcels), tuple(sites or ()), tuple(moves or ()), _places(demands_)))


@plan.command("forbid")
def plan_forbid(number: PlanNumber, parcels: Parcels = None, sites: Sites = None, moves: Moves = None) -> None:
    """禁用地块、成片或迁移，重新规划成一个下级方案。 | Forbid, and plan again as a child."""
    _change(number, reallocate.forbidding(_places(parcels), tuple(sites or ()), tuple(moves or ())))


@plan.command("adopt")
def plan_adopt(
    number: PlanNumber,
    is_withdrawn: Annotated[bool, typer.Option("--withdraw", help="撤回采纳 | take the adoption back")] = False,
) -> None:
    """采纳方案：其中的地块不再给别人；撤回即放开。 | Promise a plan's parcels; nobody else gets them."""
    with _operator(_app_url(_settings())) as conn:
        _answer(reallocate.withdraw(conn, number) if is_withdrawn else reallocate.adopt(conn, number))


def _change(number: int, alter: Callable[[reallocate.Asked, reallocate.Shown], reallocate.Asked]) -> None:
    with _operator(_app_url(_settings())) as conn, _steps() as tell, _until_interrupted() as stop:
        made = reallocate.change(conn, number, alter, tell=tell, stop=stop)
    _answer(made, _print_plan)


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
    """Give a question that says yes after the first Ctrl-C, so that the best so far is told; a second one ends as ever.

    Meanwhile nothing reaches standard output: the solver greets there, and somebody may read JSON.
    """
    pressed = threading.Event()

    def press(_number: int, _frame: object) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()

    before = signal.signal(signal.SIGINT, press)
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield pressed.is_set
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        signal.signal(signal.SIGINT, before)


@rules.command("list")
def rules_list() -> None:
    """列出随附的规则集。 | The rulesets that are shipped."""
    _answer({"rulesets": rulebooks.packaged()}, _print_rulesets)


@rules.command("show")
def rules_show(ruleset: RulesetName) -> None:
    """规则集的全部内容：数值、条款、可信度、认定项、关口。 | All that a ruleset says."""
    _answer(rulebooks.lay_out(rulebooks.choose(ruleset)), _print_ruleset)


@rules.command("check")
def rules_check(file: Annotated[Path, typer.Argument(help="规则集文件 | ruleset file")]) -> None:
    """检查规则集文件，列出全部错误。 | Everything that is wrong with a ruleset file."""
    checked = rulebooks.check(file)
    _answer(checked, _print_checked)
    if not checked["ok"]:
        raise typer.Exit(1)


@rules.command("diff")
def rules_diff(
    before: RulesetName,
    after: RulesetName,
    park: Annotated[
        str | None, typer.Option(help="园区代码：比较两者在其地块上的结论 | compare them on these parks, or all")
    ] = None,
    on: Annotated[str | None, typer.Option(help="评估日 YYYY-MM-DD，缺省今天 | as of which day")] = None,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="逐地块差异写到 .csv 或 .xlsx | write every parcel that changes"),
    ] = None,
) -> None:
    """两个规则集差在哪里；给出园区时，哪些地块的结论会变、为什么。 | In what two differ, and whom it changes."""
    settings = _settings()
    one, two = rulebooks.choose(before), rulebooks.choose(after)
    answer = rulebooks.diff(one, two)
    if park is not None:
        parks = None if park == "all" else _split(park)
        chosen = _chosen(settings, None)
        with _operator(_app_url(settings)) as conn, _steps() as tell:
            compared = compare(conn, parks, chosen, one, two, _day(on), language=settings.language, tell=tell)
        if output is not None:
            publish.rule_changes(compared.parcels, output, language=settings.language)
        answer |= compared.as_dict()
    _answer(answer, _print_difference)


@batch.command("list")
def batch_list(
    limit: Annotated[int, typer.Option(help="最近几批 | so many of the latest", min=1, max=1000)] = 20,
) -> None:
    """列出批次，最近的在前。 | The batches, latest first."""
    with _operator(_app_url(_settings())) as conn:
        _answer({"batches": batches.list_batches(conn, limit=limit)}, _print_batches)


@batch.command("show")
def batch_show(number: BatchNumber) -> None:
    """一个批次：文件、哈希、行数、问题。 | One batch: file, hash, rows, issues by code."""
    with _operator(_app_url(_settings())) as conn:
        _answer(batches.show(conn, number), _print_batch)


@batch.command("diff")
def batch_diff(
    number: BatchNumber,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="全部差异写到 .xlsx 或 .csv | write every change to a file")
    ] = None,
) -> None:
    """一个批次改了什么：新增、终止、逐字段、界线移动、分割合并。 | What a batch changed."""
    settings = _settings()
    with _operator(_app_url(settings)) as conn, _steps() as tell:
        found = batches.diff(conn, number, tell=tell)
    if output is not None:
        batches.write_difference(found, output, language=settings.language)
    _answer(found.as_dict(), _print_batch_diff)


@batch.command("undo")
def batch_undo(number: BatchNumber) -> None:
    """撤销一个批次：以新批次恢复此前的内容，不删除任何版本。 | Put back what stood before, as a new batch."""
    with _operator(_app_url(_settings())) as conn, _steps() as tell:
        _answer(batches.undo(conn, number, tell=tell))


@app.command("export")
def export(
    output: Output,
    park: Annotated[str, typer.Option(help="园区代码，逗号分隔；all 为全部 | parks, or all")] = "all",
) -> None:
    """把现有存量写成 .gpkg 或 .xlsx；再导入时什么也不变。 | The stock as it stands; an import of it changes nothing."""
    with _operator(_app_url(_settings())) as conn, _steps() as tell:
        _answer(batches.export_stock(conn, None if park == "all" else _split(park), output, tell=tell))


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
        "park_code": park, "table_name": table, "key": _split(key.replace("|", ",")), "field": field, "old": old, "new": new,
        "reason": reason, "evidence": evidence,
    }  # fmt: skip
    with _operator(_app_url(_settings())) as conn:
        _answer(corrections.add(conn, given).as_dict())


@correction.command("list")
def correction_list() -> None:
    """列出现行更正。 | The corrections that stand."""
    with _operator(_app_url(_settings())) as conn:
        _answer({"corrections": corrections.list_all(conn)}, _print_corrections)


@correction.command("withdraw")
def correction_withdraw(
    number: Annotated[int, typer.Argument(help="更正编号 | correction", min=1, metavar="CORRECTION")],
    reason: Annotated[str, typer.Option(help="理由 | reason")],
) -> None:
    """撤回一条更正；更正值仍在时恢复原值。 | Take one back; the old value returns where the new one still stands."""
    with _operator(_app_url(_settings())) as conn:
        _answer(corrections.withdraw(conn, number, reason).as_dict())


@correction.command("import")
def correction_import(
    file: Annotated[Path, typer.Argument(help="更正清单 .xlsx 或 .csv | list of corrections", metavar="FILE")],
) -> None:
    """登记一份更正清单。 | Register a list of corrections."""
    with _operator(_app_url(_settings())) as conn:
        _answer(corrections.import_list(conn, file).as_dict())


@correction.command("export")
def correction_export(output: Output) -> None:
    """把现行更正写成 .xlsx 或 .csv，可再导入。 | Write them to a file that can be imported again."""
    with _operator(_app_url(_settings())) as conn:
        _answer({"corrections": corrections.export_list(conn, output), "file": str(output)})


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
        "opened", _day(on), by, note, evidence=evidence, responsible=responsible, role=role, checker=checker, track=track,
        due_on=_day(due) if due else None,
    )  # fmt: skip
    with _operator(_app_url(_settings())) as conn:
        with database.scoped(conn, database.ALL_PARKS):
            number, parcel_id = find_parcel(conn, run, parcel, park)
        _answer({"case": cases.open_case(conn, number, parcel_id, given, today())}, _print_case)


@case.command("record")
def case_record(
    number: CaseNumber,
    act: Annotated[
        Literal[
            "assigned",
            "investigated",
            "answered",
            "recognised",
            "not_recognised",
            "decided",
            "agreed",
            "freed",
            "closed",
        ],
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
        act, _day(on), by, note, evidence=evidence, responsible=responsible, role=role, checker=checker, track=track,
        sets_going=sets_going, due_on=_day(due) if due else None,
    )  # fmt: skip
    with _operator(_app_url(_settings())) as conn:
        seen = cases.show(conn, number, today())["place"] if after is None else after
        _answer({"case": cases.record(conn, number, seen, given, today())}, _print_case)


@case.command("list")
def case_list(
    park: Annotated[str | None, typer.Option(help="园区代码 | park")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只列超期 | only what is overdue")] = False,
) -> None:
    """列出处置任务，超期最久的在前。 | The cases, the longest overdue first."""
    with _operator(_app_url(_settings())) as conn:
        found = [one for one in cases.list_all(conn, today(), park=park) if one["overdue_days"] or not overdue]
    _answer({"cases": found}, _print_cases)


@case.command("show")
def case_show(number: CaseNumber) -> None:
    """一个任务的全部过程、期限和下一步。 | One case: what was done, what is due, what may follow."""
    with _operator(_app_url(_settings())) as conn:
        _answer({"case": cases.show(conn, number, today())}, _print_case)


@profile_.command("list")
def profile_list() -> None:
    """列出随附的字段方案。 | The profiles that are shipped."""
    _answer(
        {"profiles": profiles.packaged()},
        lambda answer: _print_rows(
            ("方案 profile", "来源 source", "表 tables"),
            [(one["name"], f"{one['zh']} | {one['en']}", ", ".join(one["tables"])) for one in answer["profiles"]],
        ),
    )


@profile_.command("show")
def profile_show(
    profile: Annotated[str, typer.Argument(help="方案名或 .toml 文件 | profile, or a .toml file", metavar="PROFILE")],
) -> None:
    """一个方案的全部对应。 | All that a profile says."""
    _answer(profiles.lay_out(profile), _print_profile)


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
    with _steps() as tell:
        found = profiles.propose(files, encoding=encoding, output=output, tell=tell)
    _answer(found, _print_proposal)


@app.command("map")
def map_(output: Output, run: Run = None, language: Language = None) -> None:
    """把一次评估的地图写成一个文件，无网络也能打开。 | One file that opens without a network."""
    settings = _settings(language)
    with _operator(_app_url(settings)) as conn, _steps() as tell, database.scoped(conn, database.ALL_PARKS):
        _answer(_write_map(conn, settings, run, output, tell))


@app.command("print")
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
    settings = _settings(language)
    extent = read_bbox(bbox) if bbox else None
    with _operator(_app_url(settings)) as conn, _steps() as tell, database.scoped(conn, database.ALL_PARKS):
        _answer(
            sheet_file(
                conn, run, output, bbox=extent, park=park, wanted=wanted, paper=paper, language=settings.language,
                title=title, secrecy=secrecy, approval=approval, tell=tell,
            )
        )  # fmt: skip


@runs.command("verify")
def run_verify(run: Annotated[int, typer.Argument(help="评估编号 | run", min=1, metavar="RUN")]) -> None:
    """用当时的存量与规则重算一次评估，逐字节比对。 | Make a run again from its stock and rules; the same bytes or what differs."""
    settings = _settings()
    with _operator(_app_url(settings)) as conn, _steps() as tell:
        answer = verify(conn, run, tell=tell)
    _answer(answer, _print_verified)
    if not answer["same"]:
        raise typer.Exit(1)


@app.command()
def explain(
    parcel: Annotated[str, typer.Argument(help="地块编号 | parcel number", metavar="PARCEL")],
    run: Run = None,
    park: Annotated[
        str | None, typer.Option(help="园区代码，编号不止一处时必填 | park, where several have the number")
    ] = None,
    language: Language = None,
) -> None:
    """说明一个地块的结论：事实、检验、关口、来源。 | Why a parcel got its answer, back to the cell of each number."""
    settings = _settings(language)
    with _operator(_app_url(settings)) as conn, database.scoped(conn, database.ALL_PARKS):
        number, parcel_id = find_parcel(conn, run, parcel, park)
        cases = Cases()
        told = explain_parcel(conn, number, parcel_id, cases)
        told["changes"] = what_if(conn, number, parcel_id, cases)
    _answer(told, lambda answer: print_line(publish.explanation(answer, settings.language)))


@app.command()
def dossier(
    parcel: Annotated[str, typer.Argument(help="地块编号 | parcel number", metavar="PARCEL")],
    output: Output,
    run: Run = None,
    park: Annotated[
        str | None, typer.Option(help="园区代码，编号不止一处时必填 | park, where several have the number")
    ] = None,
    language: Language = None,
) -> None:
    """把一个地块的一地一策写成网页文件，可打印为 A4。 | One parcel's paper as a file that prints on A4."""
    settings = _settings(language)
    with _operator(_app_url(settings)) as conn, database.scoped(conn, database.ALL_PARKS):
        number, parcel_id = find_parcel(conn, run, parcel, park)
        _answer(publish.dossier_file(conn, number, parcel_id, output, language=settings.language))


@app.command()
def ledger(output: Output, run: Run = None, language: Language = None) -> None:
    """把一次评估的台账写成 .xlsx、.gpkg 或 .geojson。 | The ledger of a run."""
    settings = _settings(language)
    with _operator(_app_url(settings)) as conn, _steps() as tell, database.scoped(conn, database.ALL_PARKS):
        with tell(Words("写台账", "Writing the ledger")):
            done = publish.ledger(conn, run, output, language=settings.language)
        _answer(done)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="监听地址 | address to listen at")] = None,
    port: Annotated[int | None, typer.Option(help="端口 | port", min=1, max=65535)] = None,
) -> None:
    """打开网页与接口服务，直到 Ctrl-C。 | Serve pages and API until Ctrl-C."""
    settings = _settings()
    _free_port(host or settings.host, port or settings.port)
    _serve(settings, _app_url(settings), host or settings.host, port or settings.port)


@app.command()
def worker() -> None:
    """执行排队的任务，直到 Ctrl-C；`up` 自带一个。 | Work on the queue until Ctrl-C; `up` brings one along."""
    settings = _settings()
    asyncio.run(jobs.run_worker(_app_url(settings), concurrency=settings.jobs))


@app.command(hidden=True)
def work(job: int) -> None:
    """做一项任务；由工作进程调用。 | Do one job; called by a worker."""
    jobs.end_with_parent()
    jobs.work(_app_url(_settings()), job)


@app.command("jobs")
def jobs_(
    cancel: Annotated[int | None, typer.Option("--cancel", help="取消这项任务 | give up this job", min=1)] = None,
) -> None:
    """列出任务，或取消其一。 | List the jobs, or give one up."""
    with _operator(_app_url(_settings())) as conn:
        if cancel is not None:
            queue.cancel_job(conn, database.ALL_PARKS, cancel)
        with database.scoped(conn, database.ALL_PARKS):
            found = queue.list_jobs(conn, 50)
    _answer({"jobs": [asdict(job) for job in found]}, lambda answer: _print_jobs(found))


def main() -> None:
    """Run the command line: exit 0 done, 1 refused with a message that says how to mend it, 2 wrong usage."""
    try:
        app()
    except LandgisError as refusal:
        if _call.is_json:
            print_line(json.dumps({"error": refusal.as_dict()}, ensure_ascii=False))
        else:
            _screen.print(str(refusal), style="red", markup=False, highlight=False, soft_wrap=True)
        sys.exit(1)


def print_line(text: str) -> None:
    """Write one line to standard output."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _settings(language: str | None = None) -> Settings:
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
    return settings


def _variable(field: object) -> str:
    """Give the name of the environment variable behind a setting."""
    name = str(field).upper()
    return name if name == "DATABASE_URL" else f"LANDGIS_{name}"


def _cluster(settings: Settings) -> Cluster:
    return Cluster(settings.home, settings.pg_bin)


def _administrator(settings: Settings) -> Connection:
    return database.connect(settings.database_url or _started(settings).admin_url)


def _app_url(settings: Settings) -> str:
    """Give the address as the application's role: its own, or that of the given database with the role put on."""
    if settings.app_database_url:
        return settings.app_database_url
    if settings.database_url:
        return database.with_role(settings.database_url, "landgis_app")
    return _started(settings).app_url


def _started(settings: Settings) -> Cluster:
    cluster = _cluster(settings)
    if not cluster.status().running:
        with _steps() as tell, tell(Words("启动数据库", "Starting the database")):
            cluster.start()
    return cluster


@contextmanager
def _operator(app_url: str) -> Iterator[Connection]:
    with database.connect(app_url) as conn:
        yield conn


def _bring_up(settings: Settings) -> str:
    with (
        _administrator(settings) as conn,
        _steps() as tell,
        tell(Words("升级数据库", "Bringing the database up to date")),
    ):
        migrate_database(conn)
    return _app_url(settings)


def _write_map(conn: Connection, settings: Settings, run: int | None, output: Path, tell: Tell) -> dict[str, Any]:
    return publish.map_file(
        conn, run, output, language=settings.language, base_maps=settings.base_maps, web=settings.web_folder, tell=tell
    )


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
                _write_map(conn, settings, run, page, tell)
            written.append(str(page))
    return written


def _serve(settings: Settings, app_url: str, host: str, port: int, *, is_working: bool = False) -> None:
    shown = f"[{host}]" if ":" in host else host
    _screen.print(f"地图 map: http://{shown}:{port}/   （Ctrl-C 结束 | to stop）", markup=False, highlight=False)
    with jobs.working(app_url, concurrency=settings.jobs) if is_working else nullcontext():
        uvicorn.run(
            create_app(settings, app_url),
            host=host,
            port=port,
            log_level="warning",
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,  # a page that follows a job would hold the service up
        )


def _free_port(host: str, port: int) -> None:
    """Refuse a taken port before any work is done."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConflictError(
                Words("端口已被占用或不能使用。", "The port is in use or cannot be used."),
                at=f"{host}:{port}",
                why=Words(str(error.strerror), str(error.strerror)),
                mend=Words(
                    "换一个端口：设置 LANDGIS_PORT，或 landgis serve --port。",
                    "Set LANDGIS_PORT, or use `landgis serve --port`.",
                ),
            ) from error


def _day(text: str | None) -> date:
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


def _chosen(settings: Settings, names: str | None) -> list[Ruleset]:
    """Read the rulesets a command names, or those of the settings."""
    return [rulebooks.choose(name) for name in (_split(names) if names else settings.rule_codes)]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@contextmanager
def _steps() -> Iterator[Tell]:
    """Show each step with the seconds it takes, where somebody watches."""
    if _call.is_json or not _screen.is_terminal:
        yield _plainly if not _call.is_json else quietly
        return
    columns = (SpinnerColumn(), TimeElapsedColumn(), BarColumn(bar_width=16), TextColumn("{task.description}"))
    with Progress(*columns, console=_screen) as progress:

        @contextmanager
        def tell(step: Words) -> Iterator[None]:
            task = progress.add_task(f"{step.zh} | {step.en}", total=None)
            yield
            progress.update(task, total=1, completed=1)

        yield tell


def _plainly(step: Words) -> AbstractContextManager[None]:
    _screen.print(f"{step.zh} | {step.en}", markup=False, highlight=False)
    return quietly(step)


def _answer(answer: dict[str, Any], show: Callable[[dict[str, Any]], None] | None = None) -> None:
    if _call.is_json:
        print_line(json.dumps(answer, ensure_ascii=False, default=str))
    elif show is not None:
        show(answer)
    else:
        for name, value in answer.items():
            print_line(f"{name}: {value}")


def _print_demo(answer: dict[str, Any]) -> None:
    _print_ingested(answer["ingest"])
    _print_assessed(answer["assess"])
    for path in answer["published"]:
        print_line(path)


def _print_preview(answer: Mapping[str, Any]) -> None:
    for layer in answer["layers"]:
        shapes = layer["shapes"] or {}
        crs = (shapes.get("crs") or {}).get("name") or ", ".join(
            f"EPSG:{one['epsg']}?" for one in shapes.get("candidates", [])
        )
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in shapes.get("kinds", {}).items())
        about = " · ".join(filter(None, [f"{layer['rows']:,} 行 rows", layer["encoding"] or "", kinds, crs]))
        _print_rows(
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


def _print_ingested(answer: dict[str, Any]) -> None:
    print_line(
        f"{answer['file']}: 批次 batch {answer['batch'] or '-'} · 读入 in {answer['rows_in']} · 入库 stored {answer['stored']} · "
        f"整行拒收 refused {answer['refused']} · 未变 unchanged {answer['unchanged']}"
    )
    _print_rows(("问题 issue", "条 rows"), [(code, str(count)) for code, count in answer["issues"].items()])
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


def _print_cases(answer: dict[str, Any]) -> None:
    _print_rows(
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
    _print_rows(
        ("步 step", "事项 act", "日期 on", "经办人 by", "理由 why", "依据 evidence"),
        [
            (str(each["place"]), f"{each['title']['zh']} {each['title']['en']}", str(each["happened_on"]), each["done_by"],
             each["note"], each["evidence"] or "–")
            for each in one["events"]
        ],
    )  # fmt: skip
    _print_rows(
        ("期限 clock", "起算 from", "到期 due", "办结 stopped", "依据 article"),
        [
            (f"{each['title']['zh']} {each['title']['en']}", each["happened_on"] or "–", each["due_on"] or "–",
             each["stopped_on"] or ("超期 overdue" if each["is_overdue"] else "–"), each["article"] or "–")
            for each in one["clocks"]
        ],
    )  # fmt: skip
    _screen.print("下一步 next: " + "；".join(f"{each['act']} {each['zh']}" for each in one["next"]))


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
    _print_rows(
        ("号 no", "行 row", "字段 field", "原 old", "现 new", "理由 reason", "依据 evidence", "何人 who"), lines
    )


def _print_profile(answer: dict[str, Any]) -> None:
    print_line(f"{answer['name']}: {answer['zh']} | {answer['en']}")
    for one in answer["tables"]:
        own = "（本系统列名 our own names）" if one["own_names"] else ""
        print_line(f"{one['table']} ← {', '.join(one['layers'])}{own}")
        lines = [
            (item["column"], item["zh"], ", ".join(item["from"]) or str(item["value"]), item["unit"] or "")
            for item in one["columns"]
        ]
        _print_rows(("列 column", "名称 name", "来自 from", "单位 unit"), lines)


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
        _print_rows(("文件列 header", "字段 column", "把握 score", "理由 reason", "单位 unit", "示例 examples"), lines)
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
    _print_rows(heads, lines)


def _print_batch(answer: dict[str, Any]) -> None:
    for name, value in answer.items():
        if name != "issues" and value is not None:
            print_line(f"{name}: {value}")
    _print_rows(("问题 issue", "条 rows"), [(code, str(count)) for code, count in answer["issues"].items()])


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
        for one in answer["changes"][:_CHANGES_SHOWN]
    ]
    _print_rows(("表 table", "行 row", "变化 what", "字段 field", "原 before", "现 after", "移动 moved m²"), lines)
    if answer["total"] > _CHANGES_SHOWN:
        print_line(f"… 共 {answer['total']} 条，-o FILE 写出全部 | {answer['total']} in all, -o FILE writes them")
    _print_rows(
        ("园区 park", "来自 from", "成为 to", "关系 kind", "共有 common m²"),
        [
            (one["park_code"], one["from_no"], one["to_no"], LINEAGE[one["kind"]].zh, f"{one['common_m2']:,.1f}")
            for one in answer["lineage"][:_CHANGES_SHOWN]
        ],
    )


def _print_demands(answer: dict[str, Any]) -> None:
    _print_rows(
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
    _print_rows(
        ("成片 site", "成本 cost", "面积 mu", "最窄 m", "进深 m", "户 owners", "园区 park", "地块 parcels"),
        [
            (str(at), f"{one['cost_wan']:,.0f}", f"{mu(one['area_m2']):,.1f}", f"{one['width_m']:.0f}", f"{one['depth_m']:.0f}",
             str(one["owners"]), one["park_code"], " ".join(one["parcels"]))
            for at, one in enumerate(answer["sites"], 1)
        ],
    )  # fmt: skip
    _print_rows(
        ("地块 parcel", "方式 deed", "成本 cost", "面积 mu", "拒绝代价 refusal"),
        [
            (one["parcel_no"], DEED[one["deed"]].zh, f"{one['cost_wan']:,.0f}", f"{mu(one['area_m2']):,.1f}",
             "无可替代 none without it" if one["refusal_wan"] is None else f"+{one['refusal_wan']:,.0f}")
            for one in answer["members"]
        ],
    )  # fmt: skip
    _print_rows(
        ("放宽 give up", "要求 asked", "可至 given", "成本 cost", "面积 mu", "地块 parcels"),
        [
            (" + ".join(one["conditions"]), " + ".join(map(str, one["asked"])), "" if one["given"] is None else str(one["given"]),
             f"{one['cost_wan']:,.0f}", f"{mu(one['area_m2']):,.1f}", " ".join(one["parcels"]))
            for one in answer["relaxations"]
        ],
    )  # fmt: skip
    if not answer["sites"]:
        _print_left_out(answer["not_to_be_had"])


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
    _print_rows(
        ("成片 site", "项目 project", "园区 park", "面积 mu", "价值 worth", "成本 cost", "可供 ready", "提示 remarks"),
        [
            (str(one["site"]), f"{one['demand_no']} {one['name'] or ''}", one["park_code"], f"{mu(one['area_m2']):,.1f}",
             f"{one['worth_wan']:,.0f}", f"{one['cost_wan']:,.0f}", one["ready_on"], "；".join(REMARK[it].zh for it in one["remarks"]))
            for one in answer["sites"]
        ],
    )  # fmt: skip
    _print_rows(
        ("成片 site", "地块 parcel", "方式 deed", "面积 mu", "成本 cost", "腾出 free"),
        [
            (str(one["site"]), f"{one['park_code']}/{one['parcel_no']}", DEED[one["deed"]].zh, f"{mu(one['area_m2']):,.1f}",
             f"{one['cost_wan']:,.0f}", one["free_on"])
            for one in answer["members"]
        ],
    )  # fmt: skip
    _print_rows(
        ("迁移 move", "从 from", "方式 deed", "到 to", "为 frees", "进入 enter", "离开 left", "补差 pay"),
        [
            (str(one["place"]), one["parcel_no"], DEED[one["deed"]].zh, one["to_parcel_no"] or "–", one["frees_parcel_no"],
             one["enter_on"], one["left_on"], "" if one["pay_wan"] is None else f"{one['pay_wan']:,.0f}")
            for one in answer["moved"]
        ],
    )  # fmt: skip
    _print_rows(
        ("未落地 not served", "项目 project", "原因 why"),
        [
            (f"{one['park_code']}/{one['demand_no']}", one["name"], f"{DEMAND_REASON[one['reason']].zh} {DEMAND_REASON[one['reason']].en}")
            for one in answer["demand_states"]
            if one["state"] != "served"
        ],
    )  # fmt: skip
    _print_rows(
        ("限额 limit", "上限 most", "用去 used", "多一单位值 worth of one more"),
        [
            (one["name"], f"{one['most']:,.1f}", f"{one['used']:,.1f}", f"{one['worth_per_unit']:,.3f}")
            for one in answer["limits"]
        ],
    )
    if answer["unmet"]:
        print_line(f"未能满足的指定 pinned and not met: {', '.join(answer['unmet'])}")
    _print_left_out(answer["left_out"])


def _print_left_out(rows: Sequence[dict[str, Any]]) -> None:
    _print_rows(
        ("不可用 not to be had", "地块 parcels", "亩 mu"),
        [
            (f"{LEFT_OUT[one['reason']].zh} {LEFT_OUT[one['reason']].en}", str(one["parcels"]), f"{mu(one['area_m2']):,.0f}")
            for one in rows
        ],
    )  # fmt: skip


def _print_plans(answer: dict[str, Any]) -> None:
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
    _print_rows(("", *heads), lines)


def _print_compared(answer: dict[str, Any]) -> None:
    _print_scenarios(answer["scenarios"])
    _print_rows(
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


def _print_first_issues(issues: pd.DataFrame, language: str) -> None:
    first = issues.head(_ISSUES_SHOWN).astype("str").fillna("")
    places = first["file"] + " " + first["row"]
    lines = list(zip(places, first["field"], first["raw"], first[language], strict=True))
    _print_rows(("文件 行 file row", "字段 field", "原值 raw", "说明 issue"), lines)
    if len(issues) > _ISSUES_SHOWN:
        print_line(f"… 共 {len(issues)} 条，--issues FILE 写出全部 | {len(issues)} in all, --issues FILE writes them")


def _print_assessed(answer: dict[str, Any]) -> None:
    print_line(f"评估 run {answer['run']} · {answer['on']} · 地块 parcels {answer['parcels']}")
    for caution in answer["cautions"]:
        print_line(f"注意 note: {caution['zh']} | {caution['en']}")
    lines = [
        (
            f"{ANSWER[code].zh} {ANSWER[code].en}",
            str(land["parcels"]),
            f"{mu(land['area_m2']):,.1f}",
            f"{hectares(land['area_m2']):,.2f}",
        )
        for code, land in answer["triage"].items()
    ]
    _print_rows(("处置建议 answer", "地块 parcels", "亩 mu", "公顷 ha"), lines)
    for row in answer["grades"]:
        if row["by_ties"] or row["is_kept"] is False:
            share = f"{100 * row['share']:.1f} %" if row["share"] is not None else "–"
            print_line(
                f"{row['year']} {row['population']} {row['grade']}: {row['subjects']}/{row['ranked']} {share}"
                + f" · 并列 ties {row['by_ties']:+d}" * bool(row["by_ties"])
                + " · 比例不合要求 quota not kept" * (row["is_kept"] is False)
            )


def _print_explored(answer: dict[str, Any]) -> None:
    print_line(f"{answer['caution']['zh']} | {answer['caution']['en']}")
    for one in answer["populations"]:
        weights = "、".join(f"{name} {weight:.3f}" for name, weight in one["weights"].items())
        agreed = " · ".join(f"{name} {one[name]:.2f}" for name in ("spearman", "kendall") if one[name] is not None)
        print_line(f"{one['year']} {one['population']} · {one['scored']}/{one['subjects']} · {weights} · {agreed}")
        _print_rows(
            ("名次 rank", "企业 firm", "得分 score", "法定总分 total", "法定等级 grade"),
            [
                (
                    str(item["rank"]),
                    str(item["uscc"] or item["parcel_id"]),
                    f"{item['score']:.4f}",
                    "–" if item["legal_total"] is None else f"{item['legal_total']:.2f}",
                    item["legal_grade"] or "–",
                )
                for item in one["items"]
            ],
        )


def _print_rulesets(answer: dict[str, Any]) -> None:
    for item in answer["rulesets"]:
        print_line(f"{item['code']} · {item['title']['zh']} | {item['title']['en']}")
        print_line(f"    {_head_of(item)} · {item['sha256'][:12]}")


def _head_of(ruleset: dict[str, Any]) -> str:
    """Say of a ruleset its kinds, document, region, days, status and confidence, in one line."""
    kinds = "、".join(f"{KIND_WORDS[kind].zh} {kind}" for kind in ruleset["kinds"])
    days = f"{ruleset['effective_from']} – {ruleset['effective_to'] or ''}"
    status = STATUS_WORDS[ruleset["status"]]
    return (
        f"{kinds} · {ruleset['document']} · {ruleset['region']} · {days} · {status.zh} {status.en} · "
        f"可信度 confidence {ruleset['confidence']}"
    )


def _print_ruleset(answer: dict[str, Any]) -> None:
    print_line(f"{answer['code']} · {answer['title']['zh']} | {answer['title']['en']}")
    print_line(f"{_head_of(answer)} · {answer['sha256']}")
    if answer["supersedes"]:
        print_line(f"替代 supersedes: {', '.join(answer['supersedes'])}")
    if answer["note"]:
        print_line(f"注 note: {answer['note']['zh']} | {answer['note']['en']}")
    own = answer["confidence"]
    numbers = [
        (name, str(item["value"]), item["unit"], item["article"], item["confidence"] or own)
        for name, item in answer["numbers"].items()
    ]
    _print_rows(("数值 number", "值 value", "单位 unit", "条款 article", "可信度 confidence"), numbers)
    tables = [
        (
            f"{name} · {edition}",
            ", ".join(f"{code} {value}" for code, value in values.items()),
            item["unit"],
            item["article"],
        )
        for name, item in answer["tables"].items()
        for edition, values in item["values"].items()
    ]
    _print_rows(("表 table", "值 values", "单位 unit", "条款 article"), tables)
    codes = [
        (item["code"], item["title"]["zh"], f"{item['scheme']}: {', '.join(item['values'])}", item["article"])
        for item in answer["standings"]
    ]
    codes += [(name, "", ", ".join(item["values"]), item["article"]) for name, item in answer["lists"].items()]
    _print_rows(("目录 list", "名称 title", "代码 codes", "条款 article"), codes)
    tests = [
        (item["code"], f"{item['title']['zh']} | {item['title']['en']}", item["article"]) for item in answer["tests"]
    ]
    _print_rows(("认定项 test", "名称 title", "条款 article"), tests)
    for population in answer["scheme"]["populations"] if answer["scheme"] else ():
        print_line(f"{population['title']['zh']} | {population['title']['en']}")
        indicators = [
            (item["measure"], str(item["weight"]), str(item["base"] or ""), item["unit"], item["article"])
            for item in population["indicators"]
        ]
        _print_rows(("指标 indicator", "权重 weight", "基准 base", "单位 unit", "条款 article"), indicators)
    gates = [
        (
            str(item["gate"]),
            item["code"],
            item["answer"],
            f"{item['title']['zh']} | {item['title']['en']}",
            item["article"],
        )
        for item in answer["gates"]
    ]
    _print_rows(("关口 gate", "代码 code", "处置 answer", "名称 title", "条款 article"), gates)


def _print_screened(answer: dict[str, Any]) -> None:
    print_line(
        f"{answer['file']}: {answer['rules']} · {answer['on']} · 合同 contracts {answer['contracts']} · "
        f"可判 judged {answer['judged']}"
    )
    lines = [
        (f"{IDLE_STATE[state].zh} {IDLE_STATE[state].en}", str(count)) for state, count in answer["states"].items()
    ]
    lines += [
        (f"不明，缺 unknown for want of {'、'.join(name_words(name).zh for name in names.split(' + '))}", str(count))
        for names, count in answer["missing"].items()
    ]
    lines += [
        (f"{IDLE_REMARK[code].zh} {IDLE_REMARK[code].en}", str(count)) for code, count in answer["remarks"].items()
    ]
    _print_rows(("闲置 idle", "合同 contracts"), lines)


def _print_zones(answer: dict[str, Any]) -> None:
    print_line(f"{answer['on']} · {', '.join(answer['rules'])}")
    lines = [
        (
            item["park_code"],
            f"{item['zh']} {item['en']}",
            "–"
            if item["value"] is None
            else f"{item['value']:,.4g}"
            if item["unit"] != "m²"
            else f"{item['value']:,.0f}",
            item["unit"],
            "" if item["ideal"] is None else f"{item['ideal']:g}",
            f"{item['lacking']}: {', '.join(item['missing'])}" if item["missing"] else "",
        )
        for item in answer["indicators"]
    ]
    _print_rows(("园区 park", "指标 indicator", "值 value", "单位 unit", "理想值 ideal", "缺 lacking"), lines)


def _print_checked(answer: dict[str, Any]) -> None:
    if answer["ok"]:
        print_line(f"{_mark(True)} {answer['file']}: {answer['code']} · {answer['sha256']}")
    for place, fault in enumerate(answer["faults"], 1):
        print_line(f"{place}. {fault.get('at', '')}: {fault['what']['zh']} | {fault['what']['en']}")
        if "mend" in fault:
            print_line(f"   {fault['mend']['zh']} | {fault['mend']['en']}")
    if answer["unsure"]:
        print_line(f"待与正式文本核对 to be held against the official text: {', '.join(answer['unsure'])}")


def _print_difference(answer: dict[str, Any]) -> None:
    lines = [(item["path"], item["before"] or "–", item["after"] or "–") for item in answer["differences"]]
    _print_rows(("条目 entry", answer["before"], answer["after"]), lines)
    if not lines:
        print_line("两者内容相同 | they say the same")
    if "parcels" not in answer:
        return
    print_line(f"{answer['on']} · 地块 parcels {answer['judged']} · 结论改变 changed {len(answer['parcels'])}")
    for moved, count in answer["moved"].items():
        print_line(f"    {moved}: {count}")
    for item in answer["parcels"][:_CHANGES_SHOWN]:
        print_line(f"{item['park_code']} {item['parcel_no']}")
        for name, label in _SIDES.items():
            before, after = item[f"{name}_before"] or "–", item[f"{name}_after"] or "–"
            if before != after:
                print_line(f"    {label}: {before} → {after}")
    if len(answer["parcels"]) > _CHANGES_SHOWN:
        print_line(
            f"… 共 {len(answer['parcels'])} 个，-o FILE 写出全部 | {len(answer['parcels'])} in all, -o FILE writes them"
        )


def _print_verified(answer: dict[str, Any]) -> None:
    print_line(f"评估 run {answer['run']} · {answer['on']} · {answer['why']['zh']} | {answer['why']['en']}")
    print_line(f"程序版本 version {answer['version']} → {answer['version_now']}")
    lines = [
        (name, str(one["rows"]), one["again"][:16], _mark(one["stored"] == one["again"]))
        for name, one in answer["tables"].items()
    ]
    _print_rows(("表 table", "行 rows", "sha256", ""), lines)
    if answer["differ"]:
        print_line(
            f"不同 {answer['differ']} 处，涉及地块 {answer['parcels']} 宗 | {answer['differ']} differences on {answer['parcels']} parcels"
        )
    names = ("park_code", "parcel_no", "table", "what", "column", "stored", "again")
    shown = [tuple(str(one[name] or "–") for name in names) for one in answer["differences"][:_ISSUES_SHOWN]]
    _print_rows(("园区 park", "地块 parcel", "表 table", "项 what", "列 column", "所存 stored", "重算 again"), shown)


def _print_rows(heads: tuple[str, ...], lines: Sequence[tuple[str, ...]]) -> None:
    table = Table(*(Column(head, overflow="fold") for head in heads))
    for line in lines:
        table.add_row(*line)
    if lines:
        Console().print(table, markup=False)


def _print_jobs(found: Sequence[queue.Job]) -> None:
    lines = [
        (
            str(job.job),
            job.kind,
            ",".join(job.park_codes),
            job.state,
            f"{job.at:%Y-%m-%d %H:%M:%S}",
            job.step.zh if job.step else "",
        )
        for job in found
    ]
    _print_rows(("任务 job", "种类 kind", "园区 parks", "状态 state", "时间 at", "进展 step"), lines)


def _mark(is_ok: bool) -> str:
    return "✓" if is_ok else "✗"
