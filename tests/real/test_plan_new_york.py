"""Sites on real lots: New York's industrial zones, with the invented projects of the documents."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from landgis.workflows.asked import Asked
from landgis.workflows.assess import assess
from landgis.workflows.demands import DEMAND_PROFILE
from landgis.workflows.ingest import ingest
from landgis.workflows.reallocate import make

ROOT = Path(__file__).parents[2]
LOTS = ROOT.parent / "shared/data/nyc-ibz-mappluto/nyc_ibz_lots.gpkg"
pytestmark = pytest.mark.skipif(
    not LOTS.is_file(), reason="the real lots lie beside the checkout, in ../shared/data, and are not there"
)


def test_invented_projects_find_their_sites_on_real_lots(conn):
    ingest(conn, [LOTS], "nyc-pluto")
    assess(conn, None, ["nyc-ibz"], date(2024, 6, 30))
    demands = ingest(conn, [ROOT / "docs/example/nyc-demands.csv"], DEMAND_PROFILE)
    plan = make(conn, Asked(time_limit_s=60), rules=["nyc-planning"])

    assert demands.stored.stored == 12
    assert (plan["demands_served"], plan["demands"], plan["currency"]) == (12, 12, "USD")  # docs/plans.md
    assert plan["is_proved"] and plan["bound"] - plan["objective"] < 1
    assert round(plan["objective"]) == 12_513 and round(plan["cost_wan"]) == 1_460
    wanted = pd.read_csv(ROOT / "docs/example/nyc-demands.csv").set_index("demand_no")
    for site in plan["sites"]:
        asked = wanted.loc[site["demand_no"]]
        assert asked["area_min_m2"] <= site["area_m2"] <= asked["area_max_m2"]
        assert site["width_m"] >= asked["width_min_m"] - 0.1
    left = {one["reason"]: one["parcels"] for one in plan["left_out"]}
    assert left["cost_unknown"] == 17  # assessed at nothing: not known is not free
