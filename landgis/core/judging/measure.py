"""Area, floor-area ratio, building coefficient, and what a parcel and an enterprise yield per mu.

Every measure is defined here once; its name, unit and words stand in `landgis.terms.measures.MEASURES`. What cannot be known from the
stock stays unknown: a sum with an unknown part is unknown, a parcel without a user has no tax (not a tax of zero).
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from landgis.core.judging.fulfilment import add_fulfilment
from landgis.core.judging.industries import industry_standing
from landgis.terms.codes import is_industrial
from landgis.terms.frames import Stock
from landgis.terms.rules import Ruleset
from landgis.terms.units import FACTORS, M2_PER_MU

#: A storey higher than this counts twice in the floor-area ratio. Source: 国土资发〔2008〕24号 附件, 容积率.
DOUBLE_STOREY_M: Final = 8.0
#: A mean year, where a span is told in years and decides no clock of the law.
DAYS_PER_YEAR: Final = 365.25

_LAYERS: Final = ("farmland", "ecology", "urban_boundary", "industrial_line_1", "renewal_area")
_STANDING: Final = ("building", "stopped", "built")
_STOPPED: Final = ("half_stopped", "stopped", "closed", "deregistered", "revoked")
_GONE: Final = ("deregistered", "revoked")
_OFFICE: Final = ("office", "dormitory")
_FLAGS: Final = ("is_utility", "is_safety_failed", "is_environment_failed")

Floats = NDArray[np.float64]


def parcel_measures(stock: Stock, on: date, industries: Ruleset | None = None) -> pd.DataFrame:
    """Measure every parcel as it stood on a day.

    Parameters
    ----------
    stock
        Reads ``parcel``, ``building``, ``parcel_use``, ``enterprise``, ``enterprise_year`` and ``zone``.
    on
        The day. Yearly figures are those of the last full year (``on.year - 1``) and of the year before it (``_before``).
    industries
        A ruleset of the kind ``industries``; without one nobody knows how an industry stands.

    Returns
    -------
    DataFrame
        Index ``parcel_id`` as in ``stock.parcel``, same order; one column per measure of the subject ``parcel`` in
        `landgis.terms.measures.MEASURES`, in the units given there, and ``enterprise_id`` of the main user (Int64).

    Notes
    -----
    area_m2, area_mu
        As drawn, on the ellipsoid; 1 mu = 2000/3 m².
    floor_area_m2, counted_area_m2, footprint_m2
        Sums over the parcel's buildings. Without a building row: 0 where the parcel is recorded as not built, else unknown. Where the
        counted area is unknown it is the floor area, twice for a storey above 8 m; a storey without a height on record counts once.
        Source: 国土资发〔2008〕24号, 容积率.
    far
        counted_area_m2 ÷ area_m2. Source: the same.
    coefficient
        footprint_m2 of buildings, structures and yards ÷ area_m2. Structures and yards are rows of ``building`` with the function
        ``other``; a stock that lists buildings alone gives the building density, a lower bound. Source: the same, 建筑系数.
    far_share
        far ÷ plan_far_max.
    built_share
        Land built upon ÷ supplied area; registered area where the supplied one is unknown.
    office_land_share, green_share
        Land of offices and services, and green land, ÷ area_m2. Source: 工业项目建设用地控制指标.
    office_floor_share
        Floor area of offices and dormitories ÷ floor area of all buildings; unknown where a building's function is.
    agreed_*, invest_wan_per_mu, developed_share, invested_share, is_finished, finish*_years, works_stopped_years, delay_cause
        See `landgis.core.judging.fulfilment.add_fulfilment`.
    industry_standing
        See `landgis.core.judging.industries.industry_standing`.
    value_per_m2
        assessed_value ÷ area_m2, in the currency of the assessment.
    building_age_years
        Years since the newest building whose year is known.
    is_vacant
        True: recorded as not built and no building stands. False: a building stands, or works have begun. Else unknown.
    term_left_years
        Days to the end of the land-use term ÷ 365.25; below zero once it is over.
    users, uscc, industry_*, grade of a parcel
        Everybody whose use covers the day; the main user is who uses the largest area net of what it let out (equal areas: the
        holder of the title, then the smaller credit code).
    tax_wan_per_mu, revenue_wan_per_mu
        Sum over all who used it in that year of (the firm's yearly figure x the part of its evaluation area that lies here) ÷ area_mu:
        who holds the title answers for the plot, tenants' tax counted in. A firm with one parcel brings all of it, so that over all
        parcels each yuan is counted once. Unknown as soon as one user's figure or part is unknown. Source: 东阳市 2021 亩产效益评价办法
        ("原则上以登记注册企业的行业和用地面积核定,并承担清理主体责任"), 浙江省 亩均论英雄.
    value_added_wan_per_tce, value_added_wan_per_t
        Of the users together, each year's figure taken by the same part: Σ value added ÷ Σ energy, or ÷ Σ emission.
    is_in_production
        True where one user works, False where every one has stopped, half stopped or gone.
    let_share
        Area of the leases that cover the day ÷ area_m2, at most 1; subleases where no lease is on record. 0 where nobody rents.
    has_outside_tenant
        True where a tenant of the day is known to be registered elsewhere, False where none is.
    stopped_months
        Full months since the last of the users stopped; 0 while one of them works. Unknown where a user's state is.
    is_safety_failed, is_environment_failed, is_utility
        True where one user is, False where every user is known not to be.
    *_share of a layer
        Share of the parcel's shape inside the layer's zones of its park (zones of one layer are taken not to overlap; at most 1).
        Unknown where the stock holds no zone of that layer in the park.
    """
    parcel = stock.parcel
    out = pd.DataFrame(index=parcel.index)
    area = parcel["geom_area_m2"].to_numpy(dtype=float, na_value=np.nan)
    out["park_code"] = parcel["park_code"]
    out["area_m2"] = area
    out["area_mu"] = _mu(area)
    _add_buildings(out, stock, area, on)
    for name in ("plan_far_min", "plan_far_max"):
        out[name] = parcel[name].to_numpy(dtype=float, na_value=np.nan)
    out["far_share"] = _divide(out["far"].to_numpy(), out["plan_far_max"].to_numpy())
    supplied = _number(parcel, "supplied_area_m2")
    whole = np.where(np.isnan(supplied), _number(parcel, "cert_area_m2"), supplied)
    out["built_share"] = _divide(_number(parcel, "built_area_m2"), whole)
    out["value_per_m2"] = _divide(_number(parcel, "assessed_value"), area)
    out["office_land_share"] = _divide(_number(parcel, "office_land_m2"), area)
    out["green_share"] = _divide(_number(parcel, "green_m2"), area)
    add_fulfilment(out, stock, on)
    out["is_industrial"] = _industrial(parcel["landuse_code"], parcel["landuse_scheme"])
    out["plan_is_industrial"] = _industrial(parcel["plan_code"], parcel["plan_scheme"])
    for name in ("landuse_code", "landuse_scheme", "build_status", "stock_class", "is_mortgaged", "is_seized"):
        out[name] = parcel[name]
    out["term_left_years"] = (parcel["term_end"] - pd.Timestamp(on)).dt.days.to_numpy(dtype=float) / DAYS_PER_YEAR
    _add_users(out, stock, on)
    out["industry_standing"] = None if industries is None else industry_standing(out, industries)
    _add_layers(out, parcel, stock.zone)
    return out


def enterprise_measures(stock: Stock, on: date, year: int | None = None) -> pd.DataFrame:
    """Measure every enterprise for one year.

    Parameters
    ----------
    stock
        Reads ``enterprise``, ``enterprise_year``, ``parcel_use`` and the areas of ``parcel``.
    on
        The day of the question; where a firm is on it is where it is taken to have been, if the year has no use of it on record.
    year
        The year of the figures; the last full year before ``on`` where none is given.

    Returns
    -------
    DataFrame
        Index ``enterprise_id`` as in ``stock.enterprise``, same order; one column per measure of the subject ``enterprise`` in
        `landgis.terms.measures.MEASURES`, and ``is_gone`` (deregistered or licence revoked).

    Notes
    -----
    land_used_m2
        The evaluated area on the year's row, else own + leased in − leased out, the mean of the year's days (`uses_of_year`). Unknown
        where an area needed for it is. Source: 东阳市 2021 ("以企业实际使用为准,含租用和登记注册等情况").
    ratios
        Numerator ÷ denominator of the year's row; unknown where one of them is, and where the denominator is zero.
        Energy in tce of equivalent value, emission in tonnes equivalent. Source: 台州市黄岩区 2022年度 评价办法.
    years_in_production, age_years
        Full and part years from ``production_since`` and ``founded_on`` to the end of the evaluated year.
    leased_m2, owns_land
        Over the uses that cover the day: the areas held as tenant or subtenant (unknown where one is); whether it holds a title, there
        or as the holder on record of a parcel. Unknown for a firm that uses no parcel of the stock.
    """
    year = on.year - 1 if year is None else year
    firms = stock.enterprise
    out = pd.DataFrame(index=firms.index)
    out["park_code"], out["uscc"] = firms["park_code"], firms["uscc"]
    out["scale"], out["industry_scheme"] = firms["scale"], firms["industry_scheme"]
    out["industry_code"] = _industry(firms["industry_code"])
    out["industry_division"] = _division(firms["industry_code"])
    for name in _FLAGS:
        out[name] = firms[name].astype("boolean")
    figures = year_figures(stock.enterprise_year, firms.index, year)
    reported = figures["land_used_m2"].to_numpy()
    net = uses_of_year(stock, year, on, net_uses(stock, on, on))
    held = _sum_by(net["firm"].to_numpy(), net["net_m2"].to_numpy(), len(net.attrs["firms"]))
    place = _positions(net.attrs["firms"], firm_keys(firms["park_code"], firms["uscc"]))
    computed = np.where(place >= 0, held[place] if len(held) else np.nan, np.nan)
    land = np.where(np.isnan(reported), computed, reported)
    out["land_used_m2"], out["land_used_mu"] = land, _mu(land)
    mu = out["land_used_mu"].to_numpy()
    out["leased_m2"], out["owns_land"] = _holdings(stock, on)
    for name in ("revenue_wan", "energy_tce", "power_kwh", "employees", "bonus_score", "deduction_score"):
        out[name] = figures[name].to_numpy()
    ratios: tuple[tuple[str, str, Floats], ...] = (
        ("tax_wan_per_mu", "tax_wan", mu),
        ("revenue_wan_per_mu", "revenue_wan", mu),
        ("value_added_wan_per_mu", "value_added_wan", mu),
        ("value_added_wan_per_tce", "value_added_wan", figures["energy_tce"].to_numpy()),
        ("value_added_wan_per_t", "value_added_wan", figures["emission_t"].to_numpy()),
        ("value_added_wan_per_head", "value_added_wan", figures["employees"].to_numpy()),
        ("rd_share", "rd_wan", figures["revenue_wan"].to_numpy()),
        ("tax_yuan_per_kwh", "tax_wan", figures["power_kwh"].to_numpy() * float(FACTORS["yuan"])),
        ("tax_wan_per_tce", "tax_wan", figures["energy_tce"].to_numpy()),
        ("revenue_wan_per_tce", "revenue_wan", figures["energy_tce"].to_numpy()),
        ("revenue_wan_per_t", "revenue_wan", figures["emission_t"].to_numpy()),
    )
    for name, numerator, denominator in ratios:
        out[name] = _divide(figures[numerator].to_numpy(), denominator)
    for name, since in (("years_in_production", "production_since"), ("age_years", "founded_on")):
        out[name] = (pd.Timestamp(year, 12, 31) - firms[since]).dt.days.to_numpy(dtype=float) / DAYS_PER_YEAR
    out["stopped_months"] = stopped_months(firms, on)
    out["data_status"] = of_year(stock.enterprise_year, firms.index, year, ["data_status"])["data_status"]
    out["is_gone"] = firms["status"].isin(_GONE).to_numpy()
    return out


def _mu(area_m2: Floats) -> Floats:
    return area_m2 * M2_PER_MU.denominator / M2_PER_MU.numerator


def _divide(above: Floats, below: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(below > 0, above / below, np.nan)


def _number(frame: pd.DataFrame, name: str) -> Floats:
    return frame[name].to_numpy(dtype=float, na_value=np.nan)


def _industrial(codes: pd.Series, schemes: pd.Series) -> pd.Series:
    """Judge each pair of code and scheme once."""
    pair = pd.factorize(
        codes.astype("object").fillna("").astype(str) + "\x1f" + schemes.astype("object").fillna("").astype(str)
    )
    answers = pd.array([is_industrial(*text.split("\x1f")) for text in pair[1]], dtype="boolean")
    return pd.Series(answers.take(pair[0]), index=codes.index)


def _division(codes: pd.Series) -> pd.Series:
    """Give the two digits of an industry code."""
    return _by_distinct(codes, lambda code: code.removeprefix("C")[:2])


def _industry(codes: pd.Series) -> pd.Series:
    """Give an industry code without the letter of its section: C3031 and 3031 are one."""
    return _by_distinct(codes, lambda code: code.removeprefix("C"))


def _by_distinct(texts: pd.Series, make: Callable[[str], str]) -> pd.Series:
    """Make another text of each, computing each distinct one once; unknown stays None."""
    place, distinct = pd.factorize(texts)
    made = np.array([*(make(text) for text in distinct), None], dtype=object)
    return pd.Series(made[place], index=texts.index, dtype="object")


def _positions(known: pd.Index, wanted: pd.Index) -> NDArray[np.intp]:
    return np.asarray(known.get_indexer(wanted), dtype=np.intp)


def _sum_by(group: NDArray[np.intp], values: Floats, groups: int) -> Floats:
    """Sum by group; one unknown makes the group's sum unknown."""
    return np.bincount(group, weights=values, minlength=groups).astype(np.float64)


def firm_keys(park: pd.Series, uscc: pd.Series) -> pd.Index:
    """Name a firm: the same credit code in two parks is evaluated in each."""
    keys: pd.Index = pd.Index(
        park.astype(str).to_numpy(dtype=object) + "\x1f" + uscc.astype(str).to_numpy(dtype=object)
    )
    return keys


def _add_buildings(out: pd.DataFrame, stock: Stock, area: Floats, on: date) -> None:
    parcel, building = stock.parcel, stock.building
    place = _positions(parcel.index, pd.Index(building["parcel_id"]))
    here = place >= 0
    rows, place = building[here], place[here]
    count = np.bincount(place, minlength=len(parcel))
    unbuilt = (parcel["build_status"] == "unbuilt").fillna(False).to_numpy(dtype=bool)
    floor, footprint = _number(rows, "floor_area_m2"), _number(rows, "footprint_m2")
    storey = _number(rows, "storey_height_m")
    by_height = _divide(_number(rows, "height_m"), _number(rows, "floors"))
    storey = np.where(np.isnan(storey), by_height, storey)
    counted = _number(rows, "counted_area_m2")
    counted = np.where(np.isnan(counted), floor * np.where(storey > DOUBLE_STOREY_M, 2.0, 1.0), counted)
    office = np.where(rows["function"].isna(), np.nan, np.where(rows["function"].isin(_OFFICE), floor, 0.0))
    out["office_floor_share"] = _divide(_sum_by(place, office, len(parcel)), _sum_by(place, floor, len(parcel)))
    for name, values in (("floor_area_m2", floor), ("counted_area_m2", counted), ("footprint_m2", footprint)):
        total = _sum_by(place, values, len(parcel))
        out[name] = np.where((count == 0) & ~unbuilt, np.nan, total)
    out["far"] = _divide(out["counted_area_m2"].to_numpy(), area)
    out["coefficient"] = _divide(out["footprint_m2"].to_numpy(), area)
    year = _number(rows, "built_year")
    newest = np.full(len(parcel), -np.inf)
    np.maximum.at(newest, place[~np.isnan(year)], year[~np.isnan(year)])
    out["building_age_years"] = np.where(np.isinf(newest), np.nan, on.year - newest)
    size = np.fmax(np.nan_to_num(floor), np.nan_to_num(footprint))
    stands = np.bincount(place, weights=size, minlength=len(parcel)) > 0
    begun = parcel["build_status"].isin(_STANDING).to_numpy(dtype=bool)
    vacant = pd.array(unbuilt & ~stands, dtype="boolean")
    vacant[~(unbuilt | stands | begun)] = pd.NA
    out["is_vacant"] = vacant


def net_uses(stock: Stock, first: date, last: date) -> pd.DataFrame:
    """Say who uses how much of which parcel from one day to another, each firm once per parcel, net of what it let out.

    Parameters
    ----------
    stock
        Reads ``parcel`` and ``parcel_use``. A use without a first day has always been, one without a last day lasts; both days count.
    first, last
        The days; areas are means over them, weighted by days.

    Returns
    -------
    DataFrame
        Rows by parcel and firm: ``parcel`` (position in ``stock.parcel``), ``firm`` (position in ``attrs["firms"]``, keys of park and
        credit code; its code alone is in ``attrs["codes"]``), ``level`` (0 title, 1 user or tenant, 2 subtenant; the highest it had),
        ``gross_m2`` (held or rented) and
        ``net_m2`` (own + leased in − leased out).

    Notes
    -----
    Day by day, what is used below a level is taken off those above it, in proportion to their areas. The only firm of a parcel without
    an area stands for all of it, and so does the only holder of the title. Source: 东阳市 2021
    ("以企业实际使用为准,含租用和登记注册等情况").
    """
    parcel, use = stock.parcel, stock.parcel_use
    begin, days = np.datetime64(first, "D"), (last - first).days + 1
    place = _positions(parcel.index, pd.Index(use["parcel_id"]))
    came, left = (_day_in(use[name], begin, days, empty) for name, empty in (("from_on", 0), ("to_on", days)))
    there = (place >= 0) & (came < left)
    use, place, came, left = use[there], place[there], came[there], left[there]
    firm, firms = pd.factorize(firm_keys(use["park_code"], use["uscc"]))
    level = use["role"].map({"owner": 0, "user": 1, "tenant": 1, "subtenant": 2}).to_numpy(dtype=np.int64)
    row, spell, length = _spells(place, came, left, days)
    rows = pd.DataFrame(
        {"spell": spell, "firm": firm[row], "level": level[row], "gross_m2": _number(use, "area_m2")[row]}
    )
    rows = rows.sort_values(["spell", "firm", "level"], kind="stable")
    rows = rows.groupby(["spell", "firm"], as_index=False).agg(level=("level", "first"), gross_m2=("gross_m2", "max"))
    at, depth, gross = rows["spell"].to_numpy(), rows["level"].to_numpy(), rows["gross_m2"].to_numpy().copy()
    parcel_of = np.full(len(length), -1, dtype=np.intp)
    parcel_of[spell] = place[row]
    area = _number(parcel, "geom_area_m2")[parcel_of[at]]
    alone = np.bincount(at, minlength=len(length))[at] == 1
    cell = at * 3 + depth
    alone |= (depth == 0) & (np.bincount(cell, minlength=3 * len(length))[cell] == 1)
    gross = np.where(alone & np.isnan(gross), area, gross)
    total = _sum_by(cell, gross, 3 * len(length)).reshape(-1, 3)
    below = np.stack([np.where(total[:, 1] != 0, total[:, 1], total[:, 2]), total[:, 2], np.zeros(len(total))], axis=1)
    share = _divide(gross, total[at, depth])
    let_out = np.where(below[at, depth] == 0, 0.0, below[at, depth] * share)
    part = length[at] / days
    keys, pair = np.unique(parcel_of[at] * len(firms) + rows["firm"].to_numpy(), return_inverse=True)
    highest = np.full(len(keys), 2, dtype=np.int64)
    np.minimum.at(highest, pair, depth)
    found = pd.DataFrame(
        {
            "parcel": keys // max(len(firms), 1),
            "firm": keys % max(len(firms), 1),
            "level": highest,
            "gross_m2": _sum_by(pair, gross * part, len(keys)),
            "net_m2": _sum_by(pair, np.maximum(gross - let_out, 0.0) * part, len(keys)),
        }
    )
    codes = np.empty(len(firms), dtype=object)
    codes[firm] = use["uscc"].to_numpy(dtype=object)
    found.attrs["firms"], found.attrs["codes"] = pd.Index(firms), pd.Index(codes)
    return found


def uses_of_year(stock: Stock, year: int, on: date, today: pd.DataFrame) -> pd.DataFrame:
    """Say who used how much of which parcel in a year; who has no use on record in it is taken to be where it is on the day.

    Parameters
    ----------
    stock, on
        As in `net_uses`.
    year
        The year.
    today
        `net_uses` of the day `on`.

    Returns
    -------
    DataFrame
        As `net_uses`.

    Notes
    -----
    A lease that is renewed has a new first day, and a parcel's ledger may hold the new one alone: what a firm yielded in the year would
    else be counted nowhere.
    """
    first, last, use = date(year, 1, 1), date(year, 12, 31), stock.parcel_use
    moved = use["from_on"].between(pd.Timestamp(first), pd.Timestamp(on), inclusive="right")
    moved |= use["to_on"].between(pd.Timestamp(first), pd.Timestamp(on), inclusive="left")
    if not moved.any():
        return today
    rows = net_uses(stock, first, last)
    keys, now = rows.attrs["firms"], today.attrs["firms"]
    absent = _positions(keys, now) < 0
    if absent.any():
        firms = keys.append(now[absent])
        more = today[absent[today["firm"]]]
        more = more.assign(firm=_positions(firms, now)[more["firm"]])
        rows.attrs, more.attrs = {}, {}  # concat compares them, and two lists of firms cannot be
        rows = pd.concat([rows, more], ignore_index=True).sort_values(
            ["parcel", "firm"], kind="stable", ignore_index=True
        )
        rows.attrs["firms"] = firms
    return rows


def year_figures(years: pd.DataFrame, firms: pd.Index, year: int) -> pd.DataFrame:
    """Give the numbers of one year by enterprise, as `of_year`."""
    names = [
        name for name in years.columns if name.endswith(("_wan", "_tce", "_kwh", "_t", "_m2", "_score", "employees"))
    ]
    return of_year(years, firms, year, names).astype(float)


def of_year(years: pd.DataFrame, firms: pd.Index, year: int, names: Sequence[str]) -> pd.DataFrame:
    """Give some columns of one year by enterprise, unknown where the year has no row.

    Parameters
    ----------
    years
        Rows of ``enterprise_year`` with ``enterprise_id``.
    firms
        The enterprises wanted, by ``enterprise_id``.
    year, names
        The year, and the columns.
    """
    rows = years[(years["year"] == year) & years["enterprise_id"].notna()]
    found = rows.set_index(pd.Index(rows["enterprise_id"].astype(firms.dtype)))[list(names)]
    return found[~found.index.duplicated(keep="last")].reindex(firms)


def _holdings(stock: Stock, on: date) -> tuple[Floats, Any]:
    """Say how much each enterprise leases in (m²) and whether it holds a title (nullable booleans)."""
    use, day = stock.parcel_use, pd.Timestamp(on)
    use = use[~((use["from_on"] > day) | (use["to_on"] < day)).to_numpy(dtype=bool)]
    firms = firm_keys(stock.enterprise["park_code"], stock.enterprise["uscc"])
    place, count = _positions(firms, firm_keys(use["park_code"], use["uscc"])), len(firms)
    known = place >= 0
    place, role = place[known], use["role"].to_numpy(dtype=object)[known]
    rented = np.isin(role, ("tenant", "subtenant"))
    leased = _sum_by(place[rented], _number(use, "area_m2")[known][rented], count)
    held = stock.parcel[stock.parcel["owner_uscc"].notna()]
    titles = _positions(firms, firm_keys(held["park_code"], held["owner_uscc"]))
    owns = np.bincount(np.append(place[role == "owner"], titles[titles >= 0]), minlength=count) > 0
    uses = np.bincount(place, minlength=count) > 0
    holds = pd.array(owns, dtype="boolean")
    holds[~(owns | uses)] = pd.NA
    return np.where(uses, leased, np.nan), holds


def _day_in(dates: pd.Series, begin: np.datetime64, days: int, empty: int) -> NDArray[np.int64]:
    """Count the days from `begin` to each first day, or to the day behind each last day, inside the period."""
    given = dates.to_numpy(dtype="datetime64[D]")
    count = (given - begin).astype(np.int64) + (empty > 0)
    return np.where(np.isnat(given), empty, np.clip(count, 0, days)).astype(np.int64)


def _spells(
    place: NDArray[np.intp], came: NDArray[np.int64], left: NDArray[np.int64], days: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]:
    """Cut the period of each parcel where a use begins or ends.

    Gives, a row per use and spell: which use, and which spell; and the days of every spell.
    """
    width = days + 1
    begins = np.unique(np.concatenate([place * width + came, (place * width + left)[left < days]]))
    first, behind = (np.searchsorted(begins, place * width + day) for day in (came, left))
    count = behind - first
    row = np.repeat(np.arange(len(place)), count)
    spell = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + first[row]
    end = np.append(begins[1:], (begins[-1] // width + 1) * width if len(begins) else 0)
    length = np.minimum(end, begins // width * width + days) - begins
    return row, spell, length.astype(np.int64)


def stopped_months(firms: pd.DataFrame, on: date) -> Floats:
    """Count full months since a firm stopped; 0 while it works, unknown where its state or the day is."""
    since = firms["stopped_since"]
    months = (on.year - since.dt.year) * 12 + (on.month - since.dt.month) - (since.dt.day > on.day)
    stopped = firms["status"].isin(_STOPPED).to_numpy(dtype=bool)
    known = firms["status"].notna().to_numpy(dtype=bool)
    elapsed = np.maximum(months.to_numpy(dtype=float, na_value=np.nan), 0.0)
    return np.where(~known, np.nan, np.where(stopped, elapsed, 0.0))


def _add_users(out: pd.DataFrame, stock: Stock, on: date) -> None:
    rows, firms, count = net_uses(stock, on, on), stock.enterprise, len(out)
    at, firm = rows["parcel"].to_numpy(dtype=np.intp), rows["firm"].to_numpy(dtype=np.intp)
    keys: pd.Index = rows.attrs["firms"]
    net = rows["net_m2"].to_numpy()
    out["users"] = np.bincount(at, minlength=count).astype(float)
    place = _positions(firm_keys(firms["park_code"], firms["uscc"]), keys)[firm] if len(rows) else at
    nobody = out["users"].to_numpy() == 0

    for suffix, year in (("", on.year - 1), ("_before", on.year - 2)):
        _add_yields(out, stock, uses_of_year(stock, year, on, rows), year, suffix)

    months = np.append(stopped_months(firms, on), np.nan)[place]
    least = np.full(count, np.inf)
    with np.errstate(invalid="ignore"):
        np.minimum.at(least, at, months)  # an unknown state makes the parcel's unknown
    works = np.zeros(count, dtype=bool)
    works[at[months == 0]] = True
    least = np.where(works, 0.0, least)
    out["stopped_months"] = np.where(nobody, np.nan, least)
    _add_production(out, firms, at, place, nobody)
    _add_tenants(out, stock, on)

    for name in _FLAGS:
        flag = firms[name].astype("boolean")
        known = np.append(flag.notna().to_numpy(dtype=bool), False)[place]
        true = np.append(flag.fillna(False).to_numpy(dtype=bool), False)[place]
        some = np.bincount(at, weights=true, minlength=count) > 0
        unknown = nobody | ((np.bincount(at, weights=~known, minlength=count) > 0) & ~some)
        answer = pd.array(some, dtype="boolean")
        answer[unknown] = pd.NA
        out[name] = answer

    code = rows.attrs["codes"].to_numpy(dtype=object)
    order = np.lexsort(
        (_order_of(code)[firm] if len(rows) else firm, rows["level"].to_numpy(), -np.nan_to_num(net, nan=-1.0), at)
    )
    first = order[np.r_[True, at[order][1:] != at[order][:-1]]] if len(rows) else order
    main = np.full(count, -1, dtype=np.intp)
    main[at[first]] = first
    out["uscc"] = _taken(code, np.where(main >= 0, firm[main] if len(rows) else -1, -1), out.index)
    firm_place = np.where(main >= 0, place[main] if len(rows) else -1, -1)
    ids = pd.array(np.append(firms.index.to_numpy(dtype=np.int64), 0)[firm_place], dtype="Int64")
    ids[firm_place < 0] = pd.NA
    out["enterprise_id"] = ids
    for name, values in (
        ("industry_code", _industry(firms["industry_code"])),
        ("industry_division", _division(firms["industry_code"])),
        ("industry_scheme", firms["industry_scheme"]),
    ):
        out[name] = _taken(values.to_numpy(dtype=object), firm_place, out.index)


def _add_production(
    out: pd.DataFrame, firms: pd.DataFrame, at: NDArray[np.intp], place: NDArray[np.intp], nobody: NDArray[np.bool_]
) -> None:
    known = firms["status"].notna().to_numpy(dtype=bool)
    works = np.append(known & ~firms["status"].isin(_STOPPED).to_numpy(dtype=bool), False)[place]
    some = np.bincount(at, weights=works, minlength=len(out)) > 0
    unsure = np.bincount(at, weights=~np.append(known, False)[place], minlength=len(out)) > 0
    answer = pd.array(some, dtype="boolean")
    answer[nobody | (unsure & ~some)] = pd.NA
    out["is_in_production"] = answer


def _add_tenants(out: pd.DataFrame, stock: Stock, on: date) -> None:
    """Say how much of each parcel is let out on a day, and whether to somebody registered elsewhere."""
    use, day, count = stock.parcel_use, pd.Timestamp(on), len(out)
    place = _positions(stock.parcel.index, pd.Index(use["parcel_id"]))
    rents = use["role"].isin(("tenant", "subtenant")).to_numpy(dtype=bool)
    now = rents & ~((use["from_on"] > day) | (use["to_on"] < day)).to_numpy(dtype=bool) & (place >= 0)
    use, place = use[now], place[now]
    area, is_direct = _number(use, "area_m2"), (use["role"] == "tenant").to_numpy(dtype=bool)
    direct = np.bincount(place[is_direct], minlength=count) > 0
    counted = is_direct | ~direct[place]
    let = _divide(_sum_by(place[counted], area[counted], count), out["area_m2"].to_numpy())
    out["let_share"] = np.minimum(let, 1.0)
    tenant = _positions(stock.enterprise.index, pd.Index(use["enterprise_id"]))
    local = stock.enterprise["is_local"].astype("boolean")
    known = np.append(local.notna().to_numpy(dtype=bool), False)[tenant]
    away = np.append(~local.fillna(True).to_numpy(dtype=bool), False)[tenant]
    outside = np.bincount(place, weights=away, minlength=count) > 0
    unsure = np.bincount(place, weights=~known, minlength=count) > 0
    answer = pd.array(outside, dtype="boolean")
    answer[unsure & ~outside] = pd.NA
    out["has_outside_tenant"] = answer


def _add_yields(out: pd.DataFrame, stock: Stock, rows: pd.DataFrame, year: int, suffix: str) -> None:
    """Bring each firm's yearly figures to the parcels it used in that year, in proportion to its area: each yuan once."""
    firms, keys, count = stock.enterprise, rows.attrs["firms"], len(out)
    at, firm = rows["parcel"].to_numpy(dtype=np.intp), rows["firm"].to_numpy(dtype=np.intp)
    net, gross = rows["net_m2"].to_numpy(), rows["gross_m2"].to_numpy()
    place = _positions(firm_keys(firms["park_code"], firms["uscc"]), keys)[firm] if len(rows) else at
    parcels_of = np.bincount(firm, minlength=len(keys))[firm] if len(rows) else firm
    all_net, all_gross = _sum_by(firm, net, len(keys)), _sum_by(firm, gross, len(keys))
    by_area = np.where(all_net[firm] > 0, _divide(net, all_net[firm]), _divide(gross, all_gross[firm]))
    part = np.where(parcels_of == 1, 1.0, by_area)
    nobody = np.bincount(at, minlength=count) == 0
    figures = year_figures(stock.enterprise_year, firms.index, year)
    for what in ("tax", "revenue"):
        values = np.append(figures[f"{what}_wan"].to_numpy(), np.nan)[place]
        brought = np.where(part == 0, 0.0, part * values)
        total = np.where(nobody, np.nan, _sum_by(at, brought, count))
        out[f"{what}_wan_per_mu{suffix}"] = _divide(total, out["area_mu"].to_numpy())
    if not suffix:
        added, *per = (
            _sum_by(at, np.where(part == 0, 0.0, part * np.append(figures[name].to_numpy(), np.nan)[place]), count)
            for name in ("value_added_wan", "energy_tce", "emission_t")
        )
        for name, below in zip(("value_added_wan_per_tce", "value_added_wan_per_t"), per, strict=True):
            out[name] = _divide(added, np.where(nobody, np.nan, below))


def _order_of(texts: NDArray[Any]) -> NDArray[np.intp]:
    order = np.empty(len(texts), dtype=np.intp)
    order[np.argsort(texts, kind="stable")] = np.arange(len(texts))
    return order


def _taken(values: NDArray[Any], place: NDArray[np.intp], index: pd.Index) -> pd.Series:
    """Take texts by position, None where the position is −1."""
    found = np.append(values, [None])[place]
    found[pd.isna(found)] = None
    return pd.Series(found, index=index, dtype="object")


def _add_layers(out: pd.DataFrame, parcel: gpd.GeoDataFrame, zone: gpd.GeoDataFrame) -> None:
    park = parcel["park_code"].to_numpy(dtype=object)
    layers = zone["layer"].to_numpy(dtype=object)
    shapes = np.asarray(parcel.geometry)
    tree = shapely.STRtree(shapes) if np.isin(layers, _LAYERS).any() else None
    for layer in _LAYERS:
        zones = zone[layers == layer]
        share = np.full(len(parcel), np.nan)
        if tree is not None and len(zones):
            share[np.isin(park, zones["park_code"].unique())] = 0.0
            _overlay(share, shapes, tree, park, zones)
        out[f"{layer}_share"] = share


def _overlay(share: Floats, shapes: NDArray[Any], tree: Any, park: NDArray[Any], zones: gpd.GeoDataFrame) -> None:  # noqa: ANN401  no types
    """Add to each parcel's share what the zones of its own park cover of it."""
    covers = np.asarray(zones.geometry)
    shapely.prepare(covers)
    owners: Sequence[str] = zones["park_code"].tolist()
    for cover, owner in zip(covers, owners, strict=True):
        near = tree.query(cover, predicate="intersects")
        near = near[park[near] == owner]
        inside = shapely.covers(cover, shapes[near])
        share[near[inside]] = 1.0
        cut = near[~inside]
        part = shapely.area(shapely.intersection(cover, shapes[cut])) / shapely.area(shapes[cut])
        share[cut] = np.minimum(share[cut] + part, 1.0)
