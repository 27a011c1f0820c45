"""Contiguous land on parcels drawn with characters: whatever borders on each other is one block, a corner joins nothing."""

import geopandas as gpd
import pytest
from drawing import draw
from hypothesis import given, settings
from hypothesis import strategies as st

from landgis.core.planning.adjacency import neighbours
from landgis.core.planning.blocks import BLOCK_COLUMNS, blocks

CELL_M2 = 100.0


def joined(picture: str, area_min_m2: float) -> list[tuple[str, float]]:
    """Give the blocks of a drawing: the letters of their parcels, and m² as counted in characters."""
    parcels = draw(picture).set_index("parcel_no")
    letters = "".join(picture.split())
    counted = parcels.assign(area_m2=[CELL_M2 * letters.count(name) for name in parcels.index])
    found = blocks(counted, neighbours(parcels), area_min_m2=area_min_m2)
    return [("".join(row.parcels), row.area_m2) for row in found.itertuples()]


PICTURE = """
    AAB.
    AAB.
    ...C
    D.CC
"""


def test_what_shares_a_border_is_one_block_and_a_corner_joins_nothing():
    assert joined(PICTURE, 100) == [("AB", 600.0), ("C", 300.0), ("D", 100.0)]


@pytest.mark.parametrize(("least", "names"), [(600, ["AB"]), (600.01, []), (300, ["AB", "C"])])
def test_a_block_is_as_large_as_asked_or_it_is_none(least, names):
    assert [name for name, _ in joined(PICTURE, least)] == names


def test_a_block_has_the_extent_of_its_parcels():
    parcels = draw(PICTURE).set_index("parcel_no").assign(area_m2=1.0)
    block = blocks(parcels, neighbours(parcels), area_min_m2=0).iloc[0]
    extent = [block[name] for name in ("west", "south", "east", "north")]
    assert extent == parcels.loc[block["parcels"]].total_bounds.tolist()


def test_no_parcels_make_no_block():
    none = draw("A").assign(area_m2=1.0).iloc[:0]
    found = blocks(gpd.GeoDataFrame(none), neighbours(none), area_min_m2=0)
    assert list(found.columns) == list(BLOCK_COLUMNS) and found.empty


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from("ABCDEFGH."), min_size=36, max_size=36))
def test_every_parcel_is_in_one_block_and_no_land_is_lost(cells):
    picture = "\n".join("".join(cells[row : row + 6]) for row in range(0, 36, 6))
    names = sorted(set(cells) - {"."})
    if not names:
        return
    found = joined(picture, 0)
    assert sorted("".join(members for members, _ in found)) == names
    assert sum(area for _, area in found) == CELL_M2 * sum(cell != "." for cell in cells)
