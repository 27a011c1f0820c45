"""Firms that must leave and plots for them: placed by us, greedily, and by CP-SAT.

Here nothing may load highspy: it and ortools both carry HiGHS, and clash in one process.
"""

from importlib.util import find_spec
from time import perf_counter, process_time
from typing import Any

import numpy as np
import pandas as pd

from landgis.core.planning.swap import offers, place
from landgis.terms.rulereader import load_ruleset

#: Seconds that CP-SAT has.
CP_SAT_S = 120.0


def firms(count: int, *, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make firms that must leave and plots for them in counties: some thirty offers each."""
    rng = np.random.default_rng(seed)
    counties = [f"3301{number:02d}" for number in range(max(count // 500, 1))]
    value = np.exp(rng.normal(7, 0.6, count))
    movers = pd.DataFrame(
        {
            "value_wan": value, "area_m2": value * 10 * rng.uniform(0.9, 1.1, count), "use_class": rng.choice(["M1", "M2"], count),
            "county_code": rng.choice(counties, count), "is_clean": True, "move_wan": rng.uniform(10, 200, count),
            "floor_need_m2": np.nan, "exit_wan": np.where(rng.random(count) < 0.8, value * 1.3, np.nan), "must_leave": True,
            "leave_by": pd.NaT, "move_days": 90, "exit_days": 30,
        },
        index=[f"f{number}" for number in range(count)],
    )  # fmt: skip
    there = np.exp(rng.normal(7, 0.6, count))
    plots = pd.DataFrame(
        {
            "kind": "land", "value_wan": there, "area_m2": there * 10 * rng.uniform(0.9, 1.1, count),
            "use_class": rng.choice(["M1", "M2"], count), "county_code": rng.choice(counties, count), "is_clean": True,
            "cost_wan": rng.uniform(0, 300, count), "held_by": None, "free_on": pd.Timestamp(2026, 7, 1),
        },
        index=[f"x{number}" for number in range(count)],
    )  # fmt: skip
    return movers, plots


def placing(count: str) -> dict[str, Any]:
    """Place firms, and let every firm in turn take the cheapest plot that is left, the cheapest offer of all first."""
    movers, plots = firms(int(count))
    rules, on = load_ruleset("cn-compensation"), pd.Timestamp(2026, 7, 1).date()
    place(*firms(50), rules, on)
    begun, spent = perf_counter(), process_time()
    made = place(movers, plots, rules, on)
    told = {"seconds": perf_counter() - begun, "cpu": process_time() - spent, "proved": made.is_proved}
    offered = offers(movers, plots, rules)
    spent = process_time()
    taken, placed, cost = set(), set(), 0.0
    for mover, plot, wan in offered.sort_values("cost_wan")[["mover", "plot", "cost_wan"]].itertuples(index=False):
        if mover not in placed and plot not in taken and not wan > movers.at[mover, "exit_wan"]:
            placed.add(mover)
            taken.add(plot)
            cost += wan
    leaves = movers.index.difference(list(placed))
    exits = movers.loc[leaves, "exit_wan"]
    told |= {
        "greedy_cpu": process_time() - spent,
        "greedy_wan": cost + exits.sum(),
        "greedy_unplaced": int(exits.isna().sum()),
    }
    return told | {"wan": made.cost_wan, "unplaced": len(made.unplaced), "offers": len(offered)}


def cp_sat(count: str) -> dict[str, Any] | None:
    """Place the same firms with CP-SAT, one switch for every offer; None where it is not installed."""
    if find_spec("ortools") is None:
        return None
    from ortools.sat.python import cp_model

    movers, plots = firms(int(count))
    offered = offers(movers, plots, load_ruleset("cn-compensation"))
    begun, spent = perf_counter(), process_time()
    who, where = movers.index.get_indexer(offered["mover"]), plots.index.get_indexer(offered["plot"])
    cost = np.rint(offered["cost_wan"].to_numpy() * 100).astype(np.int64)
    exits = movers["exit_wan"].to_numpy(dtype=float)
    most = int(max(cost.max(), np.nanmax(exits) * 100)) + 1
    # Twice the dearest for staying unplaced: at our factor, (firms + 1) times, it finds the best for 300 firms but proves nothing.
    aside = np.where(np.isnan(exits), 2 * most, np.rint(np.nan_to_num(exits) * 100)).astype(np.int64)
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in range(len(offered) + len(movers))]
    of_firm: list[list[Any]] = [[stays] for stays in taken[len(offered) :]]
    of_plot: list[list[Any]] = [[] for _ in range(len(plots))]
    for at, (firm, plot) in enumerate(zip(who.tolist(), where.tolist(), strict=True)):
        of_firm[firm].append(taken[at])
        of_plot[plot].append(taken[at])
    for group in of_firm:
        model.add_exactly_one(group)
    for group in of_plot:
        model.add_at_most_one(group)
    model.minimize(cp_model.LinearExpr.weighted_sum(taken, [*cost.tolist(), *aside.tolist()]))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = CP_SAT_S, 2
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        wan, unplaced = float("nan"), float("nan")
    else:
        chosen = np.array([solver.boolean_value(one) for one in taken])
        stays = chosen[len(offered) :]
        unplaced = int((stays & np.isnan(exits)).sum())
        wan = float(offered["cost_wan"].to_numpy()[chosen[: len(offered)]].sum() + np.nansum(exits[stays]))
    return {
        "seconds": perf_counter() - begun, "cpu": process_time() - spent, "status": solver.status_name(status).lower(), "wan": wan,
        "unplaced": unplaced,
    }  # fmt: skip
