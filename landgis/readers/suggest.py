"""Propose a profile for a file nobody has described: by the names of its columns, their pinyin initials, their values and units."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from functools import cache
from importlib import resources
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from landgis.readers.files import Layer
from landgis.readers.profiles import (
    ASK,
    NUMBER_AND_UNIT,
    UNIT_WORDS,
    Profile,
    Target,
    is_of_kind,
    list_profiles,
    load_profile,
    unit_factor,
)
from landgis.terms import codes, crs
from landgis.terms.errors import Words
from landgis.terms.frames import ENTERPRISE, ENTERPRISE_YEAR, PARCEL, PARCEL_USE, STOCK, Column, Table
from landgis.terms.initials import initials

#: A proposal is taken by `--profile auto` from this score on; below it somebody has to say so.
SURE: Final = 0.8
#: Below this nothing is proposed.
LEAST: Final = 0.5
#: A shipped profile fits where the layer has its keys and at least this share of the columns that it reads.
FITS: Final = 0.7

_ROWS_LOOKED_AT: Final = 2_000
_YEAR: Final = re.compile(r"^(.*?)((?:19|20)\d{2})(年度|年)?(.*)$")
#: The year in the one name of a column a year, with the word for it: 2024年税收 is called like 税收.
_YEARLY: Final = re.compile(r"\{year\}(?:年度|年)?")
#: The year of a whole sheet, in its name or in the title above its header; the day on which a form was filled in is none.
_YEAR_OF_NAME: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_YEAR_OF_TITLE: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年(?!\s*\d{1,2}\s*月)")
_UNIT_ABOVE: Final = re.compile(
    r"(?:^|[\s（(]|计量|金额|面积)单位\s*[:：]\s*([^\s）)]+(?:\s+[^\s）):：]{1,4}(?=\s|$))*)"
)
_UNIT_BEHIND: Final = re.compile(r"\s*([^()（）]{2,}?)[\s_/\-:：]*(亩|公顷|平方米|㎡|万元|亿元)\s*")
_UNIT_HEADERS: Final = ("mjdw", "面积单位", "单位", "dw", "area_unit")
OWN_NAMES: Final = ("landgis-template", "landgis-demand")
_ASKED: Final = ("m²", "万元")
#: Tables whose rows may name an enterprise or a parcel besides, and what is then proposed besides.
_NAMING: Final = ("parcel", "enterprise", "enterprise_year", "enterprise_month")
_BESIDES: Final = (ENTERPRISE, ENTERPRISE_YEAR, PARCEL_USE, PARCEL)
_OWNER: Final = ("owner_uscc", "owner_name")
_TENANCY: Final = ("承租", "租用", "租赁")
#: What yes and no mean in a column 是否规上.
_ABOVE_OR_BELOW: Final = {"是": "above", "否": "below"}
_SIGNS_OF_YES: Final = {"是", "否", "有", "无", "true", "false", "t", "f", "y", "n", "yes", "no", "0", "1"}


@dataclass(frozen=True)
class Proposal:
    """One of their columns for one of ours: how sure (0-1) and why; its unit, from where, or that it has to be asked.

    ``value`` is what all rows have, where no column says it (the header is then empty): the year of a sheet's title.
    """

    column: str
    header: str
    score: float
    reason: Words
    unit: str | None = None
    unit_from: str | None = None
    asks_unit: bool = False
    hint: Words | None = None
    value: str | int | None = None
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Suggestion:
    """What one layer seems to be: a table with a proposal for each column found, and the headers that are left."""

    layer: Layer
    table: Table | None
    proposals: tuple[Proposal, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Whether every part of the key is sure."""
        sure = {one.column for one in self.proposals if one.score >= SURE}
        return self.table is not None and set(self.table.key[1:] or self.table.key) <= sure


@dataclass(frozen=True)
class Fit:
    """How well a shipped profile fits some layers: the share of the columns it reads that are there, and those that are not."""

    name: str
    share: float
    layers: tuple[str, ...]
    missing: tuple[str, ...] = field(default=())


