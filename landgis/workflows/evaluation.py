"""What a run's evaluation says as a whole: shares by grade, its stability, and exploratory scores beside it."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from landgis.core.judging.performance import grade_shares
from landgis.core.showing.exploratory import METHODS, Explored, Method, explore
from landgis.store import runs
from landgis.store.database import Connection
from landgis.terms.errors import InputError, NotFoundError, RuleError, Words
from landgis.terms.rules import Population, Ruleset, Scheme
from landgis.workflows.assess import records
from landgis.workflows.explain import rulebook, stable

#: What stands on every exploratory answer.
CAUTION: Final = Words(
    "探索性排序，不是法定评价，不作处置依据。",
    "Exploratory ranking: not the legal evaluation, and no ground to act on.",
)


def shares(conn: Connection, run: int | None) -> dict[str, Any]:
    """Count a run's subjects by year, population and grade, beside what cuts and quotas ask.

    Returns
    -------
    dict
        ``run, ruleset`` and ``shares``: rows as `landgis.core.judging.performance.grade_shares` gives them.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    RuleError
        The run evaluated nobody.
    """
    number, rules, _ = _evaluated(conn, run)
    rows = grade_shares(runs.read_grades(conn, number), rules)
    return {"run": number, "ruleset": rules.code, "shares": records(rows)}


def explored(
    conn: Connection,
    run: int | None,
    method: str,
    *,
    weights: Mapping[str, float] | None = None,
    park: str | None = None,
    limit: int = 100,
) -> dict[str, Any]:
    """Rank a run's subjects by another weighting, from the figures the run kept; nothing is stored.

    Parameters
    ----------
    method
        One of `landgis.core.showing.exploratory.METHODS`.
    weights
        By indicator, for the method ``user``.
    park
        This park only.
    limit
        So many subjects of each population are given, best first.

    Returns
    -------
    dict
        ``run, ruleset, method, is_exploratory`` (always true), ``caution`` and ``populations``: ``population, year, subjects, scored,
        weights, left_out, spearman, kendall`` (agreement with the legal grade; None where there is none) and ``items``: ``uscc,
        parcel_id, score`` (0-1), ``rank, legal_total, legal_rank, legal_grade``.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    InputError
        There is no such method.
    RuleError
        The run evaluated nobody, or the weights cannot be used.
    """
    if method not in METHODS:
        raise InputError(
            Words("没有这种方法。", "There is no such method."),
            at=method,
            mend=Words(f"可用：{'、'.join(METHODS)}。", f"Use one of: {', '.join(METHODS)}."),
        )
    number, rules, scheme = _evaluated(conn, run)
    grades = runs.read_grades(conn, number)
    grades = grades[(grades["year"] == grades["year"].max()) & grades["measured"].notna()]
    grades = grades if park is None else grades[grades["park_code"] == park]
    by_code = {population.code: population for population in scheme.populations}
    found = []
    for (year, label), group in grades.groupby(["year", "population"]):
        population = by_code[str(label).rpartition("/")[2]]
        if population.indicators:
            found.append({"population": label, "year": int(year), **_look(group, population, method, weights, limit)})
    return {
        "run": number,
        "ruleset": rules.code,
        "method": method,
        "is_exploratory": True,
        "caution": {"zh": CAUTION.zh, "en": CAUTION.en},
        "populations": found,
    }


def read_weights(text: str) -> dict[str, float]:
    """Read weights written as ``name:number,name:number``.

    Raises
    ------
    InputError
        It is not written so.

    >>> read_weights("tax_wan_per_mu:2, rd_share:0.5")
    {'tax_wan_per_mu': 2.0, 'rd_share': 0.5}
    """
    try:
        pairs = [part.rsplit(":", 1) for part in text.split(",")]
        found = {name.strip(): float(number) for name, number in pairs}
        if not all(np.isfinite(list(found.values()))):
            raise ValueError(text)
    except ValueError as error:
        raise InputError(
            Words("权重写法不对。", "The weights are not written as weights."),
            at=text,
            mend=Words("写作 tax_wan_per_mu:2,rd_share:1。", "Write them as tax_wan_per_mu:2,rd_share:1."),
        ) from error
    return found


def stability(conn: Connection, run: int, *, after: int = 0, limit: int = 100) -> dict[str, Any]:
    """Give a run's stability: how it was drawn, and parcel by parcel the share of the draws in each grade and answer.

    Raises
    ------
    NotFoundError
        There is no such run in this scope, or its stability was not asked for.
    """
    runs.run_detail_zoom(conn, run)
    head = runs.find_stability(conn, run)
    if head is None:
        raise NotFoundError(
            Words("这次评估没有稳健性分析。", "The run has no stability."),
            at=f"run {run}",
            mend=Words("用 landgis assess --stability 1000 评估。", "Assess with `landgis assess --stability 1000`."),
        )
    rows = runs.list_stability(conn, run, after=after, limit=limit)
    return head | {
        "items": [stable(row) for row in rows],
        "next": rows[-1]["parcel_id"] if len(rows) == limit else None,
    }


def _evaluated(conn: Connection, run: int | None) -> tuple[int, Ruleset, Scheme]:
    number = int(runs.read_head(conn, run)["run"])
    rules = rulebook(conn, number).performance
    if rules is None or rules.scheme is None:
        raise RuleError(
            Words("这次评估没有亩均评价。", "The run has no per-mu evaluation."),
            at=f"run {number}",
            mend=Words("评估时加上一个亩均评价规则集。", "Assess with a ruleset of the kind performance."),
        )
    return number, rules, rules.scheme


def _look(
    group: pd.DataFrame, population: Population, method: Method, weights: Mapping[str, float] | None, limit: int
) -> dict[str, Any]:
    names = [item.measure for item in population.indicators]
    values = pd.DataFrame(group["measured"].tolist(), columns=names, index=group.index, dtype=float)
    ours = {name: value for name, value in (weights or {}).items() if name in names} if method == "user" else None
    legal = [None if pd.isna(grade) else str(grade) for grade in group["grade"]]
    made: Explored = explore(
        values,
        {item.measure: item.better for item in population.indicators},
        method,
        weights=ours or weights,
        grades=legal,
    )
    order = np.argsort(made.rank, kind="stable")[: min(limit, int(np.isfinite(made.rank).sum()))]
    shown = group.iloc[order]
    items = pd.DataFrame(
        {
            "uscc": shown["uscc"],
            "parcel_id": shown["parcel_id"],
            "score": made.score[order],
            "rank": made.rank[order].astype(int),
            "legal_total": shown["total"],
            "legal_rank": shown["rank"],
            "legal_grade": shown["grade"],
        }
    )
    return {
        "subjects": len(group),
        "scored": int(np.isfinite(made.score).sum()),
        "weights": dict(made.weights),
        "left_out": list(made.left_out),
        "spearman": None if np.isnan(made.spearman) else made.spearman,
        "kendall": None if np.isnan(made.kendall) else made.kendall,
        "items": records(items),
    }
