"""What is odd about the ground: drawn parcels, and what was there before."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from drawing import draw, square
from given import checked, codes, found, parcels, park, rows

from landgis.core.checking.doubts import doubts
from landgis.terms.errors import InputError
from landgis.terms.tolerances import usual, with_own


def one(corners: Any, **differs: Any) -> pd.DataFrame:
    """A parcel A of these corners (degrees), its registered area as drawn."""
    made = rows(
        "parcel",
        {"park_code": "p1", "parcel_no": "A", "geom": shapely.multipolygons([shapely.polygons(corners)]), **differs},
    )
    return made


def told(frame: pd.DataFrame, **known: pd.DataFrame) -> pd.DataFrame:
    return checked(known, parcel=frame).issues


def test_a_strip_of_half_a_metre_is_a_sliver_and_two_metres_are_not() -> None:
    width = np.array([[0, 0], [100, 0], [100, 0.5], [0, 0.5]]) / [93_456, 110_914] + [117, 33]
    issue = told(one(width)).iloc[0]
    assert issue["code"] == "409-sliver" and 0.3 < float(issue["raw"]) < 0.7
    assert len(told(one(np.array([[0, 0], [100, 0], [100, 2], [0, 2]]) / [93_456, 110_914] + [117, 33]))) == 0


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize(("metres", "said"), [(0.95, True), (1.05, False)])
def test_a_sliver_is_measured_in_metres_whichever_way_it_lies(metres: float, said: bool, is_turned: bool) -> None:
    # Twice the area by the perimeter of a strip of 200 m is 0.5 % less than its width.
    strip = np.array([[0, 0], [200, 0], [200, metres], [0, metres]])
    issues = told(one((strip[:, ::-1] if is_turned else strip) / [93_456, 110_914] + [117, 33]))
    assert issues["code"].tolist() == (["409-sliver"] if said else [])
    if said:
        assert float(issues["raw"][0]) == pytest.approx(metres, rel=0.01)


@pytest.mark.parametrize(("metres", "said"), [(0.3, True), (0.0, False), (2.0, False)])
def test_a_gap_that_is_no_path_is_told_with_its_width_and_length(metres: float, said: bool) -> None:
    west, east = square(100), square(100, west=117 + (100 + metres) / 93_456)
    frame = pd.concat([one(west), one(east, parcel_no="B")], ignore_index=True)
    issues = told(frame)
    assert (issues["code"].tolist() == ["410-gap"]) is said
    if said:
        assert 0.2 < float(issues["raw"][0]) < 0.4 and "B" in issues["en"][0]
        assert issues["lon"][0] == pytest.approx(117 + 100.15 / 93_456, abs=1e-6)  # the place is in the gap


def test_corners_that_nearly_meet_are_no_gap() -> None:
    near = square(100, west=117 + 100.2 / 93_456, south=33 + 100.2 / 110_914)
    assert len(told(pd.concat([one(square(100)), one(near, parcel_no="B")], ignore_index=True))) == 0


def test_a_hole_that_nobody_fills_is_told_and_a_filled_one_is_not() -> None:
    ring = "AAA\nA{}A\nAAA"
    assert found(checked(parcel=parcels(draw(ring.format("."))))) == [("412-hole", "doubted", "geom")]
    assert codes(checked(parcel=parcels(draw(ring.format("B"))))) == set()


def test_the_same_ground_twice_is_more_than_an_overlap() -> None:
    twice = parcels(draw("AB"), B={"geom": parcels(draw("AB"))["geom"][0]})
    issues = told(twice)
    assert issues["code"].tolist() == ["411-same-ground"] * 2 + [] and set(issues["row"]) == {1, 2}
    part = told(
        parcels(draw("AAB"), B={"geom": parcels(draw("AAB"))["geom"][0].union(parcels(draw("AAB"))["geom"][1])})
    )
    assert "411-same-ground" not in set(part["code"]) and "406-overlap" in set(part["code"])


def test_the_place_of_an_overlap_is_in_it() -> None:
    frame = pd.concat([one(square(100)), one(square(100, west=117 + 90 / 93_456), parcel_no="B")], ignore_index=True)
    issues = told(frame)
    assert issues["lon"].tolist() == pytest.approx([117 + 95 / 93_456] * 2, abs=1e-6)


@pytest.mark.parametrize(
    ("drawn", "extent", "share"), [("AAAA", "PPPP", None), ("AAAA", "PPP.", 25), ("AAAA", "....PPPP", 100)]
)
def test_outside_the_park(drawn: str, extent: str, share: int | None) -> None:
    shape = draw(extent)["geom"].iloc[0]
    frames = {"park": rows("park", park(geom=shape)), "parcel": parcels(draw(drawn))}
    issues = doubts(frames, {})
    assert issues["code"].tolist() == ([] if share is None else ["506-outside-park"])
    if share is not None:
        assert f"({share} %)" in issues["en"][0]
    stands = doubts({"parcel": frames["parcel"]}, {"park": frames["park"]})  # the extent may be in the stock alone
    assert stands["code"].tolist() == issues["code"].tolist()


def standing(drawing: str, **differs: Any) -> pd.DataFrame:
    return parcels(draw(drawing), **differs)[["park_code", "parcel_no", "geom_area_m2", "geom"]]


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        ("AAAA", "AAAA", set()),
        ("A" * 20, "A" * 19, set()),  # a twentieth: a survey
        ("AAAA", "AAA.", {"902-area-jumped"}),
        ("AAAA....", "....AAAA", {"903-moved-away"}),  # the number stands for another place
        ("AAAA", "BBBB", {"904-renumbered"}),
        ("AAAA", "..BBBB", {"905-overlaps-standing"}),  # A is not in this batch, and half of it is B's now
        ("AABB", "AABB", set()),
        ("AA..", "AABB", set()),
    ],
)
def test_against_the_batch_before(before: str, now: str, said: set[str]) -> None:
    assert set(told(parcels(draw(now)), parcel=standing(before))["code"]) == said


def test_another_park_s_parcels_are_not_held_against() -> None:
    assert len(told(parcels(draw("BB")), parcel=standing("AA").assign(park_code="p2"))) == 0


def test_a_profile_may_set_its_own_tolerance_and_no_other_name() -> None:
    frame = parcels(draw("AAAA"), A={"cert_area_m2": 460.0})
    assert doubts({"parcel": frame}, {}, usual())["code"].tolist() == ["318-area-differs"]  # 15 % and 60 m²
    assert len(doubts({"parcel": frame}, {}, with_own({"area_m2": 100}, "x.toml"))) == 0
    for wrong in ({"area": 1}, {"area_m2": -1}, {"area_m2": "1"}, {"area_m2": True}):
        with pytest.raises(InputError, match="tolerance"):
            with_own(wrong, "x.toml")


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"approved_area_m2": 700.0}, "327-approved-differs"), ({"approved_area_m2": 0.0}, None), ({"supplied_area_m2": 430.0}, None),
        ({"landuse_code": "3501"}, "326-not-in-scheme"), ({"landuse_code": "1001", "landuse_scheme": "gbt21010-2017"}, None),
        ({"landuse_code": "M1"}, "326-not-in-scheme"), ({"landuse_code": "M1", "landuse_scheme": "my-own"}, None),
    ],
)  # fmt: skip
def test_areas_on_paper_and_codes_in_their_scheme(differs: dict[str, Any], said: str | None) -> None:
    assert told(parcels(draw("AAAA"), A=differs))["code"].tolist() == ([said] if said else [])


@pytest.mark.parametrize(
    ("code", "fine"), [("C3311", True), ("36", True), ("3311", True), ("汽车", False), ("00", False), ("C33111", False)]
)
def test_industry_codes(code: str, fine: bool) -> None:
    firm = {"park_code": "p1", "uscc": "LS-1", "name": "甲", "industry_code": code, "industry_scheme": "gbt4754-2017"}
    assert (len(checked(enterprise=rows("enterprise", firm)).issues) == 0) is fine
