"""From a source's columns to ours: each rule of a profile on a row that can be checked with the eye."""

import datetime as dt
import math
from pathlib import Path
from typing import Any

import geopandas as gpd
import hypothesis.strategies as st
import numpy as np
import openpyxl
import pandas as pd
import pyproj
import pytest
import shapely
from drawing import draw
from given import looked_through
from hypothesis import HealthCheck, Phase, given, settings

from landgis.readers.conform import Conformed, conform
from landgis.readers.files import Layer, read_layers
from landgis.readers.profiles import load_profile, parse_profile
from landgis.terms.errors import InputError
from landgis.terms.frames import CONTRACT, ISSUE_COLUMNS, PARCEL, STOCK, Table

SQUARE = shapely.box(120.72, 31.32, 120.721, 31.321)
LONLAT = pyproj.CRS.from_epsg(4490)


def layer(name: str = "GYYD", *, crs: pyproj.CRS | None = LONLAT, shape: Any = SQUARE, **columns: list[Any]) -> Layer:
    rows = pd.DataFrame(columns)
    rows.index = pd.RangeIndex(2, len(rows) + 2, name="row")
    return Layer("drawn.xlsx", name, rows, np.array([shape] * len(rows), dtype=object), crs)


def by(profile: str, *layers: Layer, park: str | None = "p1") -> Conformed:
    head = 'name = "drawn"\nzh = "画"\nen = "drawn"\n'
    return conform(list(layers), parse_profile(head + profile, "drawn.toml"), park=park)


def parcels(columns: str, *layers: Layer, more: str = "") -> Conformed:
    return by(
        f'{more}\n[[table]]\nname = "parcel"\nlayers = ["*"]\n[table.columns]\nparcel_no = "DKBM"\n{columns}', *layers
    )


def found(answer: Conformed) -> list[tuple[str, str, Any, int]]:
    """Give of each issue its code, field, raw value and row."""
    return [tuple(issue) for issue in answer.issues[["code", "field", "raw", "row"]].to_numpy(dtype=object).tolist()]


# --- columns ----------------------------------------------------------------------------------------------------------


def test_the_frame_has_our_columns_and_types_and_where_each_row_came_from() -> None:
    answer = parcels('cert_area_m2 = { from = "TDMJ", unit = "公顷" }', layer(DKBM=["A-1"], TDMJ=["2.80"]))
    frame = answer.frames["parcel"]
    assert list(frame.columns) == [column.name for column in PARCEL.columns] + [
        "source_file",
        "source_layer",
        "source_row",
    ]
    row = frame.iloc[0]
    assert (row["park_code"], row["parcel_no"], row["cert_area_m2"]) == ("p1", "A-1", 28_000.0)
    assert (row["source_file"], row["source_layer"], row["source_row"]) == ("drawn.xlsx", "GYYD", 2)
    assert row["geom"].geom_type == "MultiPolygon"
    kinds = {column.kind: frame[column.name].dtype for column in PARCEL.columns}
    assert (str(kinds["text"]), str(kinds["number"]), str(kinds["boolean"])) == ("str", "float64", "boolean")
    assert str(kinds["date"]) == "datetime64[s]"
    assert pd.isna(row["owner_name"]) and math.isnan(row["built_area_m2"]) and pd.isna(row["is_mortgaged"])
    assert list(answer.issues.columns) == list(ISSUE_COLUMNS)
    assert (answer.rows_in, len(answer.issues)) == (1, 0)


@pytest.mark.parametrize(
    ("unit", "value", "area_m2"),
    [("亩", "1.5", 1000.0), ("公顷", "2.8", 28_000.0), ("平方米", "12", 12.0), ("sqft", "10000", 929.0304)],
)
def test_units_of_a_column(unit: str, value: str, area_m2: float) -> None:
    answer = parcels(f'cert_area_m2 = {{ from = "MJ", unit = "{unit}" }}', layer(DKBM=["A"], MJ=[value]))
    assert answer.frames["parcel"]["cert_area_m2"][0] == pytest.approx(area_m2)