def fitting_profiles(layers: Sequence[Layer]) -> list[Fit]:
    """Give the shipped profiles whose layers and keys the file has, the best first."""
    fits = [fit for name in list_profiles() if (fit := _fit(load_profile(name), layers)) is not None]
    return sorted(fits, key=lambda one: (-one.share, one.name))


def _fit(profile: Profile, layers: Sequence[Layer]) -> Fit | None:
    found: set[tuple[str, str]] = set()
    missing: list[str] = []
    read: list[str] = []
    for layer in layers:
        headers = {_split(str(header))[0] for header in layer.rows.columns} | set(map(str, layer.rows.columns))
        for target in profile.targets:
            if not target.reads(layer.name):
                continue
            if target.own_names:
                there = [one.name for one in target.table.columns if {one.name, one.zh} & headers]
                wanted = [one for one in target.table.key if one != "park_code"] or list(target.table.key)
                wanted += [
                    one.name
                    for one in target.table.columns
                    if one.required and one.kind == "text" and one.name != "park_code" and one.name not in wanted
                ]
                # Somebody's sheet may be called like a table of ours: our own names are only meant where nearly all are.
                share = len(there) / max(len(layer.rows.columns), 1)
                if not set(wanted) <= set(there) or share < FITS:
                    continue
                found |= {(layer.name, one) for one in there}
                read.append(layer.name)
                continue
            has, lacks = _columns_there(target, headers)
            if any(name in target.table.key for name in lacks):
                return None
            found |= {(layer.name, name) for name in has}
            missing += [f"{layer.name}: {name}" for name in lacks]
            read.append(layer.name)
    if not read:
        return None
    return Fit(profile.name, len(found) / (len(found) + len(missing)), tuple(dict.fromkeys(read)), tuple(missing))


def _columns_there(target: Target, headers: set[str]) -> tuple[list[str], list[str]]:
    has: list[str] = []
    lacks: list[str] = []
    for name, origin in target.columns.items():
        names = [one for source in (origin, *origin.also) for one in source.names]
        if not names:
            continue
        patterns = [re.escape(one).replace(re.escape("{year}"), r"\d{4}") for one in names]
        there = any(re.fullmatch(pattern, header) for pattern in patterns for header in headers)
        (has if there else lacks).append(name)
    return has, lacks


def suggest(layers: Sequence[Layer]) -> list[Suggestion]:
    """Propose for each layer what it is and which of its columns is which of ours.

    Parameters
    ----------
    layers
        As `read_layers` gives them.

    Returns
    -------
    list of Suggestion
        One for each layer, in their order. A sheet that names parcels and enterprises in one row, or enterprises and their years, is of
        several tables: one more follows for each. A score is that of the name (the same 1, another name of it 0.95, its pinyin
        initials 0.85, its beginning or something like it less), lowered to a third where the values are of another kind; where values
        alone tell (credit codes, unit codes, parcel codes) they do. Each header goes to one column, but for the
        keys.
    """
    return [one for layer in layers for one in _suggestions(layer)]


def _suggestions(layer: Layer) -> list[Suggestion]:
    """Give what a layer seems to be, and the enterprises, years and users of parcels that its rows name besides."""
    found = _suggest(layer)
    if found.table is None or found.table.name not in _NAMING:
        return [found]
    left = dict.fromkeys(found.left)
    keys = _keys(layer, found)
    besides: list[Suggestion] = []
    for table in _BESIDES:
        if table is found.table or "uscc" not in keys or (table in (PARCEL, PARCEL_USE) and "parcel_no" not in keys):
            continue
        named = _besides(layer, table, list(left), keys)
        if named:
            besides.append(Suggestion(layer, table, named))
            left = {one: None for one in left if one not in _used(named)}
    if found.table is PARCEL:
        # The enterprise that is named on a parcel uses it; that it holds the title, too, nobody says.
        users = {one.header for each in besides for one in each.proposals if each.table is not PARCEL_USE}
        kept = tuple(one for one in found.proposals if one.column not in _OWNER or one.header not in users)
        if len(kept) == 1 and besides and not _has_polygons(layer):
            return [replace(besides[0], left=tuple(left)), *besides[1:]]
        found = replace(found, proposals=kept)
    elif "parcel_no" in keys and layer.rows[keys["parcel_no"]].dropna().duplicated().any():
        # Beside a parcel that several share stands the whole parcel's area, which is none of them's own.
        shared = {one.header for one in found.proposals if one.column == "land_used_m2"}
        found = replace(found, proposals=tuple(one for one in found.proposals if one.header not in shared))
        left |= dict.fromkeys(shared)
    return [replace(found, left=tuple(left)), *besides]


