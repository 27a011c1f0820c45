"""Every page is drawn with one set of colours: nobody gives one of its names another value, and text can be read on every ground."""

import re
from itertools import product
from pathlib import Path

import pytest

STATIC = Path(__file__).parents[2] / "web" / "static"
TOKENS = (STATIC / "tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#\w{6});", part)) for part in TOKENS.split('[data-theme="dark"]'))


def luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Give the contrast of two colours as WCAG 2 has it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_both_sides_have_the_same_names_and_no_other_style_gives_them_a_value() -> None:
    assert LIGHT.keys() == DARK.keys() != set()
    for path in STATIC.rglob("*.css"):
        given = set(re.findall(r"--([\w-]+):", path.read_text(encoding="utf-8")))
        assert path.name == "tokens.css" or not given & LIGHT.keys(), path.name


def test_every_name_that_a_style_uses_has_a_value() -> None:
    styles = [path.read_text(encoding="utf-8") for path in STATIC.rglob("*.css")]
    used = {name for text in styles for name in re.findall(r"var\(--([\w-]+)", text)}
    given = {name for text in styles for name in re.findall(r"--([\w-]+):", text)}
    assert used - given == {"columns", "least"}, "what the table says of its columns"


@pytest.mark.parametrize("side", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(side: dict[str, str]) -> None:
    inks = ("ink", "ink-2", "ink-3", "accent", "warn", "bad", "good")
    grounds = ("paper", "soft", "ground", "line-2", "accent-soft", "warn-soft", "bad-soft", "good-soft")
    faint = {(ink, ground) for ink, ground in product(inks, grounds) if contrast(side[ink], side[ground]) < 4.5}
    assert faint == set()
    assert contrast(side["on-accent"], side["accent"]) >= 4.5
    assert contrast(side["field"], side["paper"]) >= 3