def test_a_column_that_tells_the_unit_row_by_row() -> None:
    answer = parcels(
        'cert_area_m2 = { from = "zdmj", unit_from = "mjdw" }',
        layer(DKBM=["A", "B", "C"], zdmj=[3.0, 3.0, 3.0], mjdw=["亩", "公顷", "顷"]),
    )
    assert answer.frames["parcel"]["cert_area_m2"].tolist()[:2] == pytest.approx([2000.0, 30_000.0])
    assert math.isnan(answer.frames["parcel"]["cert_area_m2"][2])
    assert found(answer) == [("303-unmapped", "cert_area_m2", "顷", 4)]


def test_a_code_that_is_not_in_the_map_is_told_and_unknown() -> None:
    answer = parcels(
        'build_status = { from = "JSZK", map = { "1" = "built", "2" = "unbuilt" } }',
        layer(DKBM=["A", "B", "C", "D", "E"], JSZK=["1", "2", "9", None, "在建"]),
    )
    assert answer.frames["parcel"]["build_status"].fillna("?").tolist() == ["built", "unbuilt", "?", "?", "building"]
    assert found(answer) == [("303-unmapped", "build_status", "9", 4)]
    assert "“建设状况”的值“9”" in answer.issues["zh"][0]


def test_others_may_be_unknown_without_a_word() -> None:
    answer = parcels(
        'build_status = { from = "LandUse", map = { "11" = "unbuilt" }, otherwise = "unknown" }',
        layer(DKBM=["A", "B"], LandUse=["11", "06"]),
    )
    assert answer.frames["parcel"]["build_status"].fillna("?").tolist() == ["unbuilt", "?"]
    assert len(answer.issues) == 0


def test_a_placeholder_is_unknown_and_told_never_zero() -> None:
    answer = parcels(
        'cert_area_m2 = { from = "MJ", unit = "公顷", unknown = [0], unknown_below = 0.0001 }',
        layer(DKBM=["A", "B", "C"], MJ=["0", "0.00001", "0.5"]),
    )
    assert answer.frames["parcel"]["cert_area_m2"].fillna(-1).tolist() == [-1, -1, 5000]
    assert found(answer) == [
        ("304-placeholder", "cert_area_m2", "0", 2),
        ("304-placeholder", "cert_area_m2", "1e-05", 3),
    ]
    assert set(answer.issues["severity"]) == {"changed"}


def test_what_everywhere_means_nothing_is_nothing() -> None:
    answer = parcels('owner_name = "QLR"', layer(DKBM=["A"], QLR=["<Null>"]), more='unknown = ["<Null>"]')
    assert pd.isna(answer.frames["parcel"]["owner_name"][0])
    assert len(answer.issues) == 0


@pytest.mark.parametrize(("text", "number"), [("1,234.5", 1234.5), (" 12 ", 12.0), ("１２．５", 12.5), ("1e3", 1000.0)])
def test_numbers_as_people_write_them(text: str, number: float) -> None:
    assert parcels('cert_area_m2 = "MJ"', layer(DKBM=["A"], MJ=[text])).frames["parcel"]["cert_area_m2"][0] == number


@pytest.mark.parametrize(
    ("text", "m2"), [("15亩", 10_000), ("１.５ 公顷", 15_000), ("1,234.5㎡", 1234.5), ("3", 30_000)]
)
def test_a_cell_that_names_its_unit_has_that_one(text: str, m2: float) -> None:
    answer = parcels('cert_area_m2 = { from = "MJ", unit = "公顷" }', layer(DKBM=["A"], MJ=[text]))
    assert answer.frames["parcel"]["cert_area_m2"].tolist() == [pytest.approx(m2)] and answer.issues.empty


@pytest.mark.parametrize("text", ["约12亩", "12万元", "12-15", "inf", "nan", "#REF!"])
def test_a_number_that_is_none_is_told(text: str) -> None:
    answer = parcels('cert_area_m2 = "MJ"', layer(DKBM=["A"], MJ=[text]))
    assert math.isnan(answer.frames["parcel"]["cert_area_m2"][0])
    assert found(answer) == [("302-unreadable", "cert_area_m2", text, 2)]


@pytest.mark.parametrize(
    "text",
    ["2021-05-01", "2021/5/1", "2021.05.01", "2021年5月1日", "20210501", "2021-05-01 00:00:00", "44317"],
)
def test_dates_as_people_write_them(text: str) -> None:
    answer = parcels('term_end = "ZZRQ"', layer(DKBM=["A"], ZZRQ=[text]))
    assert answer.frames["parcel"]["term_end"][0] == pd.Timestamp(2021, 5, 1)
    assert len(answer.issues) == 0


