"""Rulesets: what is shipped is whole, what is malformed is refused by file, key and mend, and nothing is defaulted."""

from datetime import date
from fractions import Fraction

import pytest

from landgis.terms.errors import RuleError
from landgis.terms.frames import STOCK
from landgis.terms.measures import MEASURES
from landgis.terms.reasons import REASONS, name_words, read_reason, reason_words
from landgis.terms.rulereader import compose, find_faults, list_rulesets, load_ruleset, parse_ruleset
from landgis.terms.rules import CONFIDENCES, IDLE_TESTS, UNITS, Ruleset, compose_rulesets

SHIPPED = ("cn-idle-2012", "cn-triage", "dongyang-2021", "huangyan-2022", "nyc-ibz")
CHINESE = ["cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage"]

SMALL = """
[ruleset]
code = "small"
title = { zh = "小", en = "small" }
kinds = ["low_efficiency"]
document = "a document"
region = "CN"
effective_from = 2020-01-01
confidence = "source"

[line]
value = 5
unit = "万元/亩"
article = "第1条"

[[tests]]
code = "low_tax"
title = { zh = "低", en = "low" }
article = "第1条"
[[tests.all]]
measure = "tax_wan_per_mu"
operator = "<"
number = "line"
"""


def small(old: str = "", new: str = "") -> Ruleset:
    assert old in SMALL
    return parse_ruleset(SMALL.replace(old, new, 1), "small.toml")


def test_what_is_shipped() -> None:
    assert set(SHIPPED) <= set(list_rulesets())


@pytest.mark.parametrize("code", list_rulesets())
def test_every_number_has_unit_and_article_and_every_code_its_words(code: str) -> None:
    rules = load_ruleset(code)
    assert rules.code == code
    assert rules.document and rules.region and rules.confidence in CONFIDENCES
    for number in (*rules.numbers.values(), *rules.tables.values()):
        assert number.unit in UNITS and number.article
    for words in rules.words.values():
        assert words.zh and words.en
    assert {test.code for test in rules.tests} | {gate.code for gate in rules.gates} <= set(rules.words)


@pytest.mark.parametrize("code", list_rulesets())
def test_what_is_not_certain_is_marked(code: str) -> None:
    """Where the text itself says that something is to be verified, its confidence is not high."""
    rules = load_ruleset(code)
    for item in (*rules.numbers.values(), *rules.lists.values(), *rules.tables.values()):
        assert "待核" not in item.note or item.confidence in ("M", "L")


@pytest.mark.parametrize(
    ("code", "name", "value", "unit"),
    [
        ("cn-idle-2012", "developed_share_min", Fraction(1, 3), "ratio"),
        ("cn-idle-2012", "invested_share_min", Fraction(1, 4), "ratio"),
        ("cn-idle-2012", "fee_share", Fraction(1, 5), "ratio"),
        ("cn-idle-2012", "take_back_years", Fraction(2), "year"),
        ("dongyang-2021", "tax_line_wan_per_mu", Fraction(5), "万元/亩"),
        ("dongyang-2021", "key_area_mu", Fraction(3), "亩"),
        ("cn-triage", "coefficient_floor", Fraction(3, 10), "ratio"),
    ],
)
def test_numbers_are_exact(code: str, name: str, value: Fraction, unit: str) -> None:
    assert load_ruleset(code).value(name, unit) == value


def test_a_number_in_another_unit_is_refused() -> None:
    with pytest.raises(RuleError) as caught:
        load_ruleset("dongyang-2021").value("key_area_mu", "m²")
    assert "亩" in str(caught.value) and "m²" in str(caught.value)


def test_a_number_that_is_not_there_is_refused_not_defaulted() -> None:
    with pytest.raises(RuleError) as caught:
        load_ruleset("dongyang-2021").number("far_floor")
    assert caught.value.at == "dongyang-2021 [far_floor]"
    assert caught.value.mend is not None


def test_an_unknown_ruleset_lists_those_there_are_and_the_nearest() -> None:
    with pytest.raises(RuleError) as caught:
        load_ruleset("dongyang-2012")
    assert "Did you mean dongyang-2021?" in str(caught.value)
    assert all(code in str(caught.value) for code in SHIPPED)


