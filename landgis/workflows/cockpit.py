"""A run is told as a whole 驾驶舱: stock by class, how far disposal has come, parks in order, contiguous land; each with its parcels."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landgis.core.judging.explanation import both
from landgis.core.judging.idle import idle_by_parcel, idle_land
from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.zone_use import zone_use
from landgis.core.planning.adjacency import neighbours
from landgis.core.planning.blocks import blocks
from landgis.exports.ledger import Language, write_list
from landgis.store import cases, overview, plans, runs
from landgis.store.database import Connection
from landgis.store.stock import read_demands, read_stock
from landgis.terms.cases import ACT
from landgis.terms.errors import Words
from landgis.terms.frames import ANSWER, STOCK_CLASS
from landgis.terms.reasons import name_words
from landgis.terms.rulereader import load_ruleset
from landgis.terms.rules import compose_rulesets
from landgis.terms.units import M2_PER_MU
from landgis.workflows.cases import tell_all
from landgis.workflows.explain import rulebook
from landgis.workflows.held import Held

#: A block of freed land interests an investor from about here on; the reader may ask for another size.
BLOCK_MU: Final = 50
#: The answers whose land becomes free.
FREED_BY: Final = ("exit", "swap")
_KINDS: Final = ("park_code", "answer", "stock_class", "is_suspected", "is_freeable", "is_upgradable")
_SUMS: Final = ("parcels", "area_m2", "freeable_m2", "upgrade_m2")
_ZONE_RULES: Final = "cn-zone-use-2010"
#: What no table of the stock says yet, and what it would take to say it.
_UNSAID: Final = {
    "cases": Words(
        "还没有处置任务，无从统计；疑似不等于认定。",
        "There is no case yet that would say it; a suspicion is no recognition.",
    ),
    "planned": Words("还没有规划方案。", "There is no plan yet."),
}
_KIND: Final = {
    "answer": Words("处置建议", "advice"),
    "stock_class": Words("存量分类", "class of stock"),
    "no_class": Words("未登记", "not recorded"),
}
_STAGE: Final = {
    "suspected": Words("疑似", "suspected"), "opened": Words("已立案", "case opened"), "recognised": Words("已认定", "recognised"),
    "planned": Words("已规划", "planned"), "freed": Words("已腾出", "freed"),
}  # fmt: skip
_HEADS: Final = {
    "kind": Words("口径", "kind"), "name": Words("名称", "name"), "stage": Words("进程", "stage"),
    "park_code": Words("园区代码", "park"), "parcels": Words("宗数", "parcels"), "area_m2": Words("面积(㎡)", "area (m²)"),
    "freeable_m2": Words("可腾出(㎡)", "could be freed (m²)"), "upgrade_m2": Words("提容潜力(㎡)", "build-up potential (m²)"),
    "suspected": Words("疑似宗数", "suspected parcels"), "exit_m2": Words("退出(㎡)", "exit (m²)"),
    "swap_m2": Words("置换(㎡)", "swap (m²)"), "freeable_share": Words("可腾出占比", "freed share"), "why": Words("说明", "why"),
    "filter": Words("筛选条件", "filter"),
}  # fmt: skip
_CASE_HEADS: Final = {
    "case_no": Words("任务", "case"), "park_code": Words("园区代码", "park"), "parcel_no": Words("地块", "parcel"),
    "state": Words("进展", "state"), "responsible": Words("责任人", "responsible"), "role": Words("职务", "office"),
    "checker": Words("复核人", "checker"), "due_on": Words("期限", "due"), "overdue_days": Words("超期天数", "days overdue"),
}  # fmt: skip
#: So many overdue cases are told one by one.
_OVERDUE: Final = 50


def cockpit(conn: Connection, run: int | None, today: date, *, park: str | None = None) -> dict[str, Any]:
    """Tell a run, the latest where none is named, as a whole; of one park if it is named.

    Cases are told as they stand today, plans and findings as the run has them.

    Returns
    -------
    dict
        ``run, as_of, made_at, park, rulesets`` with their ``titles``; ``total`` and, by ``answers``, ``classes`` and ``stages``, land
        (``parcels, area_m2, freeable_m2, upgrade_m2``) with ``filter``, the CQL2 text that gives its parcels; ``parks`` in the order of
        land that could be freed. A stage of which nothing says anything has None for its numbers and ``why``. ``cases``: ``open,
        overdue`` (counts), ``states``, ``people`` (who is responsible for how many, and how many of them are overdue), ``late`` (the
        longest overdue).

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    head = runs.read_head(conn, run)
    names = {one["park_code"]: one["name"] for one in head["parks"]}
    every = pd.DataFrame(overview.sum_land(conn, head["run"]), columns=[*_KINDS, *_SUMS])
    land = every if park is None else every[every["park_code"] == park]
    where = {} if park is None else {"park_code": park}
    told = tell_all(conn, cases.list_cases(conn, park=park), today)
    handled = cases.list_land(conn, head["run"]) if told else []
    made = plans.list_plans(conn, 1, head["run"])
    plan = int(made[0]["plan"]) if made else None
    return {
        "run": head["run"],
        "as_of": head["as_of"],
        "made_at": head["made_at"],
        "park": park,
        "rulesets": [one["code"] for one in head["rulesets"]],
        "titles": [both(one.title) for one in rulebook(conn, head["run"]).rulesets],
        "total": _sum(land, where),
        "answers": [
            {"answer": answer, **_sum(land[land["answer"] == answer], {**where, "answer": answer})} for answer in ANSWER
        ],
        "classes": [
            {
                "stock_class": code,
                **_sum(
                    land[land["stock_class"].isna() if code is None else land["stock_class"] == code],
                    {**where, "stock_class": code},
                ),
            }
            for code in (*STOCK_CLASS, None)
        ],
        "stages": [
            {"stage": "suspected", "why": None, **_sum(_those(land, "is_suspected"), {**where, "suspected >": 0})},
            _handled("opened", told, handled),
            _handled("recognised", told, handled, "is_recognised"),
            _planned(conn, plan, park),
            _handled("freed", told, handled, "is_freed"),
        ],
        "parks": _ranked(every, names),
        "demands": _demands(conn, sorted(names) if park is None else [park], plan),
        "cases": _cases(told),
    }  # fmt: skip


