"""Percentile ranks within industry, beside plain numpy and pandas; and a whole assessment, step by step."""

import tempfile
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tests.bench.measuring import in_rounds, run_alone, say, table, timed

INDICATORS = 10
INDUSTRIES = 40
ASSESSED_PARCELS = 100_000
ON = date(2026, 6, 30)
RULES = ("cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage")

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def report(parcels: int, rounds: int) -> str:
    """Run the contestants, then one assessment, and lay both out."""
    ways = {
        "plain numpy, `lexsort` per column": "plain_numpy",
        "**`landgis.core.ranking.percentile_in_group`**": "kernel",
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
    input_mb = parcels * (INDICATORS + 1) * 8 / 2**20
    return (
        f"{parcels:,} parcels × {INDICATORS} indicators in {INDUSTRIES} industries, one value in twenty unknown, two indicators full of "
        f"ties: {input_mb:.0f} MB of numbers; median of {rounds}. All three give the same ranks.\n\n"
        + table(["way", "seconds", "× numpy", "peak MB"], rows)
        + f"\n\n{_whole(min(parcels, ASSESSED_PARCELS))}"
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
    from landgis.core.ranking import percentile_in_group

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
