"""The filter before PostgreSQL: the shared cases, its limits, and pages that neither miss nor double a parcel."""

import json
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from landgis.store import database, looking
from landgis.terms.errors import InputError, Words
from landgis.terms.fields import FIELDS, Field
from landgis.terms.filters import MOST_DEEP, MOST_LISTED, MOST_SIGNS, MOST_TESTS, read_filter

SHARED = json.loads((Path(__file__).parents[1] / "filter/cases.json").read_text("utf-8"))
CASES = [(one["filter"], one.get("shows"), one.get("refused")) for one in SHARED["cases"]]
OURS = {name: FIELDS.get(name) or Field(name, kind, Words(name, name), at=0) for name, kind in SHARED["fields"].items()}
TABLE = """
    SELECT parcel_id, parcel_no, answer, grade, area_m2, search_text, ARRAY[far] AS measures, (place->>0)::float8 AS lon,
        (place->>1)::float8 AS lat
    FROM jsonb_to_recordset(%(rows)s) AS r (parcel_id bigint, parcel_no text, answer text, grade text, area_m2 float8,
        search_text text, far float8, place jsonb)
"""


def shown(conn: psycopg.Connection, text: str) -> list[int]:
    """Ask PostgreSQL which of the shared rows a filter shows."""
    values: dict[str, object] = {"rows": json.dumps(SHARED["rows"])}
    where = looking.condition(read_filter(text, OURS), values)
    query = sql.SQL("WITH j AS ({}) SELECT parcel_id FROM j WHERE {} ORDER BY 1").format(sql.SQL(TABLE), where)
    return [number for (number,) in conn.execute(query, values).fetchall()]


def test_the_shared_cases(conn: psycopg.Connection) -> None:
    found = {}
    for text, shows, _ in CASES:
        try:
            found[text] = (shown(conn, text), None)
        except InputError as error:
            assert shows is None, f"{text}: {error}"
            found[text] = (None, int(error.at.partition(":")[0]))
    assert found == {text: (shows, refused) for text, shows, refused in CASES}


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000,
        "(" * 1_600 + "gate = 1" + ")" * 1_600,
        "NOT " * 1_500 + "gate = 1",
        " AND ".join(["gate=1"] * 10_000),
        " AND ".join(["gate=1"] * (MOST_TESTS + 1)),
        "gate IN (" + ",".join(["1"] * (MOST_LISTED + 2)) + ")",
        "gate = " + "1" * 5_000,
        "answer = '" + "x" * MOST_SIGNS + "'",
        "\0",
        "answer = '\0'",
        "S_INTERSECTS(place, POLYGON((" + ",".join(["1 1"] * 1_900) + ")))",
    ],
    ids=lambda text: f"{text[:12]!r} {len(text)}",
)
def test_a_bomb_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_filter(text, FIELDS)


def test_as_deep_and_wide_as_is_allowed_is_taken(sample) -> None:
    deep = "(" * MOST_DEEP + "gate >= 0" + ")" * MOST_DEEP
    wide = " OR ".join(f"gate = {number}" for number in range(MOST_TESTS))
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        assert len(looking.filtered_ids(conn, 1, read_filter(deep, FIELDS))) == 600
        assert len(looking.filtered_ids(conn, 1, read_filter(wide, FIELDS))) == 600


@pytest.mark.parametrize("sort", ["parcel_id", "area_m2", "grade", "total", "parcel_no", "far"])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_neither_miss_nor_double_a_parcel(sample, sort: str, descending: bool) -> None:
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        fields = looking.run_fields(conn, 1)
        whole = looking.list_filtered(conn, 1, None, sort=fields[sort], descending=descending, limit=1_000)
        found: list[int] = []
        after = None
        while page := looking.list_filtered(
            conn, 1, None, sort=fields[sort], descending=descending, after=after, limit=170
        ):
            found += [row["parcel_id"] for row in page]
            after = found[-1]
    assert found == [row["parcel_id"] for row in whole] and len(set(found)) == 600
    if sort in whole[0]:
        values = [row[sort] for row in whole if row[sort] is not None]
        assert values == sorted(values, reverse=descending)
        assert all(row[sort] is None for row in whole[len(values) :]), "unknown stands last either way"


def test_a_scope_sees_its_parks_only(sample) -> None:
    with database.connect(sample.app_url) as conn:
        with database.scoped(conn, database.ALL_PARKS):
            parks = {row["park_code"] for row in looking.list_filtered(conn, 1, None, limit=1_000)}
        one = sorted(parks)[0]
        with database.scoped(conn, [one]):
            assert {row["park_code"] for row in looking.list_filtered(conn, 1, None, limit=1_000)} == {one}
            assert set(looking.read_columns(conn, 1, [FIELDS["park_code"]])["park_code"]) == {one}
