"""What is wrong with a table, row by row: issues, never an exception.

A row is refused only where storing it would be a lie or impossible: no key, no shape, no park, a second row of the same key.
Everything else is stored, with what was changed or what is doubtful said beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from landgis.terms import codes, crs
from landgis.terms.frames import STOCK, Column, Table
from landgis.terms.issues import Issues, Severity

Shapes = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Longest key and longest text that are stored; a longer key cannot be indexed.
KEY_MOST: Final = 200
TEXT_MOST: Final = 4_000

# Control signs but tab and line ends, and signs that turn the direction of the text around them.
_UNSEEN: Final = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
_ODD: Final = _UNSEEN[:-1] + "\ufffd]"

#: A registered area may differ from the drawn one by this share or by this much.
AREA_SHARE: Final = 0.01
AREA_M2: Final = 50.0
#: A repair may change an area by this share or by this much.
REPAIR_SHARE: Final = 0.001
REPAIR_M2: Final = 1.0
#: Neighbours may overlap by this much: less is drawing, not a dispute.
OVERLAP_M2: Final = 1.0
#: A shape farther from the middle of its park than this is asked about.
FAR_KM: Final = 50.0
BUILT_OVER_SUPPLIED: Final = 1.01
USED_OVER_AREA: Final = 1.05

_POLYGONAL: Final = ("park", "parcel", "building", "zone", "evidence")
_SHAPE_NEEDED: Final = ("parcel", "zone", "evidence")

#: Pairs of dates of which the first must not be later, by table.
DATE_ORDER: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "contract": (
        ("signed_on", "agreed_finish_on"),
        ("agreed_start_on", "agreed_finish_on"),
        ("agreed_finish_on", "agreed_production_on"),
        ("started_on", "finished_on"),
        ("started_on", "stopped_since"),
    ),
    "enterprise": (("founded_on", "stopped_since"),),
    "parcel_use": (("from_on", "to_on"),),
    "contract_delay": (("from_on", "to_on"),),
}
#: Pairs of numbers of which the first must not be larger, by table.
BOUNDS_ORDER: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "parcel": (("plan_far_min", "plan_far_max"),),
    "demand": (("area_min_m2", "area_ideal_m2"), ("area_ideal_m2", "area_max_m2"), ("area_min_m2", "area_max_m2")),
}
_SCHEMES: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "parcel": (("landuse_code", "landuse_scheme"), ("plan_code", "plan_scheme")),
    "enterprise": (("industry_code", "industry_scheme"),),
}


@dataclass(frozen=True)
class Checked:
    """What may be stored, and what was found.

    Parameters
    ----------
    frames
        The given frames without the refused rows, repaired where that was possible; ``parcel.geom_area_m2`` is filled.
    issues
        One row per thing that is wrong; columns as in ``terms.frames.ISSUE_COLUMNS``. Every refused row is in it.
    """

    frames: dict[str, pd.DataFrame]
    issues: pd.DataFrame


def check(frames: Mapping[str, pd.DataFrame], known: Mapping[str, pd.DataFrame]) -> Checked:
    """Check a batch before it is stored.

    Parameters
    ----------
    frames
        By table: the columns of ``terms.frames``, shapes in EPSG:4490 (degrees, longitude first), and where they are there
        ``source_file``, ``source_layer``, ``source_row``.
    known
        What is in the stock already, by table (``park``, ``parcel``, ``enterprise``, ``contract``): at least the key's columns; of parcels
        also ``geom_area_m2`` (m²) where the users' areas are to be held against it. An absent table knows nothing.

    Returns
    -------
    Checked
        Frames with the rows kept, in their order, with a fresh index; and the issues.

    Notes
    -----
    Families of checks and thresholds: 1 % or 50 m² between registered and drawn area, 1 m² of overlap, 5 % between the users'
    areas and the parcel's follow the data dictionary of the stock; nothing here is a finding about a parcel's use.
    """
    issues = Issues()
    kept: dict[str, pd.DataFrame] = {}
    for table in STOCK:
        if table.name in frames:
            # The parks come first in the stock: a refused one takes nobody in.
            parks = _keys(kept.get("park"), known.get("park"), ("park_code",))
            kept[table.name] = _Checking(table, frames[table.name], issues, parks).frame
    _between(kept, known, issues)
    return Checked(kept, issues.frame())


def _keys(
    batch: pd.DataFrame | None, stock: pd.DataFrame | None, columns: tuple[str, ...]
) -> "pd.MultiIndex | pd.Index[Any]":
    """Put the keys of a batch and of the stock together."""
    parts = [one[list(columns)] for one in (batch, stock) if one is not None and len(one)]
    if not parts:
        return pd.Index([])
    keys = pd.concat(parts, ignore_index=True).astype("str")
    return pd.Index(keys[columns[0]].unique()) if len(columns) == 1 else pd.MultiIndex.from_frame(keys)


class _Checking:
    """Checks one table by itself; ``frame`` is what is left of it."""

    def __init__(self, table: Table, frame: pd.DataFrame, issues: Issues, parks: "pd.Index[Any]") -> None:
        self.table, self.issues, self.parks = table, issues, parks
        self.frame = frame.reset_index(drop=True)
        self._clean_texts()
        self._bound_numbers()
        self._keep_domains()
        self._need_parks()
        if table.name in _POLYGONAL and "geom" in self.frame:
            self._check_shapes()
        self._need_required()
        self._keep_one_of_each_key()
        self._doubt_codes()
        self._doubt_order()
        self._doubt_areas()
        if table.name == "parcel":
            self._doubt_far()
            self._doubt_overlaps()

    def _add(self, code: str, found: Flags, **values: Any) -> None:  # noqa: ANN401 - places of the words, of any type
        # Nearly always nothing is found: then not even an empty part of the frame is made.
        if found.any():
            self.issues.add(code, self.frame[found], table=self.table.name, **values)

    def _refuse(self, refused: Flags) -> None:
        if refused.any():
            self.frame = self.frame[~refused].reset_index(drop=True)

    def _set(self, column: str, values: "pd.Series[Any] | Numbers") -> None:
        self.frame = self.frame.assign(**{column: values})

    # --- attributes -----------------------------------------------------------------------------------------------------------

    def _clean_texts(self) -> None:
        for column in self._columns("text"):
            texts = self.frame[column.name]
            if column.domain or not texts.notna().any():
                continue
            if _anywhere(texts, _ODD):
                odd = _flags(texts.str.contains(_ODD, regex=True))
                broken = odd & _flags(texts.str.contains("\ufffd", regex=False))
                self._add("320-broken-text", broken, column=column, raw=texts[broken])
                unseen = odd & _flags(texts.str.contains(_UNSEEN, regex=True))
                clean = texts[unseen].str.replace(_UNSEEN, "", regex=True).str.strip()
                clean = clean.mask(clean == "")
                self._add("307-text-cleaned", unseen, column=column, raw=texts[unseen], new=clean)
                texts = texts.mask(unseen, clean)
                self._set(column.name, texts)
            long = _flags(texts.str.len() > (KEY_MOST if column.name in self.table.key else TEXT_MOST))
            if long.any():
                self._set(column.name, self._cut(column, texts, long))

    def _cut(self, column: Column, texts: "pd.Series[Any]", long: Flags) -> "pd.Series[Any]":
        """Cut a text; a key is not cut, since two cut keys may become one: without its key the row is refused further down."""
        if column.name in self.table.key:
            new = texts[long].mask(np.ones(int(long.sum()), dtype=bool))
            limit = KEY_MOST
        else:
            new, limit = texts[long].str.slice(0, TEXT_MOST), TEXT_MOST
        self._add(
            "308-text-too-long",
            long,
            column=column,
            raw=texts[long],
            new=new,
            limit=limit,
            length=texts[long].str.len(),
        )
        return texts.mask(long, new)

    def _columns(self, *kinds: str) -> Iterator[Column]:
        return (one for one in self.table.columns if one.kind in kinds and one.name in self.frame)

    def _bound_numbers(self) -> None:
        for column in self._columns("number", "integer"):
            values = self.frame[column.name].to_numpy(dtype=float, na_value=np.nan)
            outside = np.isinf(values)
            if column.minimum is not None:
                outside |= values < column.minimum
            if column.above is not None:
                outside |= values <= column.above
            if column.maximum is not None:
                outside |= values > column.maximum
            if outside.any():
                raw = values[outside]
                self._add("305-out-of-bounds", outside, column=column, raw=raw, test=_bounds(column))
                self._set(column.name, self.frame[column.name].mask(outside))

    def _keep_domains(self) -> None:
        for column in self.table.columns:
            if not column.domain or column.name not in self.frame:
                continue
            values = self.frame[column.name]
            strange = (~values.isin(list(column.domain)) & values.notna()).to_numpy(dtype=bool)
            if strange.any():
                self._add("306-not-in-domain", strange, column=column, raw=values[strange])
                self._set(column.name, values.mask(strange))

    def _need_parks(self) -> None:
        if self.table.name == "park":
            return
        park = self.frame["park_code"]
        strange = (~park.isin(self.parks) & park.notna()).to_numpy(dtype=bool)
        self._add("504-park-unknown", strange, column=self.table.by_name["park_code"], raw=park[strange])
        self._refuse(strange)

    def _need_required(self) -> None:
        refused = np.zeros(len(self.frame), dtype=bool)
        for column in self.table.columns:
            if not column.required or column.name in ("geom", "geom_area_m2"):
                continue
            missing = self.frame[column.name].isna().to_numpy(dtype=bool) & ~refused
            self._add("301-missing", missing, column=column)
            refused |= missing
        self._refuse(refused)

    def _keep_one_of_each_key(self) -> None:
        """Keep the first row of a key; refuse the others, and say which row was kept and in what they differ from it."""
        key = list(self.table.key)
        later = self.frame.duplicated(key).to_numpy(dtype=bool)
        if not later.any():
            return
        places = pd.Series(np.arange(len(self.frame)))
        first = places.groupby([self.frame[name] for name in key], sort=False).transform("first").to_numpy()
        content = [column.name for column in self.table.columns if column.name not in key]
        mine, theirs = np.flatnonzero(later), first[later]
        differs = {name: _differ(self.frame[name], mine, theirs) for name in content}
        named = [", ".join(name for name in content if differs[name][place]) for place in range(len(mine))]
        same = np.array([not one for one in named], dtype=bool)
        kept_row = (
            self.frame["source_row"].to_numpy(dtype=object) if "source_row" in self.frame else places.to_numpy() + 1
        )
        flags = np.zeros(len(self.frame), dtype=bool)
        flags[mine[same]] = True
        self._add("316-duplicate", flags, kept=list(kept_row[theirs[same]]))
        flags = np.zeros(len(self.frame), dtype=bool)
        flags[mine[~same]] = True
        words = self.frame.loc[flags, key[1:] or key].astype("str").agg(" ".join, axis=1)
        self._add(
            "317-duplicate-differs",
            flags,
            column=key[-1],
            raw=words,
            key=words,
            kept=list(kept_row[theirs[~same]]),
            differs=[one for one in named if one],
        )
        self._refuse(later)

    def _doubt_codes(self) -> None:
        for name in ("uscc", "owner_uscc"):
            # Others refer to enterprises by their code: a wrong one is told once, where the enterprise stands.
            if name in self.frame and self.table.name in ("enterprise", "parcel"):
                self._doubt_code("309-credit-code", name, _may_be_credit_codes)
        if self.table.name == "parcel":
            self._doubt_code("310-unit-code", "bdcdyh", codes.are_unit_codes)
            self._doubt_code("311-parcel-code", "zddm", codes.are_parcel_codes)
            first = self.frame["bdcdyh"].str.slice(0, 19)
            parcel = self.frame["zddm"]
            differ = _flags((first != parcel) & first.notna() & parcel.notna())
            self._add(
                "312-codes-differ",
                differ,
                column=self.table.by_name["zddm"],
                raw=parcel[differ],
                first=first[differ],
            )
        for code, scheme in _SCHEMES.get(self.table.name, ()):
            bare = (self.frame[code].notna() & self.frame[scheme].isna()).to_numpy(dtype=bool)
            self._add("313-scheme-missing", bare, column=self.table.by_name[code], raw=self.frame[code][bare])

    def _doubt_code(self, check_code: str, name: str, test: "Callable[[pd.Series[Any]], Flags]") -> None:
        given = self.frame[name]
        if not given.notna().any():
            return
        wrong = ~test(given) & given.notna().to_numpy(dtype=bool)
        self._add(check_code, wrong, column=self.table.by_name[name], raw=given[wrong])

    def _doubt_order(self) -> None:
        for first, second in DATE_ORDER.get(self.table.name, ()):
            crossed = _flags(self.frame[first] > self.frame[second])
            if crossed.any():
                one, other = self.table.by_name[first], self.table.by_name[second]
                self._add(
                    "314-date-order",
                    crossed,
                    column=first,
                    raw=self.frame[first][crossed],
                    first=first,
                    second=second,
                    first_zh=one.zh,
                    second_zh=other.zh,
                    first_en=_sentence(one.en),
                    second_en=other.en,
                    first_on=_days(self.frame[first][crossed]),
                    second_on=_days(self.frame[second][crossed]),
                )
        for first, second in BOUNDS_ORDER.get(self.table.name, ()):
            crossed = _flags(self.frame[first] > self.frame[second])
            one, other = self.table.by_name[first], self.table.by_name[second]
            self._add(
                "321-bounds-crossed",
                crossed,
                column=first,
                raw=self.frame[first][crossed],
                first_zh=one.zh,
                second_zh=other.zh,
                first_en=_sentence(one.en),
                second_en=other.en,
                first_value=self.frame[first][crossed],
                second_value=self.frame[second][crossed],
            )

    def _doubt_areas(self) -> None:
        if self.table.name != "parcel":
            return
        given, drawn, built, supplied = (
            self.frame[name].to_numpy(dtype=float)
            for name in ("cert_area_m2", "geom_area_m2", "built_area_m2", "supplied_area_m2")
        )
        apart = np.abs(given - drawn)
        differ = (apart > AREA_SHARE * drawn) & (apart > AREA_M2)
        if differ.any():
            self._add(
                "318-area-differs",
                differ,
                column="cert_area_m2",
                raw=given[differ],
                given=given[differ],
                drawn=drawn[differ],
                percent=100 * apart[differ] / drawn[differ],
            )
        over = built > supplied * BUILT_OVER_SUPPLIED
        self._add(
            "315-built-over-supplied",
            over,
            column="built_area_m2",
            raw=built[over],
            built=built[over],
            supplied=supplied[over],
        )

    # --- topology -------------------------------------------------------------------------------------------------------------

    def _check_shapes(self) -> None:
        shapes = self._shapes()
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        needed = self.table.name in _SHAPE_NEEDED
        refused = np.zeros(len(shapes), dtype=bool)
        if needed:
            refused = ~there
            self._add("401-no-shape", refused, column="geom")
        bounds = shapely.bounds(shapes)
        bad = there & _off_earth(shapes, bounds)
        if bad.any():
            words = [", ".join(format(one, ".6g") for one in box) for box in bounds[bad]]
            self._add(
                "402-bad-coordinates", bad, column="geom", bounds=words, severity="refused" if needed else "changed"
            )
        kinds = shapely.get_type_id(shapes)
        no_polygon = there & ~bad & ~np.isin(kinds, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
        # A collection may hold polygons, and is taken for what its polygons are.
        holds = kinds == shapely.GeometryType.GEOMETRYCOLLECTION
        if (no_polygon & holds).any():
            shapes = shapes.copy()
            shapes[no_polygon & holds] = _polygons_of(shapes[no_polygon & holds])
            no_polygon &= ~(holds & (shapely.area(shapes) > 0))
        if no_polygon.any():
            names = [shapely.GeometryType(kind).name.lower() for kind in kinds[no_polygon]]
            code = "403-not-a-polygon" if needed else "408-shape-dropped"
            self._add(code, no_polygon, column="geom", kind=names)
        usable = there & ~bad & ~no_polygon
        broken = usable & ~shapely.is_valid(shapes)
        if broken.any():
            shapes, lost = self._repaired(shapes, broken, needed)
            usable &= ~lost
        refused = ~usable if needed else refused
        if not usable.all() and not needed:
            shapes = shapes.copy()
            shapes[~usable] = None
        self._set("geom", pd.Series(shapes, dtype=object))
        if self.table.name == "parcel":
            area = np.full(len(shapes), np.nan)
            area[usable] = crs.ellipsoid_area_m2(shapes[usable])
            self._set("geom_area_m2", area)
            flat = usable & ~(area > 0)
            self._add("401-no-shape", flat, column="geom")
            refused |= flat
        self._refuse(refused)

    def _shapes(self) -> Shapes:
        return np.asarray(self.frame["geom"].to_numpy(dtype=object))

    def _repaired(self, shapes: Shapes, broken: Flags, needed: bool) -> tuple[Shapes, Flags]:
        """Mend invalid shapes where that hardly changes their area; give all shapes, and which are lost."""
        places = np.flatnonzero(broken)
        reasons = np.array([str(one).split("[")[0] for one in shapely.is_valid_reason(shapes[broken])], dtype=object)
        mended = _polygons_of(shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False))
        before, after = crs.ellipsoid_area_m2(shapes[broken]), crs.ellipsoid_area_m2(mended)
        change = np.abs(after - before)
        fine = (after > 0) & ((change <= REPAIR_SHARE * before) | (change <= REPAIR_M2))
        lost_severity: Severity = "refused" if needed else "changed"
        outcomes: tuple[tuple[str, Flags, Severity], ...] = (
            ("404-repaired", fine, "changed"),
            ("405-not-repairable", ~fine, lost_severity),
        )
        for code, these, severity in outcomes:
            self.issues.add(
                code,
                self.frame.iloc[places[these]],
                table=self.table.name,
                column="geom",
                severity=severity,
                raw=before[these],
                new=after[these] if code == "404-repaired" else None,
                reason=reasons[these],
                before=before[these],
                after=after[these],
            )
        shapes = shapes.copy()
        shapes[places[fine]] = mended[fine]
        lost = np.zeros(len(shapes), dtype=bool)
        lost[places[~fine]] = True
        return shapes, lost

    def _doubt_far(self) -> None:
        """Doubt parcels far from the middle of their park; the median does not follow a few sheets that lie elsewhere."""
        if not len(self.frame):
            return
        bounds = shapely.bounds(self._shapes())
        middle = pd.DataFrame({"lon": (bounds[:, 0] + bounds[:, 2]) / 2, "lat": (bounds[:, 1] + bounds[:, 3]) / 2})
        centre = middle.groupby(self.frame["park_code"].to_numpy(dtype=object), dropna=False).transform("median")
        km = _distance_km(middle.to_numpy(), centre.to_numpy())
        far = km > FAR_KM
        self._add("407-far-away", far, column="geom", raw=km[far], km=km[far])

    def _doubt_overlaps(self) -> None:
        park = pd.factorize(self.frame["park_code"])[0]
        first, second, area = overlaps(self._shapes(), park)
        if not len(first):
            return
        # Both are told: whoever works through the list meets the other's number at either.
        mine, other = np.concatenate([first, second]), np.concatenate([second, first])
        both = np.concatenate([area, area])
        order = np.lexsort((-both, mine))
        mine, other, both = mine[order], other[order], both[order]
        numbers = self.frame["parcel_no"]
        self.issues.add(
            "406-overlap",
            self.frame.iloc[mine],
            table=self.table.name,
            column="geom",
            raw=both,
            other=list(numbers.iloc[other].fillna("?")),
            area=both,
        )


def _flags(values: "pd.Series[Any]") -> Flags:
    """Give a column of yes and no as flags; unknown is no."""
    return np.asarray(values.fillna(False).to_numpy(dtype=bool))


def _anywhere(texts: "pd.Series[Any]", pattern: str) -> bool:
    """Tell whether a pattern is found in a column at all: one look over all its texts as one costs a third of a look at each."""
    column = pa.chunked_array(pa.array(texts, pa.large_string(), from_pandas=True)).combine_chunks()
    ends = np.frombuffer(column.buffers()[1], np.int64, len(column) + 1, column.offset * 8)[[0, -1]]
    as_one = pa.LargeStringArray.from_buffers(1, pa.py_buffer(ends.copy()), column.buffers()[2])
    return bool(pc.match_substring_regex(as_one, pattern)[0].as_py())


def _bounds(column: Column) -> str:
    parts = [f">= {column.minimum:g}"] if column.minimum is not None else []
    parts += [f"> {column.above:g}"] if column.above is not None else []
    parts += [f"<= {column.maximum:g}"] if column.maximum is not None else []
    return ", ".join(parts) or "finite"


def _may_be_credit_codes(given: "pd.Series[Any]") -> Flags:
    """Tell which codes check, or are no credit codes at all: many enterprises have a provisional number."""
    return codes.are_credit_codes(given) | (given.str.len() != 18).to_numpy(dtype=bool)


def _sentence(words: str) -> str:
    return words.split(";")[0][:1].upper() + words.split(";")[0][1:]


def _days(values: "pd.Series[Any]") -> list[str]:
    return [str(one.date()) for one in values]


def _differ(values: "pd.Series[Any]", mine: npt.NDArray[np.int64], theirs: npt.NDArray[np.int64]) -> Flags:
    one, other = values.iloc[mine].to_numpy(dtype=object), values.iloc[theirs].to_numpy(dtype=object)
    return np.array(
        [
            not (_none(a) and _none(b)) and (_none(a) or _none(b) or not _same(a, b))
            for a, b in zip(one, other, strict=True)
        ],
        dtype=bool,
    )


def _none(value: object) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value))


def _same(one: object, other: object) -> bool:
    if isinstance(one, shapely.Geometry) and isinstance(other, shapely.Geometry):
        return bool(shapely.equals_exact(shapely.normalize(one), shapely.normalize(other)))
    return one == other


def _off_earth(shapes: Shapes, bounds: Numbers) -> Flags:
    """Tell which shapes have a coordinate that is not finite or not a longitude and latitude."""
    with np.errstate(invalid="ignore"):
        inside = (bounds[:, 0] >= -180) & (bounds[:, 2] <= 180) & (bounds[:, 1] >= -90) & (bounds[:, 3] <= 90)
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    inside[owner[~np.isfinite(xy).all(axis=1)]] = False
    return ~inside


def _polygons_of(shapes: Shapes) -> Shapes:
    """Give the polygons in each shape as a multipolygon; an empty one where there are none."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    owner = owner[inner]
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    result = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    if flat.any():
        owners, places = np.unique(owner[flat], return_inverse=True)
        result[owners] = shapely.multipolygons(parts[flat], indices=places)
    return result


