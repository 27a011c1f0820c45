"""What a batch changed: drawn parcels before and after."""

import pandas as pd
import pytest
from drawing import draw
from given import TABLES, parcels, rows

from landgis.core.checking.changes import changes, lineage

BEFORE = """
    AAB
    AAB
    .CD
"""


def compared(before: pd.DataFrame, after: pd.DataFrame) -> list[tuple[object, ...]]:
    """Compare parcels; rows of one content stand in neither, as in a batch."""
    found = changes(TABLES["parcel"], after, before)
    return [tuple(row) for row in found[["key", "what", "field", "before", "after"]].to_numpy(dtype=object).tolist()]


def test_added_gone_and_field_by_field() -> None:
    before = parcels(draw(BEFORE), A={"owner_name": "甲"}, B={"build_status": None})
    after = parcels(draw(BEFORE.replace("D", "E")), A={"owner_name": "乙"}, B={"build_status": "stopped"})
    assert compared(before, after) == [
        ("A", "changed", "owner_name", "甲", "乙"),
        ("B", "changed", "build_status", None, "stopped"),  # unknown before: nothing, not a zero
        ("D", "gone", None, None, None),
        ("E", "added", None, None, None),
    ]


def test_a_border_that_moved_is_told_in_square_metres() -> None:
    found = changes(TABLES["parcel"], parcels(draw("AAB"), A={}), parcels(draw("ABB")))
    moved = found[found["field"] == "geom"].set_index("key")
    assert moved["moved_m2"].round().to_dict() == {"A": 100, "B": 100}  # one cell of 10 m × 10 m went from B to A
    assert (moved.loc["A", "before"], moved.loc["A", "after"]) == ("100.0", "200.0")


def test_a_key_of_several_columns_is_one_key() -> None:
    year = {"park_code": "p1", "uscc": "U1", "year": 2024}
    one, two = rows("enterprise_year", year | {"tax_wan": 1.0}), rows("enterprise_year", year | {"tax_wan": 2.5})
    found = changes(TABLES["enterprise_year"], two, one)
    assert found[["key", "field", "before", "after"]].to_numpy().tolist() == [["U1 2024", "tax_wan", "1", "2.5"]]


def test_nothing_changed_is_nothing() -> None:
    assert compared(parcels(draw(BEFORE)), parcels(draw(BEFORE))) == []
    assert compared(rows("parcel"), rows("parcel")) == []


def test_lists_of_texts_are_compared_whole() -> None:
    firm = {"park_code": "p1", "uscc": "U1", "name": "甲"}
    one, two = (rows("enterprise", firm | {"tags": tags}) for tags in (["hightech"], ["hightech", "listed"]))
    assert changes(TABLES["enterprise"], two, one)["field"].tolist() == ["tags"]
    assert len(changes(TABLES["enterprise"], one, one)) == 0


@pytest.mark.parametrize(
    ("before", "after", "kin"),
    [
        ("AAAA", "BBCC", [("A", "B", "split"), ("A", "C", "split")]),
        ("AAAA", "AACC", [("A", "A", "split"), ("A", "C", "split")]),  # A kept its number and lost its half
        ("AABB", "CCCC", [("A", "C", "merged"), ("B", "C", "merged")]),
        ("AAAA", "BBBB", [("A", "B", "renumbered")]),
        ("AABB", "ABBB", [("A", "A", "rearranged"), ("A", "B", "rearranged"), ("B", "B", "rearranged")]),
        ("AABB", "..BB", []),  # gone, and nobody took its ground
        ("A" * 20 + "B" * 20, "A" * 19 + "B" * 21, []),  # a strip of a twentieth: a survey, not a division
    ],
)
def test_who_came_from_whom(before: str, after: str, kin: list[tuple[str, str, str]]) -> None:
    found = lineage(parcels(draw(after)), parcels(draw(before)))
    assert [tuple(row) for row in found[["from_no", "to_no", "kind"]].to_numpy().tolist()] == kin


def test_the_shares_of_a_division_add_up() -> None:
    found = lineage(parcels(draw("BCCC")), parcels(draw("AAAA")))
    assert found["share_of_from"].round(6).tolist() == [0.25, 0.75]
    assert found["common_m2"].round().tolist() == [100, 300]


def test_parcels_of_two_parks_are_no_kin() -> None:
    assert len(lineage(parcels(draw("BB"), "p2"), parcels(draw("AA"), "p1"))) == 0


def test_where_nothing_went_nobody_is_kin() -> None:
    """First files of a park: all of it began, and nothing was divided or merged into it."""
    drawn = parcels(draw("AB"))
    assert lineage(drawn, drawn.iloc[:0]).empty and lineage(drawn.iloc[:0], drawn).empty
