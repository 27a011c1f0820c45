"""In what two rulesets differ: every number, article, test and gate, and never the wording alone."""

from fractions import Fraction

import pytest

from landgis.terms.rulediff import differences, plain
from landgis.terms.rulereader import list_rulesets, load_ruleset, parse_ruleset

DONGYANG = load_ruleset("dongyang-2021").text


def told(old: str, new: str) -> list[tuple[str, str, str, str]]:
    assert old in DONGYANG
    edited = parse_ruleset(DONGYANG.replace(old, new, 1), "edited.toml")
    return [
        (item.change, item.path, item.before, item.after) for item in differences(load_ruleset("dongyang-2021"), edited)
    ]


@pytest.mark.parametrize("code", list_rulesets())
def test_a_ruleset_does_not_differ_from_itself(code: str) -> None:
    assert differences(load_ruleset(code), load_ruleset(code)) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("value = 5\n", "value = 6\n", [("changed", "numbers.tax_line_wan_per_mu.value", "5", "6")]),
        ("value = 5\n", "value = 5.0\n", []),
        ('region = "CN-330783"', 'region = "CN-330700"', [("changed", "region", "CN-330783", "CN-330700")]),
        (
            'operator = ">="',
            'operator = ">"',
            [("changed", "tests.key_low_tax.conditions.area_mu.operator", ">=", ">")],
        ),
        ('code = "dongyang-2021"', 'code = "dongyang-2022"\nsupersedes = ["dongyang-2021"]', []),  # the edition alone
        ('title = { zh = "上年度亩均税收低于5万元"', 'title = { zh = "亩均税收低"', []),  # words are no law
        ("# 低效工业用地", "# 低效工业用地 ", []),
        (
            "effective_from = 2021-01-01",
            "effective_from = 2021-01-01\neffective_to = 2024-12-31",
            [("added", "effective_to", "", "2024-12-31")],
        ),
    ],
)
def test_what_a_change_is_called(old: str, new: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert told(old, new) == expected


def test_a_test_that_is_gone_is_told_with_all_it_asked() -> None:
    start = DONGYANG.index('[[tests]]\ncode = "key_below_industry"')
    rest = parse_ruleset(DONGYANG[:start], "edited.toml")
    found = differences(load_ruleset("dongyang-2021"), rest)
    assert {item.change for item in found} == {"gone"}
    assert ("tests.key_below_industry.conditions.tax_wan_per_mu.of", "industry_tax_wan_per_mu") in {
        (item.path, item.before) for item in found
    }


def test_one_that_comes_back_is_told_as_added() -> None:
    start = DONGYANG.index('[[tests]]\ncode = "key_below_industry"')
    rest = parse_ruleset(DONGYANG[:start], "edited.toml")
    there, back = differences(load_ruleset("dongyang-2021"), rest), differences(rest, load_ruleset("dongyang-2021"))
    assert {(item.path, item.before) for item in there} == {(item.path, item.after) for item in back}
    assert {item.change for item in back} == {"added"}


def test_a_part_of_a_ruleset_is_plain_data_with_its_numbers_exact() -> None:
    idle = plain(load_ruleset("cn-idle-2012"))
    assert idle["numbers"]["developed_share_min"]["value"] == "1/3"
    assert idle["numbers"]["invested_share_min"]["value"] == 0.25
    assert idle["effective_from"] == "2012-07-01"
    assert plain(Fraction(1, 10)) == 0.1