def _distance_km(one: Numbers, other: Numbers) -> Numbers:
    """Measure great-circle distances between points in degrees; within 0.6 % of the ellipsoid's."""
    (lon1, lat1), (lon2, lat2) = np.radians(one).T, np.radians(other).T
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.asarray(2 * 6371.0 * np.arcsin(np.sqrt(half)))


# --- overlaps -----------------------------------------------------------------------------------------------------------------


def overlaps(
    shapes: Shapes, group: npt.NDArray[np.int64], least_m2: float = OVERLAP_M2
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Numbers]:
    """Find pairs of polygons of one group that cover more than `least_m2` of the same ground.

    Parameters
    ----------
    shapes
        Valid polygons or multipolygons in longitude and latitude (EPSG:4490, degrees).
    group
        Only polygons of the same number are compared.
    least_m2
        Smaller overlaps are not told.

    Returns
    -------
    tuple of arrays
        Places of the one, places of the other, common area in m²; the one always stands before the other.

    Notes
    -----
    In a cadastre nearly every pair of neighbours touches, and an exact intersection of each would cost most of the time of the
    whole check. Two shapes that merely touch can nearly always be told apart by a line along one of their own edges: then the
    common ground lies in the strip beyond that line, and is no larger than the strip's depth times the diagonal of the common
    bounding box. Only pairs that no edge tells apart are intersected.
    """
    none = np.empty(0, dtype=np.int64)
    if len(shapes) < 2:
        return none, none, np.empty(0)
    corners = _Corners(shapes)
    first, second = shapely.STRtree(shapes).query(shapes)
    first, second = _chosen((first < second) & (group[first] == group[second]), first, second)
    size = np.minimum(corners.high[first], corners.high[second]) - np.maximum(corners.low[first], corners.low[second])
    first, second, size = _chosen(size[:, 0] * size[:, 1] > least_m2, first, second, size)
    depth = least_m2 / np.hypot(size[:, 0], size[:, 1])
    first, second, depth = _chosen(~corners.told_apart(first, second, depth), first, second, depth)
    first, second = _chosen(~corners.told_apart(second, first, depth), first, second)
    # What is left are shapes that lie around each other's corners, mostly touching too: a relation costs less than an area.
    larger = corners.count[first] >= corners.count[second]
    one, other = np.where(larger, first, second), np.where(larger, second, first)
    prepared = shapes[np.unique(one)]
    shapely.prepare(prepared)
    inside = shapely.relate_pattern(shapes[one], shapes[other], "T********")
    shapely.destroy_prepared(prepared)
    first, second = _chosen(inside, first, second)
    pair = [shapely.transform(shapes[places], crs.equal_area) for places in (first, second)]
    area = shapely.area(shapely.intersection(*pair))
    first, second, area = _chosen(area > least_m2, first, second, area)
    return first, second, area


