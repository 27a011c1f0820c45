"""Every number that the core asks a ruleset for stands in each shipped ruleset of that kind, with unit and article."""

import ast
from pathlib import Path

import pytest

from landgis.core.judging.idle import idle_by_parcel, idle_findings, idle_land
from landgis.core.judging.inefficient import low_efficiency
from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.performance import grade
from landgis.core.judging.triage import parcel_grades, triage
from landgis.terms.rulereader import list_rulesets, load_ruleset, with_needed
from landgis.terms.rules import Number, Ruleset

CORE = Path(__file__).parents[2] / "landgis/core"
ROOMS = {
    "idle.py": "idle", "inefficient.py": "low_efficiency", "activity.py": "activity", "zombie.py": "activity",
    "performance.py": "performance", "triage.py": "triage",
}  # fmt: skip
ROOMS |= {"valuation.py": "compensation", "swap.py": "swap"}
SHIPPED = [load_ruleset(code) for code in list_rulesets()]


def named(module: str) -> set[tuple[str, str]]:
    """Give the numbers that a module of the core asks for by a name written in it, with the unit it wants."""
    calls = [
        node
        for node in ast.walk(ast.parse(next(CORE.rglob(module)).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    return {
        (call.args[0].value, call.args[1].value)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "value" and len(call.args) == 2
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[1], ast.Constant)
    }


def test_the_arithmetic_of_idle_land_names_its_numbers() -> None:
    assert ("developed_share_min", "ratio") in named("idle.py")
    assert len(named("idle.py")) >= 6


@pytest.mark.parametrize(("module", "kind"), ROOMS.items())
def test_a_number_named_in_the_core_is_in_every_ruleset_of_the_kind(module: str, kind: str) -> None:
    rulesets = [ruleset for ruleset in SHIPPED if kind in ruleset.kinds]
    assert rulesets
    for ruleset in rulesets:
        for name, unit in named(module):
            assert ruleset.number(name).unit == unit, (ruleset.code, name)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, set[str]]:
    """Write down which numbers each ruleset is asked for."""
    read: dict[str, set[str]] = {ruleset.code: set() for ruleset in SHIPPED}
    number = Ruleset.number

    def listening(self: Ruleset, name: str) -> Number:
        read[self.code].add(name)
        return number(self, name)

    monkeypatch.setattr(Ruleset, "number", listening)
    return read


@pytest.mark.parametrize("codes", [("cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage"), ("nyc-ibz",)])
def test_every_number_that_an_assessment_reads_has_its_article(codes, city, asked) -> None:
    stock, on = city.stock(), city.on
    rules = {kind: ruleset for ruleset in with_needed(map(load_ruleset, codes)) for kind in ruleset.kinds}
    measures = parcel_measures(stock, on, rules.get("industries"))
    idle = None
    if "idle" in rules:
        by_contract = idle_land(
            stock.contract, rules["idle"], on, build_status=stock.parcel["build_status"], delays=stock.contract_delay
        )
        idle = idle_by_parcel(by_contract, stock.parcel)
        idle_findings(by_contract, idle, rules["idle"])
    found = low_efficiency(measures, rules["low_efficiency"], None if idle is None else idle["idle"])
    grades = parcel_grades(grade(stock, rules["performance"], on, year=on.year - 1, measures=measures), measures)
    triage(measures, found, rules["triage"], idle=idle, grades=grades, grades_before=grades)

    for code in codes:
        ruleset = load_ruleset(code)
        assert asked[code], code
        for name in asked[code]:
            assert ruleset.numbers[name].article and ruleset.numbers[name].unit, (code, name)


@pytest.mark.parametrize("ruleset", SHIPPED, ids=lambda ruleset: ruleset.code)
def test_all_that_a_ruleset_sets_says_where_it_stands(ruleset: Ruleset) -> None:
    assert ruleset.document and ruleset.confidence
    stands = [*ruleset.numbers.values(), *ruleset.lists.values(), *ruleset.tables.values()]
    stands += [*ruleset.tests, *ruleset.gates, *ruleset.derived, *ruleset.signs, *ruleset.rates]
    assert [item for item in stands if not item.article] == []
