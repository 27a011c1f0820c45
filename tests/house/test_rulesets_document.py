"""docs/rulesets.md names every ruleset that is shipped, every kind, status and confidence, and every key a ruleset may have."""

import ast
import re
from pathlib import Path

import pytest

from landgis.terms.rulereader import list_rulesets, load_ruleset, parse_ruleset
from landgis.terms.rules import CONFIDENCES, KINDS, OPERATORS, STATUSES

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/rulesets.md").read_text(encoding="utf-8")
#: Methods of a section that take a value, and those of the reader that take one from a section.
TAKING = {"take", "text", "texts", "choice", "fraction", "words", "section", "sections"}
ASKING = {"_named_number", "_measure", "_positive", "_conditions", "_known"}


def keys() -> set[str]:
    """Give the keys that the readers of rulesets take, as written in their code."""
    found = set()
    for path in (ROOT / "landgis/terms").glob("*.py"):
        if "Section" not in path.read_text(encoding="utf-8"):
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
                continue
            place = 0 if call.func.attr in TAKING else 1 if call.func.attr in ASKING else None
            if place is not None and len(call.args) > place and isinstance(call.args[place], ast.Constant):
                found.add(call.args[place].value)
    return found


def named(word: str) -> bool:
    """Say whether the document names a word as code: between ticks, or in an example."""
    examples = "\n".join(re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL))
    ticked = " ".join(re.findall(r"`([^`\n]+)`", DOCUMENT))
    return bool(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", examples + ticked))


def test_every_key_a_ruleset_may_have_is_named() -> None:
    asked = keys()
    assert {"code", "supersedes", "unlisted", "ideal", "within", "cuts", "if_unknown"} <= asked
    assert sorted(key for key in asked if not named(key)) == []


@pytest.mark.parametrize("word", [*KINDS, *STATUSES, *CONFIDENCES, *OPERATORS])
def test_every_kind_status_confidence_and_operator_is_named(word: str) -> None:
    assert named(word)


def test_the_table_holds_every_ruleset_that_is_shipped_with_its_kinds() -> None:
    part = DOCUMENT.partition("## What is shipped")[2].partition("\n## ")[0]
    rows = [row.split("|") for row in part.splitlines() if row.startswith("| `")]
    told = {row[1].strip(" `"): row[2].strip() for row in rows}
    assert told == {code: ", ".join(load_ruleset(code).kinds) for code in list_rulesets()}


def test_the_example_is_sound() -> None:
    example = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)[0]
    assert parse_ruleset(example, "mytown-2025.toml").code == "mytown-2025"
