"""What is wrong with a table, row by row: issues, never an exception.

A row is refused only where storing it would be a lie or impossible: no key, no shape, no park, a second row of the same key.
Everything else is stored, with what was changed said beside it; what is only doubtful is looked for in `landgis.core.checking.doubts`.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landgis.terms import crs
from landgis.terms.frames import DTYPES, STOCK, Column, Table
from landgis.terms.issues import CHECKS, Issues, Severity
from landgis.terms.texts import cleaned
from landgis.terms.tolerances import Tolerances, usual

if TYPE_CHECKING:
    from landgis.core.checking.schemas import Failure, Part

Shapes = npt.NDArray[np.object_]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Checked:
    """What may be stored, and what was found.

    Parameters
    ----------
    frames
        The given frames without the refused rows, repaired where that was possible; ``parcel.geom_area_m2`` is filled.
    issues
        One row per thing refused or changed; columns as in ``terms.frames.ISSUE_COLUMNS``. Every refused row is in it.
    """

    frames: dict[str, pd.DataFrame]
    issues: pd.DataFrame


def check(
    frames: Mapping[str, pd.DataFrame], known: Mapping[str, pd.DataFrame], limits: Tolerances | None = None
) -> Checked:
    """Check a batch before it is stored.

    Parameters
    ----------
    frames
        By table: the columns of ``terms.frames``, shapes in EPSG:4490 (degrees, longitude first), and where they are there
        ``source_file``, ``source_layer``, ``source_row``.
    known
        What is in the stock already, by table: of ``park`` the column ``park_code``. An absent table knows nothing.
    limits
        How much a repair may change an area; the package's tolerances where none are given.

    Returns
    -------
    Checked
        Frames with the rows kept, in their order, with a fresh index; and the issues.
    """
    issues = Issues()
    kept: dict[str, pd.DataFrame] = {}
    for table in STOCK:
        if table.name in frames:
            # The parks come first in the stock: a refused one takes nobody in.
            parks = _park_codes(kept.get("park"), known.get("park"))
            kept[table.name] = _Checking(table, frames[table.name], issues, parks, limits or usual()).frame
    return Checked(kept, issues.frame())


def get_ready() -> None:
    """Load what the first check would wait for, most of a second, where there is something else to wait for meanwhile."""
    from landgis.core.checking.schemas import failures

    empty = pd.DataFrame({one.name: pd.Series(dtype=DTYPES[one.kind]) for one in STOCK[0].columns})
    failures(empty, STOCK[0])


def _park_codes(*of: pd.DataFrame | None) -> "pd.Index[Any]":
    """Put the parks of the batch and of the stock together."""
    found: pd.Index[Any] = pd.Index([code for rows in of if rows is not None for code in rows["park_code"].unique()])
    return found


class _Checking:
    """Checks one table by itself; ``frame`` is what is left of it."""

    def __init__(
        self, table: Table, frame: pd.DataFrame, issues: Issues, parks: "pd.Index[Any]", limits: Tolerances
    ) -> None:
        self.table, self.issues, self.parks, self.limits = table, issues, parks, limits
        self.frame = frame.reset_index(drop=True)
        self._mend_values()
        self._need_parks()
        if "geom" in table.by_name:
            self._check_shapes()
        self._need_required()
        self._keep_one_of_each_key()

    def _add(self, code: str, found: Flags, **values: Any) -> None:  # noqa: ANN401 - places of the words, of any type
        # Nearly always nothing is found: then not even an empty part of the frame is made.
        if found.any():
            self.issues.add(code, self.frame[found], table=self.table.name, **values)

    def _failures(self, part: "Part") -> "list[Failure]":
        # Pandera takes 0.3 s to come: only who checks something waits for it, and no `landgis --help`.
        from landgis.core.checking.schemas import failures

        # Of no rows none fails; a GeoPackage often has every table, and rows in two or three of them.
        return failures(self.frame, self.table, part) if len(self.frame) else []

    def _refuse(self, refused: Flags) -> None:
        if refused.any():
            self.frame = self.frame[~refused].reset_index(drop=True)

    def _set(self, column: str, values: "pd.Series[Any] | Numbers") -> None:
        self.frame = self.frame.assign(**{column: values})

    # --- attributes -----------------------------------------------------------------------------------------------------------

    def _mend_values(self) -> None:
        """Hold every value against its column; what cannot stand as it is, is cleaned, cut or made unknown."""
        for failure in sorted(self._failures("values"), key=lambda one: _turn(one.column)):
            column = failure.column
            given = self.frame[column.name]
            failed = given[failure.rows]
            new = pd.Series(index=failed.index, dtype=given.dtype)
            told: dict[str, Any] = {"test": failure.test}
            if failure.code == "307-text-cleaned":
                new = cleaned(failed)
            elif failure.code == "308-text-too-long":
                told = {"limit": failure.limit, "length": failed.str.len()}
                # Two cut keys may become one: a key is not cut, and without it the row is refused further down.
                if column.name not in self.table.key:
                    new = failed.str.slice(0, failure.limit)
            self._add(failure.code, failure.rows, column=column, raw=failed, new=new, **told)
            if CHECKS[failure.code].severity == "changed":
                self._set(column.name, given.mask(failure.rows, new))

    def _need_parks(self) -> None:
        if self.table.name == "park":
            return
        park = self.frame["park_code"]
        strange = (~park.isin(self.parks) & park.notna()).to_numpy(dtype=bool)
        self._add("504-park-unknown", strange, column=self.table.by_name["park_code"], raw=park[strange])
        self._refuse(strange)

    def _need_required(self) -> None:
        refused = np.zeros(len(self.frame), dtype=bool)
        for failure in self._failures("required"):
            self._add(failure.code, failure.rows & ~refused, column=failure.column)
            refused |= failure.rows
        self._refuse(refused)

    def _keep_one_of_each_key(self) -> None:
        """Keep the first row of a key; refuse the others, and say which row was kept and in what they differ from it."""
        key = list(self.table.key)
        twice = self._failures("key")
        if not twice:
            return
        later = twice[0].rows
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

    # --- topology -------------------------------------------------------------------------------------------------------------

    def _check_shapes(self) -> None:
        shapes = self._shapes()
        there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
        needed = self.table.by_name["geom"].required
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
            mixed = no_polygon & holds & (shapely.area(shapes) > 0)
            names = [_kinds_in(one) for one in self._shapes()[mixed]]
            self._add("413-shapes-mixed", mixed, column="geom", kind=names)
            no_polygon &= ~mixed
        if no_polygon.any():
            names = [shapely.GeometryType(kind).name.lower() for kind in kinds[no_polygon]]
            code = "403-not-a-polygon" if needed else "408-shape-dropped"
            self._add(code, no_polygon, column="geom", kind=names)
        usable = there & ~bad & ~no_polygon
        broken = usable & ~_halved(shapely.is_valid, shapes)
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
            area[usable] = _halved(crs.ellipsoid_area_m2, shapes[usable])
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
        fine = (after > 0) & ((change <= self.limits.repair_share * before) | (change <= self.limits.repair_m2))
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
                percent_most=100 * self.limits.repair_share,
                m2_most=self.limits.repair_m2,
            )
        shapes = shapes.copy()
        shapes[places[fine]] = mended[fine]
        lost = np.zeros(len(shapes), dtype=bool)
        lost[places[~fine]] = True
        return shapes, lost


def _halved(measure: "Callable[[Shapes], npt.NDArray[Any]]", shapes: Shapes) -> npt.NDArray[Any]:
    """Measure shapes, one half beside the other: GEOS and numpy let a second thread run."""
    middle = len(shapes) // 2
    with ThreadPoolExecutor(2) as threads:
        return np.concatenate(list(threads.map(measure, (shapes[:middle], shapes[middle:]))))


def _turn(column: Column) -> int:
    """Tell when a column's values are mended: texts first, since what is said of the others names the park as it is stored."""
    return 3 if column.domain else {"text": 0, "date": 2}.get(column.kind, 1)


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


def _kinds_in(collection: shapely.Geometry) -> str:
    kinds = sorted(
        {shapely.GeometryType(kind).name.lower() for kind in shapely.get_type_id(shapely.get_parts(collection))}
    )
    return ", ".join(kinds)


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
