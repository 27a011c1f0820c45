"""The changes that mutation testing makes: counted by eye on a few lines."""

import ast

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
