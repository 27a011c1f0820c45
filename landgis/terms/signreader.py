"""The signs and loan rates of a ruleset for stopped firms, from their sections of a TOML text."""

from fractions import Fraction
from typing import cast

from landgis.terms.errors import Words
from landgis.terms.frames import EVIDENCE
from landgis.terms.rules import CONFIDENCES, SIGN_SERIES, Confidence, Rates, Series, Sign
from landgis.terms.sections import Section

_KINDS = (*SIGN_SERIES, "enterprise.status", *(f"evidence.{kind}" for kind in EVIDENCE))


def read_sign(section: Section) -> Sign:
    """Read one sign.

    Raises
    ------
    RuleError
        A key is missing or not known, or a ratio does not point where it should.
    """
    of = section.choice("of", _KINDS)
    series = _series(section) if of in SIGN_SERIES else None
    on, off = (section.fraction(name, required=False) for name in ("on", "off"))
    if (on is None and off is None) or (on is not None and on <= 1) or (off is not None and not 0 < off < 1):
        raise section.refuse(
            "on",
            "似然比：on 大于 1，off 在 0 与 1 之间，至少写一个。",
            "Likelihood ratios: on is above 1, off between 0 and 1, and one of them is given.",
            "改正数值。",
            "Mend the values.",
        )
    half_life = section.fraction("half_life_months", required=False)
    if half_life is not None and half_life <= 0:
        raise section.refuse(
            "half_life_months", "半衰期应大于零。", "A half-life is above zero.", "改正数值。", "Mend the value."
        )
    sign = Sign(
        section.text("code"),
        cast(Words, section.words("title")),
        section.text("article"),
        cast(Confidence, section.choice("confidence", CONFIDENCES)),
        of,
        section.text("group"),
        series,
        on,
        off,
        half_life,
    )
    section.done()
    return sign


def _series(section: Section) -> Series:
    low, running, floor = (cast(Fraction, section.fraction(name)) for name in ("low", "running", "floor"))
    least, recent = (cast(int, section.take(name, int)) for name in ("least", "recent"))
    if not 0 <= low < running or least < 1 or recent < 1:
        raise section.refuse(
            "low",
            "低值应小于在产比例，期数至少为一。",
            "low lies below running, and least and recent are 1 or more.",
            "改正数值。",
            "Mend the values.",
        )
    return Series(low, running, floor, least, recent)


def read_rates(section: Section) -> Rates:
    """Read the least interest rates of one year.

    Raises
    ------
    RuleError
        A key is missing or not known.
    """
    year = cast(int, section.take("year", int))
    short, long, bond = (cast(Fraction, section.fraction(name)) for name in ("short", "long", "bond"))
    rates = Rates(
        year,
        short,
        long,
        bond,
        section.text("article"),
        cast(Confidence, section.choice("confidence", CONFIDENCES)),
    )
    section.done()
    return rates