def _keys(layer: Layer, found: Suggestion) -> dict[str, str]:
    """Give the headers of the numbers of enterprise and parcel, and of the enterprise's name, in a row that has another key, too."""
    mine = {one.header: one.column for one in found.proposals}
    looked = _looked_at(layer, list(map(str, layer.rows.columns)))
    keys: dict[str, str] = {}
    for table, name in ((PARCEL_USE, "parcel_no"), (PARCEL_USE, "uscc"), (ENTERPRISE, "name")):
        scored = {
            header: _score(table, table.by_name[name], header, one)[0]
            for header, one in looked.items()
            if header not in mine or mine[header] in ("parcel_no", "uscc", "name", *_OWNER)
            # A parcel has a name of its own, and one called so is not an enterprise's.
            if name != "name" or found.table is not PARCEL or header not in ("名称", "name")
        }
        best = max(scored, key=lambda header: scored[header], default=None)
        if best is not None and scored[best] >= SURE:
            keys[name] = best
    # The one who is called the holder of the title is no user of a parcel: only what is called an enterprise is one.
    if found.table is PARCEL and "name" not in keys:
        keys.pop("uscc", None)
    return keys


def _besides(layer: Layer, table: Table, left: Sequence[str], keys: Mapping[str, str]) -> tuple[Proposal, ...]:
    """Propose a further table of a layer; nothing where its key, its name or any figure is not sure."""
    if table is ENTERPRISE and "uscc" in keys and "name" in keys:
        # Whoever has several parcels stands in several rows: one name for each code is enough.
        layer = replace(layer, rows=layer.rows.drop_duplicates([keys["uscc"], keys["name"]]))
    looked = _looked_at(layer, list(dict.fromkeys([*left, *keys.values()])))
    given = _given(layer, table, _with_years(table, list(looked)), looked)
    sure = {name for name, (_, score, _) in given.items() if score >= SURE}
    if table is PARCEL_USE:
        wanted = {"parcel_no", "uscc"}
        if "role" not in sure:
            is_tenant = any(word in header for header in map(str, layer.rows.columns) for word in _TENANCY)
            said = Words("同一行写明地块和企业", "a row names parcel and enterprise")
            given["role"] = "", 0.9, said
            role = "tenant" if is_tenant else "user"
            return _with_units(layer, table, given, _unit_header(layer), {"role": role}) if wanted <= sure else ()
    elif table is ENTERPRISE:
        wanted = {"uscc", "name"}
    elif table is PARCEL:
        # An enterprise has an address of its own, and that it holds the title of the parcel in its row nobody says.
        given = {name: one for name, one in given.items() if name not in _OWNER and one[0] != "地址"}
        if not sure & set(given) - {"parcel_no"}:
            return ()
        wanted = {"parcel_no"}
    else:
        wanted = {"uscc", "year"}
    if not wanted <= sure:
        return ()
    return _with_units(layer, table, given, _unit_header(layer))


def _used(proposals: Sequence[Proposal]) -> set[str]:
    return {one.header for one in proposals}


def _has_polygons(layer: Layer) -> bool:
    return layer.shapes is not None and bool((shapely.get_dimensions(layer.shapes) == 2).any())


def _looked_at(layer: Layer, headers: Sequence[str]) -> "dict[str, _Looked]":
    return {header: _Looked(layer.rows[header].head(_ROWS_LOOKED_AT)) for header in headers}


