"""What the checks of an import let pass: data with a reason (`landgis/tolerances.toml`), of which a profile may set its own."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib import resources
from typing import Final

from landgis.terms.errors import InputError, Words

#: Two sources of one number agree within this share: areas are rounded to two digits of a mu or four of a hectare.
SOURCES_SHARE: Final = 0.01


@dataclass(frozen=True)
class Tolerances:
    """The tolerances by name; the unit is in the name, or it is a share (0-1)."""

    area_share: float
    area_m2: float
    built_over_supplied: float
    used_over_parcel: float
    overlap_m2: float
    same_ground: float
    sliver_width_m: float
    gap_width_m: float
    gap_length_m: float
    hole_m2: float
    outside_share: float
    far_km: float
    snap_m: float
    repair_share: float
    repair_m2: float
    jump_share: float
    moved_share: float


@cache
def usual() -> Tolerances:
    """Give the tolerances that come with the package.

    >>> usual().overlap_m2
    1.0
    """
    text = resources.files("landgis").joinpath("tolerances.toml").read_text(encoding="utf-8")
    return Tolerances(**{name: float(one["value"]) for name, one in tomllib.loads(text).items()})


def with_own(given: Mapping[str, object], at: str) -> Tolerances:
    """Give the usual tolerances with some set otherwise.

    Raises
    ------
    InputError
        There is no tolerance of that name, or it is no number above zero.
    """
    names = [one.name for one in fields(Tolerances)]
    for name, value in given.items():
        if name not in names or isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise InputError(
                Words(f"容差“{name}”不对。", f"The tolerance {name!r} is wrong."),
                at=at,
                mend=Words(
                    f"可用：{'、'.join(names)}；大于 0 的数。", f"Use one of: {', '.join(names)}; a number above 0."
                ),
            )
    return replace(usual(), **{name: float(str(value)) for name, value in given.items()})
