"""What is wrong with a row: drawn parcels and usual rows, and what differs."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
import shapely
from drawing import draw
from given import parcels, park, rows
from hypothesis import given, settings

from landgis.core.quality import Checked, check, overlaps
from landgis.terms import crs
from landgis.terms.frames import ISSUE_COLUMNS
from landgis.terms.issues import CHECKS, issue_frame

CODE = "914403001922038216"  # a real one, checked by hand: its last character is 6
WRONG = "914403001922038217"
UNIT = "320506001001GB00012W00000000"

with np.errstate(invalid="ignore"):
    NOWHERE = shapely.Polygon([(117, 33), (117.1, np.nan), (117.1, 33.1)])

FOUR = """
    AAB
    AAB
    .CD
"""
DRAWN = draw(FOUR)


def checked(known: dict[str, pd.DataFrame] | None = None, **frames: pd.DataFrame) -> Checked:
    return check({"park": rows("park", park()), **frames}, known or {})


def found(answer: Checked) -> list[tuple[str, str, str]]:
    """Give of each issue its code, severity and field."""
    return [tuple(issue) for issue in answer.issues[["code", "severity", "field"]].to_numpy(dtype=object).tolist()]


def codes(answer: Checked) -> set[str]:
    return set(answer.issues["code"])


def test_clean_parcels_have_no_issue_and_get_their_area_on_the_ellipsoid() -> None:
    answer = checked(parcel=parcels(DRAWN).assign(geom_area_m2=np.nan))
    assert len(answer.issues) == 0
    assert list(answer.issues.columns) == list(ISSUE_COLUMNS)
    assert answer.frames["parcel"]["geom_area_m2"].round(1).tolist() == [400.0, 200.0, 100.0, 100.0]


def test_nothing_given_is_changed() -> None:
    frame = parcels(DRAWN, A={"owner_name": "a\x00b", "cert_area_m2": -1.0})
    before = frame.copy(deep=True)
    answer = checked(parcel=frame)
    pd.testing.assert_frame_equal(frame, before)
    assert codes(answer) == {"305-out-of-bounds", "307-text-cleaned"}


def test_no_row_at_all() -> None:
    answer = check({"parcel": rows("parcel"), "contract": rows("contract")}, {})
    assert len(answer.issues) == 0 and len(answer.frames["parcel"]) == 0


# --- attributes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("differs", "issue"),
    [
        ({"parcel_no": None}, ("301-missing", "refused", "parcel_no")),
        ({"park_code": "p9"}, ("504-park-unknown", "refused", "park_code")),
        ({"cert_area_m2": -1.0}, ("305-out-of-bounds", "changed", "cert_area_m2")),
        ({"plan_far_max": 51.0}, ("305-out-of-bounds", "changed", "plan_far_max")),
        ({"plan_density_max": 35.0}, ("305-out-of-bounds", "changed", "plan_density_max")),
        ({"cert_area_m2": np.inf}, ("305-out-of-bounds", "changed", "cert_area_m2")),
        ({"tenure": "rented"}, ("306-not-in-domain", "changed", "tenure")),
        ({"owner_name": "示例\u202e企业"}, ("307-text-cleaned", "changed", "owner_name")),
        ({"owner_name": "示例\x07企业"}, ("307-text-cleaned", "changed", "owner_name")),
        ({"owner_name": "企" * 4001}, ("308-text-too-long", "changed", "owner_name")),
        ({"owner_name": "示例\ufffd企业"}, ("320-broken-text", "doubted", "owner_name")),
        ({"owner_uscc": WRONG}, ("309-credit-code", "doubted", "owner_uscc")),
        ({"bdcdyh": "320506001001XB00012W00000000"}, ("310-unit-code", "doubted", "bdcdyh")),
        ({"zddm": "320506001001GB0012"}, ("311-parcel-code", "doubted", "zddm")),
        ({"zddm": "320506001001GB00013", "bdcdyh": UNIT}, ("312-codes-differ", "doubted", "zddm")),
        ({"landuse_scheme": None}, ("313-scheme-missing", "doubted", "landuse_code")),
        ({"plan_far_min": 2.0, "plan_far_max": 1.0}, ("321-bounds-crossed", "doubted", "plan_far_min")),
        ({"built_area_m2": 102.0, "supplied_area_m2": 100.0}, ("315-built-over-supplied", "doubted", "built_area_m2")),
        ({"geom": None}, ("401-no-shape", "refused", "geom")),
        ({"geom": shapely.MultiPolygon()}, ("401-no-shape", "refused", "geom")),
        ({"geom": shapely.Point(117, 33)}, ("403-not-a-polygon", "refused", "geom")),
        ({"geom": shapely.box(117, 33, 117.1, 1e30)}, ("402-bad-coordinates", "refused", "geom")),
        ({"geom": shapely.box(567_000, 33, 567_100, 34)}, ("402-bad-coordinates", "refused", "geom")),
        ({"geom": NOWHERE}, ("402-bad-coordinates", "refused", "geom")),
    ],
)  # fmt: skip
def test_one_thing_is_wrong_with_parcel_a(differs: dict[str, Any], issue: tuple[str, str, str]) -> None:
    answer = checked(parcel=parcels(DRAWN, A=differs))
    assert found(answer) == [issue]
    assert answer.issues["row"].tolist() == [1]
    assert len(answer.frames["parcel"]) == (3 if issue[1] == "refused" else 4)


@pytest.mark.parametrize(
    "differs",
    [
        {"owner_uscc": CODE},
        {"owner_uscc": "LS-2023-0007"},  # a provisional number is not 18 characters long
        {"bdcdyh": UNIT, "zddm": UNIT[:19]},
        {"built_area_m2": 101.0, "supplied_area_m2": 100.0},  # 1 % is allowed
        {"plan_far_min": 1.0, "plan_far_max": 1.0},
        {"location": "行一\n行二"},
        {"cert_area_m2": None, "owner_name": None, "landuse_code": None, "landuse_scheme": None},
    ],
)
def test_nothing_is_wrong_with_parcel_a(differs: dict[str, Any]) -> None:
    assert len(checked(parcel=parcels(DRAWN, A=differs)).issues) == 0


def test_what_is_out_of_bounds_is_unknown_not_zero() -> None:
    answer = checked(parcel=parcels(DRAWN, A={"built_area_m2": -1.0}))
    assert np.isnan(answer.frames["parcel"]["built_area_m2"][0])
    assert answer.issues["raw"].tolist() == ["-1"] and answer.issues["new"].isna().all()


@pytest.mark.parametrize(
    ("given_m2", "doubted"),
    [
        (10_000, False),
        (10_099, False),  # 0.99 %
        (10_102, True),  # 1.02 % and 102 m²
        (9_850, True),
    ],
)
def test_registered_against_drawn_area(given_m2: float, doubted: bool) -> None:
    drawn = draw("\n".join(["A" * 10] * 10))  # 100 m x 100 m
    answer = checked(parcel=parcels(drawn, A={"cert_area_m2": given_m2}))
    assert codes(answer) == ({"318-area-differs"} if doubted else set())


def test_a_small_parcel_may_differ_by_fifty_square_metres() -> None:
    assert len(checked(parcel=parcels(draw("A"), A={"cert_area_m2": 149.9})).issues) == 0
    answer = checked(parcel=parcels(draw("A"), A={"cert_area_m2": 150.1}))
    assert "150.1 m²" in answer.issues["en"][0] and "100.0 m²" in answer.issues["en"][0]


@pytest.mark.parametrize(
    ("dates", "doubted"),
    [
        ({"agreed_start_on": "2021-01-01", "agreed_finish_on": "2023-01-01"}, None),
        ({"agreed_start_on": "2023-01-01", "agreed_finish_on": "2023-01-01"}, None),
        ({"agreed_start_on": "2023-01-02", "agreed_finish_on": "2023-01-01"}, "agreed_start_on"),
        ({"started_on": "2023-01-02", "finished_on": "2023-01-01"}, "started_on"),
        ({"started_on": "2023-01-02", "finished_on": None}, None),
        ({"started_on": "2019-01-01", "agreed_start_on": "2020-01-01"}, None),  # early is no mistake
    ],
)
def test_dates_in_order(dates: dict[str, str | None], doubted: str | None) -> None:
    contract = {
        "park_code": "p1",
        "contract_no": "c",
        "parcel_no": "A",
        **{name: pd.Timestamp(day) for name, day in dates.items()},
    }
    answer = checked(parcel=parcels(draw("A")), contract=rows("contract", contract))
    assert [field for _, _, field in found(answer)] == ([doubted] if doubted else [])


def test_of_the_same_key_the_first_is_kept_and_the_others_say_which() -> None:
    frame = parcels(DRAWN, B={"parcel_no": "A"}, C={"parcel_no": "A"})
    frame.loc[2, ["geom", "geom_area_m2", "cert_area_m2", "owner_name"]] = frame.loc[
        0, ["geom", "geom_area_m2", "cert_area_m2", "owner_name"]
    ]
    answer = checked(parcel=frame)
    assert answer.frames["parcel"]["parcel_no"].tolist() == ["A", "D"]
    told = answer.issues.set_index("row")
    assert told.loc[3, "code"] == "316-duplicate" and "row 1" in told.loc[3, "en"]
    assert told.loc[2, "code"] == "317-duplicate-differs" and "cert_area_m2" in told.loc[2, "en"]
    assert set(told["severity"]) == {"refused"}


def test_a_key_of_which_the_first_row_is_refused_goes_to_the_next() -> None:
    answer = checked(parcel=parcels(DRAWN, A={"parcel_no": "B", "geom": None}))
    assert answer.frames["parcel"]["parcel_no"].tolist() == ["B", "C", "D"]
    assert codes(answer) == {"401-no-shape"}


def test_a_key_too_long_is_refused_not_cut() -> None:
    answer = checked(parcel=parcels(DRAWN, A={"parcel_no": "A" * 201}))
    assert codes(answer) == {"308-text-too-long", "301-missing"}
    assert len(answer.frames["parcel"]) == 3


# --- shapes -----------------------------------------------------------------------------------------------------------


def square(size_m: float = 100.0, *, west: float = 117.0, south: float = 33.0) -> np.ndarray[Any, Any]:
    """Give the corners of a square of this size at 33° N, where a degree is 110 914 m north and 93 456 m east."""
    return np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size_m / [93_456, 110_914] + [west, south]


def test_a_spike_that_crosses_itself_is_cut_off() -> None:
    corners = square()
    # On its way along the north side the line runs back over itself: no area, but not valid.
    spike = shapely.Polygon([*corners[:3], corners[2] + [0.0005, 0], corners[2], corners[3]])
    answer = checked(parcel=parcels(draw("A"), A={"geom": spike, "cert_area_m2": 10_000.0}))
    assert found(answer) == [("404-repaired", "changed", "geom")]
    mended = answer.frames["parcel"]["geom"][0]
    assert mended.is_valid and mended.geom_type == "MultiPolygon"
    assert answer.frames["parcel"]["geom_area_m2"][0] == pytest.approx(10_000, rel=1e-3)


def test_a_bow_tie_is_refused_since_nobody_knows_its_area() -> None:
    corners = square()
    answer = checked(parcel=parcels(draw("A"), A={"geom": shapely.Polygon(corners[[0, 2, 1, 3]])}))
    assert found(answer) == [("405-not-repairable", "refused", "geom")]
    assert "Self-intersection" in answer.issues["en"][0]


def test_a_collection_is_taken_for_its_polygons() -> None:
    both = shapely.GeometryCollection([shapely.Polygon(square()), shapely.Point(117, 33)])
    answer = checked(parcel=parcels(draw("A"), A={"geom": both, "cert_area_m2": 10_000.0}))
    assert len(answer.issues) == 0
    assert answer.frames["parcel"]["geom"][0].geom_type == "MultiPolygon"


def test_a_building_keeps_its_row_when_its_shape_is_lost() -> None:
    building = {"park_code": "p1", "building_no": "b", "parcel_no": "A", "geom": shapely.Point(117, 33), "floors": 3.0}
    answer = checked(parcel=parcels(draw("A")), building=rows("building", building))
    assert found(answer) == [("408-shape-dropped", "changed", "geom")]
    assert answer.frames["building"]["floors"].tolist() == [3.0]
    assert answer.frames["building"]["geom"].isna().all()


def test_an_overlap_is_told_at_both_parcels_with_its_area_and_the_other() -> None:
    frame = parcels(DRAWN)
    # A and B share a border of 20 m; B moved 1 m west lies on 20 m² of A, and leaves 1 m to nobody.
    frame.loc[1, "geom"] = shapely.transform(frame.loc[1, "geom"], lambda xy: xy - [1 / 93_456, 0])
    answer = checked(parcel=frame)
    assert codes(answer) == {"406-overlap"}
    told = answer.issues.set_index("row")
    assert "“B”" in told.loc[1, "zh"] and "“A”" in told.loc[2, "zh"]
    assert [float(raw) for raw in told["raw"]] == pytest.approx([20.0, 20.0], abs=0.1)


def test_parcels_of_two_parks_may_lie_on_each_other() -> None:
    frame = pd.concat([parcels(draw("A")), parcels(draw("A"), "p2")], ignore_index=True)
    answer = check({"park": rows("park", park("p1"), park("p2")), "parcel": frame}, {})
    assert len(answer.issues) == 0


def test_a_sheet_in_the_wrong_place_is_doubted_and_does_not_move_the_middle() -> None:
    near = [parcels(draw("A", corner=(117.0 + step / 100, 33.0))).assign(parcel_no=f"N{step}") for step in range(5)]
    far = [parcels(draw("A", corner=(117.0 + step / 100, 31.7))).assign(parcel_no=f"F{step}") for step in range(4)]
    answer = checked(parcel=pd.concat([*near, *far], ignore_index=True))
    assert answer.issues["code"].tolist() == ["407-far-away"] * 4
    assert "145 km" in answer.issues["en"][0], "1.3 degrees of latitude"


def brute_force(shapes: np.ndarray[Any, Any], least_m2: float) -> set[tuple[int, int]]:
    plane = shapely.transform(shapes, crs.equal_area)
    return {
        (one, other)
        for one in range(len(plane))
        for other in range(one + 1, len(plane))
        if shapely.intersection(plane[one], plane[other]).area > least_m2
    }


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(0, 60), st.floats(0, 60), st.floats(1, 40), st.floats(0, 6.3), st.integers(3, 9), st.booleans()
        ),
        min_size=2,
        max_size=12,
    )
)
def test_overlaps_are_those_that_intersecting_every_pair_finds(drawn: list[tuple[float, ...]]) -> None:
    shapes = []
    for east, north, size, turn, corners, dented in drawn:
        angle = turn + np.arange(int(corners)) * 2 * np.pi / corners
        radius = np.full(int(corners), size)
        if dented:
            radius[0] = size / 3
        xy = np.column_stack([east + radius * np.cos(angle), north + radius * np.sin(angle)])
        shapes.append(shapely.MultiPolygon([shapely.Polygon(xy / [93_456, 110_914] + [117, 33])]))
    array = np.array(shapes, dtype=object)
    first, second, area = overlaps(array, np.zeros(len(array), dtype=np.int64))
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == brute_force(array, 1.0)
    assert (area > 1.0).all()


def test_overlap_of_one_within_another_and_of_two_the_same() -> None:
    outer = shapely.Polygon(square())
    inner = shapely.Polygon(square(10.0, west=117.0005, south=33.0005))
    first, second, area = overlaps(np.array([outer, inner, outer], dtype=object), np.zeros(3, dtype=np.int64))
    assert sorted(zip(first.tolist(), second.tolist(), area.round().tolist(), strict=True)) == [
        (0, 1, 100.0),
        (0, 2, pytest.approx(10_000, rel=1e-3)),
        (1, 2, 100.0),
    ]


# --- between tables ---------------------------------------------------------------------------------------------------


def use(parcel_no: str = "A", uscc: str = CODE, **differs: Any) -> dict[str, Any]:
    return {"park_code": "p1", "parcel_no": parcel_no, "uscc": uscc, "role": "user", **differs}


FIRM = rows("enterprise", {"park_code": "p1", "uscc": CODE, "name": "示例企业 001"})


def test_rows_that_point_to_nobody_are_doubted_and_kept() -> None:
    answer = checked(
        parcel=parcels(draw("A")), enterprise=FIRM, parcel_use=rows("parcel_use", use(), use("Z"), use(uscc="LS-1"))
    )
    assert found(answer) == [
        ("501-parcel-unknown", "doubted", "parcel_no"),
        ("502-enterprise-unknown", "doubted", "uscc"),
    ]
    assert len(answer.frames["parcel_use"]) == 3


def test_what_the_stock_knows_need_not_be_in_the_batch() -> None:
    known = {
        "park": pd.DataFrame({"park_code": ["p1"]}),
        "parcel": pd.DataFrame({"park_code": ["p1"], "parcel_no": ["A"]}),
        "enterprise": pd.DataFrame({"park_code": ["p1"], "uscc": [CODE]}),
    }
    assert len(check({"parcel_use": rows("parcel_use", use())}, known).issues) == 0


@pytest.mark.parametrize(
    ("areas", "doubted"),
    [
        ([60.0, 44.9], False),  # 104.9 of 100 m²: 5 % is allowed
        ([60.0, 45.1], True),
        ([60.0, None], False),
    ],
)
def test_the_users_of_a_parcel_cannot_have_more_than_the_parcel(areas: list[float | None], doubted: bool) -> None:
    users = rows("parcel_use", *(use(uscc=f"LS-{number}", area_m2=area) for number, area in enumerate(areas)))
    firms = rows(
        "enterprise", *({"park_code": "p1", "uscc": f"LS-{number}", "name": "示例企业"} for number in range(2))
    )
    answer = checked(parcel=parcels(draw("A")), enterprise=firms, parcel_use=users)
    assert codes(answer) == ({"503-users-over-parcel"} if doubted else set())


def test_an_owner_who_lets_and_those_who_have_left_are_not_counted() -> None:
    users = rows(
        "parcel_use",
        use(area_m2=100.0, role="owner"),
        use(uscc="LS-1", area_m2=100.0, role="tenant"),
        use(uscc="LS-2", area_m2=100.0, to_on=pd.Timestamp(2020, 1, 1)),
    )
    firms = rows(
        "enterprise", *({"park_code": "p1", "uscc": code, "name": "示例企业"} for code in (CODE, "LS-1", "LS-2"))
    )
    assert len(checked(parcel=parcels(draw("A")), enterprise=firms, parcel_use=users).issues) == 0


# --- what always holds ------------------------------------------------------------------------------------------------

CELLS = st.sampled_from(["A", "B", "C", "D", "."])
ODD: dict[str, st.SearchStrategy[Any]] = {
    "parcel_no": st.sampled_from(["A", "B", "Z" * 300, None, "\x00"]),
    "park_code": st.sampled_from(["p1", "p9", None]),
    "cert_area_m2": st.none() | st.floats(),
    "owner_name": st.none() | st.text(max_size=5),
    "owner_uscc": st.sampled_from([CODE, WRONG, "x", None]),
    "tenure": st.sampled_from(["granted", "?", None]),
    "geom": st.sampled_from(
        [None, shapely.Point(0, 0), shapely.MultiPolygon(), shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])]
    ),
}


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from("ABCD"), st.fixed_dictionaries({}, optional=ODD), max_size=4))
def test_every_row_is_kept_or_refused_with_an_issue(differs: dict[str, dict[str, Any]]) -> None:
    frame = parcels(DRAWN, **differs)
    answer = checked(parcel=frame)
    kept = answer.frames["parcel"]
    of_parcels = answer.issues[answer.issues["table_name"] == "parcel"]
    refused = set(of_parcels.loc[of_parcels["severity"] == "refused", "row"])
    assert len(kept) + len(refused) == len(frame)
    assert set(kept["source_row"]) | refused == set(frame["source_row"])
    assert not set(kept["source_row"]) & refused
    assert kept[["park_code", "parcel_no", "geom", "geom_area_m2"]].notna().all(axis=None)
    assert len(check({"park": rows("park", park()), "parcel": kept}, {}).issues.query("severity == 'refused'")) == 0
    for words in (answer.issues["zh"], answer.issues["en"]):
        assert words.notna().all() and not words.str.contains(r"[{}\x00]", regex=True).any()


def test_every_check_speaks_both_languages_with_the_same_places() -> None:
    import string

    for check_ in CHECKS.values():
        places = [
            {name.split("_")[0] for _, name, _, _ in string.Formatter().parse(text) if name}
            for text in (check_.words.zh, check_.words.en)
        ]
        assert places[0] == places[1], check_.code
        assert check_.code[0] in "1345" and check_.severity in ("changed", "doubted", "refused")


def test_no_issue_is_a_frame_with_the_right_types() -> None:
    empty = issue_frame({name: [] for name in ISSUE_COLUMNS})
    assert str(empty["row"].dtype) == "Int64" and str(empty["zh"].dtype) == "str"
