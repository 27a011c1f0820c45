"""Every way we refuse, and what the reader can do about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the two languages the product speaks."""

    zh: str
    en: str

    def format(self, **values: object) -> Self:
        """Fill the same named values into both languages."""
        return type(self)(self.zh.format(**values), self.en.format(**values))


#: The codes a column may hold, and what each means.
Domain = Mapping[str, Words]


class LandgisError(Exception):
    """A refusal: what happened, at which place, why, and how to mend it.

    Parameters
    ----------
    what
        What was refused, one sentence.
    at
        File, layer, row, field, table or setting: data, not prose, hence without language.
    why
        Why going on would have been wrong.
    mend
        What the reader can do now.
    """

    kind = "error"

    def __init__(self, what: Words, *, at: str = "", why: Words | None = None, mend: Words | None = None) -> None:
        super().__init__(what.en)
        self.what, self.at, self.why, self.mend = what, at, why, mend

    def __str__(self) -> str:
        return self.text("zh") + "\n" + self.text("en")

    def text(self, language: str) -> str:
        """Lay the message out for a terminal in one language (``"zh"`` or ``"en"``)."""
        zh = language == "zh"
        labels = ("位置", "原因", "处理") if zh else ("at", "why", "mend")
        lines = [self.what.zh if zh else self.what.en]
        rest = (self.at, _in(self.why, zh), _in(self.mend, zh))
        lines += [f"  {label}: {part}" for label, part in zip(labels, rest, strict=True) if part]
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Give the message as plain data, for JSON answers and problem documents."""
        parts = {"what": self.what, "why": self.why, "mend": self.mend}
        words = {name: {"zh": part.zh, "en": part.en} for name, part in parts.items() if part}
        return {"kind": self.kind, **words, **({"at": self.at} if self.at else {})}


def _in(words: Words | None, zh: bool) -> str:
    return "" if words is None else words.zh if zh else words.en


class SetupError(LandgisError):
    """The machine or installation lacks something the work needs."""

    kind = "setup"


class InputError(LandgisError):
    """What the user gave (a file, an option, a value) cannot be taken as it is."""

    kind = "input"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A coordinate reference system that fits, and where it would put the shapes: west, south, east, north in degrees."""

    epsg: int
    title: Words
    extent: tuple[float, float, float, float]

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "epsg": self.epsg,
            "title": {"zh": self.title.zh, "en": self.title.en},
            "extent": [round(one, 6) for one in self.extent],
        }


class CoordinatesError(InputError):
    """Nobody says in which system coordinates are, and several fit, or none; it names them for who is asked."""

    def __init__(
        self,
        what: Words,
        *,
        at: str = "",
        why: Words | None = None,
        mend: Words | None = None,
        candidates: Sequence[Candidate] = (),
    ) -> None:
        super().__init__(what, at=at, why=why, mend=mend)
        self.candidates = tuple(candidates)

    def as_dict(self) -> dict[str, Any]:
        """Give the message as plain data, with the systems to choose from."""
        return {**super().as_dict(), "candidates": [one.as_dict() for one in self.candidates]}


class RuleError(LandgisError):
    """A ruleset is unknown, malformed, or lacks a number that a test needs."""

    kind = "rule"


class StoreError(LandgisError):
    """The database is away, too old, full, or refused the work."""

    kind = "store"


class ConflictError(LandgisError):
    """Somebody else's work, or a used record, stands in the way."""

    kind = "conflict"


class StaleError(ConflictError):
    """Somebody wrote since the caller looked; it holds what, so that nothing is lost."""

    kind = "stale"

    def __init__(
        self,
        what: Words,
        *,
        at: str = "",
        why: Words | None = None,
        mend: Words | None = None,
        since: Sequence[dict[str, Any]] = (),
    ) -> None:
        super().__init__(what, at=at, why=why, mend=mend)
        self.since = tuple(since)

    def as_dict(self) -> dict[str, Any]:
        """Give the message as plain data, with what was written since."""
        return {**super().as_dict(), "since": [dict(one) for one in self.since]}


class NotFoundError(LandgisError):
    """What was asked for does not exist, or lies outside the caller's scope: the answer is the same."""

    kind = "not_found"


class AccessError(LandgisError):
    """The caller may not do this."""

    kind = "access"


class LoginError(AccessError):
    """Nobody is logged in, or name and password are wrong."""

    kind = "login"


class TriesError(AccessError):
    """Too many logins failed; it says in how many seconds the next one is heard."""

    kind = "tries"

    def __init__(self, what: Words, *, wait_s: int, why: Words | None = None, mend: Words | None = None) -> None:
        super().__init__(what, why=why, mend=mend)
        self.wait_s = wait_s
