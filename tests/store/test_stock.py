"""Batches: what is stored, what stands unchanged, what is closed, and that a refusal leaves nothing."""

from concurrent.futures import Future
from threading import Timer

import pandas as pd
import psycopg
import pytest
from drawing import draw
from given import parcels, park, rows

from landgis.core.checking.schemas import schema
from landgis.store import database, stock
from landgis.store.stock import Source
from landgis.terms.errors import NotFoundError
from landgis.terms.frames import ISSUE_COLUMNS, STOCK, empty

FABRIC = draw("""
    AAB
    AAB
    .CD
""")
NO_ISSUES = empty(ISSUE_COLUMNS)


def source(rows_in: int, content: str = "a") -> Source:
    return Source("drawn.gpkg", content * 64, "landgis-template", rows_in)


def frames(code: str = "p1", **differs) -> dict[str, pd.DataFrame]:
    made = rows("park", park(code)).assign(source_row=pd.array([None], dtype="Int64"))
    return {"park": made, "parcel": parcels(FABRIC, code, **differs)}


def standing(conn, parks=database.ALL_PARKS) -> list[tuple[str, str]]:
    with database.scoped(conn, parks):
        return conn.execute(
            "SELECT parcel_no, during::text FROM land.parcel ORDER BY parcel_no, lower(during)"
        ).fetchall()


def test_a_first_batch_stores_every_row(conn):
    stored = stock.add_batch(conn, frames(), NO_ISSUES, source(4))

    assert (stored.stored, stored.refused, stored.unchanged) == (4, 0, 0)
    assert stored.tables == {"park": 1, "parcel": 4}
    assert standing(conn) == [(letter, f"[{stored.batch},)") for letter in "ABCD"]


def test_the_same_file_twice_changes_nothing(conn):
    first = stock.add_batch(conn, frames(), NO_ISSUES, source(4))
    again = stock.add_batch(conn, frames(), NO_ISSUES, source(4))

    assert again.batch == first.batch
    assert (again.stored, again.unchanged, again.tables) == (0, 4, {})
    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute("SELECT count(*) FROM land.batch").fetchone() == (1,)


def test_a_changed_parcel_is_closed_and_followed_and_the_others_stand(conn):
    first = stock.add_batch(conn, frames(), NO_ISSUES, source(4)).batch
    second = stock.add_batch(conn, frames(B={"build_status": "stopped"}), NO_ISSUES, source(4, "b"))

    assert (second.stored, second.unchanged) == (1, 3)
    assert standing(conn) == [
        ("A", f"[{first},)"),
        ("B", f"[{first},{second.batch})"),  # closed ...
        ("B", f"[{second.batch},)"),  # ... and followed
        ("C", f"[{first},)"),
        ("D", f"[{first},)"),
    ]


def test_unknown_is_not_zero_and_a_number_that_becomes_known_is_a_change(conn):
    stock.add_batch(conn, frames(A={"built_area_m2": None}), NO_ISSUES, source(4))
    known = stock.add_batch(conn, frames(A={"built_area_m2": 0.0}), NO_ISSUES, source(4, "b"))

    assert known.stored == 1
    with database.scoped(conn, database.ALL_PARKS):
        versions = conn.execute(
            "SELECT built_area_m2 FROM land.parcel WHERE parcel_no = 'A' ORDER BY lower(during)"
        ).fetchall()
    assert versions == [(None,), (0.0,)]


def test_a_row_the_database_refuses_takes_the_whole_batch_with_it(conn):
    broken = frames(C={"tenure": "borrowed"})  # no such tenure: the last wall behind the checks

    with pytest.raises(psycopg.errors.CheckViolation):
        stock.add_batch(conn, broken, NO_ISSUES, source(4))

    assert standing(conn) == []
    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute("SELECT count(*) FROM land.batch").fetchone() == (0,)


def test_a_search_for_issues_that_fails_while_rows_are_stored_leaves_nothing(conn):
    failed: Future[pd.DataFrame] = Future()
    failed.set_exception(RuntimeError("the search broke off"))

    with pytest.raises(RuntimeError, match="broke off"):
        stock.add_batch(conn, frames(), failed, source(4))

    assert standing(conn) == []
    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute("SELECT count(*) FROM land.batch").fetchone() == (0,)


def test_issues_still_looked_for_are_stored_with_their_batch(conn):
    found: Future[pd.DataFrame] = Future()
    doubt = {
        "code": "407", "severity": "doubted", "table_name": "parcel", "file": "drawn.gpkg", "row": 2, "zh": "远", "en": "far",
    }  # fmt: skip
    Timer(0.2, found.set_result, [pd.DataFrame([{name: doubt.get(name) for name in ISSUE_COLUMNS}])]).start()

    batch = stock.add_batch(conn, frames(), found, source(4)).batch

    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute("SELECT batch, row, severity FROM land.issue").fetchall() == [(batch, 2, "doubted")]


