"""The tables of the database are the frames of the code: same columns, same types, same words, same bounds."""

import pytest

from landgis.store import database
from landgis.terms.frames import STOCK, Table

TYPES = {
    "text": "text", "texts": "text[]", "integer": "integer", "number": "double precision", "date": "date", "boolean": "boolean",
    "geometry": "geometry(MultiPolygon,4490)",
}  # fmt: skip


@pytest.mark.parametrize("table", STOCK, ids=lambda table: table.name)
def test_a_table_is_its_frame(fresh, table: Table):
    with database.connect(fresh.admin_url) as conn:
        columns = conn.execute(
            """
            SELECT attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum)
            FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """,
            [f"land.{table.name}"],
        ).fetchall()
        comment = conn.execute("SELECT obj_description(%s::regclass)", [f"land.{table.name}"]).fetchone()

    ours = ["id", "during", "row_hash", "source_file", "source_layer", "source_row"]
    assert [name for name, *_ in columns[: len(ours)]] == ours
    assert columns[len(ours) :] == [
        (column.name, TYPES[column.kind], column.required, column.comment) for column in table.columns
    ]
    assert comment == (table.comment,)


@pytest.mark.parametrize("table", STOCK, ids=lambda table: table.name)
def test_two_truths_at_once_are_refused(fresh, table: Table):
    with database.connect(fresh.admin_url) as conn:
        indexes = {
            definition
            for (definition,) in conn.execute(
                "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = %s::regclass AND indisunique",
                [f"land.{table.name}"],
            ).fetchall()
        }
        excluded = conn.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'x'",
            [f"land.{table.name}"],
        ).fetchall()
    key = ", ".join(table.key)
    assert any(f"({key}) WHERE upper_inf(during)" in definition for definition in indexes)  # one now ...
    assert len(excluded) == 1 and "during WITH &&" in excluded[0][0]  # ... and a past that never overlaps itself