def _suggest(layer: Layer) -> Suggestion:
    headers = [str(header) for header in layer.rows.columns]
    looked = _looked_at(layer, headers)
    has_shapes = _has_polygons(layer)
    best: tuple[float, Table, dict[str, tuple[str, float, Words]]] | None = None
    for table in STOCK:
        if table.name in ("zone", "evidence", "parcel") and not has_shapes and table.name != "parcel":
            continue
        given = _given(layer, table, _with_years(table, headers), looked)
        key = [name for name in table.key if name != "park_code"] or list(table.key)
        if not set(key) <= set(given):
            continue
        total = sum(score for header, score, _ in given.values() if header)
        total += (1.5 if has_shapes else -1.5) * (table.name == "parcel") - (1.0 * has_shapes) * (
            table.name != "parcel"
        )
        if best is None or total > best[0]:
            best = total, table, given
    if best is None:
        return Suggestion(layer, None, (), tuple(headers))
    _, table, given = best
    unit_header = _unit_header(layer)
    proposals = _with_units(layer, table, given, unit_header)
    used = {one.header for one in proposals} | ({unit_header} if unit_header else set())
    left = tuple(header for header in headers if header not in used and _yearly(header) not in used)
    return Suggestion(layer, table, proposals, left)


def _given(
    layer: Layer, table: Table, headers: Mapping[str, str], looked: "Mapping[str, _Looked]"
) -> dict[str, tuple[str, float, Words]]:
    """Give each column its header, and a yearly table without a year that of the whole sheet, where it has figures and one is told."""
    given = _assigned(table, headers, looked)
    if "year" in table.by_name and "year" not in given and _year_of(layer) is not None:
        if any(score >= SURE for name, (_, score, _) in given.items() if name not in table.key):
            given["year"] = "", 0.9, Words("表名或标题写明年度", "the sheet's name or title tells the year")
    return given


def _year_of(layer: Layer) -> int | None:
    """Give the year that a sheet's name tells, else the title above its header; None where there are several."""
    for pattern, text in ((_YEAR_OF_NAME, layer.name), (_YEAR_OF_TITLE, layer.above)):
        years = set(pattern.findall(text))
        if years:
            return int(years.pop()) if len(years) == 1 else None
    return None


def _with_units(
    layer: Layer,
    table: Table,
    given: Mapping[str, tuple[str, float, Words]],
    unit_header: str | None,
    values: Mapping[str, str | int] | None = None,
) -> tuple[Proposal, ...]:
    said = {"year": _year_of(layer)} | dict(values or {})
    return tuple(
        _with_unit(layer, table.by_name[name], header, score, reason, unit_header)
        if header
        else Proposal(name, "", score, reason, value=said[name])
        for name, (header, score, reason) in given.items()
    )


def _with_years(table: Table, headers: Sequence[str]) -> dict[str, str]:
    """Give each header by itself, and for a yearly table one name for those that differ in the year alone."""
    plain = {header: header for header in headers}
    if "year" not in table.by_name:
        return plain
    stems: dict[str, list[str]] = {}
    for header in headers:
        if pattern := _yearly(header):
            stems.setdefault(pattern, []).append(header)
    return plain | {pattern: given[0] for pattern, given in stems.items()}


def _yearly(header: str) -> str | None:
    match = _YEAR.match(header)
    return f"{match[1]}{{year}}{match[3] or ''}{match[4]}" if match and (match[1] or match[4]) else None


def _assigned(
    table: Table, headers: Mapping[str, str], looked: "Mapping[str, _Looked]"
) -> dict[str, tuple[str, float, Words]]:
    """Give each column of a table the header that fits it best; each header once, the surest first."""
    scored = [
        (score, place, column.name, header, reason)
        for column in table.columns
        if column.kind != "geometry" and column.name not in ("park_code", "geom_area_m2")
        for place, (header, sample) in enumerate(headers.items())
        for score, reason in [_score(table, column, header, looked[sample])]
        if score >= LEAST
    ]
    given: dict[str, tuple[str, float, Words]] = {}
    used: set[str] = set()
    for score, _, name, header, reason in sorted(scored, key=lambda one: (-one[0], one[1])):
        if name not in given and header not in used:
            given[name] = header, round(score, 2), reason
            used.add(header)
    yearly = max((score for header, score, _ in given.values() if "{year}" in header), default=None)
    if (
        yearly is not None and "year" not in given
    ):  # as sure as the column that bears it: without that one there is no year
        given["year"] = "{year}", yearly, Words("年份在列名中", "the year stands in the names")
    return {column.name: given[column.name] for column in table.columns if column.name in given}


