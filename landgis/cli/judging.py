"""Commands that judge the stock: rulesets, assessments, and why."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from landgis.cli.common import (
    CHANGES_SHOWN,
    ISSUES_SHOWN,
    Language,
    Output,
    Run,
    application_url,
    as_operator,
    given_day,
    given_settings,
    mark,
    print_line,
    print_rows,
    reply,
    split_names,
    steps,
)
from landgis.cli.rulesets import chosen_rulesets
from landgis.store import database
from landgis.terms.draws import Draws
from landgis.terms.frames import ANSWER, IDLE_REMARK, IDLE_STATE
from landgis.terms.reasons import name_words
from landgis.terms.rules import KIND_WORDS, STATUS_WORDS
from landgis.terms.units import hectares, mu
from landgis.workflows import evaluation, publish, rulebooks
from landgis.workflows.assess import assess as assess_parks
from landgis.workflows.compare import compare
from landgis.workflows.explain import Cases, find_parcel, what_if
from landgis.workflows.explain import explain as explain_parcel
from landgis.workflows.screen import screen
from landgis.workflows.verify import verify
from landgis.workflows.zones import evaluate_zones

commands = typer.Typer()
runs = typer.Typer(help="评估：复核。 | Runs: make one again and compare.", no_args_is_help=True)
commands.add_typer(runs, name="run")
rules = typer.Typer(help="规则集：有哪些、写了什么、对不对、差在哪里。 | The rulesets.", no_args_is_help=True)
commands.add_typer(rules, name="rules")

#: What is held side by side of a parcel, and what it is called.
_SIDES: Final = {
    "answer": "处置 answer", "grade": "等级 grade", "tests": "疑似 suspected", "unknown": "不明 unknown", "reason": "缘由 reason",
}  # fmt: skip
ParkOfParcel = Annotated[
    str | None, typer.Option("--park", help="园区代码，编号不止一处时必填 | park, where several have the number")
]
RulesetName = Annotated[
    str, typer.Argument(help="规则集代码或 .toml 文件 | code of a ruleset, or a .toml file", metavar="RULESET")
]


@commands.command()
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
    settings = given_settings()
    day = given_day(on)
    chosen = chosen_rulesets(settings, rule_names)
    draws = Draws(stability, seed, concentration, noise) if stability else None
    with as_operator(application_url(settings)) as conn, steps() as tell:
        parks = None if park == "all" else split_names(park)
        reply(assess_parks(conn, parks, chosen, day, draws=draws, tell=tell), print_assessed)


@commands.command()
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
    with as_operator(application_url(given_settings())) as conn, database.scoped(conn, database.ALL_PARKS):
        reply(evaluation.explored(conn, run, method, weights=given, park=park, limit=limit), _print_explored)


@commands.command()
def zones(
    park: Annotated[str, typer.Option(help="园区代码，逗号分隔；all 为全部 | parks, or all")] = "all",
    rule_names: Annotated[
        str, typer.Option("--rules", help="规则集代码或 .toml 文件，逗号分隔 | rulesets: codes or .toml files")
    ] = "cn-zone-use-2010,cn-idle-2012",
    on: Annotated[str | None, typer.Option(help="评估日 YYYY-MM-DD，缺省今天 | as of which day")] = None,
) -> None:
    """园区集约利用：开发、结构、强度、投入产出、闲置与潜力。 | How each park as a whole uses its land."""
    settings = given_settings()
    with as_operator(application_url(settings)) as conn, steps() as tell:
        parks = None if park == "all" else split_names(park)
        found = evaluate_zones(conn, parks, chosen_rulesets(settings, rule_names), given_day(on), tell=tell)
    reply(found.as_dict(), _print_zones)


@commands.command()
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
    settings = given_settings()
    with steps() as tell:
        found = screen(
            files, profile, rulebooks.choose(rule_name), given_day(on), park=park, encoding=encoding, tell=tell
        )
        if output is not None:
            found.write(output, settings.language)
    reply(found.as_dict(), _print_screened)


@rules.command("list")
def rules_list() -> None:
    """列出随附的规则集。 | The rulesets that are shipped."""
    reply({"rulesets": rulebooks.packaged()}, _print_rulesets)


@rules.command("show")
def rules_show(ruleset: RulesetName) -> None:
    """规则集的全部内容：数值、条款、可信度、认定项、关口。 | All that a ruleset says."""
    reply(rulebooks.lay_out(rulebooks.choose(ruleset)), _print_ruleset)


@rules.command("check")
def rules_check(file: Annotated[Path, typer.Argument(help="规则集文件 | ruleset file")]) -> None:
    """检查规则集文件，列出全部错误。 | Everything that is wrong with a ruleset file."""
    checked = rulebooks.check(file)
    reply(checked, _print_checked)
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
    settings = given_settings()
    one, two = rulebooks.choose(before), rulebooks.choose(after)
    answer = rulebooks.diff(one, two)
    if park is not None:
        parks = None if park == "all" else split_names(park)
        chosen = chosen_rulesets(settings, None)
        with as_operator(application_url(settings)) as conn, steps() as tell:
            compared = compare(conn, parks, chosen, one, two, given_day(on), language=settings.language, tell=tell)
        if output is not None:
            publish.rule_changes(compared.parcels, output, language=settings.language)
        answer |= compared.as_dict()
    reply(answer, _print_difference)


@runs.command("verify")
def run_verify(run: Annotated[int, typer.Argument(help="评估编号 | run", min=1, metavar="RUN")]) -> None:
    """用当时的存量与规则重算一次评估，逐字节比对。 | Make a run again from its stock and rules; the same bytes or what differs."""
    settings = given_settings()
    with as_operator(application_url(settings)) as conn, steps() as tell:
        answer = verify(conn, run, tell=tell)
    reply(answer, _print_verified)
    if not answer["same"]:
        raise typer.Exit(1)


@commands.command()
def explain(
    parcel: Annotated[str, typer.Argument(help="地块编号 | parcel number", metavar="PARCEL")],
    run: Run = None,
    park: ParkOfParcel = None,
    language: Language = None,
) -> None:
    """说明一个地块的结论：事实、检验、关口、来源。 | Why a parcel got its answer, back to the cell of each number."""
    settings = given_settings(language)
    with as_operator(application_url(settings)) as conn, database.scoped(conn, database.ALL_PARKS):
        number, parcel_id = find_parcel(conn, run, parcel, park)
        cases = Cases()
        told = explain_parcel(conn, number, parcel_id, cases)
        told["changes"] = what_if(conn, number, parcel_id, cases)
    reply(told, lambda answer: print_line(publish.explanation(answer, settings.language)))


@commands.command()
def dossier(
    parcel: Annotated[str, typer.Argument(help="地块编号 | parcel number", metavar="PARCEL")],
    output: Output,
    run: Run = None,
    park: ParkOfParcel = None,
    language: Language = None,
) -> None:
    """把一个地块的一地一策写成网页文件，可打印为 A4。 | One parcel's paper as a file that prints on A4."""
    settings = given_settings(language)
    with as_operator(application_url(settings)) as conn, database.scoped(conn, database.ALL_PARKS):
        number, parcel_id = find_parcel(conn, run, parcel, park)
        reply(publish.dossier_file(conn, number, parcel_id, output, language=settings.language))


