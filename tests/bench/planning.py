"""Sites for one demand and for many, with the bound; and beside other ways, on the same instances."""

import os
from time import perf_counter, process_time
from typing import Any

import geopandas as gpd
import highspy
import numpy as np
import pandas as pd

from landgis.core.planning.adjacency import _equal, _sides, links, neighbours
from landgis.core.planning.assembly import assemble, lay_ground
from landgis.core.planning.plan import _wants, make_plan
from landgis.core.planning.sites import Ground, Search, Wants, answers, cost_of
from landgis.sample.fabric import draw_fabric
from landgis.terms.crs import ellipsoid_area_m2
from landgis.terms.units import M2_PER_HA
from tests.bench import exactness
from tests.bench.measuring import run_alone, say, table
from tests.bench.placing import CP_SAT_S

#: Parcels, demands, how many times what is asked there is (0: what a demand asks stays as it is drawn), and after how many CPU seconds
#: a plan is stopped.
CASES = (
    (1_000, 50, 8.0, 60),
    (1_000, 100, 2.0, 200),
    (5_000, 200, 8.0, 60),
    (20_000, 200, 0.0, 120),
    (20_000, 500, 0.0, 600),
)
#: Every parcel free, sites of more than twenty.
DENSE = (400, 8, 1.6, 120, 1.0)
WIDTHS_M = (0.0, 40.0, 60.0, 80.0)
#: Parcels whose borders are found, and firms that are placed.
FABRIC, FIRMS = 1_000_000, 10_000


