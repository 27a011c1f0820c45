"""Random grounds, and every connected set of them by brute force: the oracle of the searches."""

from typing import Any

import highspy
import numpy as np
import pytest

from landgis.core.planning.sites import Ground, Search, Wants


def ground(
    areas: np.ndarray, costs: np.ndarray, pairs: np.ndarray, border: np.ndarray, link: np.ndarray, owner: np.ndarray
) -> Ground:
    """Make a ground of one park from pairs of parcels; the outline of a parcel is what its borders leave open, and then some."""
    row, column = np.concatenate([pairs[:, 0], pairs[:, 1]]), np.concatenate([pairs[:, 1], pairs[:, 0]])
    order = np.lexsort((column, row))
    both = np.concatenate([border, border])
    outline = np.bincount(row, both, minlength=len(areas)) + np.sqrt(areas)
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(areas)))])
    return Ground(
        areas, costs, outline, owner, np.zeros(len(areas), dtype=np.int64), start, column[order], both[order],
        np.concatenate([link, link])[order],
    )  # fmt: skip


def random_case(rng: np.random.Generator, most: int = 16) -> tuple[Ground, Wants]:
    """Draw some parcels on a grid with holes, a demand, and now and then links, owners, widths, shape and a budget."""
    rows, columns = (int(k) for k in rng.integers(2, 5, 2))
    cells = np.arange(rows * columns).reshape(rows, columns)
    pairs = np.concatenate(
        [
            np.column_stack([cells[:, :-1].ravel(), cells[:, 1:].ravel()]),
            np.column_stack([cells[:-1].ravel(), cells[1:].ravel()]),
        ]
    )
    count = min(cells.size, most)
    pairs = pairs[(pairs < count).all(axis=1) & (rng.random(len(pairs)) < 0.85)]
    areas = rng.uniform(5, 20, count)
    costs = areas * np.exp(rng.normal(0, 0.6, count)) * (rng.random(count) > 0.05)
    is_link = rng.random(len(pairs)) < rng.choice([0.0, 0.4])
    link = np.where(is_link, rng.uniform(0.5, 15, len(pairs)), 0.0)
    border = np.where(is_link, 0.0, rng.uniform(1, 4, len(pairs)))
    owner = rng.integers(-1, 6, count)
    least = areas.sum() * rng.uniform(0.1, 0.6)
    cores = tuple({tuple(sorted(rng.choice(count, int(rng.integers(1, 4)), replace=False).tolist())) for _ in range(4)})
    wants = Wants(
        np.array([least]),
        np.array([least * rng.uniform(1.05, 2.0)]),
        np.array([rng.choice([0.0, 0.2, 0.3])]),
        np.array([rng.choice([99, 4])]),
        np.array([rng.choice([np.inf, costs.sum() * 0.5])]),
        np.array([rng.choice([-1, 0])]),
        (cores,),
        rng.random((1, count)) > rng.choice([0.0, 0.15]),
    )
    return ground(areas, costs, pairs, border, link, owner), wants


def renumber(one: Ground, wants: Wants, order: np.ndarray) -> tuple[Ground, Wants]:
    """Give the same case with its parcels in another order."""
    back = np.empty(len(order), dtype=np.int64)
    back[order] = np.arange(len(order))
    row = np.repeat(np.arange(len(one)), np.diff(one.start))
    upper = row < one.neighbour
    pairs = np.column_stack([back[row[upper]], back[one.neighbour[upper]]])
    made = ground(
        one.area_m2[order], one.cost_wan[order], pairs, one.border_m[upper], one.link_wan[upper], one.owner[order]
    )
    cores = tuple(tuple(tuple(sorted(back[list(core)].tolist())) for core in found) for found in wants.cores)
    return made, Wants(
        wants.area_min_m2, wants.area_max_m2, wants.compactness_min, wants.owners_max, wants.cost_max_wan, wants.width,
        cores, wants.eligible[:, order],
    )  # fmt: skip