@pytest.mark.parametrize("text", ["2021.2", "2021年2月", "202102", "2021-02", "2021/2"])
def test_a_month_is_its_last_day_and_that_is_told(text: str) -> None:
    answer = parcels('term_end = "ZZRQ"', layer(DKBM=["A"], ZZRQ=[text]))
    assert answer.frames["parcel"]["term_end"][0] == pd.Timestamp(2021, 2, 28)
    assert found(answer) == [("329-month-only", "term_end", text, 2)] and answer.issues["new"].tolist() == [
        "2021-02-28"
    ]


def test_a_number_2021_1_may_be_october_unless_october_stands_there_too() -> None:
    assert found(parcels('term_end = "R"', layer(DKBM=["A"], R=["2021.1"]))) == [
        ("302-unreadable", "term_end", "2021.1", 2)
    ]
    both = parcels('term_end = "R"', layer(DKBM=["A", "B"], R=["2021.1", "2021.10"])).frames["parcel"]["term_end"]
    assert both.tolist() == [pd.Timestamp(2021, 1, 31), pd.Timestamp(2021, 10, 31)]


def test_a_use_in_words_is_its_code_and_told_once_for_each_word() -> None:
    answer = parcels(
        'landuse_code = "TDYT"', layer(DKBM=list("ABCDE"), TDYT=["工业用地", "工业", "工业用地", "0601", "工矿用地"])
    )
    frame = answer.frames["parcel"]
    assert frame["landuse_code"].tolist() == ["1001", "1001", "1001", "0601", "工矿用地"]  # the last holds mines, too
    assert frame["landuse_scheme"].fillna("").tolist() == ["ydyh-2023"] * 3 + ["", ""]
    told = answer.issues[answer.issues["code"] == "330-use-in-words"]
    assert told["raw"].tolist() == ["工业用地", "工业"] and "共 2 行" in told["zh"].iloc[0]


@pytest.mark.parametrize("text", ["2021", "长期", "2021-02-30", "05/01/2021"])
def test_a_date_that_is_none_or_two_is_told(text: str) -> None:
    answer = parcels('term_end = "ZZRQ"', layer(DKBM=["A"], ZZRQ=[text]))
    assert pd.isna(answer.frames["parcel"]["term_end"][0])
    assert found(answer) == [("302-unreadable", "term_end", text, 2)]


def test_a_profile_knows_which_way_round_a_date_stands() -> None:
    answer = parcels('term_end = "ZZRQ"', layer(DKBM=["A"], ZZRQ=["05/01/2021"]), more='dates = ["%m/%d/%Y"]')
    assert answer.frames["parcel"]["term_end"][0] == pd.Timestamp(2021, 5, 1)


def test_yes_and_no_and_what_is_neither() -> None:
    answer = parcels('is_seized = "CF"', layer(DKBM=list("ABCDE"), CF=["是", "否", "1", None, "可能"]))
    assert answer.frames["parcel"]["is_seized"].tolist() == [True, False, True, pd.NA, pd.NA]
    assert found(answer) == [("302-unreadable", "is_seized", "可能", 6)]


def test_a_code_that_a_workbook_made_a_number_is_doubted() -> None:
    answer = parcels('owner_uscc = "DM"', layer(DKBM=["A", "B"], DM=["9.144030019220383e+17", "914403001922038216"]))
    assert found(answer) == [("319-code-as-number", "owner_uscc", "9.144030019220383e+17", 2)]


def test_numbers_that_are_codes_keep_their_digits() -> None:
    answer = parcels('town = "Z"', layer(DKBM=[3029130038, 2], Z=[1.0, 2.5]))
    assert answer.frames["parcel"]["parcel_no"].tolist() == ["3029130038", "2"]
    assert answer.frames["parcel"]["town"].tolist() == ["1", "2.5"]


def test_a_least_above_the_most_is_put_right_and_told() -> None:
    answer = parcels(
        'plan_far_min = { from = "UP", not_above = "LOWER" }',
        layer(DKBM=["A", "B", "C"], UP=["3.9", "1", "1"], LOWER=["3.3", "2", "0"]),
    )
    assert answer.frames["parcel"]["plan_far_min"].tolist() == [3.3, 1.0, 1.0]
    assert found(answer) == [("322-crossed", "plan_far_min", "3.9", 2)]
    assert answer.issues["new"][0] == "3.3"


