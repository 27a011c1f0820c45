"""Percentile ranks within industry, beside plain numpy and pandas; and a whole assessment, step by step."""

import tempfile
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.bench.measuring import in_rounds, peak_mb, run_alone, say, table, timed

INDICATORS = 10
INDUSTRIES = 40
ASSESSED_PARCELS = 100_000
TILES = 10
STABLE_PARCELS, DRAWS = 5_000, 1_000
ON = date(2026, 6, 30)
RULES = ("cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def report(parcels: int, rounds: int) -> str:
    """Run the contestants, then one assessment, and lay both out."""
    ways = {
        "plain numpy, `lexsort` per column": "plain_numpy",
        "**`landgis.core.judging.ranking.percentile_in_group`**": "kernel",
        "pandas `groupby().rank(pct=True)`": "pandas_rank",
    }
    found = in_rounds({name: partial(run_alone, f"assessing:{way}", parcels) for name, way in ways.items()}, rounds)
    if len({(round(one["sum"], 3), one["known"]) for one in found.values()}) > 1:
        raise RuntimeError(f"the ranks differ: {found}")
    floor = found["plain numpy, `lexsort` per column"]["seconds"]
    rows = [
        [name, f"{one['seconds']:.2f}", f"{one['seconds'] / floor:.2f}", f"{one['peak_mb']:.0f}"]
        for name, one in found.items()
    ]
    whole = run_alone("assessing:full_rulebook", parcels) or {}
    passed = run_alone("assessing:single_pass", parcels) or {}
    stable = in_rounds({"stability": partial(run_alone, "assessing:stable", STABLE_PARCELS, DRAWS)}, rounds)[
        "stability"
    ]
    input_mb = parcels * (INDICATORS + 1) * 8 / 2**20
    return (
        f"{parcels:,} parcels × {INDICATORS} indicators in {INDUSTRIES} industries, one value in twenty unknown, two indicators full of "
        f"ties: {input_mb:.0f} MB of numbers; median of {rounds}. All three give the same ranks.\n\n"
        + table(["way", "seconds", "× numpy", "peak MB"], rows)
        + f"\n\n{_rulebook(parcels, whole, passed)}\n\n{_stable(stable)}"
        + f"\n\n{_whole(min(parcels, ASSESSED_PARCELS))}"
    )


def _rulebook(parcels: int, whole: dict[str, Any], passed: dict[str, Any]) -> str:
    rows = [[name.removeprefix("stage "), f"{value:.2f}"] for name, value in whole.items() if name.startswith("stage ")]
    return (
        f"The full rulebook ({', '.join(RULES)}) on a made city laid {TILES} times beside itself, {whole['parcels']:,} parcels with "
        f"{whole['enterprises']:,} enterprises and two years each, in memory: {whole['seconds']:.1f} s, peak {whole['peak_mb']:.0f} MB, of "
        f"which the stock itself {whole['stock_mb']:.0f} MB. One pass of numpy over the same columns (a sum of each) takes "
        f"{passed['seconds']:.3f} s.\n\n" + table(["step", "seconds"], rows)
    )


def _stable(told: dict[str, Any]) -> str:
    return (
        f"Stability of {told['parcels']:,} parcels ({told['ranked']:,.0f} enterprises ranked) under {told['draws']:,} weightings, "
        f"every figure 5 % noisy: {told['seconds']:.2f} s, without noise {told['quiet']:.2f} s; the answers of the parcels "
        f"{told['answers_s']:.2f} s; peak {told['peak_mb']:.0f} MB."
    )


def _whole(parcels: int) -> str:
    from tests.bench.databases import fresh, private_cluster

    with tempfile.TemporaryDirectory(prefix="lgbench-") as folder, private_cluster() as cluster:
        path = Path(folder, "city.gpkg")
        say(f"making a city of {parcels} parcels")
        run_alone("assessing:make_file", parcels, path)
        fresh(cluster, "contest")
        stored = run_alone("importing:ingest", path, cluster.url("landgis_app", "contest")) or {}
        made = run_alone("assessing:assess_all", cluster.url("landgis_app", "contest")) or {}
        size_mb = path.stat().st_size / 2**20
    rows = [
        [name.removeprefix("stage "), f"{value:.1f}"]
        for told in (stored, made)
        for name, value in told.items()
        if name.startswith("stage ")
    ]
    return (
        f"A whole city of {parcels:,} parcels with contracts, buildings, enterprises and their years (a GeoPackage of {size_mb:.0f} MB), "
        f"imported in {stored['seconds']:.0f} s (peak {stored['peak_mb']:.0f} MB) and assessed in {made['seconds']:.0f} s "
        f"(peak {made['peak_mb']:.0f} MB), once:\n\n" + table(["step", "seconds"], rows)
    )


def _given(parcels: int) -> tuple[Floats, Ints]:
    rng = np.random.default_rng(1)
    values = rng.lognormal(3, 1.5, (parcels, INDICATORS))
    values[:, 0], values[:, 1] = np.round(values[:, 0]), np.round(values[:, 1], -1)
    values[rng.random(values.shape) < 0.05] = np.nan
    return values, rng.integers(0, INDUSTRIES, parcels)


def _told(ranks: Floats, told: dict[str, Any]) -> dict[str, Any]:
    return told | {"sum": float(np.nansum(ranks)), "known": int((~np.isnan(ranks)).sum())}


def kernel(parcels: str) -> dict[str, Any]:
    """Rank by our own kernel."""
    from landgis.core.judging.ranking import percentile_in_group

    values, group = _given(int(parcels))
    told: dict[str, Any] = {}
    with timed(told):
        ranks = percentile_in_group(values, group)
    return _told(ranks, told)


def plain_numpy(parcels: str) -> dict[str, Any]:
    """Rank as one would write it down: sort each column by group and value, give ties their mean rank."""
    values, group = _given(int(parcels))
    told: dict[str, Any] = {}
    with timed(told):
        ranks = np.full(values.shape, np.nan)
        for column in range(values.shape[1]):
            known = np.flatnonzero(~np.isnan(values[:, column]))
            value, where = values[known, column], group[known]
            order = np.lexsort((value, where))
            value, where = value[order], where[order]
            new = np.r_[True, (value[1:] != value[:-1]) | (where[1:] != where[:-1])]
            start = np.flatnonzero(new)
            length = np.diff(start, append=len(value))
            size = np.bincount(where)
            first = np.cumsum(size) - size
            rank = np.repeat(start + (length + 1) / 2, length) - first[where]
            ranks[known[order], column] = rank / size[where]
    return _told(ranks, told)


def pandas_rank(parcels: str) -> dict[str, Any]:
    """Rank by pandas."""
    import pandas as pd

    values, group = _given(int(parcels))
    frame = pd.DataFrame(values)
    told: dict[str, Any] = {}
    with timed(told):
        ranks = frame.groupby(group).rank(pct=True)
    return _told(ranks.to_numpy(), told)


def _laid_out(parcels: int) -> Any:
    """Give the stock of a city laid beside itself: each copy a park of its own, ids and numbers apart."""
    from dataclasses import fields, replace

    import pandas as pd

    from landgis.sample import make_city

    one = make_city(parcels=parcels // TILES, parks=1, seed=1, on=ON, origin=(115.2, 33.0)).stock()
    laid: dict[str, Any] = {}
    for field in fields(one):
        frame = getattr(one, field.name)
        copies = []
        for number in range(TILES):
            copy = frame.copy(deep=False)
            if "park_code" in copy:
                copy["park_code"] = f"S{number:03}"
            for key, step in (("parcel_id", 10_000_000), ("enterprise_id", 10_000_000)):
                if key in copy:
                    copy[key] = copy[key] + number * step
                if copy.index.name == key:
                    copy.index = copy.index + number * step
            copies.append(copy)
        laid[field.name] = pd.concat(copies)
    return replace(one, **laid)


def full_rulebook(parcels: str) -> dict[str, Any]:
    """Judge a stock by a whole rulebook, in memory."""
    from contextlib import AbstractContextManager

    from landgis.terms.errors import Words
    from landgis.workflows.assess import judge, rulebook

    stock, rules = _laid_out(int(parcels)), rulebook(RULES, ON)
    told: dict[str, Any] = {"parcels": len(stock.parcel), "enterprises": len(stock.enterprise)}
    told["stock_mb"] = peak_mb()

    def tell(step: Words) -> AbstractContextManager[None]:
        return timed(told, f"stage {step.en}")

    with timed(told):
        made = judge(stock, 1, rules, ON, tell)
    if made.triage["answer"].isna().any():
        raise RuntimeError("a parcel has no answer")
    return told


def single_pass(parcels: str) -> dict[str, Any]:
    """Read every number of the same stock once."""
    stock = _laid_out(int(parcels))
    tables = (stock.parcel, stock.contract, stock.building, stock.enterprise, stock.parcel_use, stock.enterprise_year)
    columns = [
        np.ascontiguousarray(frame[name].to_numpy(dtype=float, na_value=np.nan))
        for frame in tables
        for name in frame
        if frame[name].dtype == "float64"
    ]
    told: dict[str, Any] = {}
    with timed(told):
        told["sum"] = float(sum(np.nansum(column) for column in columns))
    return told


def stable(parcels: str, draws: str) -> dict[str, Any]:
    """Draw a city's stability."""
    from landgis.core.judging.inefficient import low_efficiency
    from landgis.core.judging.measure import parcel_measures
    from landgis.core.judging.performance import grade
    from landgis.core.judging.stability import parcel_stability, stability
    from landgis.sample import make_city
    from landgis.terms.draws import Draws
    from landgis.terms.rulereader import load_ruleset

    stock = make_city(parcels=int(parcels), parks=1, seed=1, on=ON, origin=(115.2, 33.0)).stock()
    rules, measures = load_ruleset("huangyan-2022"), parcel_measures(stock, ON)
    legal, found = grade(stock, rules, ON), low_efficiency(measures, load_ruleset("dongyang-2021"), None)
    told: dict[str, Any] = {"parcels": int(parcels), "draws": int(draws), "ranked": int(legal["rank"].notna().sum())}
    with timed(told):
        drawn = stability(legal, rules, Draws(count=int(draws)))
    with timed(told, "quiet"):
        stability(legal, rules, Draws(count=int(draws), noise=0.0))
    with timed(told, "answers_s"):
        parcel_stability(drawn, legal, measures, found, load_ruleset("cn-triage"))
    return told


def make_file(parcels: str, path: str) -> dict[str, Any]:
    """Write a whole made city."""
    from landgis.sample import make_city, write_city

    count = int(parcels)
    write_city(make_city(parcels=count, parks=max(1, count // 25_000), seed=1, on=ON, origin=(115.2, 33.0)), Path(path))
    return {}


def assess_all(url: str) -> dict[str, Any]:
    """Assess all there is."""
    from contextlib import AbstractContextManager

    from landgis.store import database
    from landgis.terms.errors import Words
    from landgis.workflows.assess import assess

    told: dict[str, Any] = {}

    def tell(step: Words) -> AbstractContextManager[None]:
        return timed(told, f"stage {step.en}")

    with database.connect(url) as conn, timed(told):
        assess(conn, None, RULES, ON, tell=tell)
    return told
