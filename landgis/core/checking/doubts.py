"""What of the stored rows somebody should look at again: doubts. Nothing here changes or refuses a row.

So the doubts may be looked for while the rows are being stored.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landgis.core.checking.ground import doubt_before, doubt_extent, doubt_ground
from landgis.terms import codes
from landgis.terms.frames import STOCK, Table
from landgis.terms.issues import Issues
from landgis.terms.tolerances import Tolerances, usual

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

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
    "demand": (("ready_by", "start_on"),),
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


def doubts(
    frames: Mapping[str, pd.DataFrame], known: Mapping[str, pd.DataFrame], limits: Tolerances | None = None
) -> pd.DataFrame:
    """Look through rows that may be stored for what somebody should look at again.

    Parameters
    ----------
    frames
        By table, as `quality.check` leaves them: shapes valid, in EPSG:4490 (degrees), ``parcel.geom_area_m2`` filled.
    known
        What is in the stock already, by table (``park``, ``parcel``, ``enterprise``, ``contract``): at least the key's columns; of parcels
        also ``geom_area_m2`` (m²) and ``geom``, of parks ``geom`` (EPSG:4490), where the ground is to be held against it. An absent table
        or column knows nothing.
    limits
        The tolerances; those of the package where none are given.

    Returns
    -------
    DataFrame
        One row per doubt, table by table; columns as in ``terms.frames.ISSUE_COLUMNS``, ``severity`` always "doubted".

    Notes
    -----
    The tolerances and their reasons stand in ``landgis/tolerances.toml``; nothing here is a finding about a parcel's use.
    """
    limits = limits or usual()
    issues = Issues()
    for table in STOCK:
        if table.name in frames:
            _Doubting(table, frames[table.name], issues, limits)
    _between(frames, known, issues, limits)
    return issues.frame()


class _Doubting:
    """Doubts one table by itself."""

    def __init__(self, table: Table, frame: pd.DataFrame, issues: Issues, limits: Tolerances) -> None:
        self.table, self.frame, self.issues, self.limits = table, frame, issues, limits
        self._doubt_codes()
        self._doubt_order()
        if table.name == "parcel":
            self._doubt_areas()
            self._doubt_far()
            doubt_ground(self.frame, self.issues, self.limits)

    def _add(self, code: str, found: Flags, **values: Any) -> None:  # noqa: ANN401 - places of the words, of any type
        # Nearly always nothing is found: then not even an empty part of the frame is made.
        if found.any():
            self.issues.add(code, self.frame[found], table=self.table.name, **values)

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
        if "industry_code" in self.table.by_name:
            self._doubt_code("325-industry-code", "industry_code", codes.are_industry_codes)
        for code, scheme in _SCHEMES.get(self.table.name, ()):
            bare = (self.frame[code].notna() & self.frame[scheme].isna()).to_numpy(dtype=bool)
            self._add("313-scheme-missing", bare, column=self.table.by_name[code], raw=self.frame[code][bare])
            strange = ~codes.are_in_scheme(self.frame[code], self.frame[scheme])
            if strange.any():
                raw, of = self.frame[code][strange], self.frame[scheme][strange]
                self._add("326-not-in-scheme", strange, column=self.table.by_name[code], raw=raw, scheme=of)

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
        given, drawn, built, supplied = (
            self.frame[name].to_numpy(dtype=float)
            for name in ("cert_area_m2", "geom_area_m2", "built_area_m2", "supplied_area_m2")
        )
        apart = np.abs(given - drawn)
        limits = self.limits
        differ = (apart > limits.area_share * drawn) & (apart > limits.area_m2)
        if differ.any():
            self._add(
                "318-area-differs",
                differ,
                column="cert_area_m2",
                raw=given[differ],
                given=given[differ],
                drawn=drawn[differ],
                percent=100 * apart[differ] / drawn[differ],
                percent_most=100 * limits.area_share,
                m2_most=limits.area_m2,
            )
        for name in ("approved_area_m2", "supplied_area_m2"):
            self._doubt_on_paper(name, drawn)
        over = built > supplied * limits.built_over_supplied
        self._add(
            "315-built-over-supplied",
            over,
            column="built_area_m2",
            raw=built[over],
            built=built[over],
            supplied=supplied[over],
            most=limits.built_over_supplied,
        )

    def _doubt_on_paper(self, name: str, drawn: Numbers) -> None:
        """Doubt an approved or supplied area that the drawn one does not bear out; 0 says that nothing was approved."""
        given, limits, column = self.frame[name].to_numpy(dtype=float), self.limits, self.table.by_name[name]
        apart = np.abs(given - drawn)
        differ = (given > 0) & (apart > limits.area_share * drawn) & (apart > limits.area_m2)
        if differ.any():
            self._add(
                "327-approved-differs",
                differ,
                column=column,
                raw=given[differ],
                which_zh=column.zh,
                which_en=_sentence(column.en),
                given=given[differ],
                drawn=drawn[differ],
                percent=100 * apart[differ] / drawn[differ],
                percent_most=100 * limits.area_share,
                m2_most=limits.area_m2,
            )

    def _doubt_far(self) -> None:
        """Doubt parcels far from the middle of their park; the median does not follow a few sheets that lie elsewhere."""
        if not len(self.frame):
            return
        bounds = shapely.bounds(self.frame["geom"].to_numpy(dtype=object))
        middle = pd.DataFrame({"lon": (bounds[:, 0] + bounds[:, 2]) / 2, "lat": (bounds[:, 1] + bounds[:, 3]) / 2})
        centre = middle.groupby(self.frame["park_code"].to_numpy(dtype=object), dropna=False).transform("median")
        km = _distance_km(middle.to_numpy(), centre.to_numpy())
        far = km > self.limits.far_km
        self._add("407-far-away", far, column="geom", raw=km[far], km=km[far], most=self.limits.far_km)


def _may_be_credit_codes(given: "pd.Series[Any]") -> Flags:
    """Tell which codes check, or are no credit codes at all: many enterprises have a provisional number."""
    return codes.are_credit_codes(given) | (given.str.len() != 18).to_numpy(dtype=bool)


def _flags(values: "pd.Series[Any]") -> Flags:
    """Give a column of yes and no as flags; unknown is no."""
    return np.asarray(values.fillna(False).to_numpy(dtype=bool))


def _sentence(words: str) -> str:
    return words.split(";")[0][:1].upper() + words.split(";")[0][1:]


def _days(values: "pd.Series[Any]") -> list[str]:
    return [str(one.date()) for one in values]


def _distance_km(one: Numbers, other: Numbers) -> Numbers:
    """Measure great-circle distances between points in degrees; within 0.6 % of the ellipsoid's."""
    (lon1, lat1), (lon2, lat2) = np.radians(one).T, np.radians(other).T
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return np.asarray(2 * 6371.0 * np.arcsin(np.sqrt(half)))


