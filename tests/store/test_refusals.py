"""What the database cannot do is said in our words."""

import pytest
from psycopg import conninfo
from psycopg.types.json import Jsonb

from landgis.store import database
from landgis.terms.errors import InputError, StoreError


@pytest.mark.parametrize("value", ["a\0b", Jsonb({"a": "a\0b"})], ids=["text", "json"])
def test_a_nul_is_refused_as_input(conn, value):
    with pytest.raises(InputError, match="NUL"), database.scoped(conn, database.ALL_PARKS):
        conn.execute("SELECT %s", [value])
    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute("SELECT 1").fetchone() == (1,)


def test_a_database_that_was_not_set_up_says_how(fresh):
    url = conninfo.make_conninfo(fresh.admin_url, user="landgis_app_of_nobody")
    with pytest.raises(StoreError, match="not been set up") as caught:
        database.connect(url)
    assert caught.value.mend is not None and "landgis migrate" in caught.value.mend.en