def write_table(
    conn: Connection, run: int | None, today: date, name: str, path: Path, *, park: str | None, language: Language
) -> None:
    """Write a table of the cockpit as ``.csv`` or ``.xlsx``: "stock", "stages", "parks", or "cases" (all that are open).

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    told = cockpit(conn, run, today, park=park)
    rows: list[dict[str, Any]]
    if name == "stock":
        rows = [
            {"kind": _KIND["answer"], "name": ANSWER[one["answer"]], **_figures(one)} for one in told["answers"]
        ] + [
            {
                "kind": _KIND["stock_class"],
                "name": STOCK_CLASS.get(one["stock_class"], _KIND["no_class"]),
                **_figures(one),
            }
            for one in told["classes"]
        ]
    elif name == "stages":
        rows = [{"stage": _STAGE[one["stage"]], **_figures(one), "why": one["why"]} for one in told["stages"]]
    elif name == "parks":
        rows = [
            {
                "park_code": one["park_code"],
                "name": one["name"],
                **_figures(one),
                "suspected": one["suspected"]["parcels"],
                **{f"{answer}_m2": one["answers"][answer]["area_m2"] for answer in ("exit", "swap")},
                "freeable_share": one["freeable_share"],
            }
            for one in told["parks"]
        ]
    else:
        every = tell_all(conn, cases.list_cases(conn, park=park), today)
        rows = [
            {
                **{column: one[column] for column in ("case_no", "park_code", "parcel_no")},
                "state": ACT[one["state"]],
                **{column: one[column] for column in ("responsible", "role", "checker", "due_on", "overdue_days")},
            }
            for one in every
            if one["is_open"]
        ]
    heads = _HEADS if name != "cases" else _CASE_HEADS
    names = list(rows[0]) if rows else list(_CASE_HEADS)  # only cases can be none
    said = [{column: _said(value, language) for column, value in row.items()} for row in rows]
    table = pd.DataFrame(said, columns=names, dtype=object)  # a count beside an unknown one stays a whole number
    write_list(table.rename(columns={column: getattr(heads[column], language) for column in names}), path, name)


def _figures(land: Mapping[str, Any]) -> dict[str, Any]:
    return {name: land[name] for name in ("parcels", "area_m2", "freeable_m2", "upgrade_m2", "filter")}


def _said(value: Any, language: Language) -> Any:  # noqa: ANN401  a cell
    if isinstance(value, Words):
        return getattr(value, language)
    return value[language] if isinstance(value, dict) else value


def _handled(
    stage: str, told: Sequence[Mapping[str, Any]], handled: Sequence[Mapping[str, Any]], flag: str | None = None
) -> dict[str, Any]:
    """Add up the run's parcels that have a case, or whose case got so far, each once; unknown where none was ever opened."""
    if not told:
        return {"stage": stage, "why": both(_UNSAID["cases"]), **_UNKNOWN}
    so_far = {one["case_no"] for one in told if flag is None or one[flag]}
    land = {one["parcel_id"]: one for one in handled if one["case_no"] in so_far}
    return {
        "stage": stage,
        "why": None,
        "parcels": len(land),
        **{name: float(sum(one[name] or 0 for one in land.values())) for name in _SUMS if name != "parcels"},
        "filter": cql({"parcel_id": sorted(land)}) if land else "parcel_id IS NULL",
    }