def test_a_row_of_the_file_counts_once_and_what_the_profile_added_not_at_all(conn):
    given = frames()
    # Row 4 feeds a building too; row 9 of another layer and row 4 of another file are rows of their own.
    building = {"park_code": "p1", "parcel_no": "A"}
    buildings = rows("building", *({**building, "building_no": number} for number in "abc"))
    given["building"] = buildings.assign(
        source_file=pd.array(["drawn.gpkg", "drawn.gpkg", "other.gpkg"], dtype="str"),
        source_layer=pd.array(["parcel", "building", "parcel"], dtype="str"),
        source_row=pd.array([4, 9, 4], dtype="Int64"),
    )
    stored = stock.add_batch(conn, given, NO_ISSUES, source(6))
    assert (stored.stored, stored.refused, stored.unchanged) == (6, 0, 0)


def test_a_dry_batch_says_the_same_and_writes_nothing(conn):
    said = stock.add_batch(conn, frames(), NO_ISSUES, source(4), is_dry=True)

    assert (said.batch, said.stored, said.tables) == (None, 4, {"park": 1, "parcel": 4})
    assert standing(conn) == []


def test_rows_that_did_not_survive_the_checks_are_counted_as_refused(conn):
    refusal = {
        "code": "301",
        "severity": "refused",
        "table_name": "parcel",
        "file": "drawn.gpkg",
        "row": 5,
        "zh": "缺",
        "en": "gone",
    }
    issues = pd.DataFrame([{name: refusal.get(name) for name in ISSUE_COLUMNS}])

    stored = stock.add_batch(conn, frames(), issues, source(rows_in=5))

    assert (stored.stored, stored.refused) == (4, 1)
    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute("SELECT row, severity, raw FROM land.issue").fetchall() == [(5, "refused", None)]


def test_an_importer_of_one_park_cannot_write_to_another(conn):
    with pytest.raises(Exception, match="allow"):
        stock.add_batch(conn, frames("p2"), NO_ISSUES, source(4), parks=["p1"])
    assert standing(conn) == []


def test_what_is_read_is_what_was_stored(conn):
    given = frames()
    batch = stock.add_batch(conn, given, NO_ISSUES, source(4)).batch

    with database.scoped(conn, ["p1"], snapshot=True):
        read, last = stock.read_stock(conn, ["p1"])

    assert last == batch
    names = [name for name in given["parcel"] if not name.startswith("source_") and name != "geom"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(read.parcel)[names].reset_index(drop=True), given["parcel"][names], check_dtype=False
    )
    assert all(a.equals(b) for a, b in zip(read.parcel.geom, given["parcel"]["geom"], strict=True))
    assert read.parcel.crs.to_epsg() == 4490
    for table in STOCK:
        schema(table).validate(pd.DataFrame(getattr(read, table.name)), lazy=True)


def test_a_park_outside_the_scope_is_as_if_it_were_not_there(conn):
    stock.add_batch(conn, frames("p2"), NO_ISSUES, source(4))
    with pytest.raises(NotFoundError), database.scoped(conn, ["p1"]):
        stock.read_stock(conn, ["p2"])


def test_children_know_their_parcel_and_enterprise_by_number(conn):
    uscc = "91000000MA00000014"
    given = frames() | {
        "enterprise": rows(
            "enterprise", {"park_code": "p1", "uscc": uscc, "name": "示例企业 001", "tags": ["hightech", "listed"]}
        ),
        "parcel_use": rows(
            "parcel_use", {"park_code": "p1", "parcel_no": "A", "uscc": uscc, "role": "owner", "area_m2": 400.0}
        ),
        "building": rows(
            "building", {"park_code": "p1", "building_no": "A-1", "parcel_no": "gone", "floor_area_m2": 900.0}
        ),
    }
    stock.add_batch(conn, given, NO_ISSUES, source(7))

    with database.scoped(conn, ["p1"]):
        read, _ = stock.read_stock(conn, ["p1"])

    a = read.parcel.index[read.parcel["parcel_no"] == "A"][0]
    assert read.parcel_use["parcel_id"].tolist() == [a]
    assert read.parcel_use["enterprise_id"].tolist() == read.enterprise.index.tolist()
    assert read.building["parcel_id"].isna().all()  # its parcel is not in the stock: unknown, not dropped
    assert read.enterprise["tags"].tolist() == [["hightech", "listed"]]


def test_two_snapshots_of_the_same_stock_are_equal_and_a_change_shows(conn):
    def snapshot() -> str:
        with database.scoped(conn, ["p1"]):
            return stock.snapshot(stock.read_stock(conn, ["p1"])[0])

    stock.add_batch(conn, frames(), NO_ISSUES, source(4))
    before, same = snapshot(), snapshot()
    stock.add_batch(conn, frames(D={"is_seized": True}), NO_ISSUES, source(4, "b"))

    assert before == same != snapshot()
