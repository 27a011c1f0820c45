"""The changes that mutation testing makes: counted by eye on a few lines."""

import ast

from tests.mutation import __main__ as mutation
from tests.mutation.mutants import list_mutants

SOURCE = '''
"""A docstring stays."""
LEAST: int = 3

def enough(value: float, known: bool = True) -> bool:
    """A docstring stays."""
    if not known:
        raise ValueError(Words("缺", "missing"))
    return value < LEAST and known
'''


def changed() -> list[str]:
    return [str(mutant) for mutant in list_mutants(ast.parse(SOURCE))]


def test_every_place_is_changed_once_and_words_stay() -> None:
    assert changed() == [
        "3: 3  →  4",
        "5: True  →  False",
        "7: not known  →  known",
        "8: raise ValueError(Words('缺', 'missing'))  →  (left out)",
        "9: value < LEAST and known  →  value < LEAST or known",
        "9: value < LEAST  →  value <= LEAST",
        "9: value < LEAST  →  value >= LEAST",
    ]


def test_a_change_is_made_in_the_tree_it_was_found_in() -> None:
    for place, wanted in ((0, "LEAST: int = 4"), (3, "pass"), (5, "return value <= LEAST and known")):
        tree = ast.parse(SOURCE)
        list_mutants(tree)[place].make()
        made = ast.unparse(ast.fix_missing_locations(tree))
        assert wanted in made
        compile(made, "made", "exec")


def test_the_document_keeps_the_reason_of_a_change_that_moved_and_drops_what_is_noticed_now(
    tmp_path, monkeypatch
) -> None:
    page = tmp_path / "mutation.md"
    page.write_text(
        "a\n<!-- mutation idle -->\n`old`\n\n- `7: 1  →  2`: only faster\n- `8: x  →  y`: gone\n"
        "- `20: 0  →  1`: one\n- `30: 0  →  1`: two\n<!-- end -->\nb\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(mutation, "PAGE", page)
    mutation.keep(
        "idle",
        "idle.py: 9 of 11 changes noticed, 81 %, 5 s",
        ["9: 1  →  2", "12: p  →  q", "20: 0  →  1", "31: 0  →  1"],
    )
    assert page.read_text(encoding="utf-8") == (
        "a\n<!-- mutation idle -->\n`idle.py: 9 of 11 changes noticed, 81 %, 5 s`\n\n- `9: 1  →  2`: only faster\n"
        "- `12: p  →  q`: not studied\n- `20: 0  →  1`: one\n"
        "- `31: 0  →  1`: not studied\n<!-- end -->\nb\n"  # whether that at 30 has moved nobody knows
    )
