"""The worked cases of the law: every file here holds cases with their source, and each is computed as it stands."""

import tomllib
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from given_stock import frame, stock

from landgis.core.idle import idle_land
from landgis.core.measure import parcel_measures
from landgis.core.performance import cut_grades, rank_totals, score
from landgis.terms.rulereader import load_ruleset
from landgis.terms.rules import Cut, Number

HERE = Path(__file__).parent


def cases(name: str) -> list[Any]:
    found = tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
    return [pytest.param(case | {"ruleset": found.get("ruleset")}, id=case["name"]) for case in found["cases"]]


@pytest.mark.parametrize("name", [path.stem for path in sorted(HERE.glob("*.toml"))])
def test_every_case_names_its_source(name: str) -> None:
    assert all(case.values[0]["article"] for case in cases(name))


@pytest.mark.parametrize("case", cases("idle"))
def test_idle(case: dict[str, Any]) -> None:
    contracts = frame("contract", [case["given"] | {"contract_no": "1"}]).assign(parcel_id=1)
    found = idle_land(contracts, load_ruleset(case["ruleset"]), case["on"]).iloc[0]
    for name, wanted in case["expect"].items():
        assert found[name] == (tuple(wanted) if isinstance(wanted, list) else wanted), name


@pytest.mark.parametrize("case", cases("huangyan"))
def test_huangyan(case: dict[str, Any]) -> None:
    rules = load_ruleset(case["ruleset"])
    assert rules.scheme is not None
    if "cap" in case:
        numbers = dict(rules.numbers) | {"cap": Number(Fraction(case["cap"]), "ratio", case["article"])}
        rules = replace(rules, numbers=numbers, scheme=replace(rules.scheme, cap="cap"))
    population = next(item for item in rules.scheme.populations if item.code == case["population"])
    assert sum(item.weight for item in population.indicators) == 100
    scores = score(pd.DataFrame([case["given"]]), population, rules.scheme, rules)
    assert scores.parts[0].tolist() == pytest.approx(case["parts"], abs=0.0005)
    assert scores.total[0] == pytest.approx(case["total"], abs=0.0006)
    assert scores.total[0] == pytest.approx(scores.parts[0].sum(), abs=1e-9)


@pytest.mark.parametrize("case", cases("quotas"))
def test_quotas(case: dict[str, Any]) -> None:
    bounds = ("top", "last", "at_least")
    cuts = [
        Cut(item["grade"], *(Fraction(item[key]) if key in item else None for key in bounds)) for item in case["cuts"]
    ]
    totals = np.array(case.get("totals") or np.arange(case["firms"], 0, -1), dtype=float)
    rank, size = rank_totals(totals, np.zeros(len(totals), dtype=np.int64))
    assert Counter(cut_grades(totals, rank, size, cuts)) == case["expect"]
    if "published" in case:
        assert sum(case["published"].values()) == case["sum"]
        assert case["published"]["A"] == case["expect"]["A"]


@pytest.mark.parametrize("case", cases("control"))
def test_control_indicators(case: dict[str, Any]) -> None:
    given = case["given"]
    drawn = stock(
        [{"parcel_no": "A", "geom_area_m2": given["area_m2"]}],
        buildings=[
            {"parcel_no": "A", "counted_area_m2": given["counted_area_m2"], "footprint_m2": given["footprint_m2"]},
        ],
        firms=[{"uscc": "U"}],
        uses=[{"parcel_no": "A", "uscc": "U", "role": "owner"}],
        years=[{"uscc": "U", "year": 2023, "revenue_wan": given["revenue_wan"]}],
    )
    measured = parcel_measures(drawn, date(2024, 6, 30)).iloc[0]
    for name, wanted in case["expect"].items():
        assert round(measured[name], case["decimals"][name]) == wanted, name
