"""Contiguous sets 成片 that meet a demand, with proof."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from landgis.core.planning.sites import Found, Ground, Search, Sets, Wants, never
from landgis.core.planning.width import cores, site_width_m
from landgis.terms.crs import metres_per_degree
from landgis.terms.errors import InputError, Words

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: What may be asked of a single parcel, with the column that answers. Farmland and the ecological red line are never given up.
PARCEL_RULES: Final[Mapping[str, str]] = {
    "park": "park_code",
    "kind": "plan_kind",
    "class": "plan_class",
    "use": "plan_is_industrial",
    "boundary": "urban_boundary_share",
    "farmland": "farmland_share",
    "ecology": "ecology_share",
    "distance": "sensitive_m",
    "date": "free_on",
}
#: What may be asked of the set as a whole, with the demand's column and the value that asks nothing.
SET_RULES: Final[Mapping[str, tuple[str, float]]] = {
    "area_min": ("area_min_m2", 0.0),
    "area_max": ("area_max_m2", np.inf),
    "width": ("width_min_m", 0.0),
    "compactness": ("compactness_min", 0.0),
    "owners": ("owners_max", np.inf),
    "cost": ("cost_max_wan", np.inf),
}
_NEVER_RELAXED: Final = ("farmland", "ecology", "barred")
#: A share this near to all or nothing is all or nothing: the slips of overlaying two layers.
_SLIVER: Final = 1e-3
#: At most so many conditions are given up together.
_TOGETHER: Final = 3

SITE_COLUMNS: Final = ("cost_wan", "area_m2", "width_m", "compactness", "owners", "park_code", "parcels", "links_wan")
MEMBER_COLUMNS: Final = ("cost_wan", "area_m2", "refusal_wan", "refusal_proved")
RELAXATION_COLUMNS: Final = ("conditions", "asked", "given", "cost_wan", "area_m2", "parcels", "is_proved")


@dataclass(frozen=True)
class Assembly:
    """The answer to one demand.

    Attributes
    ----------
    sites
        Cheapest first, index 1, 2, …: ``cost_wan`` (万元, links included), ``area_m2``, ``width_m`` (inscribed), ``compactness``
        (4πA ÷ outline²), ``owners``, ``park_code``, ``parcels`` (tuple of labels), ``links_wan``. Of no site is another one a part.
    members
        The parcels of the first site by label: ``cost_wan``, ``area_m2``, ``refusal_wan`` (what the best site without this parcel costs
        more, 万元; NaN where there is none) and ``refusal_proved``.
    bound_wan
        No site is cheaper than this.
    gap
        (cost of the first site − bound) ÷ cost; NaN without a site.
    is_proved
        Whether every set was searched: the sites are the cheapest there are, or there is none.
    left_out
        How many parcels each rule keeps out: ``rule``, ``parcels``, ``area_m2``, ``unknown`` (of those, how many because nothing is
        known of them), ``noted`` (let in although nothing is known).
    relaxations
        Where there is no site: the smallest sets of conditions to give up, with what was ``asked``, the mildest that would do
        (``given``, where one condition is given up), and the cheapest site then.
    """

    sites: pd.DataFrame
    members: pd.DataFrame
    bound_wan: float
    gap: float
    is_proved: bool
    left_out: pd.DataFrame
    relaxations: pd.DataFrame


def assemble(
    parcels: gpd.GeoDataFrame,
    demand: Mapping[str, Any],
    borders: pd.DataFrame,
    links: pd.DataFrame | None = None,
    *,
    border_min_m: float = 0.0,
    rules: Sequence[str] = tuple(PARCEL_RULES),
    noted: Sequence[str] = (),
    alternatives: int = 5,
    pinned: Sequence[Hashable] = (),
    forbidden: Sequence[Hashable] = (),
    stop: Callable[[], bool] = never,
) -> Assembly:
    """Find the cheapest contiguous set of parcels that meets a demand, the next best, and what each member's refusal costs.

    Parameters
    ----------
    parcels
        The parcels that could be had, one row each, labels unique, shapes in EPSG:4490. Reads ``geom_area_m2``, ``cost_wan`` (what it
        costs to have it; NaN = unknown, which keeps it out), ``park_code``, ``owner_uscc`` (None = nobody to deal with) and the
        columns of `PARCEL_RULES` for the `rules` asked: ``plan_kind``, ``plan_class`` (the most polluting class that is planned
        for), ``plan_is_industrial``, the ``*_share`` of layers, ``sensitive_m`` (distance
        from the nearest sensitive place, m), ``free_on`` (date).
    demand
        One row of ``demand``: ``area_min_m2``, ``area_max_m2``, ``width_min_m``, ``start_on``; and, where they are asked,
        ``compactness_min``, ``owners_max``, ``cost_max_wan``, ``sensitive_min_m``, ``use_kind``, ``pollution_class``, ``parks``
        (codes), ``barred`` (parcels that this demand may not have). What is not there or empty is not asked.
    borders
        `landgis.core.planning.adjacency.neighbours`: ``parcel_a``, ``parcel_b``, ``border_m``. Pairs that are not in `parcels` are left
        aside.
    links
        Pairs across a road or a gap that may be bridged: ``parcel_a``, ``parcel_b``, ``cost_wan``.
    border_min_m
        A border shorter than this does not make two parcels one piece, metres.
    rules
        Which rules of `PARCEL_RULES` are asked. Farmland, red line: no part inside; boundary: all inside.
    noted
        Rules whose unknown does not keep a parcel out but is counted in ``left_out``.
    alternatives
        How many further sites.
    pinned, forbidden
        Parcels that every site must have; parcels that none may have.
    stop
        Asked now and then; true ends the search with the best so far and its gap.

    Returns
    -------
    Assembly
        See there.

    Raises
    ------
    InputError
        The demand asks no least area, or a pinned parcel is not there.
    SetupError
        The extra ``plan`` is not installed.

    Notes
    -----
    A site lies in one park. Its cost is the sum over its parcels and of the links that hold it together where borders do not. Every
    connected set is searched under a bound (see `landgis.core.planning.connected`); what is cut short makes the answer "not proved".
    """
    task = _Task(
        parcels, dict(demand), borders, links, border_min_m, tuple(rules), tuple(noted), tuple(pinned), tuple(forbidden)
    )
    task.check()
    found = task.search(alternatives + 1, stop)
    sites = task.sites(found)
    bound = _bound(found)
    members = task.refusals(found, stop) if len(sites) else _empty(MEMBER_COLUMNS)
    relaxations = _empty(RELAXATION_COLUMNS)
    if not len(sites) and found.is_complete:
        relaxations = _relax(task, stop)
    best = sites["cost_wan"].iloc[0] if len(sites) else np.nan
    gap = 0.0 if best == bound else (best - bound) / best if best else np.nan
    return Assembly(sites, members, bound, gap, found.is_complete, task.left_out(), relaxations)


@dataclass(frozen=True)
class Fabric:
    """Parcels as a search wants them: kept rows only, with the graph between them."""

    parcels: gpd.GeoDataFrame
    ground: Ground
    parks: tuple[str, ...]


def lay_ground(
    parcels: gpd.GeoDataFrame, borders: pd.DataFrame, links: pd.DataFrame | None, border_min_m: float
) -> Fabric:
    """Make the arrays of a search: parcels of known area and cost, borders long enough, links; both inside one park."""
    kept = parcels[parcels["cost_wan"].notna() & (parcels["geom_area_m2"] > 0)]
    owner = pd.factorize(kept["owner_uscc"])[0].astype(np.int64)
    park, parks = pd.factorize(kept["park_code"])
    a, b, border, wan = _pairs(kept.index, borders, links, border_min_m)
    inside = park[a] == park[b]
    a, b, border, wan = a[inside], b[inside], border[inside], wan[inside]
    row, column = np.concatenate([a, b]), np.concatenate([b, a])
    order = np.lexsort((column, row))
    ground = Ground(
        kept["geom_area_m2"].to_numpy(dtype=float),
        kept["cost_wan"].to_numpy(dtype=float),
        outlines_m(kept),
        owner,
        park.astype(np.int64),
        np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(kept)))]).astype(np.int64),
        column[order],
        np.concatenate([border, border])[order],
        np.concatenate([wan, wan])[order],
    )
    return Fabric(kept, ground, tuple(map(str, parks)))


def outlines_m(parcels: gpd.GeoDataFrame) -> Floats:
    """Measure outlines, holes included, metres."""
    shapes = np.asarray(parcels.geometry, dtype=object)
    lonlat, of = shapely.get_coordinates(shapes, return_index=True)
    first = np.searchsorted(of, np.arange(len(shapes)))
    scale = metres_per_degree(lonlat[np.minimum(first, max(len(lonlat) - 1, 0)), 1])
    metres = (lonlat - lonlat[first[of]]) * scale[of]
    return np.asarray(shapely.length(shapely.set_coordinates(shapes.copy(), metres)), dtype=np.float64)


def judge_parcels(
    parcels: pd.DataFrame, demand: Mapping[str, Any], rules: Sequence[str]
) -> dict[str, tuple[Flags, Flags]]:
    """Say for every rule asked which parcels pass it, and of which nothing is known."""
    judged = {}
    for rule in rules:
        column = parcels[PARCEL_RULES[rule]] if PARCEL_RULES[rule] in parcels else pd.Series(pd.NA, index=parcels.index)
        unknown = column.isna().to_numpy(dtype=bool)
        if rule == "park":
            if not _is_asked(demand, "parks"):
                continue
            passed = column.isin(list(demand["parks"])).to_numpy(dtype=bool)
        elif rule == "kind":
            if not _is_asked(demand, "use_kind"):
                continue
            passed = (column == demand["use_kind"]).fillna(False).to_numpy(dtype=bool)
        elif rule == "class":
            if not _is_asked(demand, "pollution_class"):
                continue
            passed = column.to_numpy(dtype=float, na_value=np.nan) >= float(demand["pollution_class"])
        elif rule == "use":
            passed = column.astype("boolean").fillna(False).to_numpy(dtype=bool)
        elif rule == "date":
            if not _is_asked(demand, "start_on"):
                continue
            passed = (pd.to_datetime(column) <= pd.Timestamp(demand["start_on"])).to_numpy(dtype=bool)
        elif rule == "distance":
            if not _is_asked(demand, "sensitive_min_m"):
                continue
            passed = column.to_numpy(dtype=float, na_value=np.nan) >= float(demand["sensitive_min_m"])
        else:
            share = column.to_numpy(dtype=float, na_value=np.nan)
            passed = share >= 1 - _SLIVER if rule == "boundary" else share <= _SLIVER
        judged[rule] = (passed & ~unknown, unknown)
    if _is_asked(demand, "barred"):
        judged["barred"] = (~parcels.index.isin(list(demand["barred"])), np.zeros(len(parcels), dtype=bool))
    return judged


def limit(demand: Mapping[str, Any], rule: str) -> float:
    """Give what a demand asks of a set; where it asks nothing, the value that asks nothing."""
    name, nothing = SET_RULES[rule]
    return float(demand[name]) if _is_asked(demand, name) else nothing


def _is_asked(demand: Mapping[str, Any], name: str) -> bool:
    value = demand.get(name)
    return value is not None and (isinstance(value, tuple | list) or not pd.isna(value))


@dataclass(frozen=True)
class _Task:
    parcels: gpd.GeoDataFrame
    demand: dict[str, Any]
    borders: pd.DataFrame
    links: pd.DataFrame | None
    border_min_m: float
    rules: tuple[str, ...]
    noted: tuple[str, ...]
    pinned: tuple[Hashable, ...]
    forbidden: tuple[Hashable, ...]

    def check(self) -> None:
        if limit(self.demand, "area_min") <= 0:
            raise InputError(
                Words("需求没有用地下限。", "The demand asks no least area."),
                at="demand.area_min_m2",
                mend=Words("填写用地需求下限（平方米）。", "Give the least area in m²."),
            )
        away = [label for label in self.pinned if label not in self.parcels.index or label in self.forbidden]
        if away:
            raise InputError(
                Words("指定必选的地块不在可用地块中。", "A pinned parcel is not among those that could be had."),
                at=", ".join(map(str, away)),
                mend=Words("取消必选，或放开该地块。", "Unpin it, or let the parcel in."),
            )

    @cached_property
    def fabric(self) -> Fabric:
        return lay_ground(self.parcels, self.borders, self.links, self.border_min_m)

    def relaxed(self, rules: Sequence[str]) -> "_Task":
        """Give the task without some conditions."""
        values = {SET_RULES[rule][0]: None for rule in rules if rule in SET_RULES}
        kept = tuple(rule for rule in self.rules if rule not in rules)
        return self._with(replace(self, demand=self.demand | values, rules=kept))

    def asking(self, name: str, value: object) -> "_Task":
        """Give the task with another value asked."""
        return self._with(replace(self, demand=self.demand | {name: value}))

    def _with(self, other: "_Task") -> "_Task":
        # The ground does not change while conditions are given up.
        if "fabric" in self.__dict__:
            other.__dict__["fabric"] = self.fabric
        return other

    def wants(self, without: Sequence[Hashable] = ()) -> Wants:
        fabric = self.fabric
        fits = ~fabric.parcels.index.isin([*self.forbidden, *without])
        for rule, (passed, unknown) in judge_parcels(fabric.parcels, self.demand, self.rules).items():
            fits &= passed | unknown if rule in self.noted else passed
        width = limit(self.demand, "width")
        found = (cores(self.fabric.parcels, width),) if width > 0 else ()
        owners = limit(self.demand, "owners")
        return Wants(
            np.array([limit(self.demand, "area_min")]),
            np.array([limit(self.demand, "area_max")]),
            np.array([limit(self.demand, "compactness")]),
            np.array([np.iinfo(np.int64).max if np.isinf(owners) else int(owners)], dtype=np.int64),
            np.array([limit(self.demand, "cost")]),
            np.array([0 if found else -1], dtype=np.int64),
            found,
            fits[None, :],
        )

    def search(
        self, keep: int, stop: Callable[[], bool], without: Sequence[Hashable] = (), least: float = -np.inf
    ) -> Found:
        """Search; reduced costs are minus the cost."""
        ground = self.fabric.ground
        pins = self.fabric.parcels.index.get_indexer(pd.Index(list(self.pinned)))
        if (pins < 0).any():
            return _nothing()
        # A pin is worth more than all that a site without it could save.
        reward = float(ground.cost_wan.sum() + ground.link_wan.sum()) + 1.0
        price = ground.cost_wan.copy()
        price[pins] -= reward
        worth = np.full((1, len(self.fabric.parks)), -reward * len(pins))
        floor = np.array([max(least, -reward) if len(pins) else least])
        return Search(ground, self.wants(without)).best(keep, worth, price=price, least=floor, stop=stop)

    def sites(self, found: Found) -> pd.DataFrame:
        ground = self.fabric.ground
        rows = []
        for cost, members in zip(found.sets.cost_wan, found.sets.members, strict=True):
            rows.append(describe(self.fabric, members, float(cost)))
        out = pd.DataFrame(rows, columns=list(SITE_COLUMNS), index=pd.RangeIndex(1, len(rows) + 1, name="site"))
        return out if len(ground) else _empty(SITE_COLUMNS)

    def refusals(self, found: Found, stop: Callable[[], bool]) -> pd.DataFrame:
        """Ask for every member of the best site what the best site without it costs."""
        fabric = self.fabric
        best, cost = found.sets.members[0], float(found.sets.cost_wan[0])
        rows = []
        for at in best:
            label = fabric.parcels.index[at]
            other, proved = np.nan, True
            if label not in self.pinned:
                # A next-best site without it is an answer already; only something cheaper is asked for.
                known = [
                    float(wan)
                    for wan, members in zip(found.sets.cost_wan, found.sets.members, strict=True)
                    if at not in members
                ]
                if found.is_complete and known:
                    other = min(known)  # the sites stand in order, and nothing cheaper was left out
                else:
                    without = self.search(1, stop, (label,), -min(known) if known else -np.inf)
                    costs = [*known, *without.sets.cost_wan.tolist()]
                    other, proved = (min(costs) if costs else np.nan), without.is_complete
            rows.append((ground_cost(fabric, at), fabric.ground.area_m2[at], other - cost, proved))
        return pd.DataFrame(rows, columns=list(MEMBER_COLUMNS), index=fabric.parcels.index[best])

    def left_out(self) -> pd.DataFrame:
        rows = []
        area = self.parcels["geom_area_m2"]
        for rule, (passed, unknown) in judge_parcels(self.parcels, self.demand, self.rules).items():
            out = ~passed & (~unknown if rule in self.noted else True)
            noted = int(unknown.sum()) if rule in self.noted else 0
            rows.append((rule, int(out.sum()), float(area[out].sum()), int((out & unknown).sum()), noted))
        lacking = self.parcels["cost_wan"].isna().to_numpy(dtype=bool)
        rows.append(("known_cost", int(lacking.sum()), float(area[lacking].sum()), int(lacking.sum()), 0))
        barred = self.parcels.index.isin(list(self.forbidden))
        rows.append(("forbidden", int(barred.sum()), float(area[barred].sum()), 0, 0))
        return pd.DataFrame(rows, columns=["rule", "parcels", "area_m2", "unknown", "noted"])


def ground_cost(fabric: Fabric, at: int) -> float:
    """Give what one parcel costs, 万元."""
    return float(fabric.ground.cost_wan[at])


def describe(fabric: Fabric, members: Ints, cost_wan: float) -> tuple[Any, ...]:
    """Give the row of `SITE_COLUMNS` for a set."""
    ground = fabric.ground
    chosen = np.zeros(len(ground), dtype=bool)
    chosen[members] = True
    shared = 0.0
    for at in members:
        span = slice(ground.start[at], ground.start[at + 1])
        shared += float(ground.border_m[span][chosen[ground.neighbour[span]]].sum())
    area = float(ground.area_m2[members].sum())
    outline = float(ground.outline_m[members].sum()) - shared  # every shared border was met from both sides
    owners = ground.owner[members]
    return (
        cost_wan,
        area,
        site_width_m(np.asarray(fabric.parcels.geometry.iloc[members], dtype=object)),
        4 * np.pi * area / outline**2,
        len(set(owners[owners >= 0].tolist())),
        fabric.parks[ground.park[members[0]]],
        tuple(fabric.parcels.index[members]),
        max(cost_wan - float(ground.cost_wan[members].sum()), 0.0),
    )


def _relax(task: _Task, stop: Callable[[], bool]) -> pd.DataFrame:
    """Find the smallest sets of conditions without which there is a site."""
    asked = [rule for rule in SET_RULES if limit(task.demand, rule) != SET_RULES[rule][1]]
    judged = judge_parcels(task.fabric.parcels, task.demand, task.rules)
    asked += [rule for rule, (passed, _) in judged.items() if rule not in _NEVER_RELAXED and not passed.all()]
    enough: list[frozenset[str]] = []
    rows = []
    for size in range(1, _TOGETHER + 1):
        for some in combinations(asked, size):
            if any(smaller <= set(some) for smaller in enough):
                continue
            if some == ("area_min",):  # without a least area every parcel is a site: ask how much there is
                other, given = _mildest(task, "area_min", stop)
            else:
                other, given = task.relaxed(some).search(1, stop), None
                if len(other.sets) and size == 1:
                    other, given = _mildest(task, some[0], stop)
            if not len(other.sets):
                continue
            enough.append(frozenset(some))
            cost = float(other.sets.cost_wan[0])
            site = dict(zip(SITE_COLUMNS, describe(task.fabric, other.sets.members[0], cost), strict=True))
            values = tuple(_asked_value(task.demand, rule) for rule in some)
            rows.append((some, values, given, cost, site["area_m2"], site["parcels"], other.is_complete))
    return pd.DataFrame(rows, columns=list(RELAXATION_COLUMNS))


def _asked_value(demand: Mapping[str, Any], rule: str) -> object:
    if rule in SET_RULES:
        return limit(demand, rule)
    asked = {
        "park": "parks", "kind": "use_kind", "class": "pollution_class", "date": "start_on", "distance": "sensitive_min_m",
    }  # fmt: skip
    return demand.get(asked.get(rule, ""))


def _mildest(task: _Task, rule: str, stop: Callable[[], bool]) -> tuple[Found, object]:
    """Give the site that gives up least of one condition, and how much is left of it."""
    parcels = task.fabric.parcels
    if rule in ("use", "boundary", "park", "kind", "class"):
        return task.relaxed((rule,)).search(1, stop), None
    if rule == "date":
        days = np.sort(parcels["free_on"].dropna().unique())
        return _first(task, "start_on", [day for day in days if day > pd.Timestamp(task.demand["start_on"])], stop)
    if rule == "distance":
        steps = np.sort(parcels["sensitive_m"].dropna().unique())[::-1]
        return _first(task, "sensitive_min_m", [m for m in steps if m < float(task.demand["sensitive_min_m"])], stop)
    name, nothing = SET_RULES[rule]
    if rule == "owners":
        owners = int(task.fabric.ground.owner.max(initial=0)) + 1
        return _first(task, name, list(range(int(limit(task.demand, rule)) + 1, owners + 1)), stop)
    found = task.relaxed((rule,)).search(1, stop)
    if not len(found.sets):
        return found, None
    asks_less = nothing == 0.0
    kept, lost = _has(task, rule, found), limit(task.demand, rule)
    for _ in range(40):
        if abs(kept - lost) <= 1e-4 * max(abs(lost), 1.0):
            break
        middle = (kept + lost) / 2
        tried = task.asking(name, middle).search(1, stop)
        if len(tried.sets):
            found = tried
            kept = max(middle, _has(task, rule, tried)) if asks_less else min(middle, _has(task, rule, tried))
        else:
            lost = middle
    return found, _has(task, rule, found)


def _has(task: _Task, rule: str, found: Found) -> float:
    """Say how much of a condition the best site found has."""
    site = dict(
        zip(SITE_COLUMNS, describe(task.fabric, found.sets.members[0], float(found.sets.cost_wan[0])), strict=True)
    )
    of = {"area_min": "area_m2", "area_max": "area_m2", "width": "width_m", "cost": "cost_wan"}
    return float(site[of.get(rule, rule)])


def _first(task: _Task, name: str, values: Sequence[Any], stop: Callable[[], bool]) -> tuple[Found, object]:
    """Give the site for the first value, in order, with which there is one; what later values allow, they all allow."""
    low, high = 0, len(values) - 1
    best: tuple[Found, object] = (_nothing(), None)
    while low <= high:
        middle = (low + high) // 2
        found = task.asking(name, values[middle]).search(1, stop)
        if len(found.sets):
            best, high = (found, values[middle]), middle - 1
        else:
            low = middle + 1
    return best


def _bound(found: Found) -> float:
    """No site costs less: what was found, or could hide where nothing was searched."""
    best = float(found.sets.cost_wan[0]) if len(found.sets) else np.inf
    return min(best, max(-float(found.pending[0]), 0.0))


def _nothing() -> Found:
    none = np.empty(0)
    return Found(Sets(none.astype(np.int64), none, none, []), np.array([-np.inf]), np.array([-np.inf]), 0)


def _empty(columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="object") for name in columns})


def _pairs(
    labels: pd.Index, borders: pd.DataFrame, links: pd.DataFrame | None, border_min_m: float
) -> tuple[Ints, Ints, Floats, Floats]:
    """Give positions, border and link cost of every pair, each once; a border makes a link needless."""
    long = borders[borders["border_m"] >= border_min_m]
    frames = [(long, long["border_m"].to_numpy(dtype=float), np.zeros(len(long)))]
    if links is not None and len(links):
        # A link that costs nothing would be taken for a border: it costs the tenth of a yuan.
        wan = np.maximum(links["cost_wan"].to_numpy(dtype=float), 1e-5)
        frames.append((links, np.zeros(len(links)), wan))
    a = np.concatenate([labels.get_indexer(pd.Index(frame["parcel_a"])) for frame, _, _ in frames]).astype(np.int64)
    b = np.concatenate([labels.get_indexer(pd.Index(frame["parcel_b"])) for frame, _, _ in frames]).astype(np.int64)
    border, wan = (np.concatenate([one[part] for one in frames]) for part in (1, 2))
    kept = (a >= 0) & (b >= 0) & (a != b)
    low, high = np.minimum(a, b)[kept], np.maximum(a, b)[kept]
    border, wan = border[kept], wan[kept]
    order = np.lexsort((wan, high, low))
    low, high, border, wan = low[order], high[order], border[order], wan[order]
    first = np.append(True, (low[1:] != low[:-1]) | (high[1:] != high[:-1]))[: len(low)]
    return low[first], high[first], border[first], wan[first]
