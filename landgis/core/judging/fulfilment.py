"""What a parcel's contract agreed, and what became of it."""

from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from landgis.terms.frames import Stock

_UNFINISHED: Final = ("unbuilt", "building", "stopped")
_AGREED: Final = (
    "agreed_far_min", "agreed_coefficient_min", "agreed_invest_wan_per_mu", "agreed_tax_wan_per_mu",
    "agreed_value_added_wan_per_tce", "agreed_value_added_wan_per_t",
)  # fmt: skip

Days = NDArray[np.datetime64]
Floats = NDArray[np.float64]


def add_fulfilment(out: pd.DataFrame, stock: Stock, on: date) -> None:
    """Add to the measures of the parcels what their contracts agreed, and how far each is kept.

    Parameters
    ----------
    out
        Measures of the parcels, in the order of ``stock.parcel``; reads ``area_mu``. Changed in place.
    stock
        Reads ``parcel`` (``build_status``) and ``contract``.
    on
        The day for which we ask.

    Notes
    -----
    Of several contracts the one signed last speaks; where one of them has no day, nothing is known of any. A parcel without a
    contract on record has unknown terms.

    agreed_*
        As written in the contract; areas of it are those of the parcel.
    invest_wan_per_mu
        (invested_wan + price_wan) ÷ area_mu: fixed assets with the price of the land. Source: 工业项目建设用地控制指标,
        固定资产投资强度 = (厂房 + 设备 + 地价款) ÷ 总用地.
    developed_share, invested_share
        Area under development over that which should be; money spent over the total, both without the price of the land.
    is_finished
        Works are recorded as done by the day, or the parcel as built; not so where it is recorded as unbuilt, under construction or
        stopped.
    finished_years
        Years since the works were done.
    finish_overdue_years
        Years from the agreed end of works to the actual one; to the day where the works are not done. Below zero: in time. Years are
        counted from anniversary to anniversary, the rest as a share of the year that runs.
    works_stopped_years
        Years since works stopped; 0 while they go on.
    """
    row, rows = _last_signed(stock)

    def of(name: str) -> Floats:
        return np.append(rows[name].to_numpy(dtype=float, na_value=np.nan), np.nan)[row]

    def day(name: str) -> Days:
        return np.append(rows[name].to_numpy(dtype="datetime64[D]"), np.datetime64("NaT", "D"))[row]

    for name in _AGREED:
        out[name] = of(name)
    out["invest_wan_per_mu"] = (of("invested_wan") + of("price_wan")) / out["area_mu"].to_numpy()
    for name, done, whole in (
        ("developed_share", "developed_m2", "should_develop_m2"),
        ("invested_share", "invested_wan", "total_invest_wan"),
    ):
        below = of(whole)
        out[name] = np.divide(of(done), below, out=np.full(len(out), np.nan), where=below > 0)
    today = np.full(len(out), np.datetime64(on, "D"))
    status = stock.parcel["build_status"]
    open_ = status.isin(_UNFINISHED).to_numpy(dtype=bool)
    finished = day("finished_on")
    done = (finished <= today) | (status == "built").fillna(False).to_numpy(dtype=bool)
    answer = pd.array(done, dtype="boolean")
    answer[~done & ~open_] = pd.NA
    out["is_finished"] = answer
    out["finished_years"] = np.where(finished <= today, years_between(finished, today), np.nan)
    until = np.where(finished <= today, finished, np.where(open_, today, np.datetime64("NaT", "D")))
    out["finish_overdue_years"] = years_between(day("agreed_finish_on"), until)
    stopped = np.maximum(years_between(day("stopped_since"), today), 0.0)
    out["works_stopped_years"] = np.where(row < 0, np.nan, np.where(np.isnan(stopped), 0.0, stopped))
    cause = np.append(rows["delay_cause"].to_numpy(dtype=object), [None])[row]
    cause[pd.isna(cause)] = None
    out["delay_cause"] = pd.Series(cause, index=out.index, dtype="object")


def _last_signed(stock: Stock) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """Give for each parcel the position of its contract signed last, −1 where there is none or nobody can tell; and the contracts."""
    rows = stock.contract
    place = np.asarray(stock.parcel.index.get_indexer(pd.Index(rows["parcel_id"])), dtype=np.intp)
    row = np.full(len(stock.parcel) + 1, -1, dtype=np.intp)
    signed = rows["signed_on"].to_numpy(dtype="datetime64[D]")
    order = np.argsort(signed, kind="stable")  # NaT comes last
    row[place[order]] = order
    several = np.bincount(place[place >= 0], minlength=len(row)) > 1
    # Of several, one without a day: it came last and says so.
    row[several & (row >= 0) & np.isnat(np.append(signed, np.datetime64("NaT", "D"))[row])] = -1
    return row[:-1], rows


def years_between(start: Days, end: Days) -> Floats:
    """Count the years from one day to another, anniversaries whole; 29 February has its anniversary on 28 February.

    >>> days = np.array(["2020-02-29", "2021-02-28", "2022-02-27"], dtype="datetime64[D]")
    >>> years_between(days[[0, 0, 1]], days[[1, 2, 1]]).round(4).tolist()
    [1.0, 1.9973, 0.0]
    """
    month = start.astype("datetime64[M]")
    day = (start - month).astype("timedelta64[D]")

    def anniversary(years: NDArray[Any]) -> Days:
        month_then = month + (12 * years).astype("timedelta64[M]")
        then: Days = month_then.astype("datetime64[D]") + day
        then -= (then.astype("datetime64[M]") != month_then).astype("timedelta64[D]")
        return then

    known = ~(np.isnat(start) | np.isnat(end))
    years = np.zeros(len(start), dtype=np.int64)
    years[known] = end[known].astype("datetime64[Y]").astype(np.int64) - start[known].astype("datetime64[Y]").astype(
        np.int64
    )
    years -= anniversary(years) > end
    last, next_ = anniversary(years), anniversary(years + 1)
    with np.errstate(invalid="ignore"):
        part = (end - last) / (next_ - last)
    return np.where(known, years + part, np.nan)
