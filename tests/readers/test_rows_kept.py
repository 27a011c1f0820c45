"""What always holds, whatever a layer is like: rows in = stored + refused; what is kept is valid; export then import is the identity."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from given import rows
from hypothesis import HealthCheck, given, settings

from landgis.core.checking.doubts import doubts
from landgis.core.checking.quality import check
from landgis.exports.stock import write_stock
from landgis.readers.conform import conform
from landgis.readers.files import Layer, read_layers
from landgis.readers.profiles import load_profile, parse_profile
from landgis.terms.errors import InputError
from landgis.terms.frames import STOCK

PROFILE = """
name = "any"
zh = "任意"
en = "any"
[[table]]
name = "parcel"
layers = ["*"]
where = { one_of = { KIND = ["a", "b"] } }
[table.columns]
parcel_no = "NO"
cert_area_m2 = { from = "MJ", unit = "亩", unknown = [0] }
build_status = "ZT"
term_end = "RQ"
is_seized = "CF"
[[table]]
name = "enterprise_year"
layers = ["*"]
shapes = false
[table.columns]
uscc = "DM"
tax_wan = { from = "SJ{year}", unit = "万元" }
"""
TEXTS = st.one_of(
    st.none(),
    st.text(max_size=6),
    st.sampled_from(["1", "-1", "在建", "是", "2021-05-01", "#REF!", "1e400", "０．５", " "]),
)
CORNERS = st.lists(
    st.tuples(st.floats(116.9, 117.1), st.floats(32.9, 33.1))
    | st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)),
    min_size=3,
    max_size=6,
)


@st.composite
def shapes(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from(["none", "empty", "point", "polygon", "polygon", "polygon", "collection"]))
    if kind == "none":
        return None
    if kind == "empty":
        return shapely.Polygon()
    if kind == "point":
        return shapely.Point(117, 33)
    with np.errstate(invalid="ignore"):
        polygon = shapely.Polygon(draw(CORNERS))
    return shapely.GeometryCollection([polygon, shapely.Point(117, 33)]) if kind == "collection" else polygon


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    count = draw(st.integers(1, 8))
    columns = {
        name: draw(st.lists(TEXTS, min_size=count, max_size=count))
        for name in ("MJ", "ZT", "RQ", "CF", "SJ2022", "SJ2023")
    }
    columns["NO"] = draw(st.lists(st.sampled_from(["A", "B", "C", "D", None]), min_size=count, max_size=count))
    columns["DM"] = draw(st.lists(st.sampled_from(["U", "V", "W", None]), min_size=count, max_size=count))
    columns["KIND"] = draw(st.lists(st.sampled_from(["a", "b", "c", None]), min_size=count, max_size=count))
    frame = pd.DataFrame({name: pd.Series(values, dtype="str") for name, values in columns.items()})
    frame.index = pd.RangeIndex(1, count + 1, name="row")
    drawn = np.array([None] * count, dtype=object)
    drawn[:] = draw(st.lists(shapes(), min_size=count, max_size=count))
    return Layer("any.gpkg", "any", frame, drawn, pyproj.CRS.from_epsg(4490))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(layers())
def test_no_row_vanishes_and_what_is_kept_is_valid(layer: Layer) -> None:
    known = {"park": pd.DataFrame({"park_code": ["p1"]})}
    try:
        given_ = conform([layer], parse_profile(PROFILE, "any.toml"), park="p1")
    except InputError as refused:  # most coordinates impossible: the file is refused as a whole, with its mend
        assert refused.mend is not None
        return
    checked = check(given_.frames, known)
    issues = pd.concat([given_.issues, checked.issues, doubts(checked.frames, known)], ignore_index=True)
    stored = {row for frame in checked.frames.values() for row in frame["source_row"]}
    refused_rows = set(issues.loc[issues["severity"] == "refused", "row"].dropna())
    assert stored | refused_rows >= set(layer.rows.index), "a row that is not stored is named"
    assert given_.rows_in == len(layer.rows) == len(stored) + len(set(layer.rows.index) - stored)
    parcel = checked.frames["parcel"]
    kept = parcel["geom"].to_numpy(dtype=object)
    assert shapely.is_valid(kept).all() and (parcel["geom_area_m2"] > 0).all()
    assert not parcel.duplicated(["park_code", "parcel_no"]).any()
    # A repair never moved more than it may, and says what it moved.
    for issue in checked.issues[checked.issues["code"] == "404-repaired"].to_dict("records"):
        before, after = float(issue["raw"]), float(issue["new"])
        assert abs(after - before) <= max(0.001 * before, 1.0) + 1e-6
    # What was kept passes the same checks without a word.
    again = check({"parcel": parcel}, known)
    assert len(again.frames["parcel"]) == len(parcel) and "404-repaired" not in set(again.issues["code"])


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


@st.composite
def stocks(draw: st.DrawFn) -> dict[str, pd.DataFrame]:
    numbers = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    positive = st.none() | st.floats(1e-6, 1e12)
    parcel = [
        {
            "park_code": "p1", "parcel_no": number, "owner_name": draw(st.none() | NAMES), "cert_area_m2": draw(positive),
            "build_status": draw(st.sampled_from([None, "built", "stopped"])), "is_seized": draw(st.none() | st.booleans()),
            "term_end": draw(st.none() | st.dates(pd.Timestamp(1990, 1, 1).date(), pd.Timestamp(2099, 1, 1).date())),
            "geom": shapely.multipolygons([shapely.box(117 + place / 7, 33, 117.001 + place / 7, 33 + draw(st.floats(1e-4, 1e-2)))]),
        }
        for place, number in enumerate(numbers)
    ]  # fmt: skip
    firm = {
        "park_code": "p1", "uscc": draw(NAMES), "name": draw(NAMES),
        "tags": draw(st.none() | st.lists(st.sampled_from(["hightech", "listed"]), min_size=1, unique=True)),
    }  # fmt: skip
    return {
        "park": rows("park", {"park_code": "p1", "name": "示例园区"}),
        "parcel": rows("parcel", *parcel),
        "enterprise": rows("enterprise", firm),
    }


@pytest.mark.parametrize("ending", [".gpkg", ".xlsx"])
def test_export_then_import_is_the_identity(ending: str) -> None:
    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(stocks())
    def holds(frames: dict[str, pd.DataFrame]) -> None:
        with TemporaryDirectory() as folder:
            path = Path(folder, f"stock{ending}")
            write_stock(frames, path)
            back = conform(
                read_layers(path, crs=None if ending == ".gpkg" else "EPSG:4490"), load_profile("landgis-template")
            )
        assert len(back.issues[~back.issues["code"].isin(["115-crs-inferred"])]) == 0, back.issues[
            ["code", "raw"]
        ].to_string()
        for table in STOCK:
            if table.name not in frames:
                continue
            one, two = frames[table.name], back.frames[table.name]
            for column in table.columns:
                if column.name == "geom_area_m2":
                    continue  # measured again by every import
                if column.kind == "geometry":
                    near = 0.0 if ending == ".gpkg" else 1e-9
                    assert (
                        shapely.equals_exact(one["geom"].to_numpy(), two["geom"].to_numpy(), near).all()
                        or one["geom"].isna().all()
                    )
                    continue
                assert _plain(one[column.name]) == _plain(two[column.name]), column.name

    holds()


def _plain(values: "pd.Series[Any]") -> list[Any]:
    return [None if one is None or (not isinstance(one, list) and pd.isna(one)) else one for one in values]


def test_a_format_that_cannot_hold_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="format"):
        write_stock({}, tmp_path / "stock.csv")
    ring = shapely.Point(117, 33).buffer(0.01, quad_segs=400)
    many = rows("parcel", {"park_code": "p1", "parcel_no": "A", "geom": shapely.multipolygons([ring])})
    with pytest.raises(InputError, match="too large"):
        write_stock({"parcel": many}, tmp_path / "stock.xlsx")
