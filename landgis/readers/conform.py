"""From the source's columns to ours by a profile: rename, convert, unpivot years."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyproj
import shapely

from landgis.readers.coordinates import no_system
from landgis.readers.files import Layer, Shapes
from landgis.readers.profiles import (
    ASK,
    NUMBER_AND_UNIT,
    UNIT_WORDS,
    YEAR,
    Join,
    Origin,
    Profile,
    Target,
    Where,
    header_form,
    unit_factor,
)
from landgis.terms import crs
from landgis.terms.codes import SCHEME, use_of_words
from landgis.terms.errors import InputError, Words
from landgis.terms.frames import DTYPES, STOCK, Column, Table
from landgis.terms.issues import CHECKS, KIND_WORDS, SOURCE_COLUMNS, Issues, shown
from landgis.terms.texts import as_series, holds, texts_of
from landgis.terms.tolerances import SOURCES_SHARE

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_TEXT: Final = DTYPES["text"]
_DAYS: Final = DTYPES["date"]
_YES: Final = ("是", "有", "true", "t", "yes", "y", "1", "√", "真")
_NO: Final = ("否", "无", "false", "f", "no", "n", "0", "×", "假")
_DATES: Final = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d")
_MONTHS: Final = ("%Y-%m", "%Y/%m", "%Y.%m", "%Y年%m月", "%Y%m")
_MONTH: Final = r"^(?P<year>(?:19|20)\d{2})(?:[-./年]\s*(?=\d{1,2}月?$)|(?=\d{2}$))(?P<month>0?[1-9]|1[0-2])月?$"
#: Columns of a use, and of the scheme of its code.
_USES: Final = (("landuse_code", "landuse_scheme"), ("plan_code", "plan_scheme"))
_SPREADSHEET_ERRORS: Final = ("#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!")
_NOWHERE: Final = np.zeros(0, dtype=bool)


@dataclass(frozen=True)
class Conformed:
    """Layers in our columns.

    Parameters
    ----------
    frames
        By table, for every table that a layer fed: exactly the columns of `terms.frames` (absent ones unknown), then ``source_file``,
        ``source_layer`` and ``source_row``. Texts are ``str``, numbers float64, integers Int64, dates datetime64 at midnight,
        booleans ``boolean``, ``texts`` lists or None, ``geom`` shapely objects or None in EPSG:4490, longitude first.
    issues
        What was changed, doubted or refused on the way; columns as in ``terms.frames.ISSUE_COLUMNS``.
    rows_in
        Rows read from the layers that the profile names.
    cells
        By table, file and layer: the rows as given, and which of their columns each of ours was read from.
    fields
        One entry per table, file and layer: ``table, file, layer, columns``, the last by our column ``field`` (theirs; ``{year}`` stands
        for the row's year where each year has a column) and ``unit`` (in which the file gives it, "" for none).
    """

    frames: dict[str, pd.DataFrame]
    issues: pd.DataFrame
    rows_in: int
    cells: Mapping[tuple[str, str, str], tuple[pd.DataFrame, Mapping[str, str]]]
    fields: tuple[Mapping[str, Any], ...] = ()

    def as_given(self, issues: pd.DataFrame) -> pd.DataFrame:
        """Put the file's own value, in its own unit, in place of ours in ``raw``: who mends the file looks for that one."""
        raw = issues["raw"].astype(object)
        named = issues[issues["raw"].notna()]
        for (table, file, layer), (rows, headers) in self.cells.items():
            of_layer = named[(named["table_name"] == table) & (named["file"] == file) & (named["layer"] == layer)]
            for field, found in of_layer.groupby("field", sort=False):
                header = headers.get(str(field))
                if header is None:
                    continue
                if YEAR in header:
                    for year, part in found.groupby("year"):
                        _put_given(raw, part, rows, header.replace(YEAR, str(year)))
                else:
                    _put_given(raw, found, rows, header)
        return issues.assign(raw=raw.astype(issues["raw"].dtype))


def _put_given(raw: "pd.Series[Any]", found: pd.DataFrame, rows: pd.DataFrame, header: str) -> None:
    if header in rows:
        raw.loc[found.index] = [shown(one) for one in rows[header].reindex(found["row"])]


def conform(layers: list[Layer], profile: Profile, *, park: str | None = None) -> Conformed:
    """Bring layers into our tables.

    Parameters
    ----------
    layers
        As `read_layers` gives them, of one file or of several that belong together.
    profile
        How the source names its columns.
    park
        The park of all rows where the source does not tell; where it does, rows of other parks are refused.

    Raises
    ------
    InputError
        No layer that the profile names, a key column is absent, no park, no or an impossible CRS.
    """
    issues = Issues()
    layers = _joined(layers, profile.joins)
    parts: dict[str, list[pd.DataFrame]] = {}
    cells: dict[tuple[str, str, str], tuple[pd.DataFrame, Mapping[str, str]]] = {}
    fields: list[Mapping[str, Any]] = []
    rows_in = 0
    read_any = False
    for layer in layers:
        targets = [target for target in profile.targets if target.reads(layer.name)]
        if not targets:
            _unread(layer, profile, issues)
            continue
        read_any = True
        rows_in += len(layer.rows)
        no_rows = _noted(layer, targets, issues)
        shapes = stored_shapes(layer, profile) if any(target.shapes for target in targets) else None
        used = no_rows.copy()
        for target in targets:
            taken = _taken(layer, target.where) & ~no_rows
            used |= taken
            conforming = _Conforming(layer, target, profile, park, issues, taken, shapes)
            parts.setdefault(target.table.name, []).append(conforming.frame())
            headers = {name: origin.names[0] for name, origin in conforming.origins.items() if origin.names}
            cells[target.table.name, layer.file, layer.name] = (layer.rows, headers)
            fields.append(conforming.fields())
        _left_out(layer, targets, used, issues)
    if not read_any:
        _no_layer(layers, profile)
    _add_parks(parts, profile, layers)
    frames = {table.name: _one_below_another(parts[table.name]) for table in STOCK if table.name in parts}
    return Conformed(frames, issues.frame(), rows_in, cells, tuple(fields))


def _one_below_another(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put frames into one; a single one is not copied."""
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)


def _no_layer(layers: list[Layer], profile: Profile) -> None:
    wanted = sorted({pattern for target in profile.targets for pattern in target.layers})
    raise InputError(
        Words(
            f"文件中没有方案“{profile.name}”所说的图层。",
            f"The file has none of the layers that the profile {profile.name} names.",
        ),
        at=", ".join(f"{layer.file}: {layer.name}" for layer in layers),
        why=Words(f"方案需要：{'、'.join(wanted)}。", f"The profile asks for: {', '.join(wanted)}."),
        mend=Words("换一个方案，或把图层改名。", "Choose another profile, or rename the layer."),
    )


def _source(layer: Layer, taken: Flags | None = None) -> pd.DataFrame:
    numbers = layer.rows.index.to_numpy() if taken is None else layer.rows.index.to_numpy()[taken]
    return pd.DataFrame(
        {
            "source_file": as_series(pa.repeat(pa.scalar(layer.file, pa.large_string()), len(numbers))),
            "source_layer": as_series(pa.repeat(pa.scalar(layer.name, pa.large_string()), len(numbers))),
            "source_row": pd.array(numbers, dtype="Int64"),
        },
        copy=False,
    )


def _whole_layer(layer: Layer) -> pd.DataFrame:
    return pd.DataFrame({"source_file": [layer.file], "source_layer": [layer.name]})


def _noted(layer: Layer, targets: list[Target], issues: Issues) -> Flags:
    """Hand on what the reader did, of the whole layer or of its rows; tell which rows it refused."""
    refused = np.zeros(len(layer.rows), dtype=bool)
    for note in layer.notes:
        these = layer.rows.index.isin(note.rows)
        at = _source(layer, these) if note.rows else _whole_layer(layer)
        issues.add(note.code, at, table=targets[0].table.name, **note.values)
        if CHECKS[note.code].severity == "refused":
            refused |= these
    return refused


def _unread(layer: Layer, profile: Profile, issues: Issues) -> None:
    issues.add(
        "101-layer-unread", _whole_layer(layer), table="", profile=profile.name, layer=layer.name, count=len(layer.rows)
    )


def _taken(layer: Layer, where: Where | None) -> Flags:
    """Tell which rows of a layer a table takes; a column that is not there takes nobody in."""
    taken = np.ones(len(layer.rows), dtype=bool)
    if where is None:
        return taken
    if where.positive:
        positive = np.zeros(len(layer.rows), dtype=bool)
        for name in where.positive:
            if name in layer.rows:
                positive |= pd.to_numeric(layer.rows[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan) > 0
        taken &= positive
    for name, values in where.one_of.items():
        taken &= _texts(layer.rows[name]).isin(values).to_numpy() if name in layer.rows else False
    return taken


def _left_out(layer: Layer, targets: list[Target], used: Flags, issues: Issues) -> None:
    if used.all():
        return
    test = "; ".join(target.where.test for target in targets if target.where)
    issues.add("105-left-out", _source(layer, ~used), table=targets[0].table.name, test=test)


def _add_parks(parts: dict[str, list[pd.DataFrame]], profile: Profile, layers: list[Layer]) -> None:
    """Make the parks that the profile itself names, as far as rows of them were read and no layer describes them."""
    if not profile.park_names or "park" in parts:
        return
    present = {code for frames in parts.values() for frame in frames for code in frame["park_code"].dropna().unique()}
    codes = [code for code in profile.park_names if code in present]
    if not codes:
        return
    park = STOCK[0]
    frame = _blank_frame(park, len(codes))
    frame["park_code"] = pd.array(codes, dtype=_TEXT)
    frame["name"] = pd.array([profile.park_names[code] for code in codes], dtype=_TEXT)
    frame["source_file"] = pd.array([layers[0].file] * len(codes), dtype=_TEXT)
    frame["source_layer"] = pd.array([f"profile {profile.name}"] * len(codes), dtype=_TEXT)
    frame["source_row"] = pd.array([pd.NA] * len(codes), dtype="Int64")
    parts["park"] = [frame]


# --- one table from one layer -------------------------------------------------------------------------------------------------


class _Conforming:
    """Fills one table from one layer."""

    def __init__(
        self,
        layer: Layer,
        target: Target,
        profile: Profile,
        park: str | None,
        issues: Issues,
        taken: Flags,
        shapes: Shapes | None,
    ) -> None:
        self.layer, self.target, self.table, self.profile, self.issues = layer, target, target.table, profile, issues
        self.rows = (layer.rows if taken.all() else layer.rows[taken]).reset_index(drop=True)
        self.at = _source(layer, taken)
        self.shapes = shapes[taken] if shapes is not None and target.shapes else None
        self.park = park
        self._yearly: dict[str, str] = {}
        self.origins = self._origins()
        self._unpivot()
        self._ask_units()

    def frame(self) -> pd.DataFrame:
        park_code, kept = self._park_codes()
        if not kept.all():
            self.rows, self.at = self.rows[kept].reset_index(drop=True), self.at[kept].reset_index(drop=True)
            self.shapes = self.shapes[kept] if self.shapes is not None else None
            park_code = park_code[kept].reset_index(drop=True)
        self.at.insert(0, "park_code", park_code)
        columns: dict[str, pd.Series[Any]] = {}
        for column in self.table.columns:
            columns[column.name] = self._column(column, columns)
        for code, scheme in _USES:
            if code in columns:
                self._uses_in_words(columns, code, scheme)
        for name, origin in self.origins.items():
            if origin.with_column is not None:
                columns[name] = columns[name].where(columns[origin.with_column].notna())
        return pd.DataFrame({**columns, **{name: self.at[name] for name in SOURCE_COLUMNS}}, copy=False)

    def _uses_in_words(self, columns: dict[str, "pd.Series[Any]"], code: str, scheme: str) -> None:
        """Put a code and its scheme in the place of a use that is written in words, and tell each word once."""
        texts = columns[code].where(columns[scheme].isna())
        found = {text: use for text in texts.dropna().unique() if (use := use_of_words(str(text))) is not None}
        if not found:
            return
        these = texts.isin(list(found))
        columns[code] = columns[code].mask(these, texts.map({text: use[0] for text, use in found.items()}))
        columns[scheme] = columns[scheme].mask(these, texts.map({text: use[1] for text, use in found.items()}))
        count = texts.value_counts()
        at = pd.concat([_whole_layer(self.layer)] * len(found), ignore_index=True)
        self.issues.add(
            "330-use-in-words",
            at,
            table=self.table.name,
            column=self.table.by_name[code],
            raw=list(found),
            new=[one for one, _ in found.values()],
            use=[one for one, _ in found.values()],
            scheme=[SCHEME[one] for _, one in found.values()],
            count=[int(count[text]) for text in found],
        )

    def fields(self) -> Mapping[str, Any]:
        """Tell of each of our columns which of theirs it was read from, and in which unit."""
        columns = {
            name: {
                "field": self._yearly.get(name, origin.names[0]),
                "unit": origin.unit or origin.unit_from or self.table.by_name[name].unit,
            }
            for name, origin in self.origins.items()
            if origin.names and origin.names != (YEAR,)
        }
        return {"table": self.table.name, "file": self.layer.file, "layer": self.layer.name, "columns": columns}

    def _origins(self) -> dict[str, Origin]:
        """Settle which column of the layer each of ours is read from; absent ones are told, an absent key is refused."""
        origins: dict[str, Origin] = {}
        for name, origin in self.target.columns.items():
            column = self.table.by_name[name]
            found = [one for one in map(partial(self._settled, column), (origin, *origin.also)) if one is not None]
            if found:
                origins[name] = replace(found[0], also=tuple(found[1:]))
            else:
                self._absent(column, (*origin.names, *(one for other in origin.also for one in other.names)))
        if self.target.own_names:
            for column in self.table.columns:
                if column.name not in origins and column.kind != "geometry":
                    own = self._own_name(column)
                    if own is not None:
                        origins[column.name] = own
                    elif column.name in self.table.key and column.name != "park_code":
                        self._absent(column, (column.name, column.zh))
        return origins

    def _settled(self, column: Column, origin: Origin) -> Origin | None:
        """Find the column of the layer that an origin names, with or without a unit in brackets behind it; None where it is absent.

        The header of this very file knows its unit better than a profile of the source.
        """
        if not origin.names or any(YEAR in one for one in origin.names):
            return origin
        found = next((one for one in origin.names if one in self.rows), None)
        if found is None:
            bare = {name: header for header in map(str, self.rows.columns) for name, unit in [_header(header)] if unit}
            found = next((bare[one] for one in origin.names if one in bare), None)
        if found is None:
            return None
        unit = _header(found)[1]
        if unit is not None and column.unit and unit_factor(column, unit) is not None:
            return replace(origin, names=(found,), unit=unit, unit_from=None)
        return replace(origin, names=(found,))

    def _ask_units(self) -> None:
        """Refuse where neither file nor profile nor user says the unit of a column: a guess would be wrong by a factor."""
        unsaid = {
            self._yearly.get(name, one.names[0])
            for name, origin in self.origins.items()
            for one in (origin, *origin.also)
            if one.unit == ASK
        }
        if not unsaid:
            return
        first, *_ = names = sorted(unsaid)
        named = ", ".join(names)
        raise InputError(
            Words(f"不知道这些列的单位：{named}。", f"The units of these columns are not known: {named}."),
            at=f"{self.layer.file}: {self.layer.name}",
            why=Words(
                "同类文件有的用平方米，有的用亩或公顷；猜错会差 15 到 10000 倍。",
                "Files of this kind have m², mu or ha, yuan or 万元; a guess may be wrong by a factor of 15 to 10 000.",
            ),
            mend=Words(
                f"用 --unit {first}=公顷 说明，每列一个；或写进列名：{first}（公顷）。",
                f"Say it by --unit {first}=ha, one for each column; or in the header: {first} (ha).",
            ),
        )

    def _own_name(self, column: Column) -> Origin | None:
        """Find a column of ours under its own or its Chinese name, with or without a unit in brackets behind it."""
        for header in self.rows.columns:
            name, unit = _header(str(header))
            if name in (column.name, column.zh):
                if unit is None or unit == column.unit or unit_factor(column, unit) is None:
                    return Origin(names=(str(header),))
                return Origin(names=(str(header),), unit=unit)
        return None

    def _absent(self, column: Column, names: tuple[str, ...]) -> None:
        if column.name in self.table.key:
            raise InputError(
                Words(f"缺少编号列“{names[0]}”。", f"The key column {names[0]} is absent."),
                at=f"{self.layer.file}: {self.layer.name}",
                why=Words(
                    f"没有它就无法知道每一行是哪个{self.table.zh}（{column.zh}）。",
                    f"Without it no row can be told from another ({self.table.name}.{column.name}).",
                ),
                mend=Words(
                    f"该图层有：{'、'.join(map(str, self.rows.columns[:30]))}。改列名或换方案。",
                    f"The layer has: {', '.join(map(str, self.rows.columns[:30]))}. Rename the column or choose another profile.",
                ),
            )
        self.issues.add(
            "102-column-absent",
            _whole_layer(self.layer),
            table=self.table.name,
            column=column,
            layer=self.layer.name,
            absent=names[0],
        )

    def _unpivot(self) -> None:
        """Make a row of each year where the source has a column of each year; years without any value make no row."""
        yearly = {name: origin for name, origin in self.origins.items() if any(YEAR in one for one in origin.names)}
        if not yearly:
            return
        found: dict[int, dict[str, str]] = {}
        stated: dict[str, str] = {}
        for name, origin in yearly.items():
            for pattern in origin.names:
                form = header_form(pattern)
                for header in map(str, self.rows.columns):
                    bare, unit = _header(header)
                    if match := form.fullmatch(header) or form.fullmatch(bare):
                        found.setdefault(int(match[1]), {}).setdefault(name, header)
                        if unit is not None and unit_factor(self.table.by_name[name], unit) is not None:
                            stated[name] = unit
        if not found:
            self._absent(self.table.by_name["year"], tuple(one for origin in yearly.values() for one in origin.names))
        rows, at = [], []
        for year, headers in sorted(found.items()):
            part = self.rows.assign(
                **{YEAR: str(year)}, **{f"{YEAR} {name}": self.rows[header] for name, header in headers.items()}
            )
            some = self.rows[list(headers.values())].notna().any(axis=1)
            rows.append(part[some])
            at.append(self.at[some].assign(year=year))
        every = [header for headers in found.values() for header in headers.values()]
        none = self.rows[every].isna().all(axis=1).to_numpy()
        if none.any():
            self.issues.add("324-no-year", self.at[none], table=self.table.name)
        self.rows, self.at = pd.concat(rows, ignore_index=True), pd.concat(at, ignore_index=True)
        for year, headers in found.items():
            self._yearly |= {name: header.replace(str(year), YEAR) for name, header in headers.items()}
        for name, origin in yearly.items():
            self.origins[name] = replace(origin, names=(f"{YEAR} {name}",), unit=stated.get(name, origin.unit))
        self.origins["year"] = Origin(names=(YEAR,))

    def _park_codes(self) -> tuple["pd.Series[Any]", Flags]:
        """Give each row its park, and tell which rows stay."""
        count = len(self.rows)
        origin = self.profile.park
        own = self.origins.get("park_code")
        if own is not None:
            codes = _texts(self.rows[own.names[0]])
            if self.park is not None:
                codes = codes.fillna(self.park)
        elif origin.names:
            found = next((name for name in origin.names if name in self.rows), None)
            if found is None:
                codes = pd.Series(pd.array([self.park] * count, dtype=_TEXT))
            else:
                given = _texts(self.rows[found])
                codes = given.map(dict(origin.values)).astype(_TEXT) if origin.values else given
                strange = (codes.isna() & given.notna()).to_numpy()
                self.issues.add(
                    "104-park-unmapped", self.at[strange], table=self.table.name, column=found, raw=given[strange]
                )
                codes, given = codes[~strange], given[~strange]
                if strange.any():
                    self.rows = self.rows[~strange].reset_index(drop=True)
                    self.at = self.at[~strange].reset_index(drop=True)
                    self.shapes = self.shapes[~strange] if self.shapes is not None else None
                    codes = codes.reset_index(drop=True)
        else:
            code = self.park if self.park is not None else origin.value
            codes = pd.Series([code] * count, dtype=_TEXT)
        if count and not codes.notna().any() and len(codes):
            raise InputError(
                Words("不知道这些地块属于哪个园区。", "It is not known to which park these rows belong."),
                at=f"{self.layer.file}: {self.layer.name}",
                why=Words("地块编号只在一个园区内唯一。", "A parcel's number is unique only within its park."),
                mend=Words("写上园区代码（命令行为 --park）。", "Give the park's code (--park on the command line)."),
            )
        if self.park is None:
            return codes, np.ones(len(codes), dtype=bool)
        kept = (codes.isna() | (codes == self.park)).to_numpy(dtype=bool)
        other = self.at[~kept].assign(park_code=codes[~kept])
        self.issues.add("103-other-park", other, table=self.table.name, park=codes[~kept], wanted=self.park)
        return codes, kept

    # --- one column -----------------------------------------------------------------------------------------------------------

    def _column(self, column: Column, before: Mapping[str, "pd.Series[Any]"]) -> "pd.Series[Any]":
        count = len(self.rows)
        if column.name == "park_code":
            return self.at["park_code"]
        if column.kind == "geometry":
            shapes = self.shapes if self.shapes is not None else np.full(count, None, dtype=object)
            return pd.Series(shapes, dtype=object)
        origin = self.origins.get(column.name)
        if origin is None:
            return _blank(column, count)
        values = self._from(column, origin)
        for other in origin.also:
            values = self._joined_with(column, values, self._from(column, other), other)
        return values

    def _joined_with(
        self, column: Column, values: "pd.Series[Any]", others: "pd.Series[Any]", origin: Origin
    ) -> "pd.Series[Any]":
        """Take from a further source what those before do not know; where both know it and differ, tell it and keep the first."""
        both = (values.notna() & others.notna()).to_numpy(dtype=bool)
        if column.kind == "number":
            one, two = values.to_numpy(dtype=float), others.to_numpy(dtype=float)
            differ = both & (np.abs(one - two) > SOURCES_SHARE * np.abs(one))
        else:
            differ = both & (values != others).fillna(False).to_numpy(dtype=bool)
        if differ.any():
            self.issues.add(
                "323-sources-differ",
                self.at[differ],
                table=self.table.name,
                column=column,
                raw=values[differ],
                other=[shown(one) for one in others[differ]],
                source=origin.names[0] if origin.names else "",
            )
        return values.where(values.notna(), others)

    def _from(self, column: Column, origin: Origin) -> "pd.Series[Any]":
        count = len(self.rows)
        if origin.value is not None:
            return _constant(column, origin.value, count)
        if origin.pattern is not None:
            return self._made(column, origin.pattern)
        raw = self.rows[origin.names[0]]
        if column.kind in ("number", "integer"):
            return self._numbers(column, origin, raw)
        if column.kind == "date" and pd.api.types.is_datetime64_any_dtype(raw.dtype):
            return _midnights(raw)
        if column.kind == "boolean" and pd.api.types.is_bool_dtype(raw.dtype):
            return raw.astype("boolean")
        texts = self._known_texts(column, origin, raw)
        if origin.values or column.domain:
            texts = self._mapped(column, origin, texts)
        if column.kind == "text":
            self._note_lost_digits(column, raw, texts)
            return texts
        if column.kind == "texts":
            return _lists(texts)
        if column.kind == "date":
            return self._dates(column, texts)
        return self._booleans(column, texts)

    def _made(self, column: Column, pattern: str) -> "pd.Series[Any]":
        made = pd.Series(pd.array([""] * len(self.rows), dtype=_TEXT))
        for part in re.split(r"(\{[^}]*\})", pattern):
            if part == "{row}":
                made = made + self.at["source_row"].astype(_TEXT)
            elif part.startswith("{"):
                name = part[1:-1]
                if name not in self.rows:
                    self._absent(column, (name,))
                    return _blank(column, len(self.rows))
                made = made + _texts(self.rows[name])
            elif part:
                made = made + part
        return made.astype(_TEXT)

    def _known_texts(self, column: Column, origin: Origin, raw: "pd.Series[Any]") -> "pd.Series[Any]":
        texts = _texts(raw)
        if self.profile.unknown:
            texts = texts.mask(texts.isin(self.profile.unknown))
        placeholders = [str(one) for one in origin.unknown] + list(_SPREADSHEET_ERRORS)
        found = texts.isin(placeholders).to_numpy() if holds(texts, *placeholders) else _NOWHERE
        if found.any():
            at = self.at[found]
            self.issues.add(
                "304-placeholder", at, table=self.table.name, column=column, raw=texts[found], test="placeholder"
            )
            texts = texts.mask(found)
        return texts

    def _mapped(self, column: Column, origin: Origin, texts: "pd.Series[Any]") -> "pd.Series[Any]":
        words: dict[str, str] = dict(origin.values)
        for code, said in column.domain.items():
            for one in (code, said.zh, said.en):
                words.setdefault(one, code)
        mapped = _by_distinct(texts, words)
        if origin.otherwise == "keep":
            return mapped.fillna(texts)
        if origin.otherwise is None:
            strange = (mapped.isna() & texts.notna()).to_numpy()
            if strange.any():
                at = self.at[strange]
                self.issues.add("303-unmapped", at, table=self.table.name, column=column, raw=texts[strange])
        return mapped

    def _note_lost_digits(self, column: Column, raw: "pd.Series[Any]", texts: "pd.Series[Any]") -> None:
        if raw.dtype.kind == "f":
            lost = (raw.abs() >= 2**53).fillna(False).to_numpy(dtype=bool)
        elif isinstance(raw.dtype, pd.StringDtype):
            lost = _NOWHERE
            if holds(texts, "+1"):
                lost = texts.str.fullmatch(r"\d\.\d+e\+1\d").fillna(False).to_numpy(dtype=bool)
        else:
            return
        if lost.any():
            at = self.at[lost]
            self.issues.add("319-code-as-number", at, table=self.table.name, column=column, raw=texts[lost])

    def _numbers(self, column: Column, origin: Origin, raw: "pd.Series[Any]") -> "pd.Series[Any]":
        numbers, unreadable = self._parsed(column, raw)
        own_units = self._with_own_units(column, raw, unreadable)
        unreadable &= np.isnan(own_units)
        if unreadable.any():
            self._unreadable(column, raw, unreadable)
        self._placeholders(column, origin, numbers)
        if origin.not_above is not None:
            self._not_above(column, numbers, origin.not_above)
        factor: float | Numbers = 1.0
        if origin.unit is not None:
            factor = unit_factor(column, origin.unit) or 1.0
        elif origin.unit_from is not None:
            factor = self._row_factors(column, origin.unit_from, origin.unit_values)
        numbers = np.where(np.isnan(own_units), numbers * factor, own_units)
        if column.kind == "number":
            return pd.Series(numbers, dtype="float64")
        broken = np.isfinite(numbers) & (numbers != np.floor(numbers))
        if broken.any():
            self._unreadable(column, raw, broken)
            numbers = np.where(broken, np.nan, numbers)
        return pd.Series(pd.array(numbers, dtype="Float64").astype("Int64"))

    def _parsed(self, column: Column, raw: "pd.Series[Any]") -> tuple[Numbers, Flags]:
        """Read numbers; also give which cells hold something that is none."""
        if pd.api.types.is_numeric_dtype(raw.dtype):
            numbers = raw.to_numpy(dtype=float, na_value=np.nan)
            unreadable = np.isinf(numbers)
            return np.where(unreadable, np.nan, numbers), unreadable
        texts = _texts(raw)
        if self.profile.unknown:
            texts = texts.mask(texts.isin(self.profile.unknown))
        numbers = _floats(texts)
        unread = np.isnan(numbers) & texts.notna().to_numpy()
        if unread.any():
            plain = texts[unread].str.normalize("NFKC").str.replace(",", "", regex=False)
            numbers[unread] = _floats(plain)
            unread &= np.isnan(numbers)
        return numbers, unread

    def _with_own_units(self, column: Column, raw: "pd.Series[Any]", unread: Flags) -> Numbers:
        """Read the cells that name their own unit, 45.3亩, which goes before the column's; in our unit, unknown for all others."""
        numbers = np.full(len(raw), np.nan)
        if unread.any() and column.unit in UNIT_WORDS:
            cells = _texts(raw[unread]).str.normalize("NFKC").str.extract(NUMBER_AND_UNIT)
            factors = cells[1].map(lambda unit: unit_factor(column, unit), na_action="ignore").astype(float)
            numbers[unread] = _floats(cells[0].str.replace(",", "", regex=False)) * factors.to_numpy()
        return numbers

    def _placeholders(self, column: Column, origin: Origin, numbers: Numbers) -> None:
        """Make placeholders unknown, in the file's own unit, and note each."""
        for test, found in _placeholder_tests(origin, numbers):
            if found.any():
                at = self.at[found]
                self.issues.add(
                    "304-placeholder", at, table=self.table.name, column=column, raw=numbers[found], test=test
                )
                numbers[found] = np.nan

    def _row_factors(self, column: Column, unit_from: str, meaning: Mapping[str, str]) -> Numbers:
        if unit_from not in self.rows:
            self._absent(column, (unit_from,))
            return np.full(len(self.rows), np.nan)
        words = _texts(self.rows[unit_from])
        known = {one: unit_factor(column, one) for one in {*UNIT_WORDS, column.unit}}
        known |= {code: unit_factor(column, unit) for code, unit in meaning.items()}
        factors = words.map(known).astype(float)
        strange = (factors.isna() & words.notna()).to_numpy()
        if strange.any():
            self.issues.add("303-unmapped", self.at[strange], table=self.table.name, column=column, raw=words[strange])
        return np.asarray(factors, dtype=np.float64)

    def _dates(self, column: Column, texts: "pd.Series[Any]") -> "pd.Series[Any]":
        days: pd.Series[Any] = pd.Series(pd.NaT, index=texts.index, dtype=_DAYS)
        plain = texts.str.replace(r"[ T]\d{1,2}:\d{2}.*$", "", regex=True)
        formats = self.profile.dates + _DATES + (_MONTHS if column.name == "month" else ())
        for form in formats:
            left = (days.isna() & plain.notna()).to_numpy()
            if not left.any():
                break
            days[left] = pd.to_datetime(plain[left], format=form, errors="coerce").astype(_DAYS)
        if column.name != "month":
            days = self._months(column, plain, days)
        left = (days.isna() & plain.notna()).to_numpy()
        if left.any():
            # A sheet without a date format shows the count of days since 1899-12-30.
            serial = pd.to_numeric(plain[left], errors="coerce")
            serial = serial.where((serial >= 20_000) & (serial < 80_000))
            days[left] = (pd.Timestamp("1899-12-30") + pd.to_timedelta(serial.floordiv(1), unit="D")).astype(_DAYS)
        # A sign before the year is read as one before our era, which no database has to keep.
        days = days.mask(plain.str.startswith("-").fillna(False).to_numpy(dtype=bool))
        unreadable = (days.isna() & texts.notna()).to_numpy()
        if unreadable.any():
            self._unreadable(column, texts, unreadable)
        if column.name == "month":
            days = days.dt.to_period("M").dt.to_timestamp().astype(_DAYS)
        return days

    def _months(self, column: Column, texts: "pd.Series[Any]", days: "pd.Series[Any]") -> "pd.Series[Any]":
        """Take the last day of a month where no day is written: no deadline passes by it sooner than it did. It is told."""
        left = texts.where(days.isna())
        # The number 2020.1 may have been 2020.10, October, unless October stands so in the same column.
        if not (left == left.str.extract(r"^(\d{4}\.10)$")[0]).any():
            left = left.mask(left.str.fullmatch(r"\d{4}\.1").fillna(False).astype(bool))
        found = left.str.extract(_MONTH)
        these = found["year"].notna().to_numpy()
        if not these.any():
            return days
        first = pd.to_datetime(found["year"][these] + "-" + found["month"][these].str.zfill(2), format="%Y-%m")
        last = first + pd.offsets.MonthEnd(0)
        days = days.copy()
        days[these] = last.astype(_DAYS)
        self.issues.add(
            "329-month-only", self.at[these], table=self.table.name, column=column, raw=texts[these], new=last
        )
        return days

    def _booleans(self, column: Column, texts: "pd.Series[Any]") -> "pd.Series[Any]":
        said = texts.str.lower()
        values = said.map({**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}).astype("boolean")
        unreadable = (values.isna() & texts.notna()).to_numpy()
        if unreadable.any():
            self._unreadable(column, texts, unreadable)
        return values

    def _unreadable(self, column: Column, raw: "pd.Series[Any]", found: Flags) -> None:
        words = KIND_WORDS[column.kind]
        self.issues.add(
            "302-unreadable",
            self.at[found],
            table=self.table.name,
            column=column,
            raw=raw[found],
            kind=column.kind,
            kind_zh=words.zh,
            kind_en=words.en,
        )

    def _not_above(self, column: Column, numbers: Numbers, name: str) -> None:
        """Take the smaller of a least and a most where the source has them in each other's place; a most of 0 says nothing."""
        if name not in self.rows:
            return
        most = pd.to_numeric(_texts(self.rows[name]), errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        crossed = (most > 0) & (numbers > most)
        if crossed.any():
            self.issues.add(
                "322-crossed",
                self.at[crossed],
                table=self.table.name,
                column=column,
                raw=numbers[crossed],
                new=most[crossed],
                low=numbers[crossed],
                high=most[crossed],
            )
            numbers[crossed] = most[crossed]


def _floats(texts: "pd.Series[Any]") -> Numbers:
    """Read texts as numbers, exactly; NaN where they are none. pandas tells which are, but loses their last binary digit."""
    numbers = pd.to_numeric(texts, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    readable = np.isfinite(numbers)
    numbers = np.where(readable, numbers, np.nan)
    numbers[readable] = texts[readable].to_numpy(dtype=object).astype(np.float64)
    return np.asarray(numbers)


def _midnights(raw: "pd.Series[Any]") -> "pd.Series[Any]":
    days = raw.dt.tz_localize(None) if raw.dt.tz is not None else raw
    return pd.Series(days.dt.normalize().astype(_DAYS))


def _placeholder_tests(origin: Origin, numbers: Numbers) -> Iterator[tuple[str, Flags]]:
    """Give each test with what it finds now: what one test has made unknown, the next does not find again."""
    listed = [float(one) for one in origin.unknown if isinstance(one, int | float)]
    if listed:
        yield f"placeholder {', '.join(format(one, 'g') for one in listed)}", np.isin(numbers, listed)
    if origin.unknown_below is not None:
        yield f"placeholder < {origin.unknown_below:g}", numbers < origin.unknown_below
    if origin.unknown_above is not None:
        yield f"placeholder > {origin.unknown_above:g}", numbers > origin.unknown_above


def _header(text: str) -> tuple[str, str | None]:
    """Split a header into its name and the unit in brackets behind it.

    >>> _header("登记面积（亩）"), _header("cert_area_m2")
    (('登记面积', '亩'), ('cert_area_m2', None))
    """
    match = re.fullmatch(r"\s*(.+?)\s*[(（\[]([^)）\]]+)[)）\]]\s*", text)
    return (match[1], match[2].strip()) if match else (text.strip(), None)


def _texts(raw: "pd.Series[Any]") -> "pd.Series[Any]":
    """Give any column as text, without spaces around it; nothing but spaces is unknown."""
    if isinstance(raw.dtype, pd.StringDtype):
        texts = pc.utf8_trim_whitespace(texts_of(raw))
        empty = pc.equal(pc.binary_length(texts), 0)
        return as_series(pc.if_else(empty, None, texts) if pc.any(empty).as_py() else texts, raw.index)
    if pd.api.types.is_bool_dtype(raw.dtype):
        return raw.map({True: "true", False: "false"}).astype(_TEXT)
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return pd.Series(raw.dt.strftime("%Y-%m-%d").astype(_TEXT))
    if raw.dtype.kind == "f":
        whole = (raw == np.floor(raw)) & (raw.abs() < 2**63)
        return raw.map(repr, na_action="ignore").astype(_TEXT).mask(whole, _whole(raw.where(whole)))
    if pd.api.types.is_integer_dtype(raw.dtype):
        return _whole(raw)
    texts = raw.map(lambda one: str(one).strip(), na_action="ignore").astype(_TEXT)
    return texts.mask(texts == "")


def _by_distinct(texts: "pd.Series[Any]", words: Mapping[str, str]) -> "pd.Series[Any]":
    """Put one word for another, looking each distinct text up once; what has none is unknown."""
    coded = texts_of(texts).dictionary_encode()
    found = pa.array([words.get(one) for one in coded.dictionary.to_pylist()], pa.large_string())
    return as_series(found.take(coded.indices), texts.index)


def _whole(raw: "pd.Series[Any]") -> "pd.Series[Any]":
    return raw.astype("Int64").astype("string[pyarrow]").astype(_TEXT)


def _lists(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    """Split a cell into its parts, written as a JSON list or with a separator between them."""
    lists = [
        None
        if not isinstance(text, str)
        else [part.strip(" \"'") for part in re.split(r"[;；,，、|]", text.strip("[] "))]
        for text in texts
    ]
    filled = [None if one is None else [part for part in one if part] or None for one in lists]
    return pd.Series(filled, index=texts.index, dtype=object)


def _blank(column: Column, count: int) -> "pd.Series[Any]":
    if column.kind in ("texts", "geometry"):
        return pd.Series(np.full(count, None, dtype=object), dtype=object)
    if column.kind == "number":
        return pd.Series(np.full(count, np.nan))
    if column.kind == "date":
        return pd.Series(np.full(count, np.datetime64("NaT"), dtype=_DAYS))
    return pd.Series([None] * count, dtype=DTYPES[column.kind])


def _constant(column: Column, value: object, count: int) -> "pd.Series[Any]":
    if column.kind == "texts":
        return pd.Series([[str(value)] for _ in range(count)], dtype=object)
    if column.kind == "date":
        return pd.Series(pd.array([pd.Timestamp(str(value))] * count, dtype=_DAYS))
    return pd.Series([value] * count, dtype=DTYPES[column.kind])


def _blank_frame(table: Table, count: int) -> pd.DataFrame:
    return pd.DataFrame({column.name: _blank(column, count) for column in table.columns})


# --- shapes -------------------------------------------------------------------------------------------------------------------


def stored_shapes(layer: Layer, profile: Profile) -> Shapes | None:
    """Bring a layer's shapes to EPSG:4490, longitude first, and single polygons to multipolygons.

    Raises
    ------
    InputError
        Nobody states the CRS, or most coordinates are impossible in the stated one.
    """
    if layer.shapes is None:
        return None
    there = ~(shapely.is_missing(layer.shapes) | shapely.is_empty(layer.shapes))
    if not there.any():
        return layer.shapes
    stated = layer.crs
    if stated is None and profile.crs is not None:
        stated = pyproj.CRS.from_user_input(profile.crs)
    at = f"{layer.file}: {layer.name}"
    if stated is None:
        raise no_system(layer.shapes, at)
    shapes = layer.shapes
    if stated.to_epsg() not in (4326, crs.STORED) and stated.name not in ("WGS 84 (CRS84)", "WGS 84"):
        move = pyproj.Transformer.from_crs(stated, pyproj.CRS.from_epsg(crs.STORED), always_xy=True)
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(move.transform(xy[:, 0], xy[:, 1])))
    bounds = shapely.bounds(shapes[there])
    on_earth = (bounds[:, 0] >= -180) & (bounds[:, 2] <= 180) & (bounds[:, 1] >= -90) & (bounds[:, 3] <= 90)
    if on_earth.mean() < 0.5:
        west, south, east, north = shapely.total_bounds(layer.shapes)
        raise InputError(
            Words(f"坐标与坐标系“{stated.name}”不符。", f"The coordinates do not fit the system {stated.name}."),
            at=f"{at}; x {west:.10g} … {east:.10g}, y {south:.10g} … {north:.10g}",
            why=Words("多数图形会落在地球之外。", "Most shapes would lie off the Earth."),
            mend=Words("检查 .prj 或 --crs 是否写错。", "Check the .prj or --crs."),
        )
    return _multipolygons(shapes)


def _multipolygons(shapes: Shapes) -> Shapes:
    single = np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON)
    if len(single):
        shapes = shapes.copy()
        shapes[single] = shapely.multipolygons(shapes[single], indices=np.arange(len(single)))
    return shapes


# --- joins --------------------------------------------------------------------------------------------------------------------


def _joined(layers: list[Layer], joins: tuple[Join, ...]) -> list[Layer]:
    """Give layers the columns that a profile takes from another layer by a key; without that layer they stay as they are."""
    for join in joins:
        source = next((one for one in layers if fnmatchcase(one.name.casefold(), join.source.casefold())), None)
        if source is not None:
            layers = [
                _with_columns(one, source, join) if fnmatchcase(one.name.casefold(), join.to.casefold()) else one
                for one in layers
            ]
    return layers


def _with_columns(layer: Layer, source: Layer, join: Join) -> Layer:
    key = _texts(source.rows[join.on[1]])
    groups = source.rows.groupby(key, sort=False)
    added = groups[list(join.first)].first() if join.first else pd.DataFrame(index=groups.size().index)
    for name in join.sum:
        added[name] = pd.to_numeric(source.rows[name], errors="coerce").groupby(key, sort=False).sum(min_count=1)
    wanted = _texts(layer.rows[join.on[0]])
    taken = added.reindex(wanted)
    taken.index = layer.rows.index
    return replace(layer, rows=layer.rows.assign(**{str(name): taken[name] for name in taken.columns}))