def _cases(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Say how many cases are open, how they stand, who looks after them, with the latest office, and which are overdue."""
    still = [one for one in told if one["is_open"]]
    late = [one for one in still if one["overdue_days"]]
    people = Counter(one["responsible"] for one in still)
    behind = Counter(one["responsible"] for one in late)
    offices = {one["responsible"]: one["role"] for one in sorted(still, key=lambda one: one["case_no"]) if one["role"]}
    states = Counter(one["state"] for one in told)
    return {
        "open": len(still),
        "overdue": len(late),
        "states": [{"state": state, **both(ACT[state]), "cases": states[state]} for state in ACT if states[state]],
        "people": [
            {"responsible": who, "role": offices.get(who), "open": count, "overdue": behind[who]}
            for who, count in sorted(people.items(), key=lambda one: (-behind[one[0]], -one[1], one[0]))
        ],
        "late": late[:_OVERDUE],
    }


def _planned(conn: Connection, plan: int | None, park: str | None) -> dict[str, Any]:
    """Tell what land the sites of the latest plan take; unknown where there is no plan."""
    if plan is None:
        return {"stage": "planned", "why": both(_UNSAID["planned"]), **_UNKNOWN}
    land = [one for one in overview.list_planned(conn, plan) if park in (None, one["park_code"])]
    ids = [one["parcel_id"] for one in land]
    return {
        "stage": "planned",
        "why": None,
        "parcels": len(land),
        "area_m2": float(sum(one["area_m2"] for one in land)),
        "freeable_m2": None,
        "upgrade_m2": None,
        "filter": cql({"parcel_id": ids}) if ids else "parcel_id IS NULL",
    }


def _demands(conn: Connection, parks: Sequence[str], plan: int | None) -> dict[str, Any]:
    """Count the demands that now stand in some parks, the land they ask for at least, and those the latest plan serves."""
    found, _ = read_demands(conn, parks)
    least = found["area_min_m2"].astype(float)
    states = (
        []
        if plan is None
        else [one["state"] for one in plans.list_plan_demands(conn, plan) if one["park_code"] in parks]
    )
    return {
        "count": len(found),
        "area_min_m2": float(least.sum()) if len(found) and least.notna().any() else None,
        "plan": plan,
        "served": None if plan is None else states.count("served"),
        "unmet": None if plan is None else len(states) - states.count("served"),
        "why": both(_UNSAID["planned"]) if plan is None else None,
    }


def contiguous(
    conn: Connection, run: int | None, *, park: str | None = None, block_mu: float = BLOCK_MU,
    answers: Sequence[str] = FREED_BY,
) -> dict[str, Any]:  # fmt: skip
    """Find the blocks of at least so many mu that a run's parcels of some answers make together.

    Returns
    -------
    dict
        ``run, park, answers, block_mu``; ``candidates`` (land among which was looked); ``blocks``, the largest first: ``parcel_ids,
        parcel_nos, park_codes, parcels, area_m2, bbox, filter``.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    """
    number = int(runs.read_head(conn, run)["run"])
    shapes = overview.read_shapes(conn, number, answers, park)
    found = blocks(shapes, neighbours(shapes), area_min_m2=block_mu * float(M2_PER_MU))
    return {
        "run": number,
        "park": park,
        "answers": list(answers),
        "block_mu": block_mu,
        "candidates": {"parcels": len(shapes), "area_m2": float(shapes["area_m2"].sum())},
        "blocks": [_block(members, area_m2, bbox, shapes) for members, area_m2, *bbox in found.to_numpy().tolist()],
    }


def _block(members: list[int], area_m2: float, bbox: list[float], shapes: pd.DataFrame) -> dict[str, Any]:
    its = shapes.loc[members]
    return {
        "parcel_ids": members,
        "parcel_nos": its["parcel_no"].tolist(),
        "park_codes": sorted(set(its["park_code"])),
        "parcels": len(members),
        "area_m2": area_m2,
        "bbox": bbox,
        "filter": cql({"parcel_id": members}),
    }


def zones(
    conn: Connection, run: int | None, held: Held[tuple[int, str | None], dict[str, Any]], *, park: str | None = None
) -> dict[str, Any]:
    """Tell how the zones of a run use their land, on the stock and the day the run judged; of one park if it is named.

    Parameters
    ----------
    held
        What was told last, by run and park: what a run's stock says of a zone takes seconds to add up.

    Returns
    -------
    dict
        ``run, as_of, ruleset, title, indicators`` as `landgis.core.judging.zone_use.ZONE_COLUMNS`, with the words of each; unknown is
        None.

    Raises
    ------
    NotFoundError
        There is no such run in this scope, or it has no parcel of such a park.
    """
    head = runs.read_head(conn, run)
    return held.get((int(head["run"]), park), lambda: _zones(conn, head, park))


def _zones(conn: Connection, head: Mapping[str, Any], park: str | None) -> dict[str, Any]:
    kept = runs.read_seal(conn, head["run"])
    stock, _ = read_stock(conn, kept["park_codes"] if park is None else [park], kept["batch"])
    on, ruleset = head["as_of"], load_ruleset(_ZONE_RULES)
    rules = compose_rulesets([ruleset], on).zone_use
    assert rules is not None  # it is of that kind
    idle, book = None, rulebook(conn, head["run"])
    if book.idle:
        by_contract = idle_land(
            stock.contract, book.idle, on, build_status=stock.parcel["build_status"], delays=stock.contract_delay
        )
        idle = idle_by_parcel(by_contract, stock.parcel)["idle"]
    rows = zone_use(stock, parcel_measures(stock, on), rules, idle)
    rows = rows.astype(object).where(rows.notna(), None)
    return {
        "run": head["run"],
        "as_of": on,
        "ruleset": rules.code,
        "title": both(ruleset.title),
        "indicators": [
            {
                **row,
                "title": both(rules.words[row["indicator"]]),
                "missing": list(row["missing"]),
                "missing_titles": [both(name_words(name)) for name in row["missing"]],
            }
            for row in rows.to_dict("records")
        ],
    }


def cql(conditions: Mapping[str, Any]) -> str:
    """Write a filter as CQL2 text: columns and the values they must have; a list is any of them, None is unknown.

    >>> cql({"park_code": "S'01", "answer": "exit", "suspected >": 0})
    "park_code = 'S''01' AND answer = 'exit' AND suspected > 0"
    >>> cql({"stock_class": None, "parcel_id": [3, 4]})
    'stock_class IS NULL AND parcel_id IN (3,4)'
    """
    return " AND ".join(_condition(name, value) for name, value in conditions.items())


def _condition(name: str, value: Any) -> str:  # noqa: ANN401  text, number, list or None
    if value is None:
        return f"{name} IS NULL"
    if isinstance(value, list):
        return f"{name} IN ({','.join(map(_literal, value))})"
    return f"{name}{'' if name.endswith('>') else ' ='} {_literal(value)}"


def _literal(value: str | float) -> str:
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


_UNKNOWN: Final = {"parcels": None, "area_m2": None, "freeable_m2": None, "upgrade_m2": None, "filter": None}


def _sum(land: pd.DataFrame, conditions: Mapping[str, Any]) -> dict[str, Any]:
    sums: dict[str, Any] = {name: float(land[name].sum()) for name in _SUMS}
    return {**sums, "parcels": int(sums["parcels"]), "filter": cql(conditions)}


def _those(land: pd.DataFrame, flag: str) -> pd.DataFrame:
    return land[land[flag].astype(bool)]


def _ranked(land: pd.DataFrame, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """Lay the parks out, those with most land to be freed for their size first."""
    found = []
    for code, rows in land.groupby("park_code", sort=True):
        whole = _sum(rows, {"park_code": code})
        found.append(
            {
                "park_code": code,
                "name": names.get(str(code), str(code)),
                **whole,
                "freeable_share": whole["freeable_m2"] / whole["area_m2"],
                "suspected": _sum(_those(rows, "is_suspected"), {"park_code": code, "suspected >": 0}),
                "freeable": _sum(_those(rows, "is_freeable"), {"park_code": code, "freeable_m2 >": 0}),
                "upgradable": _sum(_those(rows, "is_upgradable"), {"park_code": code, "upgrade_m2 >": 0}),
                "answers": {
                    answer: _sum(rows[rows["answer"] == answer], {"park_code": code, "answer": answer})
                    for answer in ANSWER
                },
            }
        )
    found.sort(key=lambda one: -one["freeable_share"])
    return found
