"""What parcels are looked for by, initials as people type them, classes of colour, and from which zoom parcels are drawn."""

import numpy as np
import pandas as pd
import pytest
import shapely
from given_stock import stock

from landgis.core.showing.classes import METHODS, upper_bounds
from landgis.core.showing.generalise import detail_zoom
from landgis.core.showing.looked import looked
from landgis.terms.initials import initials


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("北京高新区", "bjgxq"),
        ("重庆长寿经开区", "cqcsjkq"),
        ("重量级", "zlj"),
        ("银行", "yh"),
        ("行走", "xz"),
        ("示例企业 017", "slqy017"),
        ("ACME 有限公司", "acmeyxgs"),
        ("", ""),
        ("<img src=x>", "<imgsrc=x>"),
    ],
)
def test_initials(name: str, typed: str) -> None:
    assert initials(name) == typed


@pytest.mark.parametrize("method", METHODS)
def test_every_known_value_has_a_class(method) -> None:
    values = [None, float("nan"), 1.0, 1.0, 2.0, 3.0, 50.0, 51.0, 52.0, 99.0, 100.0]
    bounds = upper_bounds(values, method, 3)
    assert bounds == sorted(set(bounds)) and len(bounds) == 3 and bounds[-1] == 100


def test_natural_breaks_part_what_is_apart() -> None:
    assert upper_bounds([1, 2, 3, 50, 51, 52, 99, 100], "jenks", 3) == [3, 52, 100]


def test_equal_steps_are_equal() -> None:
    assert upper_bounds([0, 1, 2, 3, 9.5, 10], "equal", 5) == [2, 4, 6, 8, 10]


def test_a_number_that_is_nearly_always_the_largest_still_has_classes() -> None:
    """Gates: one parcel each at 1 to 5, ninety at 6."""
    assert upper_bounds([1, 2, 3, 4, 5, *[6] * 90], "quantile", 5) == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("count", [3, 5])
def test_classes_are_those_of_mapclassify(count: int) -> None:
    import mapclassify  # here alone: it compiles for seconds, and every worker of a run imports every module

    values = np.random.default_rng(7).lognormal(8, 1, 300).round(1)
    beside = {
        "quantile": mapclassify.Quantiles(values, k=count).bins,
        "equal": mapclassify.EqualInterval(values, k=count).bins,
        "jenks": mapclassify.FisherJenks(values, k=count).bins,
    }
    for method in METHODS:
        assert upper_bounds(values.tolist(), method, count) == pytest.approx(list(beside[method])), method


@pytest.mark.parametrize("values", [[], [None], [float("nan")]])
def test_of_nothing_there_are_no_classes(values) -> None:
    assert upper_bounds(values, "quantile", 5) == []


def test_few_values_are_their_own_classes() -> None:
    assert upper_bounds([3, 3, 1, None], "jenks", 5) == [1, 3]


def test_a_parcel_is_found_by_its_owner_its_users_and_where_it_lies() -> None:
    drawn = stock(
        [
            {"parcel_no": "A", "owner_name": "北京高新区", "location": "重庆路"},
            {"parcel_no": "B", "owner_name": "银行"},
            {"parcel_no": "C"},
        ],
        firms=[{"uscc": "U2", "name": "银行"}, {"uscc": "U1", "name": "示例企业 017"}],
        uses=[
            {"parcel_no": "A", "uscc": "U2", "role": "owner"},
            {"parcel_no": "A", "uscc": "U1", "role": "tenant"},
            {"parcel_no": "A", "uscc": "U1", "role": "owner"},  # once more, by another right
            {"parcel_no": "B", "uscc": "U2", "role": "owner"},
            {"parcel_no": "B", "uscc": "U9", "role": "tenant"},  # a firm nobody told us of
            {"parcel_no": "nowhere", "uscc": "U1", "role": "owner"},
        ],
    )
    found = looked(drawn, pd.DataFrame({"far": [1.0, 2.0, np.nan]}, index=drawn.parcel.index), ["far"])
    assert found.index.equals(drawn.parcel.index) and found["park_code"].tolist() == ["P1"] * 3
    assert found["enterprises"].tolist() == ["示例企业 017；银行", "U9；银行", None]  # a code where no name is known
    assert found["usccs"].tolist() == ["U1；U2", "U2；U9", None]
    assert found["initials"].tolist() == ["bjgxq slqy017；yh cql", "yh u9；yh", ""]


