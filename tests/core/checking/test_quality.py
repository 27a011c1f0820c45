"""What is wrong with a row: drawn parcels and usual rows, and what differs."""

from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
import shapely
from drawing import draw, square
from given import checked, codes, found, looked_through, parcels, park, rows
from hypothesis import given, settings

from landgis.core.checking.quality import check
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
    answer = looked_through({"parcel": rows("parcel"), "contract": rows("contract")})
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
        ({"built_area_m2": 408.0, "supplied_area_m2": 400.0}, ("315-built-over-supplied", "doubted", "built_area_m2")),
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
        {"built_area_m2": 404.0, "supplied_area_m2": 400.0},  # 1 % is allowed
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
    assert found(answer) == [("413-shapes-mixed", "changed", "geom")]
    assert "point, polygon" in answer.issues["en"][0]
    assert answer.frames["parcel"]["geom"][0].geom_type == "MultiPolygon"


def test_a_building_keeps_its_row_when_its_shape_is_lost() -> None:
    building = {"park_code": "p1", "building_no": "b", "parcel_no": "A", "geom": shapely.Point(117, 33), "floors": 3.0}
    answer = checked(parcel=parcels(draw("A")), building=rows("building", building))
    assert found(answer) == [("408-shape-dropped", "changed", "geom")]
    assert answer.frames["building"]["floors"].tolist() == [3.0]
    assert answer.frames["building"]["geom"].isna().all()


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
        assert check_.code[0] in "134569" and check_.severity in ("changed", "doubted", "refused")


def test_no_issue_is_a_frame_with_the_right_types() -> None:
    empty = issue_frame({name: [] for name in ISSUE_COLUMNS})
    assert str(empty["row"].dtype) == "Int64" and str(empty["zh"].dtype) == "str"
