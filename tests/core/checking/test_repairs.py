"""Repairs that somebody asked for: corners laid on corners, the same ground taken once; told, and never beyond the tolerance."""

import itertools
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
import shapely
from given import rows
from hypothesis import HealthCheck, given, settings

from landgis.core.checking.quality import check
from landgis.core.checking.repairs import Repaired, repair
from landgis.terms.tolerances import usual

#: About a metre, in degrees of latitude; of longitude it is 0.84 m there.
M = 1 / 111_000
KNOWN = {"park": pd.DataFrame({"park_code": ["p1", "p2"]})}


def plot(number: str, *corners: tuple[float, float], **differs: Any) -> dict[str, Any]:
    """A parcel with these corners, in steps of a metre."""
    ring = shapely.Polygon([(117 + x * M, 33 + y * M) for x, y in corners])
    return {"park_code": "p1", "parcel_no": number, "geom": shapely.multipolygons([ring]), **differs}


def box(number: str, west: float, south: float, east: float, north: float, **differs: Any) -> dict[str, Any]:
    return plot(number, (west, south), (east, south), (east, north), (west, north), **differs)


def repaired(*plots: dict[str, Any], asked: str = "snap duplicates") -> Repaired:
    checked = check({"parcel": rows("parcel", *plots)}, KNOWN)
    assert checked.issues.empty
    return repair(checked.frames, frozenset(asked.split()), usual())


def corners(done: Repaired, number: str) -> set[tuple[float, float]]:
    parcel = done.frames["parcel"].set_index("parcel_no")
    return {
        (round((x - 117) / M, 2), round((y - 33) / M, 2))
        for x, y in shapely.get_coordinates(parcel.loc[number, "geom"]).tolist()
    }


def codes(done: Repaired) -> list[tuple[str, str]]:
    """Give the codes with the numbers of the rows; a row's number is its place, from 1."""
    return [(one["code"], one["severity"]) for one in done.issues.to_dict("records")]


def is_coverage(frame: pd.DataFrame) -> bool:
    return all(
        bool(shapely.coverage_is_valid(shapely.get_parts(part["geom"].to_numpy())))
        for _, part in frame.groupby("park_code")
    )


def misfits(frame: pd.DataFrame) -> list[tuple[int, int]]:
    """Give the rows of every two parcels of a park that overlap, meet without a common corner, or are as near as corners are snapped."""
    found = []
    for one, other in itertools.combinations(frame.to_dict("records"), 2):
        if one["park_code"] == other["park_code"]:
            parts = shapely.get_parts([one["geom"], other["geom"]])
            apart = shapely.distance(*(shapely.transform(g["geom"], lambda xy: xy / M) for g in (one, other)))
            if not shapely.coverage_is_valid(parts) or 0 < apart < usual().snap_m:
                found.append((one["source_row"], other["source_row"]))
    return found


def test_nothing_is_done_unasked() -> None:
    plots = box("A", 0, 0, 100, 100), box("B", 100.05, 0, 200, 100), box("C", 0, 0, 100, 100)
    done = repaired(*plots, asked="")
    assert done.issues.empty and len(done.frames["parcel"]) == 3
    assert corners(done, "B") == {(100.05, 0), (200, 0), (200, 100), (100.05, 100)}


def test_corners_and_edges_of_neighbours_are_laid_on_each_other() -> None:
    # B stands five centimetres off A; C lies over both, its edge six centimetres off theirs and without a corner where they meet.
    done = repaired(
        box("A", 0, 0, 100, 100),
        box("B", 100.05, 0, 200, 100),
        plot("C", (0, 100.06), (200.03, 100.08), (200, 200), (0, 200)),
        asked="snap",
    )
    assert corners(done, "A") == {(0, 0), (100, 0), (100, 100), (0, 100)}, "what was drawn first stays"
    assert corners(done, "B") == {(100, 0), (200, 0), (200, 100), (100, 100)}
    assert corners(done, "C") == {(0, 100), (100, 100), (200, 100), (200, 200), (0, 200)}
    assert codes(done) == [("416-snapped", "changed")] * 2
    assert is_coverage(done.frames["parcel"])
    for issue, number in zip(done.issues.to_dict("records"), "BC", strict=True):
        after = done.frames["parcel"].set_index("parcel_no").loc[number, "geom_area_m2"]
        assert float(issue["new"]) == pytest.approx(after) and float(issue["raw"]) < after


def test_a_snap_that_moves_too_much_is_refused_and_the_neighbour_comes_to_it() -> None:
    # 0.15 steps along 30 are 4 m² of the 760 of A: more than a thousandth, and than 1 m². The long B may give them.
    done = repaired(box("B", 30.15, 0, 400, 30), box("A", 0, 0, 30, 30), asked="snap")
    assert sorted(codes(done)) == [("416-snapped", "changed"), ("417-not-snapped", "doubted")]
    assert corners(done, "A") == {(0, 0), (30, 0), (30, 30), (0, 30)}
    assert corners(done, "B") == {(30, 0), (400, 0), (400, 30), (30, 30)}
    small = repaired(box("B", 30.15, 0, 60, 30), box("A", 0, 0, 30, 30), asked="snap")
    assert codes(small) == [("417-not-snapped", "doubted")] * 2
    assert corners(small, "B") == {(30.15, 0), (60, 0), (60, 30), (30.15, 30)}, "neither can come to the other"