@pytest.mark.parametrize("code", ["../cn-triage", "", "cn-triage.toml"])
def test_a_code_is_no_path(code: str) -> None:
    with pytest.raises(RuleError):
        load_ruleset(code)


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ('region = "CN"\n', "", "[ruleset.region]"),
        ('region = "CN"', 'region = " "', "[ruleset.region]"),
        ('region = "CN"', 'region = "CN"\nregoin = "CN"', "[ruleset.regoin]"),
        ('confidence = "source"', 'confidence = "sure"', "[ruleset.confidence]"),
        ('kinds = ["low_efficiency"]', 'kinds = ["inefficient"]', "[ruleset.kinds]"),
        ('kinds = ["low_efficiency"]', 'kinds = ["low_efficiency", "idle"]', "[tests]"),
        ('kinds = ["low_efficiency"]', 'kinds = ["triage"]', "[gates]"),
        ("effective_from = 2020-01-01", 'effective_from = "2020-01-01"', "[ruleset.effective_from]"),
        ('title = { zh = "小", en = "small" }', 'title = { zh = "小" }', "[ruleset.title.en]"),
        ('unit = "万元/亩"\n', "", "[line.unit]"),
        ('unit = "万元/亩"', 'unit = "万元/公顷"', "[line.unit]"),
        ('article = "第1条"\n\n', "\n", "[line.article]"),
        ("value = 5", 'value = "five"', "[line.value]"),
        ("value = 5", 'value = "1/0"', "[line.value]"),
        ("value = 5", "value = true", "[line.value]"),
        ("value = 5", "value = 5\nvalu = 6", "[line.valu]"),
        ('measure = "tax_wan_per_mu"', 'measure = "tax_per_mu"', "[tests.0.all.0.measure]"),
        ('measure = "tax_wan_per_mu"', 'measure = "area_mu"', "[tests.0.all.0]"),  # 亩 against 万元/亩
        ('measure = "tax_wan_per_mu"', 'measure = "is_vacant"', "[tests.0.all.0.operator]"),
        ('measure = "tax_wan_per_mu"', 'measure = "grade"', "[tests.0.all.0.measure]"),  # only the triage knows grades
        ('operator = "<"', 'operator = "=<"', "[tests.0.all.0.operator]"),
        ('number = "line"', 'number = "lien"', "[tests.0.all.0.number]"),
        ('number = "line"', 'number = "line"\nof = "area_mu"', "[tests.0.all.0.number]"),  # a share must be a ratio
        ('[[tests.all]]\nmeasure = "tax_wan_per_mu"\noperator = "<"\nnumber = "line"', "", "[tests.0.all]"),
        ("[[tests]]", "[tests]", "[tests]"),
        ("[line]", "[line", "small.toml"),
    ],
)
def test_what_is_malformed_is_refused_with_file_key_and_mend(old: str, new: str, at: str) -> None:
    with pytest.raises(RuleError) as caught:
        small(old, new)
    assert caught.value.at.startswith("small.toml")
    assert caught.value.at.endswith(at)
    assert caught.value.mend is not None and caught.value.mend.zh and caught.value.mend.en


def faults(*changes: tuple[str, str]) -> list[str]:
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return [fault.at.removeprefix("small.toml ") for fault in find_faults(text, "small.toml")]


def test_a_check_tells_every_fault_and_a_sound_text_has_none() -> None:
    assert faults() == []
    assert faults(
        ('region = "CN"', 'region = "CN"\nregoin = "CN"'),
        ('confidence = "source"\n\n', 'confidence = "source"\n\n[other]\nvalue = 1\nunit = "kg"\narticle = "1"\n'),
        ('operator = "<"', 'operator = "=<"'),
        ('article = "第1条"\n[[tests.all]]', "[[tests.all]]"),
    ) == ["[ruleset.regoin]", "[other.unit]", "[tests.0.all.0.operator]"]


def test_a_fault_is_told_once_and_not_again_by_those_who_ask_for_what_is_faulty() -> None:
    assert faults(('unit = "万元/亩"', 'unit = "万元/公顷"')) == ["[line.unit]"]
    assert faults(("[line]", "[lin]"), ('unit = "万元/亩"', 'unit = "kg"')) == [
        "[lin.unit]",
        "[tests.0.all.0.number]",  # nobody has written a section of this name
    ]


@pytest.mark.parametrize(
    ("old", "new", "at"),
    [
        ('confidence = "source"', 'confidence = "source"\nstatus = "valid"', "[ruleset.status]"),
        ('confidence = "source"', 'confidence = "source"\nstatus = "superseded"', "[ruleset.effective_to]"),
        ('confidence = "source"', 'confidence = "source"\neffective_to = 2019-12-31', "[ruleset.effective_to]"),
        ('confidence = "source"', 'confidence = "source"\nsupersedes = ["small"]', "[ruleset.supersedes]"),
        ('kinds = ["low_efficiency"]', 'kinds = ["low_efficiency", "control"]', "[kinds]"),
        ('kinds = ["low_efficiency"]', 'kinds = ["low_efficiency", "industries"]', "[standings]"),
    ],
)
def test_a_head_that_contradicts_itself_is_refused(old: str, new: str, at: str) -> None:
    with pytest.raises(RuleError) as caught:
        small(old, new)
    assert caught.value.at.endswith(at)


