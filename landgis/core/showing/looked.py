"""What every parcel is looked for by: a place inside it, its users, initials, and the measures."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from landgis.terms.frames import Stock
from landgis.terms.initials import initials

#: Measures to look by keep so many figures; the official ones keep all.
_FIGURES: Final = 6
_COMMA: Final = "；"


def looked(stock: Stock, measures: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Lay out what the parcels of a stock are looked for by.

    Parameters
    ----------
    stock
        The stock; reads parcels, their users and the enterprises.
    measures
        `landgis.core.judging.measure.parcel_measures` of the stock.
    names
        Which of them are kept; one that was not measured is unknown for every parcel.

    Returns
    -------
    DataFrame
        Index and order of the parcels. ``park_code``; ``lon, lat`` (degrees, 6 decimals) of a point inside the parcel;
        ``enterprises`` (a code where a name is not known) and ``usccs`` of all users, each once and in order (None: nobody is known);
        ``initials`` of holder, users and location; ``measures``: an array in the order of `names`, six figures, NaN unknown.
    """
    parcels = stock.parcel
    seats = shapely.point_on_surface(np.asarray(parcels.geometry))
    uses = stock.parcel_use[["parcel_id", "uscc", "enterprise_id"]].dropna(subset=["parcel_id"])
    named = stock.enterprise["name"].reindex(uses["enterprise_id"]).to_numpy(dtype=object)
    uses = uses.assign(name=pd.Series(named, uses.index).where(pd.notna(named), uses["uscc"]))
    users, codes = (
        uses.dropna(subset=[column])
        .sort_values(column)
        .drop_duplicates(["parcel_id", column])
        .groupby("parcel_id")[column]
        .agg(_COMMA.join)
        .reindex(parcels.index)
        for column in ("name", "uscc")
    )
    texts = pd.DataFrame({"owner": parcels["owner_name"], "users": users, "location": parcels["location"]})
    said = [
        " ".join(dict.fromkeys(initials(text) for text in row if isinstance(text, str) and text))
        for row in texts.astype(object).itertuples(index=False)
    ]
    table = np.column_stack(
        [
            pd.to_numeric(measures[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
            if name in measures
            else np.full(len(parcels), np.nan)
            for name in names
        ]
        or [np.empty((len(parcels), 0))]
    )
    return pd.DataFrame(
        {
            "park_code": parcels["park_code"],
            "lon": np.round(shapely.get_x(seats), 6),
            "lat": np.round(shapely.get_y(seats), 6),
            "enterprises": users.astype(object).where(users.notna(), None),
            "usccs": codes.astype(object).where(codes.notna(), None),
            "initials": said,
            "measures": list(_figures(table)),
        },
        index=parcels.index,
    )


def _figures(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to six figures; nothing, unknown and endless stay as they are, the endless unknown."""
    finite = np.isfinite(values) & (values != 0)
    size = np.floor(np.log10(np.abs(np.where(finite, values, 1.0))))
    scale = 10.0 ** (_FIGURES - 1 - size)
    rounded = np.where(finite, np.round(values * scale) / scale, values)
    return np.where(np.isinf(rounded), np.nan, rounded)