def _chosen(flags: Flags, *arrays: Any) -> tuple[Any, ...]:  # noqa: ANN401 - arrays of any type
    return tuple(array[flags] for array in arrays)


class _Corners:
    """The corners of many polygons in the equal-area plane (m), to look for lines that tell two of them apart."""

    #: Pairs with more corners than this are left to the exact intersection.
    MOST = 64
    #: Corners worked on at once: some tens of MB.
    AT_ONCE = 200_000

    def __init__(self, shapes: Shapes) -> None:
        self.xy = crs.equal_area(shapely.get_coordinates(shapes))
        self.count = shapely.get_num_coordinates(shapes)
        self.start = np.cumsum(self.count) - self.count
        self.middle = np.add.reduceat(self.xy, self.start, axis=0) / self.count[:, None]
        self.low = np.minimum.reduceat(self.xy, self.start, axis=0)
        self.high = np.maximum.reduceat(self.xy, self.start, axis=0)

    def told_apart(self, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64], depth: Numbers) -> Flags:
        """Tell for which pairs an edge of the one leaves the other beyond its line, but for a strip of this depth (m)."""
        apart = np.zeros(len(one), dtype=bool)
        corners = np.maximum(self.count[one], self.count[other])
        order = np.argsort(corners, kind="stable")
        order = order[: np.searchsorted(corners[order], self.MOST, side="right")]
        done = 0
        while done < len(order):
            # As many pairs as fit, all padded to the corners of the largest among them.
            size = max(1, self.AT_ONCE // int(corners[order[done]]))
            part = order[done : done + size]
            part = part[corners[part] <= 2 * corners[part[0]]]
            apart[part] = self._told_apart(one[part], other[part], depth[part], int(corners[part[-1]]))
            done += len(part)
        return apart

    def _told_apart(self, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64], depth: Numbers, most: int) -> Flags:
        # Far from the plane's origin a coordinate has no digits left for the depth: all is measured from the one's middle.
        origin = self.middle[one][:, None]
        x, y = np.moveaxis(self._padded(one, most) - origin, -1, 0)
        u, v = np.moveaxis(self._padded(other, most) - origin, -1, 0)
        towards = self.middle[other] - self.middle[one]
        across, along = y[:, 1:] - y[:, :-1], x[:, :-1] - x[:, 1:]
        length = np.hypot(across, along)
        inverse = 1 / np.where(length > 0, length, np.inf)
        across, along = across * inverse, along * inverse
        line = across * x[:, :-1] + along * y[:, :-1]
        # A ring may run either way round: a normal points out where the line lies on its far side from the middle.
        turn = np.where(line < 0, -1.0, 1.0)
        gap = (across * towards[:, :1] + along * towards[:, 1:] - line) * turn
        # Of all edges the one that the other's middle lies farthest beyond is the likeliest to stand between them.
        best = (np.arange(len(one)), np.where(length > 0, gap, -np.inf).argmax(axis=1))
        across, along = (across[best] * turn[best])[:, None], (along[best] * turn[best])[:, None]
        own = (across * x + along * y).max(axis=1)
        beyond = (across * u + along * v).min(axis=1)
        return np.asarray(own - beyond <= depth)

    def _padded(self, places: npt.NDArray[np.int64], most: int) -> Numbers:
        steps = np.minimum(np.arange(most), self.count[places, None] - 1)
        return np.asarray(self.xy[self.start[places, None] + steps])


