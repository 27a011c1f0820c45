"""How the server goes about a statement (EXPLAIN): what would be asked row by row of a park shows long before it takes long."""

import psycopg

from landgis.store import database


def test_the_users_of_a_parcel_are_looked_up_once_and_not_for_each_enterprise_of_its_park(
    conn: psycopg.Connection,
) -> None:
    query = b"EXPLAIN " + database.statement("judged_activity")
    plan = [line for (line,) in conn.execute(query, {"run": 1, "parcel_id": 1}).fetchall()]
    assert any("parcel_use" in line for line in plan) and not any("SubPlan" in line for line in plan)