def test_a_parcel_is_marked_at_a_place_inside_it() -> None:
    """The middle of a ring lies in its hole: the mark does not."""
    hole = shapely.box(120, 31, 120.003, 31.003) - shapely.box(120.001, 31.001, 120.002, 31.002)
    drawn = stock([{"parcel_no": "A", "geom": hole}, {"parcel_no": "B"}])
    found = looked(drawn, pd.DataFrame(index=drawn.parcel.index), [])
    for (_, row), shape in zip(found.iterrows(), drawn.parcel.geometry, strict=True):
        assert shape.contains(shapely.Point(row["lon"], row["lat"]))
        assert (row["lon"], row["lat"]) == (round(row["lon"], 6), round(row["lat"], 6))
        assert row["measures"].shape == (0,)


def test_measures_to_look_by_keep_six_figures_and_what_is_unknown() -> None:
    drawn = stock([{"parcel_no": name} for name in "ABCD"])
    measures = pd.DataFrame(
        {
            "far": [1234567.8, 0.000123456789, 0.0, np.nan],
            "users": pd.array([1, 20, None, 300], dtype="Int64"),
            "margin": [-9.8765449, np.inf, -np.inf, 1.0],
        },
        index=drawn.parcel.index,
    )
    found = looked(drawn, measures, ["margin", "far", "not_measured", "users"])  # in the order that is asked for
    table = np.vstack(found["measures"].to_list())
    expected = [
        [-9.87654, 1234570.0, np.nan, 1.0],
        [np.nan, 0.000123457, np.nan, 20.0],  # endless is not known
        [np.nan, 0.0, np.nan, np.nan],
        [1.0, np.nan, np.nan, 300.0],
    ]
    np.testing.assert_allclose(table, expected, rtol=1e-12)


def test_a_few_parcels_are_drawn_at_every_zoom() -> None:
    assert detail_zoom(np.full(5_000, 1.0), 31.0) == 0
    assert detail_zoom(np.empty(0), 31.0) == 0


@pytest.mark.parametrize(
    ("side_m", "latitude", "zoom"),
    [
        # At the equator a pixel of zoom 0 is 156 543 m, halved by every zoom; a parcel is told apart from 6 pixels on.
        (6 * 156_543.1, 0.0, 0),
        (6 * 156_543.0, 0.0, 1),
        (6 * 156_543.1 / 2**10, 0.0, 10),
        (6 * 156_543.1 / 2**10, 60.0, 9),  # Mercator doubles there
        (0.1, 0.0, 18),  # no screen goes on for ever
        (1e8, 0.0, 0),
    ],
)
def test_many_are_drawn_from_the_zoom_where_the_median_one_covers_six_pixels(
    side_m: float, latitude: float, zoom: int
) -> None:
    sides = np.full(5_001, side_m)
    sides[:2_000] = 1e-3  # slivers do not decide
    assert detail_zoom(sides**2, latitude) == zoom


def test_a_name_of_signs_with_one_reading_each_is_read_sign_by_sign() -> None:
    assert initials("山东") == "sd" and initials("丁山 2") == "ds2"


def test_of_very_many_values_the_breaks_are_looked_for_among_some(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three heaps at 1, 5 and 9: every tenth value still shows where they part, and the last class holds the largest."""
    monkeypatch.setattr("landgis.core.showing.classes._SAMPLED", 30)
    values = [heap + place / 1000 for heap in (1.0, 5.0, 9.0) for place in range(100)]
    low, middle, high = upper_bounds(values, "jenks", 3)
    assert 1.0 < low < 1.1 and 5.0 < middle < 5.1 and high == max(values)