def test_a_draft_says_so_wherever_it_is_used() -> None:
    draft = small('confidence = "source"', 'confidence = "source"\nstatus = "draft"')
    said = compose_rulesets([draft]).cautions(date(2026, 6, 30))
    assert [words.en for words in said] == ["'small' is a draft and not in force."]


@pytest.mark.parametrize("code", list_rulesets())
def test_what_is_shipped_says_whether_it_is_in_force(code: str) -> None:
    assert "\nstatus = " in load_ruleset(code).text


def test_the_hash_is_of_the_very_text() -> None:
    assert small().sha256 == small().sha256
    assert small("value = 5", "value = 5.0").sha256 != small().sha256
    assert small("value = 5", "value = 5.0").numbers == small().numbers


def test_a_rulebook_takes_one_ruleset_of_a_kind() -> None:
    book = compose(CHINESE)
    assert [item.code for item in book.rulesets] == [*CHINESE, "cn-industries"]  # which cn-triage needs
    assert (book.idle, book.triage) == (load_ruleset("cn-idle-2012"), load_ruleset("cn-triage"))
    with pytest.raises(RuleError, match="both of the kind 'low_efficiency'"):
        compose([*CHINESE, "nyc-ibz"])
    assert [item.code for item in compose(["nyc-ibz"]).rulesets] == ["nyc-ibz"]
    assert compose(["nyc-ibz"]).idle is None


def test_a_rulebooks_hash_does_not_depend_on_the_order_but_on_every_text() -> None:
    assert compose(CHINESE).hash == compose(CHINESE[::-1]).hash
    assert compose_rulesets([small()]).hash != compose_rulesets([small("value = 5", "value = 6")]).hash


@pytest.mark.parametrize(
    ("until", "on", "refused"),
    [
        ("", date(2019, 12, 31), True),
        ("", date(2020, 1, 1), False),
        ("effective_to = 2021-12-31\n", date(2021, 12, 31), False),
        ("effective_to = 2021-12-31\n", date(2022, 1, 1), True),
    ],
)
def test_a_ruleset_speaks_for_its_days_only(until: str, on: date, refused: bool) -> None:
    rules = small("confidence", f"{until}confidence")
    if refused:
        with pytest.raises(RuleError, match="not in force"):
            compose_rulesets([rules], on)
    else:
        assert compose_rulesets([rules], on).low_efficiency is rules


def test_a_scheme_made_for_a_year_may_serve_another_and_says_so() -> None:
    huangyan = load_ruleset("huangyan-2022")
    assert huangyan.made_for_year == 2022
    assert huangyan.caution(date(2023, 6, 1)) is None
    said = compose(CHINESE, date(2026, 6, 1)).cautions(date(2026, 6, 1))
    assert len(said) == 1 and "2022" in said[0].zh and "2025" in said[0].en


def test_measures_have_words_and_name_columns_that_exist() -> None:
    tables = {table.name: table for table in STOCK}
    for measure in MEASURES.values():
        assert measure.words.zh and measure.words.en
        assert measure.kind != "number" or measure.unit in UNITS
        for need in measure.needs:
            table, _, column = need.partition(".")
            if table in tables and table != "zone" and column:
                assert column in tables[table].by_name, need


def test_a_reason_is_read_and_spoken() -> None:
    reason = "far_below_floor far=0.42 threshold=0.7 unit=ratio unchecked=ecology_share"
    assert read_reason(reason)[1]["threshold"] == "0.7"
    words = reason_words(reason, compose(CHINESE).words)
    assert words.zh == "容积率低于本行业下限（容积率 0.42，阈值 0.7，未核对 生态保护红线占比）"
    assert words.en.startswith("floor-area ratio below the floor of its industry (floor-area ratio 0.42, threshold 0.7")
    assert reason_words("legal_idle track=fee", compose(CHINESE).words).zh.endswith(
        "法定处置路径 征缴闲置费（调查核实后））"
    )
    assert reason_words("long_stopped stopped_months=14 threshold=12 unit=month", compose(CHINESE).words).en.endswith(
        "(months stopped 14 months, threshold 12 months)"
    )
    assert reason_words("long_stopped threshold=1 unit=count", compose(CHINESE).words).zh.endswith("（阈值 1 项）")
    assert reason_words("nobody_knows_this", REASONS).en == "nobody_knows_this"
    assert name_words("building.no_such").en == "building"


def test_the_idle_tests_have_words() -> None:
    assert set(IDLE_TESTS) <= set(load_ruleset("cn-idle-2012").words)
