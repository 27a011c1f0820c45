"""The golden set, what rows do: keys, attributes, domains, codes, years, units, dates, topology. Each case says what is expected of it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dirty
import numpy as np
import shapely
from golden import OWN_NAMES, Case, cases

Make = Callable[[Path], Path]

UNIT = "320506001001GB00012W00000000"
CODE = "914403001922038216"
TABLES = "".join(
    f'[[table]]\nname = "{name}"\nlayers = ["{name}"]\nown_names = true\n'
    for name in ("parcel", "contract", "building", "enterprise", "parcel_use", "enterprise_year", "enterprise_month")
)
STOCK = 'name = "golden"\nzh = "金标准"\nen = "golden set"\n' + TABLES


def square(place: float = 0, size: float = 1.0) -> Any:
    """A square of 0.001° (about 10 365 m², 15.5 mu), the one beside the other with a street of 93 m between."""
    west = 117 + place * 0.002
    return shapely.box(west, 33, west + 0.001 * size, 33 + 0.001 * size)


def parcels(*shapes: Any, **columns: Sequence[Any]) -> Make:
    """A CSV of parcels A-1, A-2, … with shapes as text."""
    count = max([len(shapes), *map(len, columns.values())])
    drawn = [shapes[place] if place < len(shapes) else square(place) for place in range(count)]
    given: dict[str, Sequence[Any]] = {"parcel_no": [f"A-{place}" for place in range(1, count + 1)], **columns}

    def make(folder: Path) -> Path:
        lines = [",".join([*given, "WKT"])]
        for place in range(count):
            wkt = drawn[place] if isinstance(drawn[place], str) else drawn[place].wkt
            cells = ["" if values[place] is None else str(values[place]) for values in given.values()]
            lines.append(",".join([*(f'"{cell}"' for cell in cells), f'"{wkt}"']))
        (folder / "parcel.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder / "parcel.csv"

    return make


def table(name: str, *rows: Sequence[Any]) -> Make:
    """A workbook of one sheet, its first row the header."""
    return lambda folder: dirty.workbook(folder / f"{name}.xlsx", [list(row) for row in rows])


def sheet(name: str, *rows: Sequence[Any]) -> Make:
    """A CSV of a table without shapes."""

    def make(folder: Path) -> Path:
        text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows) + "\n"
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
        return folder / f"{name}.csv"

    return make


def case(wrong: str, make: Make, stored: int, profile: str = OWN_NAMES, **issues: int) -> Case:
    """A case of shapes in longitude and latitude; issues by code, written with _ for -, after a c."""
    found = {name[1:].replace("_", "-"): count for name, count in issues.items()}
    return Case(wrong, make, stored, found, options={"crs": "EPSG:4490"}, profile=profile)


# --- keys -------------------------------------------------------------------------------------------------------------

KEYS = (
    case("a parcel without a number", parcels(parcel_no=["A-1", None]), 1, c301_missing=1),
    case("one number twice with the same content", parcels(square(), square(), parcel_no=["A", "A"]), 1, c316_duplicate=1),
    case(
        "one number twice with other content",
        parcels(parcel_no=["A", "A"], owner_name=["甲", "乙"]),
        1,
        c317_duplicate_differs=1,
    ),
    case("numbers that differ in spaces alone", parcels(square(), square(), parcel_no=["A", " A "]), 1, c316_duplicate=1),
    case("a number of 300 characters", parcels(parcel_no=["A" * 300]), 0, c301_missing=1, c308_text_too_long=1),
    case("a contract of a parcel that is not there", sheet("contract", ["contract_no", "parcel_no"], ["C-1", "Z"]), 1, STOCK,
         c501_parcel_unknown=1),
    case("a user who is no enterprise", sheet("parcel_use", ["parcel_no", "uscc", "role"], ["Z", CODE, "tenant"]), 1, STOCK,
         c501_parcel_unknown=1, c502_enterprise_unknown=1),
    case("another park's row", parcels(park_code=["p1", "p9"]), 1, c103_other_park=1),
)  # fmt: skip

# --- attributes and domains -------------------------------------------------------------------------------------------

ATTRIBUTES = (
    case("a wrong check digit in a credit code", parcels(owner_uscc=[CODE, "914403001922038217"]), 2, c309_credit_code=1),
    case("a credit code whose inner organisation code is wrong", parcels(owner_uscc=["91440300192203822D"]), 1, c309_credit_code=1),
    case("a provisional number in the place of a credit code", parcels(owner_uscc=["LS-2023-7"]), 1),
    case("unit and parcel codes that differ", parcels(zddm=["320506001001GB00013"], bdcdyh=[UNIT]), 1, c312_codes_differ=1),
    case("codes of no known form", parcels(zddm=["GB12"], bdcdyh=["X" * 28]), 1, c310_unit_code=1, c311_parcel_code=1,
         c312_codes_differ=1),
    case("a use without its scheme", parcels(landuse_code=["1001"]), 1, c313_scheme_missing=1),
    case("1401 is no class of GB/T 21010", parcels(landuse_code=["1401"], landuse_scheme=["gbt21010-2017"]), 1, c326_not_in_scheme=1),
    case("an industry as a word", sheet("enterprise", ["uscc", "name", "industry_code", "industry_scheme"],
         [CODE, "甲", "汽车制造", "gbt4754-2017"]), 1, STOCK, c325_industry_code=1),
    case("words for codes, and one that is none", parcels(build_status=["在建", "built", "拆了"]), 3, c303_unmapped=1),
    case("numbers with a word, a range, a sign for nothing", parcels(built_area_m2=["约12亩", "12-15", "/"]), 3, c302_unreadable=3),
    case("negative, too large, and an error of the sheet", parcels(built_area_m2=["-1", "1", "#REF!"], plan_far_max=["1", "51", "1"]), 3,
         c305_out_of_bounds=2, c302_unreadable=1),
    case("a density as 35 in the place of 0.35", parcels(plan_density_max=["35"]), 1, c305_out_of_bounds=1),
    case("a most below the least", parcels(plan_far_min=["2"], plan_far_max=["1"]), 1, c321_bounds_crossed=1),
    case("yes, no, and perhaps", parcels(is_mortgaged=["是", "否", "可能"]), 3, c302_unreadable=1),
    case("a code that a workbook made a number", table("firms", ["uscc", "name"], [914403001922038216, "甲"]), 1,
         STOCK.replace('["enterprise"]', '["*"]', 1), c319_code_as_number=1),
)  # fmt: skip

# --- units, years, dates ----------------------------------------------------------------------------------------------

UNITS = (
    case("mu in the header", parcels(**{"登记面积（亩）": ["15.55"]}), 1),
    case("a decimal point too far right", parcels(**{"登记面积（亩）": ["155.5"]}), 1, c318_area_differs=1),
    case("hectares under a header of mu", parcels(**{"登记面积(亩)": ["1.04"]}), 1, c318_area_differs=1),
    case("a unit that nobody knows, row by row", parcels(MJ=["1.04", "15.5", "3"], DW=["公顷", "亩", "垧"]), 3,
         OWN_NAMES + '[table.columns]\ncert_area_m2 = { from = "MJ", unit_from = "DW" }\n', c303_unmapped=1),
    case("two sources that differ by a unit", parcels(MJ=["15.5"], GQ=["15.5"]), 1,
         OWN_NAMES + '[table.columns]\ncert_area_m2 = [{ from = "MJ", unit = "亩" }, { from = "GQ", unit = "公顷" }]\n',
         c323_sources_differ=1),
    Case("a unit that has to be asked", parcels(MJ=["15.5"]), refused="not known", options={"crs": "EPSG:4490"},
         profile=OWN_NAMES + '[table.columns]\ncert_area_m2 = { from = "MJ", unit = "ask" }\n'),
    case("0 that means nobody wrote it down", parcels(MJ=["0"]), 1,
         OWN_NAMES + '[table.columns]\ncert_area_m2 = { from = "MJ", unit = "亩", unknown = [0] }\n', c304_placeholder=1),
    case("approved ten times what is drawn", parcels(approved_area_m2=["103650"]), 1, c327_approved_differs=1),
    case("a column a year, a row without any",
         sheet("tax", ["uscc", "SJ2022（万元）", "SJ2023（万元）"], [CODE, "1", ""], ["LS-1", "", ""]), 1,
         'name = "y"\nzh = "y"\nen = "y"\n[[table]]\nname = "enterprise_year"\nlayers = ["tax"]\n[table.columns]\nuscc = "uscc"\n'
         'tax_wan = "SJ{year}"\n', c324_no_year=1, c502_enterprise_unknown=1),
    case("a year that is none", sheet("enterprise_year", ["uscc", "year"], ["LS-1", "1066"], ["LS-1", "二〇二四"]), 0, STOCK,
         c305_out_of_bounds=1, c302_unreadable=1, c301_missing=2),
    case("dates as people write them, and two that are none", parcels(term_end=["2051年5月1日", "2051/5/1", "51-05-01", "长期"]), 4,
         c302_unreadable=2),
    case("days that say none and for ever", parcels(term_end=["9999-12-31", "1900-01-01", "0001-01-01", "2051-05-01", "-0044-03-15"]), 5,
         c304_placeholder=3, c302_unreadable=1),
    case("works that end before they begin", sheet("contract", ["contract_no", "parcel_no", "started_on", "finished_on"],
         ["C", "A", "2021-05-01", "2020-05-01"]), 1, STOCK, c314_date_order=1, c501_parcel_unknown=1),
)  # fmt: skip

# --- topology ---------------------------------------------------------------------------------------------------------

BOW = shapely.Polygon([(117, 33), (117.001, 33.001), (117.001, 33), (117, 33.001)])
SPIKE = shapely.Polygon(
    [(117, 33), (117.001, 33), (117.001, 33.001), (117.001, 33.005), (117.001, 33.001), (117, 33.001)]
)
RING = shapely.box(117, 33, 117.003, 33.003).difference(shapely.box(117.001, 33.001, 117.002, 33.002))
STRIP = shapely.box(117, 33, 117.001, 33.000004)

TOPOLOGY = (
    case("a bow tie is not repaired where that changes its area", parcels(BOW), 0, c405_not_repairable=1),
    case("a spike is", parcels(SPIKE), 1, c404_repaired=1),
    case("a parcel without a shape", parcels(square(), "POLYGON EMPTY"), 1, c401_no_shape=1),
    case("a point and a line among the parcels", parcels(square(), "POINT(117 33)", "LINESTRING(117 33,117.1 33)"), 1,
         c403_not_a_polygon=2),
    case("a collection of a parcel and a point", parcels(f"GEOMETRYCOLLECTION({square().wkt},POINT(117 33))"), 1, c413_shapes_mixed=1),
    case("heights in the corners", parcels("POLYGON Z((117 33 5,117.001 33 5,117.001 33.001 5,117 33.001 5,117 33 5))"), 1,
         c122_heights_dropped=1),
    case("a parcel half over its neighbour", parcels(square(), square(0.25)), 2, c406_overlap=2),
    case("one parcel under two numbers", parcels(square(), square()), 2, c411_same_ground=2),
    case("a hole that nobody fills", parcels(RING), 1, c412_hole=1),
    case("a hole that a parcel fills", parcels(RING, shapely.box(117.001, 33.001, 117.002, 33.002)), 2),
    case("a strip of forty centimetres", parcels(STRIP), 1, c409_sliver=1),
    case("thirty centimetres of nobody's land", parcels(square(), shapely.box(117.001003, 33, 117.002, 33.001)), 2, c410_gap=1),
    case("the same with a wider tolerance of its own", parcels(square(), shapely.box(117.001003, 33, 117.002, 33.001)), 2,
         OWN_NAMES + "[tolerance]\ngap_width_m = 0.1\n"),
    case("longitude 190 among others", parcels(square(), square(1), shapely.box(190, 33, 190.001, 33.001)), 2, c402_bad_coordinates=1),
    case("a building whose shape is a point keeps its row", sheet("building", ["building_no", "parcel_no", "WKT"],
         ["b", "Z", "POINT(117 33)"]), 1, STOCK, c408_shape_dropped=1, c501_parcel_unknown=1),
)  # fmt: skip


@cases(*KEYS)
def test_keys(case: Case, tmp_path: Path) -> None:
    case.hold(tmp_path)


@cases(*ATTRIBUTES)
def test_attributes_and_domains(case: Case, tmp_path: Path) -> None:
    case.hold(tmp_path)


@cases(*UNITS)
def test_units_years_and_dates(case: Case, tmp_path: Path) -> None:
    case.hold(tmp_path)


@cases(*TOPOLOGY)
def test_topology(case: Case, tmp_path: Path) -> None:
    case.hold(tmp_path)


def test_the_set_is_as_large_as_it_says() -> None:
    assert len({case.wrong for case in (*KEYS, *ATTRIBUTES, *UNITS, *TOPOLOGY)}) >= 45
    assert np.isfinite(square().area)