# --- between tables -----------------------------------------------------------------------------------------------------------


def _between(
    frames: Mapping[str, pd.DataFrame], known: Mapping[str, pd.DataFrame], issues: Issues, limits: Tolerances
) -> None:
    @cache
    def standing(table: str, name: str) -> pd.MultiIndex | None:
        """Give the keys of the batch and of the stock together; None where there are none."""
        parts = [rows[["park_code", name]] for rows in (frames.get(table), known.get(table)) if rows is not None]
        keys = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
        return pd.MultiIndex.from_frame(keys.astype("str")) if len(keys) else None

    for table in STOCK:
        if table.name not in frames:
            continue
        frame = frames[table.name]
        for code, name, of in (
            ("501-parcel-unknown", "parcel_no", "parcel"),
            ("502-enterprise-unknown", "uscc", "enterprise"),
            ("505-contract-unknown", "contract_no", "contract"),
        ):
            if name not in table.by_name or table.name == of or not len(frame):
                continue
            exists = standing(of, name)
            lost = frame[name].notna().to_numpy(dtype=bool)
            if exists is not None:
                lost = lost & ~pd.MultiIndex.from_frame(frame[["park_code", name]].astype("str")).isin(exists)
            issues.add(code, frame[lost], table=table.name, column=table.by_name[name], raw=frame[name][lost])
    _doubt_users(frames, known, issues, limits)
    parcel = frames.get("parcel")
    if parcel is not None:
        extents = [one for one in (frames.get("park"), known.get("park")) if one is not None and "geom" in one]
        if extents:
            doubt_extent(parcel, pd.concat([one[["park_code", "geom"]] for one in extents]), issues, limits)
        before = known.get("parcel")
        if before is not None and "geom" in before:
            doubt_before(parcel, before, issues, limits)


def _doubt_users(
    frames: Mapping[str, pd.DataFrame], known: Mapping[str, pd.DataFrame], issues: Issues, limits: Tolerances
) -> None:
    """Doubt the users of a parcel whose areas add up to more than the parcel has; those who have left are not counted."""
    use = frames.get("parcel_use")
    if use is None or not len(use):
        return
    key = ["park_code", "parcel_no"]
    sources = [one for one in (frames.get("parcel"), known.get("parcel")) if one is not None and "geom_area_m2" in one]
    if not sources:
        return
    areas = pd.concat([one[[*key, "geom_area_m2"]] for one in sources], ignore_index=True).drop_duplicates(key)
    # An owner who lets and the tenant who uses stand on the same ground: owners are left out where there are users.
    users = use[use["to_on"].isna() & (use["role"] != "owner")]
    total = users.groupby(key, as_index=False)["area_m2"].sum().merge(areas, on=key)
    over = total[total["area_m2"] > total["geom_area_m2"] * limits.used_over_parcel]
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
        most=limits.used_over_parcel,
    )
