"""The shipped profiles on small made files of their schemas, and the units that a source does not say."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from landgis.readers.conform import Conformed, conform
from landgis.readers.files import Layer
from landgis.readers.profiles import list_profiles, load_profile, parse_profile, with_units
from landgis.terms.errors import InputError
from landgis.terms.issues import CHECKS

SQUARE = shapely.box(120.72, 31.32, 120.721, 31.321)
HEAD = 'name = "drawn"\nzh = "画"\nen = "drawn"\n[[table]]\nname = "parcel"\nlayers = ["*"]\n[table.columns]\nparcel_no = "BH"\n'


def layer(name: str, *, has_shapes: bool = True, **columns: list[Any]) -> Layer:
    rows = pd.DataFrame(columns)
    rows.index = pd.RangeIndex(1, len(rows) + 1, name="row")
    shapes = np.array([SQUARE] * len(rows), dtype=object) if has_shapes else None
    return Layer("drawn.gpkg", name, rows, shapes, pyproj.CRS.from_epsg(4490) if has_shapes else None)


def taken(profile: str, *layers: Layer, units: dict[str, str] | None = None, park: str | None = "p1") -> Conformed:
    return conform(list(layers), with_units(load_profile(profile), units or {}), park=park)


def codes(answer: Conformed) -> list[str]:
    return answer.issues["code"].tolist()


def test_every_shipped_profile_is_read() -> None:
    for name in list_profiles():
        assert load_profile(name).name == name


def test_land_survey_patches_of_industry_and_no_others() -> None:
    given = layer(
        "DLTB", BSM=["320301000000000001", "320301000000000002"], TBBH=["0001", "0002"], DLBM=["0601", "0101"],
        ZLDWMC=["东村", "西村"], TBMJ=[10_560.2, 3.0], QSXZ=["20", "30"],
    )  # fmt: skip
    answer = taken("sandiao-dltb", given)
    parcel = answer.frames["parcel"]
    assert parcel["parcel_no"].tolist() == ["320301000000000001"]
    assert (parcel["landuse_code"][0], parcel["landuse_scheme"][0]) == ("0601", "sandiao-2019")
    assert (parcel["cert_area_m2"][0], parcel["ownership"][0], parcel["location"][0]) == (10_560.2, "state", "东村")
    assert codes(answer) == ["105-left-out"] and answer.issues["row"].tolist() == [2]


def test_the_register_of_parcels_says_the_unit_row_by_row_by_code() -> None:
    given = layer(
        "ZDJBXX", zddm=["320506001001GB00012"] * 3, bdcdyh=["320506001001GB00012W00000000"] * 3, zl=["甲路 1 号"] * 3,
        zdmj=[100.0, 3.0, 2.0], mjdw=["1", "2", "3"], yt=["0601"] * 3, qlxz=["102", "101", "999"], qllx=["3", "7", "3"],
        rjl=["1.5", "≤1.5", None], jzmd=[35.0, None, 30.0], jzxg=[24.0, 24.0, None],
    )  # fmt: skip
    answer = taken("cadastre-zdjbxx", given)
    parcel = answer.frames["parcel"]
    assert parcel["cert_area_m2"].tolist() == pytest.approx([100.0, 2000.0, 20_000.0])
    assert parcel["tenure"].fillna("?").tolist() == ["granted", "allocated", "?"]
    assert parcel["ownership"].tolist() == ["state", "collective", "state"]
    assert parcel["plan_density_max"].fillna(-1).tolist() == pytest.approx([0.35, -1, 0.3])
    assert codes(answer) == ["302-unreadable"]  # "≤1.5" is no number: told, and unknown


XUZHOU = {"PZMJ": "公顷", "GYMJ": "公顷", "YJCMJ": "公顷", "CZKFBJNMJ": "公顷", "SJSF{year}": "万元"}


def xuzhou() -> tuple[Layer, Layer]:
    land = layer(
        "GYYD", DKBM=["D1", "D2"], TDZL=["东路", "西路"], SZXZ=["东镇"] * 2, SZC=["甲村"] * 2, TDSYQR=["甲厂", None],
        YDDW=["乙厂", "丙厂"], SYQLX=["出让", "划拨"], QSXZ=["国有", "集体"], TDMJ=[2.8, 0.0], PZMJ=[2.8, 1.0], GYMJ=[2.8, 1.0],
        YJCMJ=[1.0, 1.0], JSZK=["已建成", "在建"], CZKFBJNMJ=[2.8, 0.0],
    )  # fmt: skip
    firms = layer(
        "QYWZ", has_shapes=False, TYSHXYDM=["914403001922038216", "91330100799655058B"], QYMC=["甲厂", "丙厂"], HYDM=["3311", "3499"],
        TBBM=["D1", "D2"], SFZYC=["否", "是"], SJSF2021=[10.0, None], SJSF2022=[12.0, None], SJSF2023=[None, None],
    )  # fmt: skip
    return land, firms


def test_xuzhou_with_two_sources_for_the_owner_and_a_column_a_year() -> None:
    answer = taken("xuzhou-gyyd", *xuzhou(), units=XUZHOU)
    parcel = answer.frames["parcel"]
    assert parcel["owner_name"].tolist() == ["甲厂", "丙厂"]  # the holder; where none is named, who uses it
    assert parcel["cert_area_m2"].fillna(-1).tolist() == [28_000.0, -1.0]
    assert parcel["approved_area_m2"].tolist() == [28_000.0, 10_000.0]
    years = answer.frames["enterprise_year"][["uscc", "year", "tax_wan"]]
    assert years.to_numpy().tolist() == [["914403001922038216", 2021, 10.0], ["914403001922038216", 2022, 12.0]]
    assert answer.frames["parcel_use"]["role"].tolist() == ["user", "tenant"]
    assert sorted(codes(answer)) == ["304-placeholder", "323-sources-differ", "324-no-year"]
    differ = answer.issues[answer.issues["code"] == "323-sources-differ"].iloc[0]
    assert (differ["raw"], differ["row"]) == ("甲厂", 1) and "乙厂" in differ["zh"]


def test_units_that_nobody_says_are_asked_and_never_assumed() -> None:
    with pytest.raises(InputError) as refused:
        taken("xuzhou-gyyd", *xuzhou())
    assert "CZKFBJNMJ, GYMJ, PZMJ, YJCMJ" in refused.value.what.en and "--unit CZKFBJNMJ" in refused.value.mend.en
    with pytest.raises(InputError, match=r"SJSF\{year\}"):
        taken("xuzhou-gyyd", *xuzhou(), units={name: unit for name, unit in XUZHOU.items() if unit != "万元"})
    with pytest.raises(InputError, match="does not fit"):
        taken("xuzhou-gyyd", *xuzhou(), units=XUZHOU | {"PZMJ": "万元"})
    with pytest.raises(InputError, match="reads no column"):
        taken("xuzhou-gyyd", *xuzhou(), units=XUZHOU | {"TDMJX": "亩"})


@pytest.mark.parametrize(("unit", "m2"), [("亩", 2000.0), ("平方米", 3.0), ("公顷", 30_000.0)])
def test_zhejiang_s_areas_have_the_unit_of_their_header(unit: str, m2: float) -> None:
    given = layer(
        "低效用地", **{
            "调查单元编号": ["Z1"], "镇街": ["东镇"], "包含宗地": ["320506001001GB00012"], f"面积（{unit}）": [3.0], "产权人": [None],
            "用地单位": ["甲厂"], "现状土地使用人": ["乙厂"], "不动产权证": ["浙 1"], f"批准面积({unit})": [3.0], "使用权类型": ["出让"],
            "权属性质": ["国有"], "现状地类": ["0601"], "是否历史遗留": ["否"], f"登记面积[{unit}]": [None],
        },
    )  # fmt: skip
    answer = taken("zhejiang-dixiao", given)
    row = answer.frames["parcel"].iloc[0]
    assert (row["parcel_no"], row["owner_name"], row["is_legacy"]) == ("Z1", "甲厂", False)
    assert row["cert_area_m2"] == pytest.approx(m2) and row["approved_area_m2"] == pytest.approx(m2)
    assert codes(answer) == ["323-sources-differ"]  # user of the land and its present user


def test_zhejiang_s_layer_has_pinyin_initials_and_asks() -> None:
    given = layer("DXYD", DCDYBH=["Z1"], MJ=[3.0], CQR=["甲厂"])
    with pytest.raises(InputError, match="MJ"):
        taken("zhejiang-dixiao", given)
    answer = taken("zhejiang-dixiao", given, units={"MJ": "亩"})
    assert answer.frames["parcel"]["cert_area_m2"].tolist() == pytest.approx([2000.0])
    assert set(codes(answer)) == {"102-column-absent"}


def test_the_ledger_of_disposal_makes_enterprises_and_their_years() -> None:
    given = layer(
        "2024", has_shapes=False, **{
            "区县": ["东县"] * 2, "年份": ["2024"] * 2, "企业名称": ["甲厂", "乙厂"], "开发区名称": ["东区", "西区"],
            "统一社会信用代码": ["914403001922038216", "91330100799655058B"], "占地面积（亩）": ["30", "15"], "经营状态": ["停产", "在营"],
        },
    )  # fmt: skip
    answer = taken("dixiao-ledger", given, park="东区")
    assert answer.frames["enterprise"][["park_code", "name", "status"]].to_numpy().tolist() == [
        ["东区", "甲厂", "stopped"]
    ]
    assert answer.frames["enterprise_year"]["land_used_m2"].tolist() == pytest.approx([20_000.0])
    assert codes(answer) == ["103-other-park", "103-other-park"]  # once for each table of the row


def test_french_parcels() -> None:
    given = layer(
        "cadastre-75056-parcelles",
        id=["75056000AB0012"],
        commune=["75056"],
        section=["AB"],
        numero=["12"],
        contenance=[0],
    )
    answer = taken("cadastre-fr", given)
    row = answer.frames["parcel"].iloc[0]
    assert (row["parcel_no"], row["location"]) == ("75056000AB0012", "AB 12") and math.isnan(row["cert_area_m2"])
    assert codes(answer) == ["304-placeholder"]


def test_french_brownfields() -> None:
    given = layer(
        "friches", site_id=["12083_22-12.0017", "12083_2"], site_adresse=["875 rte de Pierrefond", "NA"], comm_nom=["CRANSAC"] * 2,
        proprio_nom=["COMMUNE DE CRANSAC", None], unite_fonciere_surface=[16_750, None], urba_zone_type=["U", None],
        site_statut=["friche sans projet", "friche reconvertie"], bati_surface=[2400, 0],
    )  # fmt: skip
    answer = taken("cnig-friches", given)
    parcel, building = answer.frames["parcel"], answer.frames["building"]
    assert parcel["cert_area_m2"].fillna(-1).tolist() == [16_750, -1] and pd.isna(parcel["location"][1])
    assert parcel["plan_scheme"].fillna("?").tolist() == ["cnig-plu", "?"]
    assert building[["parcel_no", "floor_area_m2"]].to_numpy().tolist() == [["12083_22-12.0017", 2400.0]]
    assert codes(answer) == []


def test_supply_of_guangdong_and_our_own_template() -> None:
    notice = layer(
        "DataSupplyResult", has_shapes=False, md5Mark=["a"], area=["2"], transferPrice=["100"], plotRatioUP=["1"]
    )
    answer = taken("guangdong-supply", notice, park=None)
    assert answer.frames["contract"][["should_develop_m2", "price_wan"]].to_numpy().tolist() == [[20_000.0, 100.0]]
    own = taken("landgis-template", layer("宗地", **{"地块编号": ["A"], "登记面积（亩）": [3.0], "cert_no": ["苏 1"]}))
    assert own.frames["parcel"][["parcel_no", "cert_no"]].to_numpy().tolist() == [["A", "苏 1"]]
    assert own.frames["parcel"]["cert_area_m2"].tolist() == pytest.approx([2000.0])


def test_the_first_of_two_sources_is_kept_and_a_difference_told_beyond_a_hundredth() -> None:
    profile = parse_profile(
        HEAD + 'cert_area_m2 = [{ from = "A", unit = "公顷" }, { from = "B", unit = "亩" }]\n', "x.toml"
    )
    answer = conform([layer("x", BH=["1", "2", "3"], A=[1.0, None, 1.0], B=[15.1, 3.0, 30.0])], profile, park="p1")
    assert answer.frames["parcel"]["cert_area_m2"].tolist() == pytest.approx([10_000.0, 2000.0, 10_000.0])
    assert answer.issues[["code", "row"]].to_numpy().tolist() == [["323-sources-differ", 3]]


def test_a_header_s_unit_goes_before_the_profile_s() -> None:
    profile = parse_profile(HEAD + 'cert_area_m2 = { from = "MJ", unit = "公顷" }\n', "x.toml")
    answer = conform([layer("x", **{"BH": ["1"], "MJ（亩）": [3.0]})], profile, park="p1")
    assert answer.frames["parcel"]["cert_area_m2"].tolist() == pytest.approx([2000.0])
    (fields,) = answer.fields
    assert fields["columns"]["cert_area_m2"] == {"field": "MJ（亩）", "unit": "亩"}


def test_the_codes_used_here_are_codes() -> None:
    assert {"323-sources-differ", "324-no-year"} <= set(CHECKS)