def test_a_constant_only_where_another_column_is_known() -> None:
    answer = parcels(
        'assessed_value = "AV"\nassessed_currency = { value = "USD", with = "assessed_value" }',
        layer(DKBM=["A", "B"], AV=[5.0, None]),
    )
    assert answer.frames["parcel"]["assessed_currency"].fillna("?").tolist() == ["USD", "?"]


def test_a_column_that_is_not_there_is_told_once_and_a_key_refused() -> None:
    answer = parcels('town = ["XZ", "ZHEN"]', layer(DKBM=["A", "B"]))
    assert found(answer)[0][:2] == ("102-column-absent", "town")
    with pytest.raises(InputError, match="key column DKBM"):
        parcels("", layer(BH=["A"]))


# --- rows and tables --------------------------------------------------------------------------------------------------

YEARS = """
[[table]]
name = "enterprise_year"
layers = ["*"]
[table.columns]
uscc = "DM"
tax_wan = "SJSF{year}"
revenue_wan = "XSSR{year}"
"""


def test_a_column_a_year_becomes_a_row_a_year() -> None:
    answer = by(YEARS, layer(DM=["a", "b"], SJSF2021=["1", None], SJSF2022=["2", "3"], XSSR2022=["20", None]))
    rows = answer.frames["enterprise_year"][["uscc", "year", "tax_wan", "revenue_wan", "source_row"]]
    assert rows.fillna(-1).to_numpy().tolist() == [["a", 2021, 1, -1, 2], ["a", 2022, 2, 20, 2], ["b", 2022, 3, -1, 3]]
    (behind,) = answer.fields
    assert behind["columns"]["tax_wan"] == {"field": "SJSF{year}", "unit": "万元"}
    assert behind["columns"]["uscc"] == {"field": "DM", "unit": ""} and "year" not in behind["columns"]


BUILDINGS = """
[[table]]
name = "parcel"
layers = ["*"]
[table.columns]
parcel_no = "BBL"
[[table]]
name = "building"
layers = ["*"]
shapes = false
where = { positive = ["NumBldgs", "BldgArea"] }
[table.columns]
building_no = "BBL"
parcel_no = "BBL"
"""


def test_one_layer_feeds_two_tables_and_only_rows_with_a_building_make_one() -> None:
    answer = by(BUILDINGS, layer(BBL=["1", "2", "3"], NumBldgs=[0, 1, 0], BldgArea=[0, 0, 50]))
    assert answer.frames["parcel"]["parcel_no"].tolist() == ["1", "2", "3"]
    assert answer.frames["building"]["building_no"].tolist() == ["2", "3"]
    assert answer.frames["building"]["geom"].isna().all()
    assert (answer.rows_in, len(answer.issues)) == (3, 0), (
        "a lot without a building is stored as a parcel: nothing is lost"
    )


def test_a_row_that_no_table_takes_is_refused_by_number() -> None:
    answer = by(BUILDINGS.split("[[table]]\nname = \"parcel\"")[0] + "[[table]]" + BUILDINGS.split("[[table]]")[2],
                layer(BBL=["1", "2"], NumBldgs=[0, 1]))  # fmt: skip
    assert [(code, row) for code, _, _, row in found(answer)] == [("105-left-out", 2)]
    assert answer.issues["severity"].tolist() == ["refused"]


def test_layers_that_the_profile_does_not_name_are_told_and_none_at_all_is_refused() -> None:
    profile = '[[table]]\nname = "parcel"\nlayers = ["GYYD*"]\n[table.columns]\nparcel_no = "DKBM"\n'
    answer = by(profile, layer("gyyd_2024", DKBM=["A"]), layer("说明", x=["y"]))
    assert answer.issues["code"].tolist() == ["101-layer-unread"]
    with pytest.raises(InputError, match="none of the layers") as caught:
        by(profile, layer("说明", x=["y"]))
    assert caught.value.why is not None and "GYYD*" in caught.value.why.en


# --- parks ------------------------------------------------------------------------------------------------------------

PARKS = """
[park]
from = "IBZ"
map = { "North" = "n", "South" = "s" }
[park.names]
n = "North park"
s = "South park"
[[table]]
name = "parcel"
layers = ["*"]
[table.columns]
parcel_no = "DKBM"
"""