def _score(table: Table, column: Column, header: str, looked: "_Looked") -> tuple[float, Words]:
    by_value = looked.told_by_values(table, column)
    by_name, said = _score_name(table.name, column, _without_year(header))
    if by_value is not None and by_value[0] > by_name:
        return by_value
    fits = looked.fits(column, is_key=column.name in table.key and len(table.key) == 2)
    if by_name and not fits:
        return by_name / 3, Words(f"{said.zh}，但值不像", f"{said.en}, yet the values are of another kind")
    return by_name, said


def _score_name(table: str, column: Column, header: str) -> tuple[float, Words]:
    name, _ = _split(header)
    plain = name.casefold()
    own, others = (column.name, column.zh), _aliases().get(table, {}).get(column.name, ())
    if plain in {one.casefold() for one in own}:
        return 1.0, Words("同名", "the same name")
    if name in others:
        return 0.95, Words(f"又名“{column.zh}”", f"another name of {column.zh}")
    if re.fullmatch(r"[A-Za-z]{2,}\d?", name):
        said = next((one for one in (column.zh, *others) if initials(one) == plain), None)
        if said is not None:
            return (0.85 if len(plain) > 2 else 0.7), Words(f"“{said}”的拼音首字母", f"pinyin initials of {said}")
    if len(name) >= 3 and re.search("[\u4e00-\u9fff]", name):
        said = next((one for one in (column.zh, *others) if one.startswith(name) or name.startswith(one)), None)
        if said is not None and min(len(said), len(name)) >= 3:
            return 0.7, Words(f"与“{said}”开头相同", f"begins like {said}")
        near = max((SequenceMatcher(None, name, one).ratio() for one in (column.zh, *others)), default=0.0)
        if near >= 0.75:
            return 0.75 * near, Words("名称相近", "a similar name")
    return 0.0, Words("", "")


@cache
def _aliases() -> Mapping[str, Mapping[str, Sequence[str]]]:
    text = resources.files("landgis.readers").joinpath("aliases.toml").read_text(encoding="utf-8")
    found: Mapping[str, Mapping[str, Sequence[str]]] = tomllib.loads(text)
    return found


def _without_year(header: str) -> str:
    """Give the name of a column a year without the year, wherever a header of two rows has put it.

    >>> _without_year("税收（万元）_{year}年"), _without_year("{year}年税收")
    ('税收（万元）', '税收')
    """
    return _YEARLY.sub("", header).strip("_ ")


def _split(header: str) -> tuple[str, str | None]:
    """Split a header into its name and its unit: 面积（亩）, and where no bracket may stand, as in a shapefile, 面积亩, 面积_亩.

    >>> _split("面积（亩）"), _split("面积_亩"), _split("税收万元"), _split("亩均税收")
    (('面积', '亩'), ('面积', '亩'), ('税收', '万元'), ('亩均税收', None))
    """
    match = re.fullmatch(r"\s*(.+?)\s*[(（\[]([^)）\]]+)[)）\]]\s*", header) or _UNIT_BEHIND.fullmatch(header)
    return (match[1], match[2].strip()) if match else (header.strip(), None)


