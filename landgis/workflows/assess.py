"""Stock becomes findings, grades and a triage."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

import landgis
from landgis.core.judging.activity import Activity, activity, laid_out
from landgis.core.judging.explanation import Judgement
from landgis.core.judging.idle import idle_by_parcel, idle_findings, idle_land
from landgis.core.judging.inefficient import low_efficiency
from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.performance import grade, grade_shares
from landgis.core.judging.stability import parcel_stability, stability
from landgis.core.judging.triage import parcel_grades, triage
from landgis.core.showing.generalise import detail_zoom
from landgis.core.showing.looked import looked
from landgis.store.database import ALL_PARKS, Connection, refresh_statistics, scoped
from landgis.store.runs import Assessment, add_run, add_stability, find_same_run, used_texts
from landgis.store.stock import list_parks, read_stock, snapshot
from landgis.terms.draws import Draws
from landgis.terms.errors import ConflictError, InputError, RuleError, Words
from landgis.terms.fields import KEPT_MEASURES
from landgis.terms.frames import ACTIVITY_COLUMNS, ANSWER, FINDING_COLUMNS, GRADE_COLUMNS, IDLE_COLUMNS, Stock, empty
from landgis.terms.rulediff import differences
from landgis.terms.rulereader import load_ruleset, parse_ruleset, with_needed
from landgis.terms.rules import Rulebook, Ruleset, compose_rulesets
from landgis.workflows.steps import Tell, quietly

#: The days for which can be asked: terms of land and moves planned after the last of them still fit the calendar of the frames.
FIRST_DAY: Final = date(1949, 10, 1)
LAST_DAY: Final = date(2150, 12, 31)


def assess(
    conn: Connection,
    park_codes: Sequence[str] | None,
    rules: Sequence[str | Ruleset],
    on: date,
    *,
    parks: Sequence[str] = ALL_PARKS,
    draws: Draws | None = None,
    tell: Tell = quietly,
) -> dict[str, Any]:
    """Assess the stock of some parks for a day; store what was found as a run, and sum it up.

    Parameters
    ----------
    park_codes
        The parks; None for all in scope.
    rules
        Codes of packaged rulesets, or own ones that were read; at most one of each kind, one of them for the triage. What they need
        is added.
    on
        The day for which we ask: the stock is today's, the clocks are read on this day.
    parks
        The scope of the one who asks.
    draws
        How to draw the run's stability; None: it is not asked for.

    Returns
    -------
    dict
        ``run, on, parks, rules, cautions, parcels, findings`` (test to findings to parcels), ``triage`` and ``triage_by_park``
        (answer to parcels and area_m2), ``grades`` (rows of `landgis.core.judging.performance.grade_shares`). The same stock, rules and day
        give the run that is there already.

    Raises
    ------
    InputError
        The day lies outside of `FIRST_DAY` to `LAST_DAY`.
    RuleError
        A ruleset is unknown, not in force on that day, or lacks a number; or none is for the triage.
    ConflictError
        An earlier run used a ruleset of the same code that said something else: used rulesets are superseded, never edited. Or the
        run is there already with a stability drawn in another way.
    NotFoundError
        There is no parcel in these parks and this scope.
    """
    book = rulebook(rules, on)
    with scoped(conn, parks, snapshot=True):
        for ruleset in book.rulesets:
            _refuse_edited(ruleset, used_texts(conn, ruleset))
        with tell(Words("读取存量", "Reading the stock")):  # read
            codes = list_parks(conn) if park_codes is None else sorted(park_codes)
            stock, batch = read_stock(conn, codes)
    made = judge(stock, batch, book, on, tell, draws)  # think
    # Written by a transaction of its own: two assessments that both keep a ruleset for the first time must not refuse each other.
    with scoped(conn, parks):
        run = same = find_same_run(conn, made.snapshot, made.rulesets, on, made.version)
        if run is None:
            with tell(Words("写入评估结果", "Storing what was found")):  # write
                run = add_run(conn, made)
        if draws is not None and made.stability is not None:
            add_stability(conn, run, draws, made.park_codes, made.stability)
    if same is None or draws is not None:
        refresh_statistics(conn)
    return {"run": run, "on": on.isoformat(), "parks": codes, **_summary(stock, made, book, on)}


def rulebook(rules: Sequence[str | Ruleset], on: date) -> Rulebook:
    """Make the rulebook of an assessment, with what its rulesets need.

    Raises
    ------
    InputError
        The day lies outside of `FIRST_DAY` to `LAST_DAY`.
    RuleError
        As `landgis.terms.rules.compose_rulesets`; or none is for the triage, or one is for whole zones and not for parcels.
    """
    if not FIRST_DAY <= on <= LAST_DAY:
        raise InputError(
            Words("评估日期过早或过晚。", "The day asked for is too early or too late."),
            at=on.isoformat(),
            mend=Words(f"取 {FIRST_DAY} 至 {LAST_DAY} 之间的日期。", f"Take one from {FIRST_DAY} to {LAST_DAY}."),
        )
    chosen = with_needed(load_ruleset(item) if isinstance(item, str) else item for item in dict.fromkeys(rules))
    book = compose_rulesets(chosen, on)
    if book.zone_use:
        raise RuleError(
            Words("园区集约利用评价不是宗地评估。", "The evaluation of a whole zone is no assessment of parcels."),
            at=book.zone_use.code,
            mend=Words("用 landgis zones。", "Use `landgis zones`."),
        )
    if book.triage is None:
        raise RuleError(
            Words("没有给出分类处置规则集。", "No ruleset for the triage is given."),
            at=", ".join(item.code for item in chosen),
            mend=Words("加上一个分类处置规则集，例如 cn-triage。", "Add one, for example cn-triage."),
        )
    return book


def _refuse_edited(ruleset: Ruleset, used: Sequence[str]) -> None:
    """Refuse a ruleset that says something else than the one of the same code that a run used; its last day may be added."""
    for text in used:
        changed = [
            item
            for item in differences(parse_ruleset(text, ruleset.code), ruleset)
            if (item.path, item.before) != ("effective_to", "")
        ]
        if changed:
            first = changed[0]
            more = len(changed) - 1
            raise ConflictError(
                Words(
                    f"规则集“{ruleset.code}”已被评估用过，之后内容改了。",
                    f"A run has used the ruleset {ruleset.code!r}, and it was edited since.",
                ),
                at=f"{ruleset.code} [{first.path}] {first.before or '–'} → {first.after or '–'}"
                + f" (+{more})" * (more > 0),
                why=Words(
                    "同一代码两种内容，旧评估就说不清依据了。",
                    "With two contents under one code nobody could tell what an earlier run rests on.",
                ),
                mend=Words(
                    f'恢复原文；或换一个新代码，并写 supersedes = ["{ruleset.code}"]。',
                    f'Restore the text; or give it a new code and write supersedes = ["{ruleset.code}"].',
                ),
            )


def judge(
    stock: Stock, batch: int, rules: Rulebook, on: date, tell: Tell = quietly, draws: Draws | None = None
) -> Assessment:
    """Find, grade and answer for a stock by a rulebook that has a triage; nothing is stored."""
    made = think(stock, rules, on, tell)
    shares = None
    if draws is not None and rules.performance is not None and made.grades is not None:
        with tell(Words("稳健性", "Stability")):
            shares = _drawn(made, rules, draws)
    park = stock.parcel["park_code"]
    extents = stock.parcel.bounds.groupby(park).agg({"minx": "min", "miny": "min", "maxx": "max", "maxy": "max"})
    areas = made.measures["area_m2"].to_numpy()
    kept = [name for name in KEPT_MEASURES if name in made.measures and made.measures[name].notna().any()]
    return Assessment(
        batch=batch,
        park_codes=sorted(park.unique()),
        as_of=on,
        rulesets=rules.rulesets,
        snapshot=snapshot(stock),
        version=landgis.__version__,
        findings=made.all_findings.assign(park_code=park.reindex(made.all_findings["parcel_id"]).to_numpy()),
        idle=_of_contracts(stock, made.contracts),
        activity=_works(stock, made.activity),
        grades=_with_park(stock, made.grades, made.grades_before),
        triage=made.answers.assign(
            park_code=park, tests=_suspecting(made.all_findings, made.answers), uscc=made.measures["uscc"]
        ),
        extents={str(code): tuple(map(float, box)) for code, box in extents.iterrows()},
        detail_zoom=detail_zoom(areas, float(extents[["miny", "maxy"]].to_numpy().mean())),
        looked=looked(stock, made.measures, kept).assign(parcel_id=stock.parcel.index),
        measures=kept,
        stability=shares,
    )


def _drawn(made: Judgement, rules: Rulebook, draws: Draws) -> pd.DataFrame:
    assert rules.performance is not None and rules.triage is not None and made.grades is not None
    before = None if made.grades_before is None else parcel_grades(made.grades_before, made.measures)
    shares = parcel_stability(
        stability(made.grades, rules.performance, draws),
        made.grades,
        made.measures,
        made.findings,
        rules.triage,
        idle=made.idle,
        grades_before=before,
    )
    return shares.assign(parcel_id=shares.index, park_code=made.measures["park_code"], uscc=made.measures["uscc"])


def think(stock: Stock, rules: Rulebook, on: date, tell: Tell = quietly) -> Judgement:
    """Measure, find, grade and answer, keeping all that was found on the way."""
    assert rules.triage is not None
    with tell(Words("量算指标", "Measuring")):
        measures = parcel_measures(stock, on, rules.industries)
    findings, contracts, idle, grades, grades_before = [], None, None, None, None
    if rules.idle:
        with tell(Words("疑似闲置", "Suspected idle land")):
            status = stock.parcel["build_status"]
            contracts = idle_land(stock.contract, rules.idle, on, build_status=status, delays=stock.contract_delay)
            idle = idle_by_parcel(contracts, stock.parcel)
            findings.append(idle_findings(contracts, idle, rules.idle))
    if rules.low_efficiency:
        with tell(Words("疑似低效", "Suspected low efficiency")):
            findings.append(low_efficiency(measures, rules.low_efficiency, None if idle is None else idle["idle"]))
    works = None
    if rules.activity:
        with tell(Words("停产与僵尸企业", "Stopped and zombie firms")):
            works = activity(stock, measures, rules.activity, on)
            measures = measures.assign(
                stopped_probability=works.parcels["probability"],
                zombie=works.parcels["zombie"].where(works.parcels["zombie"] != "unknown", None),
            )
            findings.append(works.findings)
    if rules.performance:
        with tell(Words("亩均评价", "Per-mu evaluation")):
            grades, grades_before = (
                grade(stock, rules.performance, on, year=year, measures=measures) for year in (on.year - 1, on.year - 2)
            )
    found = pd.concat(findings, ignore_index=True) if findings else empty(FINDING_COLUMNS)
    now, before = (None if one is None else parcel_grades(one, measures) for one in (grades, grades_before))
    beside = []
    if rules.control or rules.standard_land:
        with tell(Words("控制指标与标准地", "Control indicators and standard land")):
            beside = [low_efficiency(measures, item) for item in (rules.control, rules.standard_land) if item]
    with tell(Words("分类处置", "Triage")):
        answers = triage(measures, found, rules.triage, idle=idle, grades=now, grades_before=before)
    # What falls short of an indicator or of a contract is told beside the tests of low efficiency and moves no gate.
    for item in beside:
        suspects = item.loc[item["finding"] == "suspected", "parcel_id"].value_counts()
        answers["suspected"] += suspects.reindex(answers.index, fill_value=0)
    return Judgement(measures, contracts, idle, found, tuple(beside), grades, grades_before, answers, works)


def _of_contracts(stock: Stock, contracts: pd.DataFrame | None) -> pd.DataFrame:
    """Put the park to each contract; none where idleness was not asked."""
    if contracts is None:
        return empty((*IDLE_COLUMNS, "park_code"))
    return contracts.assign(park_code=stock.contract["park_code"])


def _works(stock: Stock, works: Activity | None) -> pd.DataFrame:
    """Put the park to what is said of each enterprise and parcel."""
    if works is None:
        return empty((*ACTIVITY_COLUMNS, "park_code"))
    rows = laid_out(works, stock.enterprise)
    of_firm = rows["uscc"].notna().to_numpy()
    parks = np.where(
        of_firm,
        stock.enterprise["park_code"].reindex(rows.index).to_numpy(dtype=object),
        stock.parcel["park_code"].reindex(rows.index).to_numpy(dtype=object),
    )
    return rows.assign(park_code=parks)


def _with_park(stock: Stock, *years: pd.DataFrame | None) -> pd.DataFrame:
    """Put the park to each grade, by the subject that was graded."""
    graded = [
        frame.assign(
            park_code=(stock.parcel if frame["parcel_id"].notna().any() else stock.enterprise)["park_code"].reindex(
                frame.index
            )
        )
        for frame in years
        if frame is not None
    ]
    return pd.concat(graded, ignore_index=True) if graded else empty((*GRADE_COLUMNS, "park_code"))


def _suspecting(findings: pd.DataFrame, answers: pd.DataFrame) -> "pd.Series[str]":
    """Write the tests that suspect each parcel one behind the other, each between bars."""
    suspected = findings.loc[findings["finding"] == "suspected", ["parcel_id", "test"]]
    marks = suspected.groupby("parcel_id")["test"].agg("|".join)
    return ("|" + marks.reindex(answers.index) + "|").fillna("")


def _summary(stock: Stock, made: Assessment, rules: Rulebook, on: date) -> dict[str, Any]:
    land = made.triage.assign(area_m2=stock.parcel["geom_area_m2"])
    findings = {
        str(test): {str(finding): int(count) for finding, count in said.value_counts().items()}
        for test, said in made.findings.groupby("test", sort=False)["finding"]
    }
    return {
        "rules": [item.code for item in rules.rulesets],
        "cautions": [{"zh": words.zh, "en": words.en} for words in rules.cautions(on)],
        "parcels": len(land),
        "findings": findings,
        "triage": _by_answer(land),
        "grades": records(grade_shares(made.grades, rules.performance)) if rules.performance else [],
        "triage_by_park": {str(code): _by_answer(rows) for code, rows in land.groupby("park_code")},
    }


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Give rows as plain values, None where unknown."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in rows.astype(object).to_dict("records")
    ]


def _by_answer(land: pd.DataFrame) -> dict[str, dict[str, Any]]:
    areas = land.groupby("answer")["area_m2"].agg(["size", "sum"])
    return {
        answer: {
            "parcels": int(areas["size"].get(answer, 0)),
            "area_m2": round(float(areas["sum"].get(answer, 0.0)), 2),
        }
        for answer in ANSWER
    }
