"""Whether a whole layer lies half a kilometre off its park, as the coordinates of Chinese web maps (GCJ-02) do."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landgis.terms import crs
from landgis.terms.errors import Words
from landgis.terms.issues import Issues

Numbers = npt.NDArray[np.float64]

#: A layer of which so large a share lies in its park is where it should be; of a shifted one, taken back, as large a share does.
IN_PARK_SHARE: Final = 0.95
#: So many parcels, and so large a share of all, must come into the park when the layer is taken back.
COME_IN: Final = 3
COME_IN_SHARE: Final = 0.1


def _from_gcj02(lonlat: Numbers) -> Numbers:
    return 2 * lonlat - crs.gcj02(lonlat)


#: How a layer may have been shifted, and what takes it back.
_SHIFTS: Final[tuple[tuple[Words, Callable[[Numbers], Numbers]], ...]] = (
    (Words("GCJ-02（火星坐标）", "GCJ-02"), _from_gcj02),
    (Words("反向的 GCJ-02 改正", "a correction for GCJ-02 that was not due"), crs.gcj02),
)


def shifted(frames: Mapping[str, pd.DataFrame], outlines: Mapping[str, shapely.Geometry]) -> pd.DataFrame:
    """Doubt the layers of which clearly more parcels lie in their park once a shift of web maps is taken back.

    Parameters
    ----------
    frames
        Of ``parcel`` reads ``park_code``, ``source_file``, ``source_layer`` and ``geom`` (EPSG:4490, degrees); of ``park`` the first and
        the last.
    outlines
        Of each park that stands its shape, in degrees; one in `frames` goes before it. A park that has none says nothing.

    Returns
    -------
    DataFrame
        Issues 120, one a layer and park; columns as in ``terms.frames.ISSUE_COLUMNS``.

    Notes
    -----
    The shift at a place is known to a metre, so nothing is searched for: a layer is either brought in by it or not. The middle of a
    parcel's box stands for the parcel.
    """
    issues = Issues()
    parcels = frames.get("parcel")
    if parcels is None:
        return issues.frame()
    if (parks := frames.get("park")) is not None:
        drawn = parks[parks["geom"].notna()]
        outlines = {**outlines, **dict(zip(drawn["park_code"], drawn["geom"], strict=True))}
    for (park, _, _), layer in parcels.groupby(["park_code", "source_file", "source_layer"], sort=False):
        outline = outlines.get(str(park))
        if outline is not None:
            _doubt(layer, outline, issues)
    return issues.frame()


def _doubt(layer: pd.DataFrame, outline: shapely.Geometry, issues: Issues) -> None:
    bounds = shapely.bounds(layer["geom"].to_numpy(dtype=object))
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    middle = middle[np.isfinite(middle).all(axis=1)]
    shapely.prepare(outline)
    before = _inside(outline, middle)
    if not len(middle) or before >= IN_PARK_SHARE * len(middle):
        return
    for system, take_back in _SHIFTS:
        back = take_back(middle)
        after = _inside(outline, back)
        come_in = after - before
        if after >= IN_PARK_SHARE * len(middle) and come_in >= max(COME_IN, COME_IN_SHARE * len(middle)):
            per_degree = crs.metres_per_degree(middle[:, 1])
            apart_m = float(np.median(np.hypot(*((back - middle) * per_degree).T)))
            values: dict[str, Any] = {"metres": apart_m, "system": system, "before": before, "after": after}
            issues.add(
                "120-layer-shifted",
                layer[["park_code", "source_file", "source_layer"]].head(1),
                table="parcel",
                column="geom",
                **values,
            )
            return


def _inside(outline: shapely.Geometry, points: Numbers) -> int:
    return int(shapely.contains_xy(outline, points[:, 0], points[:, 1]).sum())
