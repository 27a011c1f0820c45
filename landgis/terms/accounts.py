"""Who may come in, and what each may do."""

from dataclasses import dataclass
from typing import Final

from landgis.terms.errors import Domain, Words

#: What a person may do. Whoever keeps the accounts does so on the command line, which sees all parks.
ROLE: Final[Domain] = {
    "reader": Words("查看", "reader: sees and exports"),
    "manager": Words("经办", "manager: imports, assesses, plans, records cases"),
    "checker": Words("复核", "checker: sees, and closes the cases that name this person as checker"),
}
#: A password has so many characters at least.
PASSWORD_MIN: Final = 10


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in: the account's name, the name shown on cases, the role, the parks, and how long the session still lasts."""

    account: str
    shown_name: str
    role: str
    park_codes: tuple[str, ...]
    is_token: bool
    ends_s: int


def common_parks(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """Give the parks that stand in both lists, in order; ``*`` stands for all.

    >>> common_parks(("*",), ("S01",)), common_parks(("S02", "S01"), ("*",)), common_parks(("S01",), ("S02",))
    (('S01',), ('S01', 'S02'), ())
    """
    if "*" in one:
        one, other = other, one
    return tuple(sorted(one if "*" in other else {*one} & {*other}))
