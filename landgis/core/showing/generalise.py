"""From which zoom on single parcels can be told apart on a screen."""

from typing import Final

import numpy as np
import numpy.typing as npt

_EQUATOR_M: Final = 40_075_016.685578488
_TILE_PX: Final = 256
#: A parcel is told apart from its neighbour when its side covers this many screen pixels.
_SIDE_LEAST_PX: Final = 6
#: So few parcels are quick to draw wherever they lie: no need to count them into cells.
_FEW_PARCELS: Final = 5_000


def detail_zoom(area_m2: npt.NDArray[np.float64], latitude: float) -> int:
    """Give the Web Mercator zoom from which parcels are drawn as such; below it they are counted into cells.

    Parameters
    ----------
    area_m2
        Areas of the parcels (m²).
    latitude
        Of the middle of the map, in degrees: Web Mercator grows with it.

    Returns
    -------
    int
        0 where parcels may be drawn at every zoom, else the first zoom at which the side of the median parcel is 6 pixels.

    >>> detail_zoom(np.full(1_000_000, 10_000.0), 31.0)
    13
    """
    if len(area_m2) <= _FEW_PARCELS:
        return 0
    side_m = float(np.sqrt(np.median(area_m2)))
    metres_a_pixel = _EQUATOR_M * float(np.cos(np.radians(latitude))) / _TILE_PX
    return int(np.clip(np.ceil(np.log2(_SIDE_LEAST_PX * metres_a_pixel / side_m)), 0, 18))
