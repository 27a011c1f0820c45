"""The filter of parcels: a part of CQL2 text, the same in an address, in the service, in the files and in the browser.

``web/static/filter.js`` is the other half: it reads the same grammar and judges the columns a page holds. Both are held to the same
cases, ``tests/filter/cases.json``.

The grammar, keywords in either case::

    or      = and { OR and }
    and     = not { AND not }
    not     = [ NOT ] ( "(" or ")" | test )
    test    = value compare literal | value [NOT] IN "(" literal {"," literal} ")" | value [NOT] BETWEEN number AND number
            | value [NOT] LIKE text | name IS [NOT] NULL | S_INTERSECTS "(" place "," area ")"
    compare = "=" | "<>" | "<" | "<=" | ">" | ">="
    value   = name | CASEI "(" name ")"          literal = number | text | CASEI "(" text ")"
    area    = POLYGON "((" lon lat {"," lon lat} ")" {"," "(" ... ")"} ")" | BBOX "(" west "," south "," east "," north ")"

CASEI makes no difference between A-Z and a-z; texts stand in the order of their code points. What is unknown is neither true nor
false: a comparison with it is unknown, NOT of it too, and only what is true is shown.

Source: OGC 21-065r2 (CQL2), text encoding, basic CQL2 with advanced comparison operators, case-insensitive comparison and
S_INTERSECTS.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from landgis.terms.errors import InputError, Words
from landgis.terms.fields import Field

MOST_SIGNS: Final = 8_000
MOST_DEEP: Final = 20
MOST_TESTS: Final = 200
MOST_LISTED: Final = 500
MOST_CORNERS: Final = 1_000

Compare = Literal["=", "<>", "<", "<=", ">", ">="]
Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A field against a literal."""

    field: Field
    sign: Compare
    literal: float | str
    is_caseless: bool = False


@dataclass(frozen=True, slots=True)
class OneOf:
    """A field against several literals."""

    field: Field
    literals: tuple[float | str, ...]
    is_caseless: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`, both included."""

    field: Field
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Like:
    r"""A text against a pattern: ``%`` any signs, ``_`` one sign, ``\`` takes the next sign as it is."""

    field: Field
    pattern: str
    is_caseless: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """A field of which nothing is known."""

    field: Field


@dataclass(frozen=True, slots=True)
class Inside:
    """A place inside an area: rings of longitude and latitude, filled by the even-odd rule."""

    field: Field
    rings: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary; of unknown, unknown."""

    part: "Filter"


@dataclass(frozen=True, slots=True)
class Joined:
    """All of the parts, or one of them."""

    word: Literal["AND", "OR"]
    parts: tuple["Filter", ...]


Test = Comparison | OneOf | Between | Like | Unknown | Inside
Filter = Test | Not | Joined

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]*(?:(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)(?![A-Za-z_0-9.])"""
    r"""|(?P<text>'(?:[^']|'')*')|"(?P<quoted>[A-Za-z_][A-Za-z_0-9.]*)"|(?P<word>[A-Za-z_][A-Za-z_0-9.]*)"""
    r"""|(?P<sign><=|>=|<>|[=<>(),]))"""
)
_WORDS: Final = frozenset(
    ("AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS", "NULL", "CASEI", "S_INTERSECTS", "POLYGON", "BBOX")
)
_COMPARE: Final[Mapping[str, Compare]] = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def read_filter(text: str, fields: Mapping[str, Field]) -> Filter:
    """Read a filter.

    Parameters
    ----------
    text
        CQL2 text; only the fields named by `fields` may stand in it.

    Raises
    ------
    InputError
        It is too long, too deep or too wide, is not of this grammar, or names what is not a field.

    Notes
    -----
    Limits come before any work that grows: length, then tokens one by one, depth and number of tests while reading.
    """
    if len(text) > MOST_SIGNS:
        raise _refused(
            "", 0, Words(f"筛选条件超过 {MOST_SIGNS} 个字符。", f"The filter has more than {MOST_SIGNS} signs.")
        )
    return _Reader(text, fields).whole()


