"""One table of a TOML text, read key by key: what is missing, of the wrong kind or left over is refused with file, key and mend."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from fractions import Fraction
from typing import Any, cast

from landgis.terms.errors import RuleError, Words
from landgis.terms.rules import refusal


class Section:
    """One table of a TOML text that is emptied key by key; what is left over is refused."""

    def __init__(self, table: Mapping[str, Any], name: str, path: tuple[str, ...]) -> None:
        self.left, self.name, self.path = dict(table), name, path

    def at(self, key: str = "") -> str:
        """Name this section, or a key in it, so that a reader finds it."""
        path = ".".join((*self.path, key) if key else self.path)
        return f"{self.name} [{path}]" if path else self.name

    def refuse(self, key: str, zh: str, en: str, mend_zh: str, mend_en: str) -> RuleError:
        """Make a refusal at one key."""
        return refusal(self.at(key), zh, en, None, None, mend_zh, mend_en)

    def peek(self, key: str) -> str:
        """Look at a text without taking it; empty where there is none."""
        value = self.left.get(key, "")
        return value if isinstance(value, str) else ""

    def take(self, key: str, kind: type | tuple[type, ...], *, required: bool = True) -> Any:  # noqa: ANN401  any TOML value
        """Take a value of a kind; None where it may be missing."""
        if key not in self.left:
            if not required:
                return None
            raise self.refuse(key, f"缺少“{key}”。", f"The key {key!r} is missing.", "补上该键。", "Add the key.")
        value = self.left.pop(key)
        kinds = kind if isinstance(kind, tuple) else (kind,)
        if type(value) not in kinds:
            wanted = " | ".join(item.__name__ for item in kinds)
            raise self.refuse(
                key, f"“{key}”类型不对。", f"{key!r} has the wrong type.", f"应为 {wanted}。", f"Give a {wanted}."
            )
        return value

    def text(self, key: str, *, required: bool = True) -> str:
        """Take a text; one that must be there may not be empty."""
        value = self.take(key, str, required=required)
        if value is None:
            return ""
        if not value.strip():
            raise self.refuse(key, f"“{key}”为空。", f"{key!r} is empty.", "写明内容。", "Write what it is.")
        return cast(str, value)

    def choice(self, key: str, choices: Iterable[str], *, required: bool = True) -> str:
        """Take one of several texts."""
        known = tuple(choices)
        value = self.text(key, required=required)
        if value and value not in known:
            near = get_close_matches(value, known, n=1)
            zh, en = (f"是否指 {near[0]}？", f"Did you mean {near[0]}? ") if near else ("", "")
            raise self.refuse(
                key,
                f"不认识的“{value}”。",
                f"{value!r} is not known.",
                f"{zh}可用：{'、'.join(known)}。",
                f"{en}Use one of: {', '.join(known)}.",
            )
        return value

    def fraction(self, key: str, *, required: bool = True) -> Fraction | None:
        """Take an exact number: an integer, a decimal, or a text such as "1/3"."""
        value = self.take(key, (int, Fraction, str), required=required)
        if value is None:
            return None
        try:
            return Fraction(value)
        except (ValueError, ZeroDivisionError) as error:
            raise self.refuse(
                key,
                f"“{value}”不是数。",
                f"{value!r} is no number.",
                '写作 5、0.25 或 "1/3"。',
                'Write 5, 0.25 or "1/3".',
            ) from error

    def words(self, key: str, *, required: bool = True) -> Words | None:
        """Take a text in both languages."""
        table = self.take(key, dict, required=required)
        if table is None:
            return None
        inner = Section(table, self.name, (*self.path, key))
        words = Words(inner.text("zh"), inner.text("en"))
        inner.done()
        return words

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        """Take a list of texts."""
        values = self.take(key, list, required=required) or []
        if not all(isinstance(item, str) for item in values) or (required and not values):
            raise self.refuse(
                key, f"“{key}”应为文本列表。", f"{key!r} is no list of texts.", '写作 ["…"]。', 'Write ["…"].'
            )
        return tuple(values)

    def sections(self, key: str, *, required: bool = False) -> Iterator["Section"]:
        """Take a list of tables."""
        for place, table in enumerate(self.take(key, list, required=required) or []):
            if not isinstance(table, dict):
                raise self.refuse(
                    key, f"“{key}”应为表的列表。", f"{key!r} is no list of tables.", "写作 [[…]]。", "Write [[…]]."
                )
            yield Section(table, self.name, (*self.path, key, str(place)))

    def section(self, key: str, *, required: bool = True) -> "Section | None":
        """Take a table."""
        table = self.take(key, dict, required=required)
        return None if table is None else Section(table, self.name, (*self.path, key))

    def done(self) -> None:
        """Refuse whatever was not asked for."""
        for key in self.left:
            raise self.refuse(
                key,
                f"不认识的键“{key}”。",
                f"The key {key!r} is not known.",
                "删去，或改正拼写。",
                "Remove it, or mend its spelling.",
            )
