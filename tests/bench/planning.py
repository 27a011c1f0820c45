"""Sites for many demands at once, with the bound."""

from functools import partial
from time import perf_counter
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landgis.core.adjacency import links, neighbours
from landgis.core.plan import make_plan
from landgis.sample.fabric import draw_fabric
from landgis.terms.crs import ellipsoid_area_m2
from landgis.terms.units import M2_PER_HA
from tests.bench.measuring import in_rounds, table

#: Parcels, demands, and how many times what is asked there is (0: what a demand asks stays as it is drawn).
CASES = ((1_000, 50, 8.0), (1_000, 100, 2.0), (5_000, 200, 8.0), (20_000, 200, 0.0))
SECONDS = 60.0
WIDTHS_M = (0.0, 40.0, 60.0, 80.0)


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


def plan(parcels: int, demands: int, supply: float, seconds: float) -> dict[str, Any]:
    """Plan one instance under a clock: widths, shapes, owners, dates and parks are asked, no limit binds the whole."""
    land, wanted, found, across = instance(parcels, demands, supply)
    begun = perf_counter()
    made = make_plan(
        land,
        wanted,
        found,
        across,
        border_min_m=10,
        rules=("park", "date"),
        stop=lambda: perf_counter() - begun > seconds,
    )
    return {"seconds": perf_counter() - begun, "gap": made.gap, "served": len(made.sites)}


def report(parcels: int, rounds: int) -> str:
    """Plan the instances of at most so many parcels, once each after a first that compiles."""
    plan(200, 5, 8, SECONDS)
    rows = []
    for land, demands, supply in CASES:
        if land <= parcels:
            told = in_rounds({f"{land}": partial(plan, land, demands, supply, SECONDS)}, min(rounds, 1))[f"{land}"]
            area = f"{supply:g}" if supply else "ample"
            rows.append(
                [f"{land:,} × {demands}", area, f"{told['served']:.0f}", f"{told['gap']:.4%}", f"{told['seconds']:.1f}"]
            )
    return table(["parcels × demands", "supply ÷ demand", "served", "gap", "seconds"], rows)