def print_assessed(answer: dict[str, Any]) -> None:
    """Print what an assessment found."""
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
    print_rows(("处置建议 answer", "地块 parcels", "亩 mu", "公顷 ha"), lines)
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
        print_rows(
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
    print_rows(("数值 number", "值 value", "单位 unit", "条款 article", "可信度 confidence"), numbers)
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
    print_rows(("表 table", "值 values", "单位 unit", "条款 article"), tables)
    codes = [
        (item["code"], item["title"]["zh"], f"{item['scheme']}: {', '.join(item['values'])}", item["article"])
        for item in answer["standings"]
    ]
    codes += [(name, "", ", ".join(item["values"]), item["article"]) for name, item in answer["lists"].items()]
    print_rows(("目录 list", "名称 title", "代码 codes", "条款 article"), codes)
    tests = [
        (item["code"], f"{item['title']['zh']} | {item['title']['en']}", item["article"]) for item in answer["tests"]
    ]
    print_rows(("认定项 test", "名称 title", "条款 article"), tests)
    for population in answer["scheme"]["populations"] if answer["scheme"] else ():
        print_line(f"{population['title']['zh']} | {population['title']['en']}")
        indicators = [
            (item["measure"], str(item["weight"]), str(item["base"] or ""), item["unit"], item["article"])
            for item in population["indicators"]
        ]
        print_rows(("指标 indicator", "权重 weight", "基准 base", "单位 unit", "条款 article"), indicators)
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
    print_rows(("关口 gate", "代码 code", "处置 answer", "名称 title", "条款 article"), gates)


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
    print_rows(("闲置 idle", "合同 contracts"), lines)


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
    print_rows(("园区 park", "指标 indicator", "值 value", "单位 unit", "理想值 ideal", "缺 lacking"), lines)


def _print_checked(answer: dict[str, Any]) -> None:
    if answer["ok"]:
        print_line(f"{mark(True)} {answer['file']}: {answer['code']} · {answer['sha256']}")
    for place, fault in enumerate(answer["faults"], 1):
        print_line(f"{place}. {fault.get('at', '')}: {fault['what']['zh']} | {fault['what']['en']}")
        if "mend" in fault:
            print_line(f"   {fault['mend']['zh']} | {fault['mend']['en']}")
    if answer["unsure"]:
        print_line(f"待与正式文本核对 to be held against the official text: {', '.join(answer['unsure'])}")


def _print_difference(answer: dict[str, Any]) -> None:
    lines = [(item["path"], item["before"] or "–", item["after"] or "–") for item in answer["differences"]]
    print_rows(("条目 entry", answer["before"], answer["after"]), lines)
    if not lines:
        print_line("两者内容相同 | they say the same")
    if "parcels" not in answer:
        return
    print_line(f"{answer['on']} · 地块 parcels {answer['judged']} · 结论改变 changed {len(answer['parcels'])}")
    for moved, count in answer["moved"].items():
        print_line(f"    {moved}: {count}")
    for item in answer["parcels"][:CHANGES_SHOWN]:
        print_line(f"{item['park_code']} {item['parcel_no']}")
        for name, label in _SIDES.items():
            before, after = item[f"{name}_before"] or "–", item[f"{name}_after"] or "–"
            if before != after:
                print_line(f"    {label}: {before} → {after}")
    if len(answer["parcels"]) > CHANGES_SHOWN:
        print_line(
            f"… 共 {len(answer['parcels'])} 个，-o FILE 写出全部 | {len(answer['parcels'])} in all, -o FILE writes them"
        )


def _print_verified(answer: dict[str, Any]) -> None:
    print_line(f"评估 run {answer['run']} · {answer['on']} · {answer['why']['zh']} | {answer['why']['en']}")
    print_line(f"程序版本 version {answer['version']} → {answer['version_now']}")
    lines = [
        (name, str(one["rows"]), one["again"][:16], mark(one["stored"] == one["again"]))
        for name, one in answer["tables"].items()
    ]
    print_rows(("表 table", "行 rows", "sha256", ""), lines)
    if answer["differ"]:
        print_line(
            f"不同 {answer['differ']} 处，涉及地块 {answer['parcels']} 宗 | {answer['differ']} differences on {answer['parcels']} parcels"
        )
    names = ("park_code", "parcel_no", "table", "what", "column", "stored", "again")
    shown = [tuple(str(one[name] or "–") for name in names) for one in answer["differences"][:ISSUES_SHOWN]]
    print_rows(("园区 park", "地块 parcel", "表 table", "项 what", "列 column", "所存 stored", "重算 again"), shown)
