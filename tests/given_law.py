"""The worked cases of the law, as test parameters."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "law"


def cases(name: str) -> list[Any]:
    """Read a file of cases; each knows the ruleset of its file unless it names its own."""
    found = tomllib.loads((HERE / f"{name}.toml").read_text(encoding="utf-8"))
    return [pytest.param({"ruleset": found.get("ruleset")} | case, id=case["name"]) for case in found["cases"]]