class _Looked:
    """The values of one column, looked at once."""

    def __init__(self, values: "pd.Series[Any]") -> None:
        self.known = values.dropna()
        self.texts = self.known.astype("str").str.strip()
        plain = self.texts.str.normalize("NFKC")
        bare = plain.str.extract(NUMBER_AND_UNIT)
        plain = plain.mask(bare[1].isin(list(UNIT_WORDS)), bare[0]).str.replace(",", "", regex=False)
        numbers = pd.to_numeric(plain, errors="coerce")
        self.numbers = numbers[np.isfinite(numbers)]

    def share(self, flags: "pd.Series[Any] | np.ndarray[Any, Any]") -> float:
        """Give the share of the known values that are so."""
        return float(np.mean(np.asarray(flags, dtype=bool))) if len(self.known) else 0.0

    def fits(self, column: Column, *, is_key: bool) -> bool:
        """Tell whether the values may be those of a column; an empty one may be anything."""
        if not len(self.known):
            return True
        if is_key and self.texts.nunique() < 0.9 * len(self.texts):
            return False
        if column.kind in ("number", "integer"):
            return len(self.numbers) >= 0.8 * len(self.known)
        if column.kind == "date":
            return self.share(self.texts.str.contains(r"^(?:19|20)\d{2}\D?\d{1,2}|^[234]\d{4}$", regex=True)) >= 0.8
        if column.kind == "boolean":
            return self.share(self.texts.str.lower().isin(_SIGNS_OF_YES)) >= 0.8
        return True

    def told_by_values(self, table: Table, column: Column) -> tuple[float, Words] | None:
        """Tell a column by its values alone, where they have a form that nothing else has."""
        if column.name in ("uscc", "owner_uscc") and table.name in (
            "enterprise",
            "parcel",
            "enterprise_year",
            "parcel_use",
        ):
            if self.share(codes.are_credit_codes(self.texts)) >= 0.8:
                return 0.9, Words("值是统一社会信用代码", "the values are credit codes")
        elif column.name == "bdcdyh":
            if self.share(codes.are_unit_codes(self.texts)) >= 0.8:
                return 0.95, Words("值是不动产单元号", "the values are real-estate unit codes")
        elif column.name == "zddm" and self.share(codes.are_parcel_codes(self.texts)) >= 0.8:
            return 0.95, Words("值是宗地代码", "the values are parcel codes")
        return None


# --- units --------------------------------------------------------------------------------------------------------------------


def _unit_header(layer: Layer) -> str | None:
    """Find a column that tells the unit of an area row by row."""
    for header in map(str, layer.rows.columns):
        if header.casefold() in _UNIT_HEADERS:
            words = layer.rows[header].dropna().astype("str").str.strip()
            if len(words) and words.isin(list(UNIT_WORDS)).mean() >= 0.9:
                return header
    return None


def _with_unit(
    layer: Layer, column: Column, header: str, score: float, reason: Words, unit_header: str | None
) -> Proposal:
    """Take the unit from the header, our own name or a unit column; else it has to be asked, with what the values hint at."""
    plain = Proposal(column.name, header, score, reason, values=_ABOVE_OR_BELOW if "规上" in header else {})
    if column.kind != "number" or column.unit not in _ASKED:
        return plain
    name, unit = _split(_without_year(header))
    if unit is not None and unit_factor(column, unit) is not None:
        return Proposal(column.name, header, score, reason, unit=unit)
    if name == column.name:
        return plain  # our own name carries our own unit
    if unit_header is not None and is_of_kind(column, "m2"):
        return Proposal(column.name, header, score, reason, unit_from=unit_header)
    said = _unit_above(layer, column) or _unit_of_cells(layer, column, header)
    if said is not None:
        return Proposal(column.name, header, score, reason, unit=said)
    return Proposal(column.name, header, score, reason, asks_unit=True, hint=_hint(layer, column, header))


def _unit_above(layer: Layer, column: Column) -> str | None:
    """Give the unit that a note above the header tells, "单位：亩、万元", where one of its units alone is of the column's kind."""
    told = _UNIT_ABOVE.search(layer.above)
    words = re.split(r"[、，,/;；\s]+", told[1]) if told else []
    fitting = [one for one in dict.fromkeys(words) if one in UNIT_WORDS and unit_factor(column, one) is not None]
    return fitting[0] if len(fitting) == 1 else None


def _unit_of_cells(layer: Layer, column: Column, header: str) -> str | None:
    """Give the unit that stands behind the number in nearly every cell."""
    cells = layer.rows[header].dropna().head(_ROWS_LOOKED_AT).astype("str") if header in layer.rows else pd.Series()
    units = cells.str.extract(NUMBER_AND_UNIT)[1].dropna() if len(cells) else cells
    fitting = [one for one in units.unique() if unit_factor(column, one) is not None]
    return str(fitting[0]) if len(fitting) == 1 and len(units) >= 0.8 * len(cells) else None


