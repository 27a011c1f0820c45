"""A dump of the database, put back into an empty one as docs/install.md has it, is the same stock, run and accounts."""

import subprocess
from pathlib import Path

from conftest import RULES, SAMPLE_DAY

from landgis.settings import Settings
from landgis.store import database
from landgis.store.cluster import find_binaries
from landgis.store.health import examine
from landgis.store.migrate import migrate
from landgis.workflows import accounts
from landgis.workflows.assess import assess
from landgis.workflows.ingest import ingest
from landgis.workflows.verify import verify


def test_a_dump_that_is_put_back_is_the_same(databases, fresh, city_file, tmp_path: Path) -> None:
    programs = find_binaries(Settings().home, Settings().pg_bin).folder
    with database.connect(fresh.app_url) as conn:
        ingest(conn, [city_file], "landgis-template")
        run = assess(conn, None, RULES, SAMPLE_DAY)["run"]
    with database.connect(fresh.admin_url) as conn:
        accounts.add(conn, "li", "示例甲", "reader", ["*"], "some-long-password")

    dump = tmp_path / "landgis.dump"
    subprocess.run([programs / "pg_dump", "--format=custom", f"--file={dump}", fresh.admin_url], check=True)
    name, made = databases.copy("landgis")  # as after `landgis migrate`
    restore = ("pg_restore", "--clean", "--if-exists", "--single-transaction")
    subprocess.run([programs / restore[0], *restore[1:], f"--dbname={made.admin_url}", dump], check=True)
    with database.connect(made.admin_url) as conn:
        migrate(conn)
        assert conn.execute("SELECT name, shown_name FROM people.account").fetchall() == [("li", "示例甲")]
    with database.connect(made.app_url) as conn:
        assert [check.name for check in examine(conn) if not check.is_ok] == []
        assert verify(conn, run)["same"]
    databases.drop(name)