def test_a_column_tells_the_park_and_the_profile_its_name() -> None:
    answer = by(PARKS, layer(DKBM=["A", "B"], IBZ=["North", "East"]), park=None)
    assert answer.frames["parcel"]["park_code"].tolist() == ["n"]
    assert answer.frames["park"][["park_code", "name"]].to_numpy().tolist() == [["n", "North park"]]
    assert found(answer) == [("104-park-unmapped", "IBZ", "East", 3)]
    assert answer.issues["severity"].tolist() == ["refused"]


def test_rows_of_another_park_are_refused_when_one_is_asked_for() -> None:
    answer = by(PARKS, layer(DKBM=["A", "B"], IBZ=["North", "South"]), park="s")
    assert answer.frames["parcel"]["parcel_no"].tolist() == ["B"]
    assert [(code, row) for code, _, _, row in found(answer)] == [("103-other-park", 2)]


def test_nobody_says_the_park() -> None:
    with pytest.raises(InputError, match="which park"):
        by('[[table]]\nname = "parcel"\nlayers = ["*"]\n[table.columns]\nparcel_no = "D"', layer(D=["A"]), park=None)


# --- coordinates ------------------------------------------------------------------------------------------------------


def test_shapes_are_brought_to_longitude_and_latitude() -> None:
    # 120.72° E 31.32° N is 40 568 533 m east in the 3-degree zone 40 (EPSG:4528).
    shape = shapely.box(40_568_533, 3_466_677, 40_568_633, 3_466_777)
    answer = parcels("", layer(DKBM=["A"], crs=pyproj.CRS.from_epsg(4528), shape=shape))
    west, south, _, _ = answer.frames["parcel"]["geom"][0].bounds
    assert (west, south) == pytest.approx((120.72, 31.32), abs=0.001)


def test_no_crs_is_refused_unless_the_profile_knows_it() -> None:
    with pytest.raises(InputError, match="no coordinate reference system"):
        parcels("", layer(DKBM=["A"], crs=None))
    assert len(parcels("", layer(DKBM=["A"], crs=None), more='crs = "OGC:CRS84"').frames["parcel"]) == 1


def test_metres_that_call_themselves_degrees_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit the system"):
        parcels("", layer(DKBM=["A"], shape=shapely.box(568_533, 3_466_677, 568_633, 3_466_777)))


# --- profiles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("nam = 1", "nam"),
        ('[[table]]\nname = "parcels"\nlayers = []', "table[1].name"),
        ('[[table]]\nname = "parcel"\nlayers = ["*"]\n[table.columns]\nparcelno = "A"', "table[1].columns.parcelno"),
        ('[[table]]\nname = "parcel"\nlayers = ["*"]\n[table.columns]\ncert_area_m2 = { from = "A", unit = "斤" }', "cert_area_m2.unit"),
        ('[[table]]\nname = "parcel"\nlayers = ["*"]\n[table.columns]\ncert_area_m2 = { frm = "A" }', "cert_area_m2.frm"),
        ('[[table]]\nname = "parcel"\nlayers = ["*"]\nwhere = { above = 1 }', "where.above"),
        ("[[table]", "drawn.toml"),
    ],
)  # fmt: skip
def test_a_wrong_profile_is_refused_with_file_and_key(text: str, at: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_profile('name = "drawn"\nzh = "画"\nen = "drawn"\n' + text, "drawn.toml")
    assert caught.value.at.startswith("drawn.toml") and at in caught.value.at
    assert caught.value.mend is not None


def test_an_unknown_profile_lists_those_there_are_and_the_nearest() -> None:
    with pytest.raises(InputError) as caught:
        load_profile("nyc-plutto")
    assert caught.value.mend is not None
    assert "Did you mean nyc-pluto?" in caught.value.mend.en and "landgis-template" in caught.value.mend.en


def test_a_profile_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(
        'name = "mine"\nzh = "我"\nen = "mine"\n[[table]]\nname = "park"\nlayers = ["*"]\nown_names = true\n'
    )
    assert load_profile(str(tmp_path / "mine.toml")).name == "mine"
    with pytest.raises(InputError, match="cannot be read"):
        load_profile(str(tmp_path / "none.toml"))


# --- the template: what is written comes back -------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec="utf-8", categories=("Lu", "Ll", "Nd", "Lo")), min_size=1, max_size=12).map(
    lambda text: "示" + text
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": TEXTS,
    "texts": st.lists(TEXTS, min_size=1, max_size=3),
    "number": st.floats(0, 1e12, allow_subnormal=False),
    "integer": st.integers(0, 2**31),
    "date": st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)),
    "boolean": st.booleans(),
}