class _Reader:
    def __init__(self, text: str, fields: Mapping[str, Field]) -> None:
        self._text, self._fields = text, fields
        self._at = self._tests = self._corners = 0
        self._kind, self._value, self._start = "", "", 0
        self._next()

    def whole(self) -> Filter:
        found = self._or(0)
        if self._kind != "end":
            raise self._wrong(Words("这里应当是 AND、OR 或结尾。", "AND, OR or the end should stand here."))
        return found

    def _next(self) -> None:
        at = _TOKEN.match(self._text, self._at)
        if at is None:
            rest = self._text[self._at :]
            self._start = self._at + len(rest) - len(rest.lstrip(" \t\r\n"))
            if self._start < len(self._text):
                raise self._wrong(Words("看不懂这里。", "This cannot be read."))
            self._kind, self._value = "end", ""
            return
        kind, value = str(at.lastgroup), at[str(at.lastgroup)]
        self._start, self._at = at.start(kind) - (kind == "quoted"), at.end()
        if kind == "word" and value.upper() in _WORDS:
            kind, value = "key", value.upper()
        elif kind == "text":
            value = value[1:-1].replace("''", "'")
            if "\0" in value:
                raise self._wrong(Words("文字里有不可用的字符。", "The text holds a sign that cannot be used."))
        self._kind, self._value = ("word" if kind == "quoted" else kind), value

    def _is(self, value: str) -> bool:
        return self._kind in ("key", "sign") and self._value == value

    def _take(self, value: str) -> bool:
        if not self._is(value):
            return False
        self._next()
        return True

    def _expect(self, value: str) -> None:
        if not self._take(value):
            raise self._wrong(Words(f"这里应当是 {value}。", f"{value} should stand here."))

    def _or(self, depth: int) -> Filter:
        parts = [self._and(depth)]
        while self._take("OR"):
            parts.append(self._and(depth))
        return parts[0] if len(parts) == 1 else Joined("OR", tuple(parts))

    def _and(self, depth: int) -> Filter:
        parts = [self._not(depth)]
        while self._take("AND"):
            parts.append(self._not(depth))
        return parts[0] if len(parts) == 1 else Joined("AND", tuple(parts))

    def _not(self, depth: int) -> Filter:
        if depth > MOST_DEEP:
            raise self._wrong(Words(f"括号嵌套超过 {MOST_DEEP} 层。", f"It is nested deeper than {MOST_DEEP}."))
        if self._take("NOT"):
            return Not(self._not(depth + 1))
        if self._take("("):
            found = self._or(depth + 1)
            self._expect(")")
            return found
        return self._test()

    def _test(self) -> Filter:
        self._tests += 1
        if self._tests > MOST_TESTS:
            raise self._wrong(Words(f"条件超过 {MOST_TESTS} 个。", f"There are more than {MOST_TESTS} tests."))
        if self._take("S_INTERSECTS"):
            return self._inside()
        is_caseless = self._take("CASEI")
        if is_caseless:
            self._expect("(")
        field = self._field()
        if is_caseless:
            self._text_of(field)
            self._expect(")")
        if field.kind == "place":
            raise self._wrong(Words("位置只能用 S_INTERSECTS。", "A place is asked for with S_INTERSECTS only."))
        if not is_caseless and self._take("IS"):
            is_not = self._take("NOT")
            self._expect("NULL")
            return Not(Unknown(field)) if is_not else Unknown(field)
        if self._kind == "sign" and self._value in _COMPARE:
            sign = _COMPARE[self._value]
            self._next()
            return Comparison(field, sign, self._literal(field, is_caseless), is_caseless)
        is_not = self._take("NOT")
        found = self._longer(field, is_caseless)
        return Not(found) if is_not else found

    def _longer(self, field: Field, is_caseless: bool) -> Test:
        if self._take("IN"):
            self._expect("(")
            listed = [self._literal(field, is_caseless)]
            while self._take(","):
                listed.append(self._literal(field, is_caseless))
                if len(listed) > MOST_LISTED:
                    raise self._wrong(Words(f"列举超过 {MOST_LISTED} 项。", f"More than {MOST_LISTED} are listed."))
            self._expect(")")
            return OneOf(field, tuple(listed), is_caseless)
        if not is_caseless and self._take("BETWEEN"):
            if field.kind != "number":
                raise self._wrong(Words("BETWEEN 只用于数值。", "BETWEEN is for numbers."))
            low = self._number()
            self._expect("AND")
            return Between(field, low, self._number())
        if self._take("LIKE"):
            self._text_of(field)
            pattern = str(self._literal(field, is_caseless))
            if (len(pattern) - len(pattern.rstrip("\\"))) % 2:
                raise self._wrong(Words("LIKE 的模式不能以 \\ 结尾。", "A pattern of LIKE does not end with \\."))
            return Like(field, pattern, is_caseless)
        raise self._wrong(
            Words(
                "这里应当是比较符号、IN、BETWEEN、LIKE 或 IS。",
                "A comparison, IN, BETWEEN, LIKE or IS should stand here.",
            )
        )

    def _inside(self) -> Inside:
        self._expect("(")
        field = self._field()
        if field.kind != "place":
            raise self._wrong(Words("S_INTERSECTS 只用于位置 place。", "S_INTERSECTS is for place only."))
        self._expect(",")
        if self._take("BBOX"):
            self._expect("(")
            box = [self._number()]
            for _ in range(3):
                self._expect(",")
                box.append(self._number())
            west, south, east, north = box
            rings: list[Ring] = [((west, south), (east, south), (east, north), (west, north), (west, south))]
        else:
            self._expect("POLYGON")
            self._expect("(")
            rings = [self._ring()]
            while self._take(","):
                rings.append(self._ring())
        self._expect(")")
        self._expect(")")
        return Inside(field, tuple(rings))

    def _ring(self) -> Ring:
        self._expect("(")
        corners = [(self._number(), self._number())]
        while self._take(","):
            corners.append((self._number(), self._number()))
            self._corners += 1
            if self._corners > MOST_CORNERS:
                raise self._wrong(Words(f"多边形超过 {MOST_CORNERS} 个角点。", f"More than {MOST_CORNERS} corners."))
        if len(corners) < 4 or corners[0] != corners[-1]:
            raise self._wrong(Words("多边形要闭合，至少三个角。", "A ring is closed and has three corners at least."))
        self._expect(")")
        return tuple(corners)

    def _field(self) -> Field:
        if self._kind != "word":
            raise self._wrong(Words("这里应当是字段名。", "The name of a field should stand here."))
        field = self._fields.get(self._value)
        if field is None:
            raise self._wrong(Words(f"没有字段 {self._value}。", f"There is no field {self._value}."))
        self._next()
        return field

    def _text_of(self, field: Field) -> None:
        if field.kind != "text":
            raise self._wrong(Words(f"{field.name} 不是文字。", f"{field.name} is no text."))

    def _literal(self, field: Field, is_caseless: bool) -> float | str:
        if field.kind == "number":
            return self._number()
        wrapped = is_caseless and self._take("CASEI")
        if wrapped:
            self._expect("(")
        if self._kind != "text":
            raise self._wrong(Words("这里应当是引号里的文字。", "A text in quotes should stand here."))
        value = self._value
        self._next()
        if wrapped:
            self._expect(")")
        return value

    def _number(self) -> float:
        if self._kind != "number":
            raise self._wrong(Words("这里应当是数字。", "A number should stand here."))
        value = float(self._value)
        if abs(value) > 1e300:
            raise self._wrong(Words("数字太大。", "The number is too large."))
        self._next()
        return value

    def _wrong(self, why: Words) -> InputError:
        return _refused(self._text, self._start, why)


def _refused(text: str, at: int, why: Words) -> InputError:
    return InputError(
        Words("筛选条件读不懂。", "The filter cannot be read."),
        at=f"{at + 1}: {text[at : at + 40]}",
        why=why,
        mend=Words(
            "写法如 answer = 'exit' AND area_m2 >= 10000；字段见 /api/runs/{run}/fields。",
            "Write it like answer = 'exit' AND area_m2 >= 10000; /api/runs/{run}/fields lists the fields.",
        ),
    )
