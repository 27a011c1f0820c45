"""The worked cases of the indicators of a whole zone, and what holds of any of them."""

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
import pytest
from given_law import cases
from given_stock import frame, stock

from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.zone_use import ZONE_COLUMNS, zone_use
from landgis.terms.errors import RuleError
from landgis.terms.frames import STOCK
from landgis.terms.rulereader import load_ruleset, parse_ruleset
from landgis.terms.rules import IDEAL_OF, ZONE_INDICATORS

ON = date(2024, 6, 30)
RULES = load_ruleset("cn-zone-use-2010")


def evaluated(case: dict[str, Any], *parks: str) -> pd.DataFrame:
    """Evaluate a case, laid out in each of these parks."""
    parks = parks or ("P1",)

    def everywhere(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row | {"park_code": park} for park in parks for row in rows]

    drawn = stock(
        everywhere([{"landuse_scheme": "ydyh-2023"} | row for row in case["parcels"]]),
        contracts=everywhere([{"contract_no": str(n)} | row for n, row in enumerate(case.get("contracts", []))]),
        buildings=everywhere([{"building_no": str(n)} | row for n, row in enumerate(case.get("buildings", []))]),
        firms=everywhere(case.get("firms", [])),
        uses=everywhere(
            [{"parcel_no": row["uscc"], "uscc": row["uscc"], "role": "owner"} for row in case.get("firms", [])]
        ),
        years=everywhere([{"year": ON.year - 1} | row for row in case.get("years", [])]),
    )
    drawn = replace(drawn, park=frame("park", [{"park_code": park, "name": park} | case["park"] for park in parks]))
    idle = drawn.parcel["parcel_no"].map(case["idle"]) if "idle" in case else None
    return zone_use(drawn, parcel_measures(drawn, ON), RULES, idle)


@pytest.mark.parametrize("case", cases("zone_use"))
def test_zone_use(case: dict[str, Any]) -> None:
    found = evaluated(case).set_index("indicator")
    for name, wanted in case["expect"].items():
        assert found.loc[name, "value"] == pytest.approx(wanted, abs=0.00005 if wanted < 2 else 0.05), name
        assert found.loc[name, ["lacking", "missing"]].tolist() == [0, ()]
    for name, missing in case.get("missing", {}).items():
        assert sorted(found.loc[name, "missing"]) == missing, name
        assert pd.isna(found.loc[name, "value"]), name
    for name, lacking in case.get("lacking", {}).items():
        assert found.loc[name, "lacking"] == lacking, name


def test_zones_do_not_leak_into_each_other() -> None:
    case, *_ = (item.values[0] for item in cases("zone_use"))
    alone, beside = evaluated(case, "P1"), evaluated(case, "P1", "P2")
    assert tuple(beside.columns) == ZONE_COLUMNS
    assert beside["park_code"].tolist() == ["P1"] * len(alone) + ["P2"] * len(alone)
    pd.testing.assert_frame_equal(beside[: len(alone)], alone)


def test_every_indicator_is_shipped_and_what_it_lacks_is_a_column() -> None:
    assert {item.code for item in RULES.zone} == set(ZONE_INDICATORS)
    columns = {f"{table.name}.{column.name}" for table in STOCK for column in table.columns}
    lacking = {name for case in cases("zone_use") for name in evaluated(case.values[0])["missing"].explode().dropna()}
    assert lacking and lacking <= columns


def test_no_ideal_is_certain() -> None:
    assert {number.confidence for number in RULES.numbers.values()} == {"L"}


@pytest.mark.parametrize("potential", IDEAL_OF)
def test_a_potential_without_its_ideal_is_refused(potential: str) -> None:
    base = IDEAL_OF[potential]
    with pytest.raises(RuleError, match="zone"):
        parse_ruleset(RULES.text.replace(f'ideal = "{base}_ideal"\n', ""), "mine.toml")


def test_a_number_in_another_unit_is_no_ideal() -> None:
    with pytest.raises(RuleError, match="unit"):
        parse_ruleset(RULES.text.replace('ideal = "far_ideal"', 'ideal = "tax_ideal"'), "mine.toml")
