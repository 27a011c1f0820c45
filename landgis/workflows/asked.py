"""What is asked of a plan, and what a child of it asks otherwise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from landgis.core.planning.plan import GAP
from landgis.terms.errors import NotFoundError, Words

Place = tuple[str, str]  # a park's code, and the number of a parcel or a demand in it


@dataclass(frozen=True)
class Asked:
    """What is asked of a plan; parcels and demands by park and number, so that it can be asked again of another run.

    Attributes
    ----------
    parks
        The parks planned for; None for all of the run.
    level
        The estimate to plan by: low, mid, high.
    budget_wan, staff_days
        What the plan may use at most; None for no limit.
    time_limit_s
        After so long the best plan so far is the answer.
    gap
        Within this share of the bound a plan counts as proved.
    noted
        Rules of a parcel whose unknown does not keep it out, besides those of the ruleset.
    pinned, forbidden
        Parcels that must be part of a site; that none may have.
    served
        Demands that must be served.
    sites
        Settled sites: demand, parcels.
    barred
        Parcels that a demand may not have: demand, parcels.
    pinned_moves, forbidden_moves
        The parcel a firm leaves, and the one it goes to; None for an exit.
    """

    parks: tuple[str, ...] | None = None
    level: str = "mid"
    budget_wan: float | None = None
    staff_days: float | None = None
    time_limit_s: float | None = None
    gap: float = GAP
    noted: tuple[str, ...] = ()
    pinned: tuple[Place, ...] = ()
    forbidden: tuple[Place, ...] = ()
    served: tuple[Place, ...] = ()
    sites: tuple[tuple[Place, tuple[Place, ...]], ...] = ()
    barred: tuple[tuple[Place, tuple[Place, ...]], ...] = ()
    pinned_moves: tuple[tuple[Place, Place | None], ...] = ()
    forbidden_moves: tuple[tuple[Place, Place | None], ...] = ()

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> "Asked":
        """Read it as it was stored: lists for tuples."""
        return cls(**{name: _tuples(value) for name, value in given.items()})


@dataclass(frozen=True)
class Shown:
    """What a plan holds, as it was stored."""

    sites: list[dict[str, Any]]
    members: pd.DataFrame
    moves: list[dict[str, Any]]

    def site(self, number: int) -> tuple[Place, tuple[Place, ...]]:
        """Give the demand and the parcels of a site by its number."""
        found = [one for one in self.sites if one["site"] == number]
        if not found:
            raise NotFoundError(Words("方案里没有这个成片地块。", "The plan has no such site."), at=str(number))
        own = self.members[self.members["site"] == number]
        return (found[0]["demand_park"], found[0]["demand_no"]), tuple(
            zip(own["park_code"], own["parcel_no"], strict=True)
        )

    def move(self, place: int) -> tuple[Place, Place | None]:
        """Give where a move goes from and to by its place in the plan; None for an exit."""
        found = [one for one in self.moves if one["place"] == place]
        if not found:
            raise NotFoundError(Words("方案里没有这次迁移。", "The plan has no such move."), at=str(place))
        to = found[0]["to_parcel_no"]
        return (found[0]["park_code"], found[0]["parcel_no"]), None if to is None else (found[0]["to_park_code"], to)


def pinning(
    parcels: Sequence[Place] = (), sites: Sequence[int] = (), moves: Sequence[int] = (), demands: Sequence[Place] = ()
) -> Callable[[Asked, Shown], Asked]:
    """Give the alteration that pins parcels, sites, moves, and demands that must be served."""

    def alter(asked: Asked, held: Shown) -> Asked:
        settled = dict(asked.sites) | dict(held.site(number) for number in sites)
        return replace(
            asked,
            pinned=_added(asked.pinned, parcels),
            forbidden=tuple(one for one in asked.forbidden if one not in parcels),
            served=_added(asked.served, demands),
            sites=tuple(settled.items()),
            pinned_moves=_added(asked.pinned_moves, [held.move(place) for place in moves]),
        )

    return alter


def forbidding(
    parcels: Sequence[Place] = (), sites: Sequence[int] = (), moves: Sequence[int] = ()
) -> Callable[[Asked, Shown], Asked]:
    """Give the alteration that forbids parcels, moves, and sites: the project may have none of a forbidden site's parcels."""

    def alter(asked: Asked, held: Shown) -> Asked:
        barred = dict(asked.barred)
        settled = dict(asked.sites)
        for number in sites:
            demand, of = held.site(number)
            barred[demand] = _added(barred.get(demand, ()), of)
            settled.pop(demand, None)
        return replace(
            asked,
            forbidden=_added(asked.forbidden, parcels),
            pinned=tuple(one for one in asked.pinned if one not in parcels),
            sites=tuple(settled.items()),
            barred=tuple(barred.items()),
            forbidden_moves=_added(asked.forbidden_moves, [held.move(place) for place in moves]),
        )

    return alter


def _added(some: Sequence[Any], more: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys([*some, *more]))


def _tuples(value: Any) -> Any:  # noqa: ANN401  what JSON holds
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
