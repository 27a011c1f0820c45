"""What a source calls its columns: the profiles of known ledgers and cadastral layers, read from TOML and checked.

The form is described in ``docs/profiles.md``.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any, Final, NoReturn

from landgis.terms import units
from landgis.terms.errors import InputError, Words
from landgis.terms.frames import STOCK, Column, Table
from landgis.terms.tolerances import Tolerances, usual, with_own

#: Units as headers and unit columns write them.
UNIT_WORDS: Final[Mapping[str, str]] = {
    "m²": "m2", "㎡": "m2", "m2": "m2", "平方米": "m2", "平米": "m2", "亩": "mu", "mu": "mu", "公顷": "ha", "ha": "ha",
    "km²": "km2", "平方公里": "km2", "平方千米": "km2", "平方英尺": "sqft", "sqft": "sqft", "ft²": "sqft",  "sq ft": "sqft",
    "us_survey_sqft": "us_survey_sqft", "m": "m", "米": "m", "ft": "ft", "万元": "wan", "万": "wan", "wan": "wan",
    "元": "yuan", "yuan": "yuan", "亿元": "yi", "yi": "yi", "%": "percent", "％": "percent", "percent": "percent",
    "ratio": "ratio",
}  # fmt: skip
#: A cell with its unit behind the number, 45.3亩, as its two parts.
NUMBER_AND_UNIT: Final = r"^([-+]?[\d,.]+)\s*([^\d\s,.]\S*)$"
#: In a column's name, the place of the year: there is such a column for every year.
YEAR: Final = "{year}"
#: In the place of a unit: the header or the user has to say it.
ASK: Final = "ask"
_SAME_KIND: Final = (
    {"m2", "mu", "ha", "km2", "sqft", "us_survey_sqft"},
    {"m", "ft"},
    {"wan", "yuan", "yi"},
    {"ratio", "percent"},
)
_TABLES: Final[Mapping[str, Table]] = {table.name: table for table in STOCK}


def header_form(name: str) -> "re.Pattern[str]":
    """Give the form of the headers that a profile's name of a column stands for, the year as a group.

    >>> header_form("SJ{year}").fullmatch("SJ2024")[1]
    '2024'
    """
    return re.compile(re.escape(name).replace(re.escape(YEAR), r"(\d{4})"))


def unit_factor(column: Column, unit: str) -> float | None:
    """Give the factor from a unit of a file to the column's own; None where the unit is unknown or of another kind.

    >>> area = _TABLES["parcel"].by_name["cert_area_m2"]
    >>> unit_factor(area, "公顷"), unit_factor(area, "万元")
    (10000.0, None)
    """
    if unit == column.unit:
        return 1.0
    given, own = UNIT_WORDS.get(unit.strip()), UNIT_WORDS.get(column.unit)
    if given is None or own is None or not any({given, own} <= kind for kind in _SAME_KIND):
        return None
    return float(units.FACTORS[given] / units.FACTORS[own])


def is_of_kind(column: Column, unit: str) -> bool:
    """Tell whether a column's own unit can be converted from one like ``"m2"``."""
    own = UNIT_WORDS.get(column.unit)
    return own is not None and any({own, unit} <= kind for kind in _SAME_KIND)


@dataclass(frozen=True)
class Origin:
    """Where the values of one of our columns come from.

    Parameters
    ----------
    names
        Columns of the layer; the first that exists is read. ``{year}`` in a name stands for four digits, and gives a row a year.
    value
        A constant; `with_column` limits it to rows where that other column of ours is known.
    unit, unit_from, unit_values
        The unit of the values, or the column of the layer which tells it row by row, with what its codes mean. `ASK`: the source is
        known to differ, so the header or the user has to say it.
    values
        Their codes to ours; `otherwise` says what becomes of others: an issue (None), silently ``"unknown"``, or ``"keep"``.
    unknown, unknown_below, unknown_above
        Values that stand for "unknown"; each is noted as an issue.
    not_above
        A column of the layer with the most: where this least is above it, the smaller of the two is taken, and noted.
    pattern
        Text made of the layer's columns, ``"{ML}-{row}"``; ``row`` is the row of the file.
    also
        Further sources of the same field, each with its own unit and values, for the rows of which those before know nothing; where two
        know it and differ, that is told.
    """

    names: tuple[str, ...] = ()
    value: str | float | bool | None = None
    with_column: str | None = None
    unit: str | None = None
    unit_from: str | None = None
    unit_values: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    unknown: tuple[str | float, ...] = ()
    unknown_below: float | None = None
    unknown_above: float | None = None
    not_above: str | None = None
    pattern: str | None = None
    also: "tuple[Origin, ...]" = ()