def rows_of(table: Table) -> st.SearchStrategy[list[dict[str, Any]]]:
    def values(name: str) -> st.SearchStrategy[Any]:
        column = table.by_name[name]
        known = st.sampled_from(sorted(column.domain)) if column.domain else VALUES[column.kind]
        if column.name == "month":
            known = st.just(dt.date(2021, 5, 1))
        return known if column.name in table.key else st.none() | known

    names = [column.name for column in table.columns if column.kind != "geometry"]
    return st.lists(st.fixed_dictionaries({name: values(name) for name in names}), min_size=1, max_size=4)


def written(value: Any) -> Any:
    return ";".join(value) if isinstance(value, list) else value


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), chinese=st.booleans(), sheet=st.booleans())
def test_what_is_written_with_the_template_comes_back(
    data: st.DataObject, chinese: bool, sheet: bool, tmp_path: Path
) -> None:
    table = data.draw(st.sampled_from(STOCK))
    rows = data.draw(rows_of(table))
    names = list(rows[0])
    header = [table.by_name[name].zh if chinese else name for name in names]
    title = table.zh if chinese else table.name
    if sheet:
        book = openpyxl.Workbook()
        book.active.title = title
        for line in [header, *[[written(row[name]) for name in names] for row in rows]]:
            book.active.append(line)
        path = tmp_path / "stock.xlsx"
        book.save(path)
    else:
        path = tmp_path / f"{title}.csv"
        pd.DataFrame([[written(row[name]) for name in names] for row in rows], columns=header, dtype=object).to_csv(
            path, index=False
        )
    answer = conform(read_layers(path), load_profile("landgis-template"))
    assert len(answer.issues) == 0
    frame = answer.frames[table.name]
    assert len(frame) == len(rows)
    for name in names:
        for got, want in zip(frame[name].tolist(), [row[name] for row in rows], strict=True):
            if want is None:
                assert got is None or pd.isna(got), name
            elif isinstance(want, dt.date):
                assert got == pd.Timestamp(want), name
            else:
                # A workbook keeps 15 digits of a number.
                assert got == (pytest.approx(want, rel=1e-14) if sheet and isinstance(want, float) else want), name


def test_a_unit_in_a_header_is_converted() -> None:
    rows = layer("宗地", **{"地块编号": ["A"], "登记面积（亩）": ["3"]})
    answer = conform([rows], load_profile("landgis-template"), park="p1")
    assert answer.frames["parcel"]["cert_area_m2"][0] == pytest.approx(2000.0)


def test_drawn_parcels_survive_a_geopackage(tmp_path: Path) -> None:
    drawn = draw("""
        AAB
        AAB
        .CD
    """)
    drawn.assign(park_code="p1", term_end=pd.Timestamp(2050, 1, 1), is_seized=False).to_file(
        tmp_path / "p.gpkg", layer="parcel"
    )
    gpd.GeoDataFrame({"park_code": ["p1"], "name": ["示例园区"]}, geometry=[None], crs=4490).to_file(
        tmp_path / "p.gpkg", layer="park"
    )
    answer = conform(read_layers(tmp_path / "p.gpkg"), load_profile("landgis-template"))
    checked = looked_through(answer.frames)
    assert len(answer.issues) == len(checked.issues) == 0
    parcel = checked.frames["parcel"]
    assert parcel["geom_area_m2"].round(1).tolist() == [400.0, 200.0, 100.0, 100.0]
    assert parcel["term_end"].tolist() == [pd.Timestamp(2050, 1, 1)] * 4
    assert parcel["is_seized"].tolist() == [False] * 4
    assert all(one.equals(other) for one, other in zip(parcel["geom"], drawn["geom"], strict=True))


def test_every_contract_column_has_a_chinese_name_of_its_own() -> None:
    for table in (*STOCK, CONTRACT):
        assert len({column.zh for column in table.columns}) == len(table.columns)
