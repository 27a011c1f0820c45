"""docs/house.md says of every room what the room says of itself, and names the contracts that hold them."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/house.md").read_text(encoding="utf-8")


def said(path: Path) -> str:
    """Give the first line of a module's own words."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def test_every_room_is_told_in_its_own_words() -> None:
    rooms = {path.parent.relative_to(ROOT).as_posix(): said(path) for path in ROOT.glob("landgis/**/__init__.py")}
    rooms |= {path.relative_to(ROOT).as_posix(): said(path) for path in ROOT.glob("landgis/*.py")}
    del rooms["landgis"], rooms["landgis/__init__.py"]
    assert dict(re.findall(r"^\| `(landgis/[\w/.]+)` \| (.+) \|$", PAGE, re.MULTILINE)) == rooms


def test_every_contract_is_named() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    listed = PAGE.partition("## What holds it\n")[2].partition("\n\nBeside")[0]
    assert re.findall(r"^- (.+)$", listed, re.MULTILINE) == [contract["name"] for contract in contracts]


def test_every_file_it_names_is_there() -> None:
    named = set(re.findall(r"`((?:landgis|sql|tests|docs)/[\w/.]+)`", PAGE))
    assert [one for one in sorted(named) if not (ROOT / one).exists()] == []
