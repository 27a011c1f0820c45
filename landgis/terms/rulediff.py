"""A ruleset laid out entry by entry: what it says as plain data, and in what two of them differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final, Literal

from landgis.terms.errors import Words
from landgis.terms.rules import Ruleset

#: What says which edition this is, or what a reader is told beside the law: no part of what a ruleset decides.
_BESIDE: Final = ("text", "sha256", "title", "note", "code", "supersedes", "status")
#: The field that names an entry of a list, the first that it has.
_NAMES: Final = ("code", "name", "grade", "measure")


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry in which two rulesets differ; ``before`` or ``after`` is empty where it is not there."""

    path: str
    change: Literal["changed", "added", "gone"]
    before: str
    after: str


def plain(value: Any) -> Any:  # noqa: ANN401  any part of a ruleset
    """Give a part of a ruleset as plain data: numbers exact, as a number where a decimal can say it, else as "1/3".

    >>> plain(Fraction(1, 4)), plain(Fraction(5)), plain(Fraction(1, 3))
    (0.25, 5, '1/3')
    """
    if isinstance(value, Fraction):
        if value.denominator == 1:
            return int(value)
        return float(value) if Fraction(str(float(value))) == value else str(value)
    if isinstance(value, Words):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return [plain(part) for part in value]
    return value


def differences(before: Ruleset, after: Ruleset) -> list[Difference]:
    """Say in what two rulesets differ, entry by entry: numbers, articles, codes, tests, gates, weights; not wording."""
    one, two = ({path: said for path, said in _entries(item, "", _BESIDE)} for item in (before, after))
    found = []
    for path in dict.fromkeys((*one, *two)):
        old, new = one.get(path, ""), two.get(path, "")
        if path not in one or path not in two:
            found.append(Difference(path, "added" if path in two else "gone", old, new))
        elif old != new:
            found.append(Difference(path, "changed", old, new))
    return found


def _entries(value: Any, path: str, beside: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:  # noqa: ANN401  any part
    if isinstance(value, Words) or value is None or value == "":
        return
    if is_dataclass(value):
        for item in fields(value):
            if item.name not in (beside or ("title", "note")):
                yield from _entries(getattr(value, item.name), _join(path, item.name))
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _entries(part, _join(path, str(name)))
    elif isinstance(value, tuple) and value and is_dataclass(value[0]):
        seen: dict[str, int] = {}
        for part in value:
            name = next((said for field in _NAMES if (said := getattr(part, field, ""))), "")
            seen[name] = seen.get(name, 0) + 1
            yield from _entries(part, _join(path, name if seen[name] == 1 else f"{name}.{seen[name]}"))
    else:
        said = plain(value)
        yield path, ", ".join(map(str, said)) if isinstance(said, list) else str(said)


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