@dataclass(frozen=True)
class Where:
    """Which rows of a layer a table takes: a number above zero in any of `positive`, a value of the list in each of `one_of`."""

    positive: tuple[str, ...] = ()
    one_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def test(self) -> str:
        """The condition in signs."""
        parts = [" or ".join(f"{name} > 0" for name in self.positive)] if self.positive else []
        return " and ".join(parts + [f"{name} in {', '.join(values)}" for name, values in self.one_of.items()])


@dataclass(frozen=True)
class Target:
    """One of our tables as it is filled from some layers."""

    table: Table
    layers: tuple[str, ...]
    columns: Mapping[str, Origin]
    own_names: bool = False
    shapes: bool = True
    where: Where | None = None

    def reads(self, layer: str) -> bool:
        """Tell whether a layer of this name feeds the table."""
        return any(fnmatchcase(layer.casefold(), pattern.casefold()) for pattern in self.layers)


@dataclass(frozen=True)
class Join:
    """Columns that a layer takes from another one by a common key: of the first row, or as a sum over all rows."""

    to: str
    source: str
    on: tuple[str, str]
    first: tuple[str, ...]
    sum: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """How the files of one source become our tables."""

    name: str
    words: Words
    crs: str | None
    dates: tuple[str, ...]
    unknown: tuple[str, ...]
    park: Origin
    park_names: Mapping[str, str]
    targets: tuple[Target, ...]
    joins: tuple[Join, ...] = ()
    tolerances: Tolerances = field(default_factory=usual)


def unsaid_units(profile: Profile, headers: Collection[str]) -> dict[str, Column]:
    """Tell of which of these columns neither profile nor header says the unit, and which column of ours each becomes.

    Returns
    -------
    dict
        By the name under which `with_units` takes the answer: the column's own, or the profile's with ``{year}`` in it.
    """
    unsaid: dict[str, Column] = {}
    for target in profile.targets:
        for ours, first in target.columns.items():
            for origin in (first, *first.also):
                read = next(
                    (name for name in origin.names if any(header_form(name).fullmatch(one) for one in headers)), None
                )
                if origin.unit == ASK and read is not None:
                    unsaid[read] = target.table.by_name[ours]
    return unsaid


def units_of_kind(column: Column) -> list[str]:
    """Give the units in which a file may have a column.

    >>> units_of_kind(_TABLES["enterprise_year"].by_name["tax_wan"])
    ['wan', 'yuan', 'yi']
    """
    return [unit for unit in units.FACTORS if is_of_kind(column, unit)]


def with_units(profile: Profile, units_given: Mapping[str, str]) -> Profile:
    """Say in which units a source's columns are, by their names in the file (``{year}`` for the year in a name).

    Raises
    ------
    InputError
        The profile reads no such column, or the unit does not fit it.
    """
    left = dict(units_given)

    def said(origin: Origin, column: Column) -> Origin:
        also = tuple(said(one, column) for one in origin.also)
        name = next((one for one in origin.names if one in units_given), None)
        if name is None:
            return replace(origin, also=also)
        if unit_factor(column, units_given[name]) is None:
            raise InputError(
                Words(
                    f"单位“{units_given[name]}”不适用于“{column.zh}”。",
                    f"The unit {units_given[name]!r} does not fit the {column.en}.",
                ),
                at=f"--unit {name}={units_given[name]}",
                mend=Words("可用：㎡、亩、公顷、平方英尺；元、万元、亿元。", "Use m², mu, ha, sqft; yuan, wan, yi."),
            )
        left.pop(name, None)
        return replace(origin, unit=units_given[name], unit_from=None, also=also)

    targets = tuple(
        replace(
            target, columns={name: said(origin, target.table.by_name[name]) for name, origin in target.columns.items()}
        )
        for target in profile.targets
    )
    if left:
        raise InputError(
            Words(f"方案没有读取列：{'、'.join(left)}。", f"The profile reads no column {', '.join(left)}."),
            at="--unit",
            mend=Words(
                "写成 --unit TDMJ=公顷，用文件中的列名。", "Write --unit TDMJ=ha, with the file's own column name."
            ),
        )
    return replace(profile, targets=targets)


