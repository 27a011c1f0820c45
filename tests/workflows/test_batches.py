"""Batches looked at afterwards: full imports, what changed, and the way back, from files to the database."""

import json

import geopandas as gpd
import pytest
import shapely
from drawing import draw

from landgis.store import database, stock
from landgis.terms.errors import AccessError, ConflictError, NotFoundError
from landgis.workflows import batches
from landgis.workflows.ingest import ingest

FOUR = """
    AAB
    AAB
    .CD
"""


@pytest.fixture
def take_in(conn, tmp_path):
    """Take in drawn parcels of one park as a file; ``differs`` gives columns by letter."""

    def take(drawing: str, *, code: str = "p1", is_full: bool = False, is_dry: bool = False, **differs):
        drawn = draw(drawing)
        drawn.insert(0, "park_code", code)
        for letter, given in differs.items():
            for name, value in given.items():
                if name not in drawn:
                    drawn[name] = None
                drawn.loc[drawn["parcel_no"] == letter, name] = value
        path = tmp_path / "drawn.gpkg"
        path.unlink(missing_ok=True)
        drawn.to_file(path, layer="parcel", engine="pyogrio")
        parks = gpd.GeoDataFrame(
            {"park_code": [code], "name": [f"示例园区 {code}"]},
            geometry=[shapely.box(117, 33, 117.01, 33.01)],
            crs=4490,
        )
        parks.rename_geometry("geom").to_file(path, layer="park", engine="pyogrio")
        return ingest(conn, [path], "landgis-template", is_full=is_full, is_dry=is_dry)

    return take


def standing(conn, parks=database.ALL_PARKS) -> dict[str, str | None]:
    with database.scoped(conn, parks):
        found = conn.execute(
            "SELECT parcel_no, owner_name FROM land.parcel WHERE upper_inf(during) ORDER BY 1"
        ).fetchall()
    return dict(found)


def test_what_a_part_does_not_mention_stays_and_is_counted(conn, take_in):
    take_in(FOUR)
    part = take_in("AA\nAA")
    assert (part.stored.absent, len(part.stored.gone)) == ({"parcel": 3}, 0)
    assert list(standing(conn)) == list("ABCD")


def test_what_a_full_import_does_not_mention_ends_and_is_named(conn, take_in):
    first = take_in(FOUR).stored.batch
    full = take_in(FOUR.replace("D", "."), is_full=True)
    assert list(standing(conn)) == list("ABC")
    gone = full.issues[full.issues["code"] == "901-gone"]
    assert gone[["severity", "park_code", "raw"]].to_numpy().tolist() == [["changed", "p1", "D"]]
    head = batches.show(conn, full.stored.batch)
    assert (head["kind"], head["ended"], head["stored"], head["issues"]) == ("full", 1, 0, {"901-gone": 1})
    with database.scoped(conn, ["p1"]):  # a run of before still sees what it judged
        assert sorted(stock.read_stock(conn, ["p1"], first)[0].parcel["parcel_no"]) == list("ABCD")


def test_a_dry_full_import_names_what_would_end_and_ends_nothing(conn, take_in):
    take_in(FOUR)
    dry = take_in("AA\nAA", is_full=True, is_dry=True)
    assert dry.issues.loc[dry.issues["code"] == "901-gone", "raw"].tolist() == list("BCD")
    assert list(standing(conn)) == list("ABCD")


def test_a_row_that_a_full_import_refuses_is_not_absent(conn, take_in, tmp_path):
    take_in(FOUR)
    drawn = draw(FOUR)
    drawn.insert(0, "park_code", "p1")
    drawn.loc[3, "geom"] = shapely.Point(117, 33)  # D is in the file, and no polygon
    drawn.to_file(tmp_path / "bad.gpkg", layer="parcel", engine="pyogrio")
    full = ingest(conn, [tmp_path / "bad.gpkg"], "landgis-template", is_full=True)
    assert set(full.issues["code"]) == {"403-not-a-polygon"}
    assert list(standing(conn)) == list("ABCD")


def test_a_full_import_of_one_park_leaves_the_others_alone(conn, take_in):
    take_in("AB", code="p1")
    take_in("CD", code="p2")
    take_in("A", code="p1", is_full=True)
    assert list(standing(conn)) == list("ACD")


def test_the_difference_of_a_batch(conn, take_in):
    take_in(FOUR)
    second = take_in(FOUR.replace("D", "E"), A={"owner_name": "乙"}, is_full=True).stored.batch
    answer = batches.diff(conn, second).as_dict()
    assert answer["counts"] == {"parcel": {"changed": 1, "gone": 1, "added": 1}}
    assert [(one["key"], one["what"], one["field"]) for one in answer["changes"]] == [
        ("A", "changed", "owner_name"), ("D", "gone", None), ("E", "added", None),
    ]  # fmt: skip
    assert [(one["from_no"], one["to_no"], one["kind"]) for one in answer["lineage"]] == [("D", "E", "renumbered")]
    json.dumps(answer)