def _hint(layer: Layer, column: Column, header: str) -> Words | None:
    """Say which unit would bring an area near to the drawn one; it is a hint, and never taken by itself."""
    if layer.shapes is None or column.unit != "m²" or header not in layer.rows or layer.crs is None:
        return None
    given = pd.to_numeric(layer.rows[header], errors="coerce").to_numpy(dtype=float)
    drawn = _rough_m2(layer)
    known = (given > 0) & (drawn > 0)
    if not known.any():
        return None
    ratio = float(np.median(drawn[known] / given[known]))
    for unit in ("平方米", "亩", "公顷", "平方英尺"):
        factor = unit_factor(column, unit)
        if factor is not None and abs(ratio / factor - 1) < 0.1:
            return Words(f"与图形面积相比，像是{unit}", f"beside the drawn areas it looks like {UNIT_WORDS[unit]}")
    return None


def _rough_m2(layer: Layer) -> "np.ndarray[Any, Any]":
    shapes = layer.shapes
    assert shapes is not None and layer.crs is not None
    if layer.crs.is_geographic:
        flat = shapely.transform(np.where(shapely.is_missing(shapes), shapely.MultiPolygon(), shapes), crs.equal_area)
        return np.asarray(shapely.area(flat))
    return np.asarray(shapely.area(shapes)) * layer.crs.axis_info[0].unit_conversion_factor ** 2


# --- the profile --------------------------------------------------------------------------------------------------------------


def as_toml(suggestions: Sequence[Suggestion], name: str, *, least: float = LEAST) -> str:
    """Write suggestions as a profile, each line with its score and reason; units that have to be asked are ``"ask"``."""
    lines = [
        "# Proposed by `landgis profile suggest`: look at every line; docs/profiles.md tells the form.",
        f"name = {_quoted(name)}", f"zh = {_quoted(name)}", f"en = {_quoted(name)}",
    ]  # fmt: skip
    for one in suggestions:
        taken = [proposal for proposal in one.proposals if proposal.score >= least and proposal.header != "{year}"]
        if one.table is None or not taken:
            lines += ["", f"# {_comment(one.layer.name)}: 未能识别 | not recognised"]
            continue
        lines += ["", "[[table]]", f"name = {_quoted(one.table.name)}", f"layers = [{_quoted(one.layer.name)}]"]
        if one.table is PARCEL and one.layer.shapes is not None and not _has_polygons(one.layer):
            lines.append("shapes = false  # 不是面，不作为地块图形")
        lines += ["", "[table.columns]"]
        lines += [f"{proposal.column} = {_origin(proposal)}{_why(proposal)}" for proposal in taken]
        if one.left:
            lines.append(f"# 未用 not used: {_comment(', '.join(one.left))}")
    return "\n".join(lines) + "\n"


def _origin(proposal: Proposal) -> str:
    if proposal.value is not None:
        constant = proposal.value if isinstance(proposal.value, int) else _quoted(proposal.value)
        return f"{{ value = {constant} }}"
    header = _quoted(proposal.header)
    unit = proposal.unit or (ASK if proposal.asks_unit else None)
    if proposal.values:
        words = ", ".join(f"{_quoted(one)} = {_quoted(code)}" for one, code in proposal.values.items())
        return f"{{ from = {header}, map = {{ {words} }} }}"
    if proposal.unit_from:
        return f"{{ from = {header}, unit_from = {_quoted(proposal.unit_from)} }}"
    return f"{{ from = {header}, unit = {_quoted(unit)} }}" if unit else header


def _why(proposal: Proposal) -> str:
    hint = f"；{proposal.hint.zh}" if proposal.hint else ""
    return f"  # {proposal.score:.2f} {_comment(proposal.reason.zh + hint)}"


def _quoted(text: str) -> str:
    """Write a text as a TOML string, whatever is in it."""
    escaped = "".join(f"\\u{ord(sign):04x}" if ord(sign) < 32 or sign in '"\\\x7f' else sign for sign in text)
    return f'"{escaped}"'


def _comment(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)[:300]
