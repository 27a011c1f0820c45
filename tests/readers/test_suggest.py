"""What a file nobody has described seems to be: by names, initials, values and units."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from landgis.readers.conform import conform
from landgis.readers.files import Layer
from landgis.readers.profiles import parse_profile
from landgis.readers.suggest import SURE, Suggestion, as_toml, fitting_profiles, suggest
from landgis.terms.errors import InputError
from landgis.workflows.choosing import choose

CODES = ["914403001922038216", "9144030071526726XG", "91330100799655058B"]
SQUARE = shapely.box(117, 33, 117.001, 33.001)  # about 10 363 m², 15.5 mu


def layer(name: str = "数据", *, has_shapes: bool = True, **columns: list[Any]) -> Layer:
    rows = pd.DataFrame(columns)
    rows.index = pd.RangeIndex(1, len(rows) + 1, name="row")
    shapes = np.array([SQUARE] * len(rows), dtype=object) if has_shapes else None
    return Layer("drawn.gpkg", name, rows, shapes, pyproj.CRS.from_epsg(4490) if has_shapes else None)


def proposed(given: Layer) -> dict[str, str]:
    (one,) = suggest([given])
    return {proposal.column: proposal.header for proposal in one.proposals}


def only(given: Layer, column: str) -> Any:
    (one,) = suggest([given])
    return next(proposal for proposal in one.proposals if proposal.column == column)


@pytest.mark.parametrize(
    ("header", "column", "least"),
    [
        ("土地使用权人", "owner_name", 1.0), ("权利人", "owner_name", 0.95), ("TDSYQR", "owner_name", 0.85),
        ("owner_name", "owner_name", 1.0),
        ("坐落", "location", 1.0), ("ZL", "location", 0.7), ("TDZL", "location", 0.85), ("土地使用权", "owner_name", 0.7),
        ("规划用途", "plan_code", 1.0), ("JZMD", "plan_density_max", 0.85), ("DLBM", "landuse_code", 0.85),
    ],
)  # fmt: skip
def test_names_and_initials(header: str, column: str, least: float) -> None:
    values = [0.3, 0.35, 0.4] if column == "plan_density_max" else ["甲", "乙", "丙"]
    found = only(layer(**{"地块编号": ["1", "2", "3"], header: values}), column)
    assert found.header == header and found.score >= least - 1e-9 and found.reason.zh and found.reason.en


def test_values_of_another_kind_speak_against_a_name() -> None:
    found = proposed(layer(**{"地块编号": ["1", "2", "3"], "登记面积": ["甲", "乙", "丙"]}))
    assert "cert_area_m2" not in found
    assert "parcel_no" not in proposed(
        layer(**{"编号": ["1", "1", "1"], "坐落": ["东", "西", "南"]})
    )  # a number that all share is no key


def test_codes_are_known_by_their_values_alone() -> None:
    found = proposed(
        layer("名单", has_shapes=False, 代码列=CODES, 企业名称=["甲", "乙", "丙"], 经营状态=["停产", "正常", "正常"])
    )
    assert found == {"uscc": "代码列", "name": "企业名称", "status": "经营状态"}
    found = proposed(layer(编号=["1"], F7=["320506001001GB00012W00000000"]))
    assert found["bdcdyh"] == "F7"


def test_a_column_a_year_is_one_column_of_a_yearly_table() -> None:
    given = layer("税收", has_shapes=False, 统一社会信用代码=CODES, 税收2022=[1, 2, 3], 税收2023=[4, 5, 6])
    assert proposed(given) == {"uscc": "统一社会信用代码", "year": "{year}", "tax_wan": "税收{year}"}
    text = as_toml(suggest([given]), "税收").replace('"ask"', '"万元"')
    assert parse_profile(text, "x.toml").targets[0].columns["tax_wan"].names == ("税收{year}",)


def test_the_word_for_year_is_no_part_of_a_name() -> None:
    given = layer(
        "台账",
        has_shapes=False,
        统一社会信用代码=CODES,
        **{"2023年税收（万元）": [1, 2, 3], "2024年税收（万元）": [4, 5, 6]},
    )
    found = only(given, "tax_wan")
    assert (found.header, found.score, found.unit) == ("{year}年税收（万元）", 0.95, "万元")


def test_a_year_is_as_sure_as_the_column_that_bears_it() -> None:
    given = layer("台账", has_shapes=False, 统一社会信用代码=CODES, 营业总收入2023=[1, 2, 3], 营业总收入2024=[4, 5, 6])
    assert only(given, "year").score == only(given, "revenue_wan").score < SURE
    assert not suggest([given])[0].is_sure


@pytest.mark.parametrize(
    ("columns", "unit", "unit_from", "asks"),
    [
        ({"登记面积（亩）": [15.5]}, "亩", None, False),
        ({"登记面积_亩": [15.5]}, "亩", None, False),
        ({"cert_area_m2": [10_363.0]}, None, None, False),  # our own name carries our own unit
        ({"登记面积": [15.5], "mjdw": ["亩"]}, None, "mjdw", False),
        ({"登记面积": [15.5]}, None, None, True),
    ],
)
def test_units_come_from_the_header_or_a_column_or_are_asked(columns, unit, unit_from, asks) -> None:
    found = only(layer(**{"地块编号": ["1"], **columns}), "cert_area_m2")
    assert (found.unit, found.unit_from, found.asks_unit) == (unit, unit_from, asks)


@pytest.mark.parametrize(("value", "said"), [(15.54, "亩"), (10_363.0, "平方米"), (1.036, "公顷"), (99.0, None)])
def test_drawn_areas_hint_at_a_unit_and_do_not_settle_it(value: float, said: str | None) -> None:
    found = only(layer(**{"地块编号": ["1"], "登记面积": [value]}), "cert_area_m2")
    assert found.asks_unit and (found.hint.zh[-len(said) :] == said if said else found.hint is None)


def test_what_nobody_claims_is_named() -> None:
    (one,) = suggest([layer(**{"地块编号": ["1"], "备用字段7": ["x"]})])
    assert one.left == ("备用字段7",)
    (none,) = suggest([layer(**{"备用字段7": ["x"]})])
    assert none.table is None and not none.is_sure


def test_a_proposal_is_a_profile_whatever_is_in_its_names() -> None:
    given = layer('a"b\\\n[x]', **{"地块编号": ["1"], '坐落"]\nname = "x': ["东"]})
    (one,) = suggest([given])
    profile = parse_profile(as_toml([one], 'x"\n'), "x.toml")
    assert profile.targets[0].layers == ('a"b\\\n[x]',)


def test_auto_takes_a_shipped_profile_that_fits() -> None:
    survey = layer("DLTB", BSM=["1"], DLBM=["0601"], TBMJ=[1.0], QSXZ=["20"], ZLDWMC=["东村"])
    assert [one.name for one in fitting_profiles([survey])] == ["sandiao-dltb"]
    assert choose("auto", [survey], {}).name == "sandiao-dltb"
    own = layer("宗地", 地块编号=["1"], 登记面积=[1.0], 坐落=["东"])
    assert choose("auto", [own], {}).name == "landgis-template"


def test_auto_makes_a_profile_of_what_is_sure_and_refuses_else() -> None:
    made = choose("auto", [layer(地块编码=["1"], TDSYQR=["甲"], 用地性质类=["x"])], {})
    assert set(made.targets[0].columns) == {"parcel_no", "owner_name"}
    with pytest.raises(InputError, match="cannot be told") as refused:
        choose("auto", [layer(F1=["1"], F2=["x"])], {})
    assert "profile suggest" in refused.value.mend.en
    (one,) = suggest([layer(地块编码=["1"])])
    assert isinstance(one, Suggestion) and one.proposals[0].score >= SURE


def test_a_sheet_of_years_that_names_its_enterprises_is_of_both() -> None:
    given = layer(
        "台账",
        has_shapes=False,
        统一社会信用代码=CODES,
        企业名称=["示例企业 01", "示例企业 02", "示例企业 03"],
        备注栏=["", "", ""],
        **{"2023年税收（万元）": [1, 2, 3], "2024年税收（万元）": [4, 5, 6]},
    )
    years, firms = suggest([given])
    assert (years.table.name, years.left) == ("enterprise_year", ("备注栏",))
    assert (firms.table.name, {one.column: one.header for one in firms.proposals}, firms.left) == (
        "enterprise", {"uscc": "统一社会信用代码", "name": "企业名称"}, (),
    )  # fmt: skip
    found = conform([given], choose("auto", [given], {}), park="p1").frames
    assert found["enterprise"][["uscc", "name"]].to_numpy().tolist() == [
        list(one) for one in zip(CODES, given.rows["企业名称"], strict=True)
    ]
    assert sorted(found["enterprise_year"]["tax_wan"]) == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("names", "tables"), [("甲乙丙甲乙丙", ["enterprise_year", "enterprise"]), ("甲乙丙丁戊己", ["enterprise_year"])]
)
def test_a_sheet_with_a_row_for_each_year_names_enterprises_where_each_has_one_name(names, tables) -> None:
    """Each code stands there twice: which of two names it has is not for us to say."""
    given = layer(
        "台账", has_shapes=False, 统一社会信用代码=CODES * 2, 企业名称=list(names), 年度=[2023] * 3 + [2024] * 3, 税收=[1, 2, 3, 4, 5, 6],
    )  # fmt: skip
    assert [one.table.name for one in suggest([given])] == tables


def told(given: Layer) -> dict[str, dict[str, Any]]:
    """Give what is proposed of a sheet: by table, our columns with theirs, or with what all rows have."""
    return {
        one.table.name: {each.column: each.value or each.header for each in one.proposals} for one in suggest([given])
    }


LEDGER = {"地块编号": ["1", "2", "3"], "企业名称": ["甲", "乙", "丙"], "统一社会信用代码": CODES}
WHO, WHERE = {"uscc": "统一社会信用代码"}, {"parcel_no": "地块编号"}


def test_a_sheet_of_parcels_that_names_their_enterprises_is_of_parcels_firms_years_and_users() -> None:
    given = layer("一览表", has_shapes=False, 坐落=["东", "西", "南"], **LEDGER, **{"税收（万元）_2023年": [1, 2, 3]})
    assert told(given) == {
        "parcel": {**WHERE, "location": "坐落"},  # who is named as the enterprise need not hold the title
        "enterprise": {**WHO, "name": "企业名称"},
        "enterprise_year": {**WHO, "year": "{year}", "tax_wan": "税收（万元）_{year}年"},
        "parcel_use": {**WHERE, **WHO, "role": "user"},
    }
    found = conform([given], choose("auto", [given], {}), park="p1").frames
    assert found["enterprise_year"][["year", "tax_wan"]].to_numpy().tolist() == [[2023, 1], [2023, 2], [2023, 3]]
    assert set(found["parcel_use"]["role"]) == {"user"}
    holder = layer("宗地", 地块编号=["1", "2", "3"], 权利人=["甲", "乙", "丙"], 权利人证件号=CODES)
    assert told(holder) == {"parcel": {**WHERE, "owner_uscc": "权利人证件号", "owner_name": "权利人"}}


def test_several_enterprises_on_a_parcel_have_not_each_all_of_its_land() -> None:
    tax = {"用地面积（亩）": [9, 9, 5], "承租面积（平方米）": [1, 2, 3], "2023年税收（万元）": [1, 2, 3]}
    given = layer("一地多企", has_shapes=False, **{**LEDGER, "地块编号": ["1", "1", "2"]}, **tax)
    found = told(given)
    assert found["parcel_use"] == {**WHERE, **WHO, "role": "tenant", "area_m2": "承租面积（平方米）"}
    assert "parcel" not in found and "land_used_m2" not in found["enterprise_year"]


@pytest.mark.parametrize(
    ("name", "above", "year"),
    [
        ("2023年税收", "", 2023), ("Sheet1", "2023年度企业税收情况表 填报日期：2024年3月15日", 2023),
        ("Sheet1", "2022年、2023年对照表", None), ("Sheet1", "填报日期：2024年3月", None), ("税收", "", None),
    ],
)  # fmt: skip
def test_the_year_of_a_whole_sheet_is_told_by_its_name_or_title(name: str, above: str, year: int | None) -> None:
    given = replace(layer(name, has_shapes=False, 统一社会信用代码=CODES, **{"税收（万元）": [1, 2, 3]}), above=above)
    assert told(given).get("enterprise_year", {}).get("year") == year
    if year:
        assert set(conform([given], choose("auto", [given], {}), park="p1").frames["enterprise_year"]["year"]) == {year}


def test_units_stand_in_a_note_above_the_sheet_or_behind_each_number() -> None:
    given = replace(
        layer(has_shapes=False, **LEDGER, 年度=[2023] * 3, 税收=[1, 2, 3], 用地面积=[9, 9, 9]), above="单位：亩、万元"
    )
    units = {one.column: one.unit for each in suggest([given]) for one in each.proposals if one.unit}
    assert units == {"tax_wan": "万元", "land_used_m2": "亩"}
    who = replace(given, above="填报单位：北区管委会")
    assert all(one.asks_unit for each in suggest([who]) for one in each.proposals if one.column in units)
    cells = layer(地块编号=["1", "2", "3"], 用地面积=["45.3亩", "１２ 亩", "1,000亩"])
    assert (only(cells, "cert_area_m2").unit, only(cells, "cert_area_m2").asks_unit) == ("亩", False)


def test_yes_and_no_beside_above_designated_size_are_its_two_classes() -> None:
    given = layer(
        "企业", has_shapes=False, 统一社会信用代码=CODES, 企业名称=["甲", "乙", "丙"], 是否规上=["是", "否", "规上"]
    )
    assert conform([given], choose("auto", [given], {}), park="p1").frames["enterprise"]["scale"].tolist() == [
        "above", "below", "above",
    ]  # fmt: skip


def test_a_sheet_called_like_a_table_of_ours_leaves_no_other_out() -> None:
    firms = layer(
        "企业", has_shapes=False, 统一社会信用代码=CODES, 企业名称=["甲", "乙", "丙"], 行业代码=["1", "2", "3"]
    )
    parcels = layer("地块一览", 地块编号=["1"], 登记面积=[1.0], 坐落=["东"])
    assert {one.table.name for one in choose("auto", [firms, parcels], {}).targets} == {"enterprise", "parcel"}
