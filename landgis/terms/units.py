"""m², mu, hectare, 万元; the only place where 2000/3 stands."""

from fractions import Fraction
from typing import Final

from landgis.terms.errors import InputError, Words

M2_PER_MU: Final = Fraction(2000, 3)
M2_PER_HA: Final = 10_000
MU_PER_HA: Final = 15
M2_PER_SQFT: Final = Fraction(9_290_304, 100_000_000)
M2_PER_US_SURVEY_SQFT: Final = Fraction(1200, 3937) ** 2

#: One of each unit a file may use, in ours: m² for areas, metres for lengths, 万元 for money, plain shares for percentages.
FACTORS: Final[dict[str, Fraction]] = {
    "m2": Fraction(1),
    "mu": M2_PER_MU,
    "ha": Fraction(M2_PER_HA),
    "km2": Fraction(1_000_000),
    "sqft": M2_PER_SQFT,
    "us_survey_sqft": M2_PER_US_SURVEY_SQFT,
    "m": Fraction(1),
    "ft": Fraction(3048, 10_000),
    "wan": Fraction(1),
    "yuan": Fraction(1, 10_000),
    "yi": Fraction(10_000),
    "ratio": Fraction(1),
    "percent": Fraction(1, 100),
}


def factor(unit: str) -> float:
    """Give the factor that brings a value in `unit` to ours (see `FACTORS`).

    Raises
    ------
    InputError
        The unit is not one we know: a guess would be wrong by a factor of 15 or 10 000.
    """
    if unit not in FACTORS:
        raise InputError(
            Words(f"不认识的单位“{unit}”。", f"The unit {unit!r} is not known."),
            mend=Words(f"可用：{'、'.join(FACTORS)}。", f"Use one of: {', '.join(FACTORS)}."),
        )
    return float(FACTORS[unit])


def mu(area_m2: float) -> float:
    """Give an area in mu.

    >>> round(mu(77037), 4)
    115.5555
    >>> mu(10_000)
    15.0
    """
    return area_m2 * M2_PER_MU.denominator / M2_PER_MU.numerator


def hectares(area_m2: float) -> float:
    """Give an area in hectares.

    >>> hectares(28_000)
    2.8
    """
    return area_m2 / M2_PER_HA
