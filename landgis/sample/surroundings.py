"""What lies around and over the parcels: control layers; and the projects that look for land."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.affinity import scale, translate

from landgis.sample.columns import days, frame, numbered, picked
from landgis.sample.fabric import Fabric, Ints
from landgis.sample.records import INDUSTRIES, park_codes
from landgis.terms.crs import STORED
from landgis.terms.frames import DEMAND, ZONE

DEMANDS: Final = 12


def zone_frame(fabric: Fabric, planted: Sequence[tuple[int, str, Any]]) -> gpd.GeoDataFrame:
    """Draw the control layers of each park.

    All parcels lie inside the urban boundary and an industrial line and none in the other layers, but for what is planted.

    Parameters
    ----------
    planted
        Park, layer and shape of further zones; of the urban boundary it is what lies outside.
    """
    rows: list[tuple[int, str, str, Any]] = []
    for park, outline in enumerate(fabric.parks):
        west, east = _split(outline)
        width, height = outline.bounds[2] - outline.bounds[0], outline.bounds[3] - outline.bounds[1]
        beside = translate(outline, xoff=width * 0.58)
        rows += [
            (park, "urban_boundary", "城镇开发边界", scale(outline, 1.02, 1.02)),
            (park, "industrial_line_1", "工业控制线一级", west),
            (park, "industrial_line_2", "工业控制线二级", east),
            (park, "farmland", "永久基本农田", scale(beside, 0.03, 0.5)),
            (park, "ecology", "生态保护红线", scale(translate(beside, xoff=width * 0.08), 0.06, 0.8)),
            (park, "sensitive", "示例学校", scale(translate(outline, yoff=height * 0.58), 0.03, 0.02)),
            (park, "renewal_area", "盘活片区", scale(translate(outline, yoff=-height * 0.6), 0.3, 0.1)),
        ]
    for park, layer, shape in planted:
        at = next(place for place, row in enumerate(rows) if row[:2] == (park, layer))
        if layer == "urban_boundary":
            rows[at] = (*rows[at][:3], rows[at][3] - shape)
        else:
            rows.append((park, layer, rows[at][2], shape))
    table = pd.DataFrame(rows, columns=["park", "layer", "name", "geom"])
    number = np.asarray(table.groupby(["park", "layer"]).cumcount(), dtype=np.int64) + 1
    values = {
        "park_code": park_codes(len(fabric.parks)).take(table["park"].to_numpy()).reset_index(drop=True),
        "layer": table["layer"],
        "zone_code": numbered("Z", number, 2),
        "name": table["name"],
        "geom": table["geom"].to_numpy(),
    }
    return gpd.GeoDataFrame(frame(ZONE, len(table), values), geometry="geom", crs=STORED)


def _split(outline: Any) -> tuple[Any, Any]:  # noqa: ANN401 - shapely geometries
    """Cut an outline in two at seven tenths of its width."""
    low_x, low_y, high_x, high_y = outline.bounds
    at = low_x + 0.7 * (high_x - low_x)
    return outline & shapely.box(low_x, low_y, at, high_y), outline & shapely.box(at, low_y, high_x, high_y)


def demand_frame(rng: np.random.Generator, parks: int, on: date) -> pd.DataFrame:
    """Make a dozen projects, from 12 to 260 mu, in turn for the parks."""
    number: Ints = np.arange(1, DEMANDS + 1)
    ideal_mu = np.array([12, 20, 26, 35, 45, 60, 75, 90, 110, 140, 200, 260])
    ideal = ideal_mu * 667.0
    invest = np.round(ideal_mu * rng.uniform(300, 450, DEMANDS), -1)
    values = {
        "park_code": park_codes(parks).take((number - 1) % parks).reset_index(drop=True),
        "demand_no": numbered("D", number, 3),
        "name": numbered("示例项目 ", number, 2),
        "investor": numbered("示例投资方 ", number, 2),
        "industry_code": picked(INDUSTRIES, (number * 3) % len(INDUSTRIES)),
        "area_min_m2": np.round(ideal * 0.85),
        "area_ideal_m2": ideal,
        "area_max_m2": np.round(ideal * 1.25),
        "width_min_m": np.round(np.clip(np.sqrt(ideal) * 0.45, 40, 120)),
        "far_min": np.round(rng.uniform(1.2, 1.8, DEMANDS), 1),
        "invest_wan": invest,
        "output_wan": np.round(invest * 1.6),
        "tax_wan": np.round(ideal_mu * rng.uniform(20, 35, DEMANDS)),
        "jobs": np.round(ideal_mu * 6),
        "energy_tce": np.round(invest * 0.05),
        "start_on": days(on, -rng.integers(120, 500, DEMANDS)),
        "priority": (number - 1) % 5 + 1,
        "status": picked(("negotiating", "signed"), number % 2),
        "compactness_min": np.where(number % 4 == 0, 0.3, np.nan),
        "use_kind": picked(("industrial", "warehouse"), (number % 6 == 0).astype(np.int64)),
        "pollution_class": number % 2 + 2,
        "chain": picked(("汽车零部件", "智能装备", "新材料"), number % 3),
        "chain_link": picked(("fill", "strengthen", "extend"), number % 3),
        "emission_t": np.round(invest * 0.0002, 1),
        "power_kva": np.round(invest * 0.1, -1),
        "sensitive_min_m": np.array([50.0, 100.0, np.nan])[number % 3],
    }
    return frame(DEMAND, DEMANDS, values)