def instance(
    parcels: int, demands: int, supply: float, *, seed: int = 1, freed: float = 0.45
) -> tuple[gpd.GeoDataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make parcels that could be freed in a made city, and demands whose ideal areas add up to so little of them.

    Freed parcels lie in clusters; roads up to 40 m are bridged at 30 万元. Demands have widths, shapes, dates, owners and parks.
    """
    rng = np.random.default_rng(seed)
    drawn = int(parcels / freed * 1.15) + 50
    fabric = draw_fabric(rng, drawn, max(1, drawn // 1000), (120.7, 31.2))
    block = fabric.pieces.block
    lean = 0.6 * rng.random(block.max() + 1)[block] + 0.4 * rng.random(drawn)
    kept = np.sort(np.argsort(-lean)[: int(drawn * freed)])[:parcels]
    shapes = fabric.parcels[kept]
    area = ellipsoid_area_m2(shapes)
    count = len(kept)
    land = gpd.GeoDataFrame(
        {
            "geom_area_m2": area,
            "cost_wan": area / M2_PER_HA * 100 * np.exp(rng.normal(1.2, 0.5, count)),
            "park_code": [f"p{number:02d}" for number in fabric.park_of[kept]],
            "owner_uscc": [f"u{number}" for number in rng.integers(0, max(count * 4 // 5, 1), count)],
            "free_on": pd.Timestamp(2026, 1, 1) + pd.to_timedelta(rng.integers(0, 900, count), unit="D"),
            "cases": (rng.random(count) < 0.7).astype(float),
        },
        geometry=shapes,
        crs=4490,
    )
    parks = sorted(land["park_code"].unique())
    least = np.exp(rng.uniform(np.log(1.2), np.log(9), demands))
    least *= area.sum() / M2_PER_HA / supply / least.sum() if supply else 1.0
    wanted = pd.DataFrame(
        {
            "area_min_m2": least * M2_PER_HA,
            "area_max_m2": least * rng.uniform(1.15, 1.5, demands) * M2_PER_HA,
            "width_min_m": rng.choice(WIDTHS_M, demands),
            "compactness_min": rng.choice([0.15, 0.25, 0.35], demands),
            "owners_max": rng.choice([6, 12, 99], demands),
            "start_on": pd.Timestamp(2027, 6, 1) + pd.to_timedelta(rng.integers(0, 600, demands), unit="D"),
            "parks": [
                None
                if rng.random() < 0.3
                else tuple(rng.choice(parks, max(1, int(len(parks) * rng.uniform(0.2, 0.6)))))
                for _ in range(demands)
            ],
            "value_wan": least * 100 * np.exp(rng.normal(1.9, 0.35, demands)),
        },
        index=[f"d{number}" for number in range(demands)],
    )
    found = neighbours(land)
    across = links(land, gap_max_m=40, facing_min_m=30, borders=found).assign(cost_wan=30.0)
    return land, wanted, found, across


def plan(parcels: str, demands: str, supply: str, seconds: str, freed: str = "0.45") -> dict[str, Any]:
    """Plan one instance under a clock: widths, shapes, owners, dates and parks are asked, no limit binds the whole. And greedily."""
    land, wanted, found, across = instance(int(parcels), int(demands), float(supply), freed=float(freed))
    given: dict[str, Any] = {"border_min_m": 10, "rules": ("park", "date")}
    warm = instance(200, 5, 8.0)
    make_plan(*warm, **given)  # compiles, or loads what was compiled
    begun, spent = perf_counter(), process_time()
    made = make_plan(land, wanted, found, across, stop=lambda: process_time() - spent > float(seconds), **given)
    told = {
        "seconds": perf_counter() - begun,
        "cpu": process_time() - spent,
        "gap": made.gap,
        "served": len(made.sites),
    }
    told |= {
        "proved": made.is_proved,
        "parcels": float(made.sites["parcels"].map(len).mean()),
        "load": os.getloadavg()[0],
    }
    begun = perf_counter()
    share = greedy(land, wanted, found, across) / made.objective_wan if int(parcels) <= 1_000 else None
    return told | {"greedy": share, "greedy_seconds": perf_counter() - begun}


def greedy(land: gpd.GeoDataFrame, wanted: pd.DataFrame, found: pd.DataFrame, across: pd.DataFrame) -> float:
    """Grow a site for the demands by worth, each from every parcel by the cheapest neighbour per m², and keep what pays best."""
    fabric = lay_ground(land, found, across, 10)
    ground, wants = fabric.ground, _wants(fabric, wanted, ("park", "date"), (), ())
    ratio = ground.cost_wan / ground.area_m2
    free = np.ones(len(ground), dtype=bool)
    total = 0.0
    for d in np.argsort(-wanted["value_wan"].to_numpy(), kind="stable").tolist():
        best, pick = 0.0, np.empty(0, dtype=np.int64)
        fits = wants.eligible[d] & free
        for root in np.flatnonzero(fits).tolist():
            members, area, near = {root}, float(ground.area_m2[root]), set()
            last = root
            while area < wants.area_min_m2[d]:
                near |= {int(j) for j in ground.neighbour[ground.start[last] : ground.start[last + 1]] if fits[j]}
                near -= members
                if not near:
                    break
                last = min(near, key=ratio.__getitem__)
                members.add(last)
                area += float(ground.area_m2[last])
            if not wants.area_min_m2[d] <= area <= wants.area_max_m2[d]:
                continue
            if wanted["value_wan"].iloc[d] - ground.cost_wan[list(members)].sum() <= best:
                continue
            chosen = np.array(sorted(members), dtype=np.int64)
            cost = cost_of(ground, chosen)
            gained = float(wanted["value_wan"].iloc[d]) - cost
            if gained > best and answers(ground, wants, d, chosen, cost):
                best, pick = gained, chosen
        free[pick] = False
        total += best
    return total


def one_demand(parcels: str) -> dict[str, Any]:
    """Assemble twenty sites of at most twelve parcels, one demand each: the slowest and the middle one."""
    land, wanted, found, across = instance(int(parcels), 20, 0.0, seed=3)
    wanted["area_min_m2"] = land["geom_area_m2"].median() * np.linspace(3, 9, len(wanted))
    wanted["area_max_m2"] = wanted["area_min_m2"] * 1.3
    rows = [{str(name): value for name, value in row.items()} for row in wanted.to_dict("records")]
    given: dict[str, Any] = {"border_min_m": 10, "rules": ("park", "date")}
    assemble(land, rows[0], found, across, **given)
    seconds, cpu, sizes, proved = [], [], [], True
    for row in rows:
        begun, spent = perf_counter(), process_time()
        made = assemble(land, row, found, across, alternatives=5, **given)
        seconds.append(perf_counter() - begun)
        cpu.append(process_time() - spent)
        proved = proved and made.is_proved
        sizes += made.sites["parcels"].map(len).tolist()[:1]
    told = {"seconds": float(np.median(seconds)), "slowest": max(seconds), "cpu": float(np.median(cpu))}
    return told | {
        "slowest_cpu": max(cpu),
        "most": max(sizes, default=0),
        "proved": bool(proved),
        "load": os.getloadavg()[0],
    }


def one_park(seed: int, side: int = 8) -> tuple[Ground, Wants]:
    """Draw a grid of parcels of one park and a demand of some eight of them."""
    rng = np.random.default_rng(seed)
    cells = np.arange(side * (side + 2)).reshape(side, side + 2)
    pairs = [np.column_stack([cells[:, :-1].ravel(), cells[:, 1:].ravel()])]
    pairs.append(np.column_stack([cells[:-1].ravel(), cells[1:].ravel()]))
    pair = np.concatenate(pairs)
    pair = pair[rng.random(len(pair)) < 0.85]
    area = rng.uniform(0.5, 2.0, cells.size)
    cost = area * np.exp(rng.normal(0, 0.5, cells.size))
    row, column = np.concatenate([pair[:, 0], pair[:, 1]]), np.concatenate([pair[:, 1], pair[:, 0]])
    order = np.lexsort((column, row))
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=cells.size))]).astype(np.int64)
    none = np.zeros(cells.size, dtype=np.int64)
    ground = Ground(
        area, cost, 4 * np.sqrt(area), none - 1, none, start, column[order], np.ones(len(row)), np.zeros(len(row))
    )
    wants = Wants(
        np.array([10.0]), np.array([13.0]), np.zeros(1), np.array([99]), np.array([np.inf]), np.array([-1]), (),
        np.ones((1, cells.size), dtype=bool),
    )  # fmt: skip
    return ground, wants


def prioritizr_wan(ground: Ground, wants: Wants, order: np.ndarray, seconds: float) -> float:
    """Solve one demand by the rows of prioritizr's contiguity constraints, the parcels in an order, with HiGHS.

    A connection y_ij (i before j in the order) needs i; a parcel has at most one connection to it and needs to be in; and there is
    one connection less than parcels. Connections run only from the earlier row to the later, so the order decides what can be said.
    """
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", seconds)
    chosen = [solver.addBinary(float(cost)) for cost in ground.cost_wan]
    into: dict[int, list[Any]] = {}
    every = []
    for i, j in zip(ground.parcel.tolist(), ground.neighbour.tolist(), strict=True):
        if back[i] < back[j]:
            y = solver.addBinary(0.0)
            solver.addConstr(y <= chosen[i])
            into.setdefault(j, []).append(y)
            every.append(y)
    for j, some in into.items():
        solver.addConstr(sum(some) <= chosen[j])
    solver.addConstr(sum(every) == sum(chosen) - 1)
    area = sum(float(a) * x for a, x in zip(ground.area_m2, chosen, strict=True))
    solver.addConstr(area >= float(wants.area_min_m2[0]))
    solver.addConstr(area <= float(wants.area_max_m2[0]))
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return float("nan")
    return float(solver.getInfo().objective_function_value)


def beside_prioritizr(cases: str) -> dict[str, Any]:
    """Ask both for the same sites of 80 parcels, the rows as drawn and shuffled."""
    dearer, mine, theirs, unsolved = [], 0.0, 0.0, 0
    for seed in range(int(cases)):
        ground, wants = one_park(seed)
        begun = perf_counter()
        best = float(Search(ground, wants).best(1, np.zeros((1, 1))).sets.cost_wan[0])
        mine += perf_counter() - begun if seed else 0.0
        begun = perf_counter()
        order = np.random.default_rng(seed).permutation(len(ground))
        other = prioritizr_wan(ground, wants, order, 20.0)
        theirs += perf_counter() - begun if seed else 0.0
        if np.isnan(other):
            unsolved += 1
        else:
            dearer.append(other / best - 1)
    few = max(int(cases) - 1, 1)
    return {
        "dearer": float(np.median(dearer)) if dearer else float("nan"), "worst": max(dearer, default=float("nan")),
        "mine": mine / few, "theirs": theirs / few, "unsolved": unsolved,
    }  # fmt: skip


def borders(parcels: str) -> dict[str, Any]:
    """Find the borders of a fabric, and hash its equal sides alone."""
    shapes = draw_fabric(np.random.default_rng(5), int(parcels), max(1, int(parcels) // 1000), (120.7, 31.2)).parcels
    land = gpd.GeoDataFrame(geometry=shapes, crs=4490)
    neighbours(land.iloc[:100_000])  # compiles, or loads what was compiled
    spent = process_time()
    sides = _sides(np.asarray(land.geometry, dtype=object))
    first, second = _equal(sides)
    hashed = process_time() - spent
    pairs = np.unique(np.sort(np.column_stack([sides.parcel[first], sides.parcel[second]]), axis=1), axis=0)
    hashed_pairs = process_time() - spent
    spent = process_time()
    found = neighbours(land)
    return {
        "cpu": process_time() - spent,
        "hash": hashed_pairs,
        "lookup": hashed,
        "pairs": len(found),
        "equal": len(pairs),
    }


def report(parcels: int, rounds: int) -> str:
    """Plan the instances of at most so many parcels, once each and each in a process of its own; then beside other ways."""
    head = [
        "parcels × demands",
        "supply ÷ demand",
        "served",
        "parcels a site",
        "gap",
        "seconds",
        "CPU seconds",
        "stopped after",
    ]
    rows = []
    if (told := run_alone("planning:one_demand", min(1_000, parcels))) is not None:
        gap = "0.0000%" if told["proved"] else "not proved"
        name = f"{min(1_000, parcels):,} × 1, six sites and refusal prices: middle of 20"
        size = f"at most {told['most']:.0f}"
        rows.append(
            [name, "–", "1", size, gap, f"{told['seconds']:.2f}", f"{told['cpu']:.2f}", "–", "–", f"{told['load']:.0f}"]
        )
        slowest = [f"{told['slowest']:.2f}", f"{told['slowest_cpu']:.2f}"]
        rows.append(["the slowest of these", "–", "1", size, gap, *slowest, "–", "–", f"{told['load']:.0f}"])
    for land, demands, supply, seconds, freed in (*((*case, 0.45) for case in CASES), DENSE):
        if land > parcels or (told := run_alone("planning:plan", land, demands, supply, seconds, freed)) is None:
            continue
        name = f"{land:,} × {demands}" + (", every parcel free" if freed == 1 else "")
        say(f"  {name}: {told}")
        rows.append(
            [
                name,
                f"{supply:g}" if supply else "ample",
                f"{told['served']:.0f}",
                f"{told['parcels']:.1f}",
                f"{told['gap']:.4%}" + ("" if told["proved"] else ", not proved"),
                f"{told['seconds']:.1f}",
                f"{told['cpu']:.1f}",
                f"{seconds}",
                "–" if told["greedy"] is None else f"{told['greedy']:.1%}",
                f"{told['load']:.0f}",
            ]
        )
    parts = [table([*head, "greedy, of ours", "load"], rows)]
    if (told := run_alone("planning:beside_prioritizr", 10)) is not None:
        parts.append(
            f"prioritizr's contiguity rows restated with HiGHS, ten sites of some eight among 80 parcels, the rows shuffled: "
            f"{told['dearer']:.0%} dearer than the optimum in the middle, {told['worst']:.0%} at worst, {told['unsolved']:.0f} of 10 "
            f"without an optimum in 20 s; {told['theirs']:.1f} s each, ours {told['mine']:.3f} s."
        )
    told = run_alone("regions:beside_spopt", min(1_000, parcels), 50, 8.0)
    parts.append(
        "spopt did not run: it needs `uv pip install spopt`."
        if told is None
        else f"spopt 0.7 divides the whole map into regions, which are then given to the demands as well as can be; "
        f"{min(1_000, parcels):,} × 50 at 8 ×: its Ward regions reach {told['ward']:.1%} of our plan in "
        f"{told['ward_seconds']:.1f} s, its max-p (one construction, one annealing; its own 99 and 10 do not end) "
        f"{told['max_p']:.1%} in {told['max_p_seconds']:.1f} s; ours {told['seconds']:.1f} s"
        + (", proved." if told["proved"] else ", not proved.")
    )
    count = min(FABRIC, parcels * 50)
    if (told := run_alone("planning:borders", count)) is not None:
        parts.append(
            f"Borders of {count:,} parcels, T-junctions included: {told['cpu']:.1f} CPU seconds for {told['pairs']:,.0f} pairs; hashing "
            f"equal sides and naming their pairs {told['hash']:.1f} for {told['equal']:,.0f}: {told['cpu'] / told['hash']:.1f} times."
        )
    count = min(FIRMS, parcels)
    if (told := run_alone("placing:placing", count)) is not None:
        parts.append(
            f"Placing {count:,} firms, {told['offers']:,.0f} offers: {told['seconds']:.1f} s ({told['cpu']:.1f} CPU), exact, "
            f"{told['unplaced']:.0f} unplaced, {told['wan']:,.0f} 万元; by the cheapest offer first {told['greedy_unplaced']:.0f} "
            f"unplaced, {told['greedy_wan']:,.0f} 万元."
        )
        beside = run_alone("placing:cp_sat", count)
        parts[-1] += (
            " CP-SAT did not run: it needs `uv pip install ortools`."
            if beside is None
            else f" CP-SAT, two workers, at most {CP_SAT_S:.0f} s: {beside['seconds']:.1f} s ({beside['cpu']:.1f} CPU), "
            f"{beside['status']}, {beside['unplaced']:.0f} unplaced, {beside['wan']:,.0f} 万元."
        )
    parts.append(exactness.report(parcels, rounds))
    return "\n\n".join(parts)
