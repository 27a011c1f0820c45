"""Every kind of value goes to PostgreSQL and comes back as it was; unknown stays unknown."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely
from given import TABLES, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from landgis.store import database, reading
from landgis.store.loading import copy_rows, plainly, ready_to_copy, row_hashes, rows_as_bytes

PARCEL = [(column.name, column.kind) for column in TABLES["enterprise"].columns]
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
enterprises = st.lists(
    st.fixed_dictionaries(
        {
            "park_code": st.just("p1"),
            "uscc": texts,
            "name": texts,
            "founded_on": st.none() | st.dates(date(1600, 1, 1), date(2200, 1, 1)),
            "tags": st.none() | st.lists(texts, max_size=3),
            "is_utility": st.none() | st.booleans(),
        }
    ),
    min_size=1,
    max_size=8,
)


def send(conn, frame, kinds):
    names = [name for name, _ in kinds]
    copy_rows(conn, sql.Identifier("pg_temp", "arrived"), names, ready_to_copy(frame, names, plainly(kinds)))


@given(enterprises)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_texts_dates_lists_and_flags_come_back_as_they_went(conn, given):
    frame = rows("enterprise", *given)
    with database.scoped(conn, database.ALL_PARKS):
        conn.execute("DROP TABLE IF EXISTS pg_temp.arrived")
        conn.execute("CREATE TEMP TABLE arrived AS SELECT * FROM land.enterprise WITH NO DATA")
        send(conn, frame, PARCEL)
        names = sql.SQL(", ").join(
            sql.SQL("to_json({})" if kind == "texts" else "{}").format(sql.Identifier(name)) for name, kind in PARCEL
        )
        back = conn.execute(sql.SQL("SELECT {} FROM pg_temp.arrived").format(names)).fetchall()

    for read, sent in zip(back, given, strict=True):
        told = dict(zip((name for name, _ in PARCEL), read, strict=True))
        assert {name: told[name] for name in sent} == sent
        assert told["status"] is None


def test_numbers_and_shapes_come_back_as_they_went(conn):
    hole = shapely.MultiPolygon(
        [shapely.box(117, 33, 117.1, 33.1).difference(shapely.box(117.04, 33.04, 117.06, 33.06))]
    )
    given = [
        {"park_code": "p1", "parcel_no": "A", "geom_area_m2": 0.1 + 0.2, "cert_area_m2": None, "geom": hole},
        {"park_code": "p1", "parcel_no": "B", "geom_area_m2": 1e-300, "cert_area_m2": 1e300, "geom": None},
    ]
    kinds = [(column.name, column.kind) for column in TABLES["parcel"].columns]
    with database.scoped(conn, database.ALL_PARKS):
        conn.execute("CREATE TEMP TABLE arrived AS SELECT * FROM land.parcel WITH NO DATA")
        send(conn, rows("parcel", *given), kinds)
        query = sql.SQL(
            "SELECT parcel_no, geom_area_m2, cert_area_m2, geom, ST_SRID(geom) FROM pg_temp.arrived ORDER BY 1"
        ).format()
        read = reading.frame(
            conn,
            query,
            {"no": "text", "drawn": "number", "registered": "number", "geom": "geometry", "srid": "integer"},
        )

    assert read["drawn"].tolist() == [0.1 + 0.2, 1e-300]
    assert read["registered"].isna().tolist() == [True, False] and read["registered"][1] == 1e300
    assert read["geom"][0].equals_exact(hole) and read["geom"][1] is None
    assert read["srid"].tolist()[0] == 4490


def test_shapes_are_read_among_unknown_ones_and_where_there_are_none(conn):
    query = "SELECT ST_GeomFromText(t) FROM (VALUES (NULL), ('POINT(1 2)'), (NULL), ('POINT EMPTY')) AS v (t) WHERE {}"
    with database.scoped(conn, ()):
        read = reading.frame(conn, sql.SQL(query).format(sql.Literal(True)), {"g": "geometry"})["g"]
        none = reading.frame(conn, sql.SQL(query).format(sql.Literal(False)), {"g": "geometry"})["g"]
    assert [one if one is None else one.wkt for one in read] == [None, "POINT (1 2)", None, "POINT EMPTY"]
    assert none.tolist() == []


numbers = st.none() | st.lists(st.none() | st.floats(allow_nan=False), max_size=4)


@given(st.lists(numbers, min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lists_of_numbers_come_back_as_they_went_and_a_gap_stays_a_gap(conn, given):
    sent = pd.DataFrame(
        {"n": pd.Series([None if one is None else np.array(one, dtype=float) for one in given], dtype=object)}
    )
    with database.scoped(conn, ()):
        conn.execute("DROP TABLE IF EXISTS pg_temp.arrived")
        conn.execute("CREATE TEMP TABLE arrived (at integer GENERATED ALWAYS AS IDENTITY, n double precision[])")
        send(conn, sent, [("n", "numbers")])
        back = [n for (n,) in conn.execute("SELECT n FROM pg_temp.arrived ORDER BY at").fetchall()]
    assert back == [one or None for one in given]  # a list of nothing says as much as none


def test_an_empty_text_is_not_an_unknown_one(conn):
    query = sql.SQL("SELECT * FROM (VALUES (''::text), (NULL), ('NULL'), (E'a\nb,\"c\"')) AS v (t)").format()
    with database.scoped(conn, ()):
        read = reading.frame(conn, query, {"t": "text"})["t"]
    assert read.isna().tolist() == [False, True, False, False]
    assert [read[0], read[2], read[3]] == ["", "NULL", 'a\nb,"c"']


@pytest.mark.parametrize(
    "differs",
    [
        {"name": "b"},
        {"name": None},
        {"is_utility": False},
        {"founded_on": date(2020, 1, 1)},
        {"tags": []},
        {"tags": ["x"]},
    ],
)
def test_rows_that_differ_anywhere_have_different_hashes(differs):
    usual = {"park_code": "p1", "uscc": "u", "name": "a", "is_utility": None, "founded_on": None, "tags": None}
    hashes = row_hashes(rows_as_bytes(rows("enterprise", usual, usual, usual | differs), PARCEL))
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_hash_does_not_depend_on_the_other_rows():
    usual = {"park_code": "p1", "uscc": "u", "name": "示例企业 001"}
    alone = row_hashes(rows_as_bytes(rows("enterprise", usual), PARCEL))[0]
    among = row_hashes(rows_as_bytes(rows("enterprise", usual | {"name": None}, usual), PARCEL))[1]
    assert alone == among


def test_a_row_has_the_hash_that_it_always_had():
    """What stands was hashed by an earlier release: another hash would make a new version of every row."""
    kinds = [
        ("a", "text"),
        ("b", "text"),
        ("c", "number"),
        ("d", "integer"),
        ("e", "date"),
        ("f", "boolean"),
        ("g", "geometry"),
    ]
    known = ["宗地", "", 0.5, 7, pd.Timestamp(2050, 1, 1), False, shapely.box(117, 33, 118, 34)]
    unknown = ["宗地", None, np.nan, None, pd.NaT, None, None]
    types = {"a": "str", "b": "str", "c": "float64", "d": "Int64", "f": "boolean"}
    frame = pd.DataFrame([known, unknown], columns=[name for name, _ in kinds]).astype(types)
    assert row_hashes(rows_as_bytes(frame, kinds)).tolist() == [6037427884246490273, -6467528518773122991]
    assert row_hashes(rows_as_bytes(frame.iloc[1:], kinds)).tolist() == [-6467528518773122991]


def test_nothing_to_send_is_nothing_sent(conn):
    none = rows("enterprise", {"park_code": "p1"}).iloc[:0]
    with database.scoped(conn, ()):
        conn.execute("CREATE TEMP TABLE arrived (uscc text)")
        send(conn, pd.DataFrame(none), [("uscc", "text")])
        assert conn.execute("SELECT count(*) FROM pg_temp.arrived").fetchone() == (0,)
