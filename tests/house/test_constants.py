"""A constant stands once: the mu in terms/units.py; every SQL file and every module says at its head what it is for."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "landgis").rglob("*.py"))
STATEMENTS = sorted((ROOT / "sql").rglob("*.sql"))
SCRIPTS = sorted((ROOT / "web/static").rglob("*.js"))
#: 1 mu = 2000/3 m² = 666.67 m²; 0.0015 mu = 1 m².
MU = re.compile(r"\b666(?:\.\d+|\b)|\b2000(?:\.0)? ?[/,] ?3\b|\b0?\.0015\b")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def without_words(path: Path) -> str:
    """Give a module's code without comments and docstrings: words may speak of the number."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            node.body[0] = ast.Pass()
    return ast.unparse(tree)


def test_the_mu_is_said_once_in_python() -> None:
    assert [name(path) for path in MODULES if MU.search(without_words(path))] == ["landgis/terms/units.py"]


@pytest.mark.parametrize("path", [*SCRIPTS, *STATEMENTS], ids=name)
def test_the_mu_is_not_said_elsewhere(path: Path) -> None:
    code = re.sub(r"^\s*(?:--|//|\*).*", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert not MU.search(code)


@pytest.mark.parametrize("path", STATEMENTS, ids=name)
def test_a_statement_says_first_what_it_answers(path: Path) -> None:
    assert re.match(r"-- \S.{10,}", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [path for path in MODULES if path.stat().st_size], ids=name)
def test_a_module_says_first_what_it_is(path: Path) -> None:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert said and re.search(r"[.!]$|[.!]\n", said.split("\n\n")[0])