def list_profiles() -> list[str]:
    """Give the names of the profiles that come with the package."""
    folder = resources.files("landgis").joinpath("profiles")
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_profile(name: str) -> Profile:
    """Load a profile by its name, or from the user's own file by a path that ends in ``.toml``.

    Raises
    ------
    InputError
        There is none of that name (the message lists those that exist), or its content is wrong (it names file and key).
    """
    if name.endswith(".toml"):
        path = Path(name)
        try:
            return parse_profile(path.read_text(encoding="utf-8"), path.name)
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(
                Words("方案文件无法读取。", "The profile's file cannot be read."),
                at=name,
                why=Words(str(error), str(error)),
                mend=Words("检查路径、权限和编码（UTF-8）。", "Check the path, the rights and the encoding (UTF-8)."),
            ) from error
    known = list_profiles()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
        raise InputError(
            Words(f"没有名为“{name}”的方案。", f"There is no profile {name!r}."),
            at=f"--profile {name}",
            mend=Words(
                (f"是否指 {near[0]}？" if near else "") + f"可用：{'、'.join(known)}；也可给出自己的 .toml 文件。",
                (f"Did you mean {near[0]}? " if near else "")
                + f"Use one of: {', '.join(known)}; or a .toml file of yours.",
            ),
        )
    file = resources.files("landgis").joinpath("profiles", f"{name}.toml")
    return parse_profile(file.read_text(encoding="utf-8"), f"{name}.toml")