def test_an_undo_puts_back_what_stood_and_deletes_nothing(conn, take_in):
    first = take_in(FOUR, A={"owner_name": "甲"}).stored.batch
    second = take_in(FOUR.replace("D", "E"), A={"owner_name": "乙"}, is_full=True).stored.batch
    done = batches.undo(conn, second)

    assert (done["undoes"], done["restored"], done["ended"]) == (second, {"parcel": 2}, {"parcel": 2})
    assert standing(conn) == {"A": "甲", "B": None, "C": None, "D": None}
    with database.scoped(conn, ["p1"]):
        for batch, owner in ((first, "甲"), (second, "乙"), (done["batch"], "甲")):  # every state can still be read
            read, _ = stock.read_stock(conn, ["p1"], batch)
            assert read.parcel.set_index("parcel_no").loc["A", "owner_name"] == owner
        origins = stock.read_origins(conn, ["p1"], done["batch"])
        (a,) = read.parcel.index[read.parcel["parcel_no"] == "A"]
        cell = origins.cell("parcel", a, "owner_name")
    assert (cell["batch"], cell["field"], cell["row"]) == (first, "owner_name", 1)  # back to the file it came from
    assert [one["kind"] for one in batches.list_batches(conn)] == ["undo", "full", "import"]


def test_an_undone_first_import_leaves_an_empty_park_and_can_be_had_back(conn, take_in):
    first = take_in(FOUR).stored.batch
    undone = batches.undo(conn, first)["batch"]
    assert standing(conn) == {}
    assert batches.diff(conn, undone).as_dict()["counts"] == {"park": {"gone": 1}, "parcel": {"gone": 4}}
    batches.undo(conn, undone)
    assert list(standing(conn)) == list("ABCD")


def test_the_same_file_after_an_undo_is_a_new_batch(conn, take_in, tmp_path):
    first = take_in(FOUR).stored.batch
    undone = batches.undo(conn, first)["batch"]
    again = take_in(FOUR).stored
    assert again.batch > undone and again.stored == 5
    assert ingest(conn, [tmp_path / "drawn.gpkg"], "landgis-template").stored.batch == again.batch


def test_an_undo_is_refused_where_later_batches_touched_the_rows(conn, take_in):
    take_in(FOUR)
    second = take_in(FOUR, A={"owner_name": "乙"}).stored.batch
    third = take_in(FOUR, A={"owner_name": "丙"}).stored.batch
    with pytest.raises(ConflictError) as refused:
        batches.undo(conn, second)
    assert str(third) in refused.value.mend.en and "parcel p1 A" in refused.value.at
    assert standing(conn)["A"] == "丙"
    batches.undo(conn, third)
    batches.undo(conn, third + 1)  # an undo can be undone ...
    assert standing(conn)["A"] == "丙"
    with pytest.raises(ConflictError, match="touched"):  # ... and a row that ended may not have begun again
        batches.undo(conn, second)


@pytest.mark.parametrize("ending", [".gpkg", ".xlsx"])
def test_a_re_import_of_our_own_export_changes_nothing(conn, take_in, tmp_path, ending):
    take_in(FOUR, A={"owner_name": "甲", "cert_area_m2": 0.1 + 0.2}, B={"owner_name": "=1+1"})
    written = batches.export_stock(conn, None, tmp_path / f"stock{ending}")
    assert written["rows"] == {"park": 1, "parcel": 4}
    again = ingest(conn, [tmp_path / f"stock{ending}"], "landgis-template", crs="EPSG:4490", is_full=True)
    assert (again.rows_in, again.stored.stored, again.stored.refused, again.stored.unchanged) == (5, 0, 0, 5)
    assert len(batches.list_batches(conn)) == 1


def test_an_undo_twice_is_refused_and_names_the_first(conn, take_in):
    first = take_in(FOUR).stored.batch
    undone = batches.undo(conn, first)["batch"]
    with pytest.raises(ConflictError) as refused:
        batches.undo(conn, first)
    assert f"undone by batch {undone}" in refused.value.at


def test_a_batch_of_two_parks_is_not_undone_by_one_of_them(conn, tmp_path):
    (tmp_path / "park.csv").write_text("park_code,name\np1,甲园\np2,乙园\n", encoding="utf-8")
    batch = ingest(conn, [tmp_path / "park.csv"], "landgis-template").stored.batch
    with pytest.raises(AccessError):
        batches.undo(conn, batch, parks=["p1"])
    with pytest.raises(NotFoundError):
        batches.undo(conn, batch, parks=["p3"])
    with pytest.raises(NotFoundError):
        batches.diff(conn, batch + 1)