# --- between tables -----------------------------------------------------------------------------------------------------------


def _between(kept: dict[str, pd.DataFrame], known: Mapping[str, pd.DataFrame], issues: Issues) -> None:
    parcels = _keys(kept.get("parcel"), known.get("parcel"), ("park_code", "parcel_no"))
    enterprises = _keys(kept.get("enterprise"), known.get("enterprise"), ("park_code", "uscc"))
    contracts = _keys(kept.get("contract"), known.get("contract"), ("park_code", "contract_no"))
    for table in STOCK:
        frame = kept.get(table.name)
        if frame is None:
            continue
        for code, name, own, exists in (
            ("501-parcel-unknown", "parcel_no", "parcel", parcels),
            ("502-enterprise-unknown", "uscc", "enterprise", enterprises),
            ("505-contract-unknown", "contract_no", "contract", contracts),
        ):
            if name not in table.by_name or table.name == own:
                continue
            lost = ~_in(frame, ["park_code", name], exists) & frame[name].notna().to_numpy(dtype=bool)
            issues.add(code, frame[lost], table=table.name, column=table.by_name[name], raw=frame[name][lost])
    _doubt_users(kept, known, issues)


def _in(frame: pd.DataFrame, columns: list[str], keys: "pd.Index[Any]") -> Flags:
    if not len(keys):
        return np.zeros(len(frame), dtype=bool)
    return np.asarray(pd.MultiIndex.from_frame(frame[columns].astype("str")).isin(keys))


