"""The worked cases of the law: every file here holds cases with their source, and each is computed as it stands."""

from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from given_law import cases
from given_stock import frame, stock

from landgis.core.judging.idle import idle_land
from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.performance import cut_grades, grade, grade_shares, rank_totals, score
from landgis.terms.rulereader import load_ruleset
from landgis.terms.rules import Cut, Number

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", [path.stem for path in sorted(HERE.glob("*.toml"))])
def test_every_case_names_its_source(name: str) -> None:
    assert all(case.values[0]["article"] for case in cases(name))


@pytest.mark.parametrize("case", cases("idle"))
def test_idle(case: dict[str, Any]) -> None:
    contracts = frame("contract", [case["given"] | {"contract_no": "1"}]).assign(parcel_id=1)
    delays = frame("contract_delay", [delay | {"contract_no": "1"} for delay in case.get("delays", [])])
    found = idle_land(contracts, load_ruleset(case["ruleset"]), case["on"], delays=delays).iloc[0]
    for name, wanted in case["expect"].items():
        if wanted == "NaT":
            assert pd.isna(found[name]), name
        elif isinstance(wanted, date):
            assert found[name].date() == wanted, name
        else:
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
        Cut(
            item["grade"],
            *(Fraction(item[key]) if key in item else None for key in bounds),
            item.get("rounding", "down"),
        )
        for item in case["cuts"]
    ]
    totals = np.array(case.get("totals") or np.arange(case["firms"], 0, -1), dtype=float)
    rank, size = rank_totals(totals, np.zeros(len(totals), dtype=np.int64))
    assert Counter(cut_grades(totals, rank, size, cuts)) == case["expect"]
    if "published" in case:
        assert sum(case["published"].values()) == case["sum"]
        assert case["published"]["A"] == case["expect"]["A"]


def test_yutai_kept_the_quotas_of_its_province() -> None:
    """鱼台 2023 as published: 26 A + 54 B + 44 C + 8 D + 9 T = 141; of the 132 ranked 19.7 % are A and 6.1 % D."""
    rules = load_ruleset("shandong-2019")
    published = {"A": 26, "B": 54, "C": 44, "D": 8, "T": 9}
    grades = [letter for letter, count in published.items() for _ in range(count)]
    rank = pd.array([place if letter != "T" else None for place, letter in enumerate(grades, 1)], dtype="Int64")
    made = pd.DataFrame({"year": 2023, "population": "鱼台/above", "grade": grades, "rank": rank})
    shares = grade_shares(made, rules).set_index("grade")
    assert sum(published.values()) == len(made) == 141
    assert shares["ranked"].unique().tolist() == [132]
    assert shares["subjects"].to_dict() == {"A": 26, "D": 8, "T": 9}
    assert shares["share"].round(3).to_dict() | {"T": 0} == {"A": 0.197, "D": 0.061, "T": 0}
    assert shares.loc[["A", "D"], "is_kept"].tolist() == [True, True]
    one_more = made.assign(grade=made["grade"].where(made.index != 26, "A"))  # 27 of 132 are more than a fifth
    assert grade_shares(one_more, rules).set_index("grade")["is_kept"].to_dict() == {"A": False, "D": True, "T": None}
    fewer = made.assign(
        grade=made["grade"].where(~made.index.isin([130, 131]), "C")
    )  # 6 of 132 are less than a twentieth
    assert grade_shares(fewer, rules).set_index("grade")["is_kept"].to_dict() == {"A": True, "D": False, "T": None}


def evaluated(
    case: dict[str, Any], given: list[dict[str, Any]], before: list[dict[str, Any]], firms: list[dict[str, Any]]
):
    """Grade firms of 2024 by the case's ruleset, each using a parcel of its own as the case says."""
    names = [str(place) for place in range(max(len(given), len(before)))]
    years = [
        row | {"uscc": name, "year": year}
        for year, rows in ((2023, before), (2024, given))
        for name, row in zip(names, rows, strict=False)
    ]
    uses = (
        [
            {"parcel_no": name, "uscc": name, "role": case["use"], "area_m2": case["given"].get("leased_m2", 1000.0)}
            for name in names
        ]
        if "use" in case
        else []
    )
    drawn = stock([{"parcel_no": name} for name in names], firms=firms, uses=uses, years=years)
    rules = load_ruleset(case["ruleset"])
    assert rules.scheme is not None
    return grade(drawn, rules, date(2025, 6, 30))


@pytest.mark.parametrize("case", cases("huaian"))
def test_huaian(case: dict[str, Any]) -> None:
    firms = [{"uscc": str(place), "scale": scale} for place, scale in enumerate(case["scales"])]
    found = evaluated(case, case["given"], case["before"], firms)
    for place, wanted in enumerate(case["totals"]):
        row = found.iloc[place]
        if isinstance(wanted, str):
            assert row["reason"].split(" ")[0] == wanted and row["grade"] is None and np.isnan(row["total"])
        else:
            assert row["total"] == pytest.approx(wanted, abs=1e-9)
            assert row["bases"].tolist() == pytest.approx(case["bases"])
            assert np.nansum(row["scores"]) + row["bonus"] - row["deduction"] == pytest.approx(row["total"], abs=1e-9)


@pytest.mark.parametrize("case", cases("populations"))
def test_populations(case: dict[str, Any]) -> None:
    year = {name: value for name, value in case["given"].items() if name == "land_used_m2"}
    firm = {name: value for name, value in case["given"].items() if name in ("scale", "is_utility", "founded_on")}
    found = evaluated(case, [year], [year], [firm | {"uscc": "0"}]).iloc[0]
    assert found["population"] == f"P1/{case['population']}"
    assert found["grade"] == case.get("grade")
    if "reason" in case:
        assert found["reason"] == case["reason"]


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