def bridge_wan(one: Ground, members: frozenset[int]) -> float:
    """Give the least links that hold a set together; infinite where none do. Kruskal, to differ from what it checks."""
    edges = sorted(
        (float(one.link_wan[at]), i, int(one.neighbour[at]))
        for i in members
        for at in range(one.start[i], one.start[i + 1])
        if int(one.neighbour[at]) in members
    )
    group = {i: i for i in members}

    def top(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    total, joined = 0.0, 1
    for wan, i, j in edges:
        if top(i) != top(j):
            group[top(i)] = top(j)
            total += wan
            joined += 1
    return total if joined == len(members) else np.inf


def every_answer(one: Ground, wants: Wants, d: int = 0) -> dict[frozenset[int], float]:
    """Give every set that meets a demand, with its cost, by trying all."""
    count = len(one)
    masks = np.arange(1, 1 << count)
    holds = ((masks[:, None] >> np.arange(count)) & 1).astype(bool)
    area = holds @ one.area_m2
    fits = (area >= wants.area_min_m2[d]) & (area <= wants.area_max_m2[d]) & ~holds[:, ~wants.eligible[d]].any(axis=1)
    row = np.repeat(np.arange(count), np.diff(one.start))
    found = {}
    for at in np.flatnonzero(fits):
        members = frozenset(np.flatnonzero(holds[at]).tolist())
        inside = holds[at][row] & holds[at][one.neighbour]
        outline = one.outline_m[holds[at]].sum() - one.border_m[inside].sum()
        owners = {int(one.owner[i]) for i in members} - {-1}
        if 4 * np.pi * area[at] < wants.compactness_min[d] * outline**2 or len(owners) > wants.owners_max[d]:
            continue
        if wants.width[d] >= 0 and not any(set(core) <= members for core in wants.cores[wants.width[d]]):
            continue
        cost = float(one.cost_wan[holds[at]].sum()) + bridge_wan(one, members)
        if np.isfinite(cost) and cost <= wants.cost_max_wan[d]:
            found[members] = cost
    return found


def is_the_cheapest(seed: int, numberings: int = 3) -> bool:
    """Say whether the search finds the cheapest of all sets of a random case, whichever way its parcels are numbered."""
    rng = np.random.default_rng(seed)
    ground, wants = random_case(rng, most=16 if seed % 10 == 0 else 12)
    answers = every_answer(ground, wants)
    best = min(answers.values(), default=np.inf)
    for numbering in range(numberings):
        order = rng.permutation(len(ground)) if numbering else np.arange(len(ground))
        found = Search(*renumber(ground, wants, order)).best(1, np.zeros((1, 1)))
        cost = (found.sets.cost_wan.tolist() or [np.inf])[0]
        if not found.is_complete or cost != pytest.approx(best, abs=1e-6):
            return False
        if len(found.sets) and answers.get(frozenset(order[found.sets.members[0]].tolist())) != pytest.approx(
            best, abs=1e-6
        ):
            return False
    return True


def flow_prover(one: Ground, wants: Wants) -> float:
    """Solve the same question as a flow from a root through chosen parcels (Shirabe 2005), by HiGHS's own branching."""
    count = len(one)
    row = np.repeat(np.arange(count), np.diff(one.start))
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", 0.0)
    chosen = [solver.addVariable(0, int(wants.eligible[0, i]), float(one.cost_wan[i])) for i in range(count)]
    root = [solver.addVariable(0, 1, 0.0) for _ in range(count)]
    flow = [solver.addVariable(0, count, 0.0) for _ in row]
    poured = [solver.addVariable(0, count, 0.0) for _ in range(count)]
    for variable in (*chosen, *root):
        solver.changeColIntegrality(variable.index, highspy.HighsVarType.kInteger)
    solver.addConstr(sum(root) == 1)
    area = sum(float(a) * x for a, x in zip(one.area_m2, chosen, strict=True))
    solver.addConstr(area >= float(wants.area_min_m2[0]))
    solver.addConstr(area <= float(wants.area_max_m2[0]))
    into: list[list[Any]] = [[] for _ in range(count)]
    out: list[list[Any]] = [[] for _ in range(count)]
    for at, (i, j) in enumerate(zip(row, one.neighbour, strict=True)):
        out[i].append(flow[at])
        into[j].append(flow[at])
    for i in range(count):
        solver.addConstr(poured[i] <= count * root[i])
        solver.addConstr(sum(into[i]) + poured[i] - sum(out[i]) == chosen[i])
        solver.addConstr(sum(into[i]) + poured[i] <= count * chosen[i])
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return np.inf
    return float(solver.getInfo().objective_function_value)


def proves_the_same(seed: int) -> bool:
    """Say whether the search and the flow formulation agree on a random case of at most 80 parcels."""
    rng = np.random.default_rng(seed)
    columns = int(rng.integers(4, 11))
    rows = 80 // columns if seed % 10 == 0 else int(rng.integers(3, 7))
    cells = np.arange(rows * columns).reshape(rows, columns)
    pairs = np.concatenate(
        [
            np.column_stack([cells[:, :-1].ravel(), cells[:, 1:].ravel()]),
            np.column_stack([cells[:-1].ravel(), cells[1:].ravel()]),
        ]
    )
    pairs = pairs[rng.random(len(pairs)) < 0.8]
    areas = rng.uniform(5, 20, cells.size)
    costs = areas * np.exp(rng.normal(0, 0.5, cells.size))
    none = np.zeros(len(pairs))
    one = ground(areas, costs, pairs, none + 1, none, np.full(cells.size, -1))
    least = float(rng.uniform(25, 70))
    wants = Wants(
        np.array([least]), np.array([least * 1.2]), np.zeros(1), np.array([99]), np.array([np.inf]), np.array([-1]), (),
        rng.random((1, cells.size)) < 0.9,
    )  # fmt: skip
    found = Search(one, wants).best(1, np.zeros((1, 1)))
    cost = (found.sets.cost_wan.tolist() or [np.inf])[0]
    return found.is_complete and cost == pytest.approx(flow_prover(one, wants), rel=1e-5)
