"""What the database cannot do is said in our words."""

import pytest
from psycopg.types.json import Jsonb

from landgis.store import database
from landgis.terms.errors import InputError


@pytest.mark.parametrize("value", ["a\0b", Jsonb({"a": "a\0b"})], ids=["text", "json"])
def test_a_nul_is_refused_as_input(conn, value):
    with pytest.raises(InputError, match="NUL"), database.scoped(conn, database.ALL_PARKS):
        conn.execute("SELECT %s", [value])
    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute("SELECT 1").fetchone() == (1,)