def _doubt_users(kept: dict[str, pd.DataFrame], known: Mapping[str, pd.DataFrame], issues: Issues) -> None:
    """Doubt the users of a parcel whose areas add up to more than the parcel has; those who have left are not counted."""
    use = kept.get("parcel_use")
    if use is None or not len(use):
        return
    key = ["park_code", "parcel_no"]
    sources = [one for one in (kept.get("parcel"), known.get("parcel")) if one is not None and "geom_area_m2" in one]
    if not sources:
        return
    areas = pd.concat([one[[*key, "geom_area_m2"]] for one in sources], ignore_index=True).drop_duplicates(key)
    # An owner who lets and the tenant who uses stand on the same ground: owners are left out where there are users.
    users = use[use["to_on"].isna() & (use["role"] != "owner")]
    total = users.groupby(key, as_index=False)["area_m2"].sum().merge(areas, on=key)
    over = total[total["area_m2"] > total["geom_area_m2"] * USED_OVER_AREA]
    if not len(over):
        return
    told = users.merge(over, on=key, suffixes=("", "_sum"))
    issues.add(
        "503-users-over-parcel",
        told,
        table="parcel_use",
        column="area_m2",
        raw=told["area_m2"],
        used=told["area_m2_sum"],
        area=told["geom_area_m2"],
    )