@pytest.mark.parametrize("apart_m", [0.3, 5])
def test_what_is_further_apart_than_the_tolerance_stays(apart_m: float) -> None:
    done = repaired(box("A", 0, 0, 100, 100), box("B", 100 + apart_m, 0, 300, 100), asked="snap")
    assert done.issues.empty


def test_a_curve_drawn_finely_keeps_its_corners() -> None:
    # Corners every 0.1 m along the edge between two parcels, the same in both: none was drawn twice.
    between = [(100.0, y / 10) for y in range(0, 31)]
    done = repaired(
        plot("A", (0, 0), *between, (100, 50), (0, 50)), plot("B", *between, (100, 50), (200, 50), (200, 0))
    )
    assert done.issues.empty


def test_two_parks_do_not_pull_at_each_other() -> None:
    assert repaired(box("A", 0, 0, 100, 100), box("B", 100.05, 0, 200, 100) | {"park_code": "p2"}).issues.empty


@pytest.mark.parametrize(
    ("differs", "code", "kept"),
    [
        ({}, "414-duplicate-dropped", ["A"]),
        ({"owner_name": None}, "414-duplicate-dropped", ["A"]),  # it says less
        ({"owner_name": "乙"}, "415-duplicate-kept", ["A", "B"]),  # two owners of one ground: nobody may drop one
        ({"town": "甲镇"}, "415-duplicate-kept", ["A", "B"]),  # it says more
    ],
)
def test_the_same_ground_is_taken_once_where_the_rows_agree(
    differs: dict[str, Any], code: str, kept: list[str]
) -> None:
    done = repaired(
        box("A", 0, 0, 100, 100, owner_name="甲"), box("B", 0, 0, 100, 100, **{"owner_name": "甲"} | differs)
    )
    assert [one for one, _ in codes(done)] == [code]
    assert done.frames["parcel"]["parcel_no"].tolist() == kept
    (issue,) = done.issues.to_dict("records")
    assert float(issue["raw"]) == pytest.approx(8406, rel=0.01)  # 100 steps by 100 at 33° N
    assert issue["park_code"] == "p1" and " A (100.0 %)" in issue["en"] and "A" in issue["zh"]


def test_nearly_the_same_ground_is_kept_where_it_would_change_what_is_covered() -> None:
    # 97 % of what the two cover together is common; dropping B would leave 3 % of the ground to nobody.
    done = repaired(box("A", 0, 0, 100, 97), box("B", 0, 0, 100, 100), asked="duplicates")
    assert codes(done) == [("415-duplicate-kept", "doubted")] and len(done.frames["parcel"]) == 2


@st.composite
def cadastres(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Parcels between lines, each drawn by somebody who missed each corner by some centimetres; now and then one is there twice."""
    xs = np.cumsum([0, *draw(st.lists(st.integers(20, 200), min_size=1, max_size=4))])
    ys = np.cumsum([0, *draw(st.lists(st.integers(20, 200), min_size=1, max_size=3))])
    miss = st.integers(-7, 7).map(lambda step: step / draw(st.sampled_from([100, 200, 10_000])))
    plots = []
    for i in range(len(xs) - 1):
        for j in range(len(ys) - 1):
            around = [(xs[i], ys[j]), (xs[i + 1], ys[j]), (xs[i + 1], ys[j + 1]), (xs[i], ys[j + 1])]
            if draw(st.booleans()):  # a corner of its own in the middle of an edge
                around.insert(1, ((xs[i] + xs[i + 1]) / 2, ys[j]))
            drawn = [(float(x) + draw(miss), float(y) + draw(miss)) for x, y in around]
            plots.append(plot(f"{i}-{j}", *drawn))
    twice = draw(st.lists(st.sampled_from(plots), max_size=2, unique_by=lambda one: one["parcel_no"]))
    return plots + [one | {"parcel_no": f"{one['parcel_no']}-again"} for one in twice]


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(cadastres())
def test_after_accepted_repairs_the_coverage_is_valid_and_no_row_vanishes(plots: list[dict[str, Any]]) -> None:
    checked = check({"parcel": rows("parcel", *plots)}, KNOWN)
    before = checked.frames["parcel"]
    done = repair(checked.frames, frozenset(["snap", "duplicates"]), usual())
    after, found = done.frames["parcel"], done.issues
    assert len(before) == len(after) + (found["severity"] == "refused").sum(), "rows in = stored + refused"
    assert shapely.is_valid(after["geom"].to_numpy()).all()
    limits = usual()
    for issue in found[found["code"] == "416-snapped"].to_dict("records"):
        one, two = float(issue["raw"]), float(issue["new"])
        assert abs(two - one) <= max(limits.repair_share * one, limits.repair_m2) + 1e-9
    untold = after["geom"].isin(before["geom"])
    assert (~untold).sum() == (found["code"] == "416-snapped").sum(), "a border that moved is told"
    named = set(found.loc[found["code"].isin(["417-not-snapped", "415-duplicate-kept"]), "row"])
    left = [pair for pair in misfits(after) if not named & set(pair)]
    assert not left, "what does not fit after the repairs is named"
    assert named or is_coverage(after)
    again = repair({"parcel": after}, frozenset(["snap", "duplicates"]), usual())
    assert not again.issues["code"].isin(["414-duplicate-dropped"]).any()