def parse_profile(text: str, file: str) -> Profile:
    """Read a profile from TOML and check every key.

    Raises
    ------
    InputError
        Not TOML, an unknown key, table, column or unit, a wrong type: the message names file and key.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            Words("方案不是有效的 TOML。", "The profile is not valid TOML."),
            at=file,
            why=Words(str(error), str(error)),
            mend=Words("对照 docs/profiles.md 改正该行。", "Mend that line; docs/profiles.md shows the form."),
        ) from error
    read = _Reader(file)
    read.keys(
        data,
        "",
        {"name", "zh", "en", "crs", "dates", "unknown", "park", "table", "join", "tolerance"},
        {"name", "zh", "en", "table"},
    )
    park = read.mapping(data.get("park", {}), "park")
    park_names = {str(code): str(words) for code, words in read.mapping(park.get("names", {}), "park.names").items()}
    origin = {key: value for key, value in park.items() if key not in ("names", "code")}
    read.keys(park, "park", {"code", "names", "from", "map"})
    return Profile(
        name=read.text(data["name"], "name"),
        words=Words(read.text(data["zh"], "zh"), read.text(data["en"], "en")),
        crs=read.text(data["crs"], "crs") if "crs" in data else None,
        dates=read.texts(data.get("dates", []), "dates"),
        unknown=read.texts(data.get("unknown", []), "unknown"),
        park=read.origin({**origin, **({"value": park["code"]} if "code" in park else {})}, "park"),
        park_names=park_names,
        targets=tuple(
            read.target(read.mapping(one, f"table[{number}]"), f"table[{number}]")
            for number, one in enumerate(read.items(data["table"], "table"), start=1)
        ),
        joins=tuple(
            read.join(read.mapping(one, f"join[{number}]"), f"join[{number}]")
            for number, one in enumerate(read.items(data.get("join", []), "join"), start=1)
        ),
        tolerances=with_own(read.mapping(data.get("tolerance", {}), "tolerance"), f"{file}: tolerance"),
    )


class _Reader:
    """Reads the parts of one file; whatever is wrong is told with file and key."""

    def __init__(self, file: str) -> None:
        self.file = file

    def wrong(self, key: str, zh: str, en: str, mend: Words | None = None) -> NoReturn:
        raise InputError(
            Words(f"方案有误：{zh}", f"The profile is wrong: {en}"),
            at=f"{self.file}: {key}",
            mend=mend or Words("对照 docs/profiles.md 改正。", "Mend it; docs/profiles.md shows the form."),
        )

    def keys(self, data: Mapping[str, Any], at: str, allowed: Set[str], needed: Set[str] = frozenset()) -> None:
        for key in data:
            if key not in allowed:
                near = difflib.get_close_matches(key, allowed, n=1)
                mend = near or sorted(allowed)
                self.wrong(
                    f"{at}.{key}".strip("."),
                    "不认识的键。",
                    "unknown key.",
                    Words(f"可用：{'、'.join(mend)}。", f"Use: {', '.join(mend)}."),
                )
        for key in sorted(needed - set(data)):
            self.wrong(f"{at}.{key}".strip("."), "缺少该键。", "the key is missing.")

    def text(self, value: object, key: str) -> str:
        if not isinstance(value, str):
            self.wrong(key, "应为文字。", "must be a text.")
        return value

    def number(self, value: object, key: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, "应为数字。", "must be a number.")
        return float(value)

    def items(self, value: object, key: str) -> list[Any]:
        if not isinstance(value, list):
            self.wrong(key, "应为列表。", "must be a list.")
        return value

    def mapping(self, value: object, key: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.wrong(key, "应为表。", "must be a table.")
        return value

    def texts(self, value: object, key: str) -> tuple[str, ...]:
        return tuple(self.text(one, key) for one in ([value] if isinstance(value, str) else self.items(value, key)))

    def origin(self, value: object, key: str, column: Column | None = None) -> Origin:
        if isinstance(value, list) and any(isinstance(one, dict) for one in value):
            first, *others = (self.origin(one, f"{key}[{number}]", column) for number, one in enumerate(value, start=1))
            return replace(first, also=tuple(others))
        if isinstance(value, str | list):
            return Origin(names=self.texts(value, key))
        data = self.mapping(value, key)
        self.keys(
            data,
            key,
            {
                "from",
                "value",
                "with",
                "unit",
                "unit_from",
                "unit_values",
                "map",
                "otherwise",
                "unknown",
                "unknown_below",
                "unknown_above",
                "not_above",
                "pattern",
            },
        )
        unit = self.text(data["unit"], f"{key}.unit") if "unit" in data else None
        if unit is not None and unit != ASK and (column is None or unit_factor(column, unit) is None):
            self.wrong(f"{key}.unit", f"单位“{unit}”不适用于该列。", f"the unit {unit!r} does not fit this column.")
        otherwise = data.get("otherwise")
        if otherwise not in (None, "unknown", "keep"):
            self.wrong(f"{key}.otherwise", "应为 unknown 或 keep。", "must be unknown or keep.")
        constant = data.get("value")
        if constant is not None and not isinstance(constant, str | int | float | bool):
            self.wrong(f"{key}.value", "应为文字、数字或布尔值。", "must be a text, a number or a boolean.")
        return Origin(
            names=self.texts(data.get("from", []), f"{key}.from"),
            value=constant,
            with_column=self.text(data["with"], f"{key}.with") if "with" in data else None,
            unit=unit,
            unit_from=self.text(data["unit_from"], f"{key}.unit_from") if "unit_from" in data else None,
            unit_values={
                str(theirs): self.text(ours, f"{key}.unit_values.{theirs}")
                for theirs, ours in self.mapping(data.get("unit_values", {}), f"{key}.unit_values").items()
            },
            values={
                str(theirs): self.text(ours, f"{key}.map.{theirs}")
                for theirs, ours in self.mapping(data.get("map", {}), f"{key}.map").items()
            },
            otherwise=otherwise,
            unknown=tuple(self.items(data.get("unknown", []), f"{key}.unknown")),
            unknown_below=self.number(data["unknown_below"], f"{key}.unknown_below")
            if "unknown_below" in data
            else None,
            unknown_above=self.number(data["unknown_above"], f"{key}.unknown_above")
            if "unknown_above" in data
            else None,
            not_above=self.text(data["not_above"], f"{key}.not_above") if "not_above" in data else None,
            pattern=self.text(data["pattern"], f"{key}.pattern") if "pattern" in data else None,
        )

    def target(self, data: Mapping[str, Any], key: str) -> Target:
        self.keys(data, key, {"name", "layers", "own_names", "shapes", "where", "columns"}, {"name", "layers"})
        name = self.text(data["name"], f"{key}.name")
        if name not in _TABLES:
            self.wrong(
                f"{key}.name",
                f"没有表“{name}”。",
                f"there is no table {name!r}.",
                Words(f"可用：{'、'.join(_TABLES)}。", f"Use one of: {', '.join(_TABLES)}."),
            )
        table = _TABLES[name]
        columns = self.mapping(data.get("columns", {}), f"{key}.columns")
        allowed = {one.name for one in table.columns if one.kind != "geometry"}
        self.keys(columns, f"{key}.columns", allowed)
        where = None
        if "where" in data:
            given = self.mapping(data["where"], f"{key}.where")
            self.keys(given, f"{key}.where", {"positive", "one_of"})
            where = Where(
                self.texts(given.get("positive", []), f"{key}.where.positive"),
                {
                    column: self.texts(values, f"{key}.where.one_of.{column}")
                    for column, values in self.mapping(given.get("one_of", {}), f"{key}.where.one_of").items()
                },
            )
        return Target(
            table=table,
            layers=self.texts(data["layers"], f"{key}.layers"),
            columns={
                one: self.origin(value, f"{key}.columns.{one}", table.by_name[one]) for one, value in columns.items()
            },
            own_names=data.get("own_names") is True,
            shapes=data.get("shapes") is not False,
            where=where,
        )

    def join(self, data: Mapping[str, Any], key: str) -> Join:
        self.keys(data, key, {"to", "from", "on", "first", "sum"}, {"to", "from", "on"})
        on = self.texts(data["on"], f"{key}.on")
        return Join(
            self.text(data["to"], f"{key}.to"),
            self.text(data["from"], f"{key}.from"),
            (on[0], on[-1]),
            self.texts(data.get("first", []), f"{key}.first"),
            self.texts(data.get("sum", []), f"{key}.sum"),
        )
