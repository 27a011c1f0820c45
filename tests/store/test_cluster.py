"""The private cluster: real servers in folders of their own."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from landgis.settings import Settings
from landgis.store.cluster import Cluster, find_binaries
from landgis.terms.errors import SetupError

pytestmark = pytest.mark.db
AS_ROOT = os.geteuid() == 0
PROGRAMS = find_binaries(Settings().home, Settings().pg_bin).folder


@pytest.fixture
def folder() -> Iterator[Path]:
    """Give a short folder that the user a root-run server drops to can enter; pytest's own are closed to it."""
    path = Path(tempfile.mkdtemp(prefix="lg-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    for data in path.rglob("pgdata"):
        cluster = Cluster(data.parent, PROGRAMS)
        cluster.stop()
        socket = Path(psycopg.conninfo.conninfo_to_dict(cluster.admin_url)["host"])
        shutil.rmtree(socket, ignore_errors=True)
    shutil.rmtree(path)


def ask(cluster: Cluster, question: str) -> object:
    with psycopg.connect(cluster.admin_url, autocommit=True) as conn:
        row = conn.execute(question).fetchone()
    return row[0] if row else None


def test_a_cluster_is_made_started_twice_and_stopped(folder):
    cluster = Cluster(folder / "home", PROGRAMS)
    assert not cluster.status().running and cluster.status().version is None

    cluster.start()
    up = cluster.status()
    cluster.start()

    assert up.running and cluster.status().pid == up.pid
    assert up.version == cluster.binaries().major
    assert ask(cluster, "SELECT current_database()") == "landgis"
    assert str(ask(cluster, "SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'")) >= "3.3"

    cluster.stop()
    down = cluster.status()
    cluster.stop()
    assert not down.running and down.pid is None and down.version == up.version


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SHOW listen_addresses", ""),  # no TCP
        ("SHOW fsync", "on"),
        ("SHOW data_checksums", "on"),
        ("SHOW timezone", "UTC"),
        ("SHOW jit", "off"),
        (r"SELECT '示例企业' ~ '^\w+$'", True),  # Chinese characters are letters ...
        ("SELECT 'Z' < 'a'", True),  # ... and the order is that of code points
        ("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'trust' AND type <> 'local'", 0),
    ],
)
def test_the_server_is_set_up_as_we_need_it(served, question, answer):
    assert ask(served, question) == answer


@pytest.fixture(scope="module")
def served() -> Iterator[Cluster]:
    """Give one running server to the tests that only look."""
    home = Path(tempfile.mkdtemp(prefix="lg-", dir="/tmp"))
    home.chmod(0o755)
    cluster = Cluster(home, PROGRAMS)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(home)


def test_other_users_are_kept_out_and_root_is_dropped(served):
    socket = served.home / "run"
    assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    process = Path(f"/proc/{served.status().pid}")
    assert process.stat().st_uid != 0
    assert process.stat().st_uid == served.data.stat().st_uid == socket.stat().st_uid


def test_a_killed_server_comes_back_with_what_was_committed(folder):
    cluster = Cluster(folder, PROGRAMS)
    cluster.start()
    with psycopg.connect(cluster.admin_url) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 7 AS n")
    killed = cluster.status().pid

    os.kill(killed, signal.SIGKILL)
    cluster.start()  # its number may still be there, as a zombie that nobody reaps

    assert cluster.status().pid != killed
    assert ask(cluster, "SELECT n FROM kept") == 7


def test_a_pid_file_that_names_somebody_else_does_not_stop_us(folder):
    cluster = Cluster(folder, PROGRAMS)
    cluster.start()
    cluster.stop()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n0\n5432\n{folder / 'run'}\n\n0 0\n")
    shutil.chown(cluster.data / "postmaster.pid", cluster.data.stat().st_uid)

    assert not cluster.status().running
    cluster.start()
    assert cluster.status().running


def test_four_first_starts_at_once_make_one_server(folder):
    starter = textwrap.dedent(f"""
        from pathlib import Path
        from landgis.store.cluster import Cluster
        cluster = Cluster(Path({str(folder)!r}), Path({str(PROGRAMS)!r}))
        cluster.start()
        print(cluster.status().pid)
    """)
    starters = [subprocess.Popen([sys.executable, "-c", starter], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=120)[0] for process in starters]
    assert [process.returncode for process in starters] == [0, 0, 0, 0]
    assert len(set(said)) == 1 and int(said[0]) == Cluster(folder, PROGRAMS).status().pid


def test_a_half_made_cluster_is_made_again(folder):
    unfinished = folder / "pgdata.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("15\n")
    cluster = Cluster(folder, PROGRAMS)
    cluster.start()
    assert cluster.status().running and not unfinished.exists()


def test_a_deep_folder_still_gets_a_socket(folder):
    deep = folder / "/".join(["二十一个字节长的名"] * 5)
    assert len(os.fsencode(deep)) > 107
    cluster = Cluster(deep, PROGRAMS)
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1
    assert len(psycopg.conninfo.conninfo_to_dict(cluster.app_url)["host"]) < 80


def test_data_of_another_major_are_refused_and_untouched(folder):
    data = folder / "pgdata"
    data.mkdir()
    (data / "PG_VERSION").write_text("8\n")
    (data / "precious").write_text("x")
    with pytest.raises(SetupError, match="written by PostgreSQL 8") as refused:
        Cluster(folder, PROGRAMS).start()
    assert "postgresql-8-postgis-3" in str(refused.value) and "未动" in str(refused.value)
    assert sorted(path.name for path in data.iterdir()) == ["PG_VERSION", "precious"]
    assert (data / "PG_VERSION").read_text() == "8\n"


def test_a_data_folder_with_foreign_files_is_refused(folder):
    (folder / "pgdata").mkdir()
    (folder / "pgdata" / "letters.txt").write_text("x")
    with pytest.raises(SetupError, match="no database"):
        Cluster(folder, PROGRAMS).start()
    assert (folder / "pgdata" / "letters.txt").read_text() == "x"


def test_a_home_that_is_a_file_is_refused(folder):
    (folder / "file").write_text("x")
    with pytest.raises(SetupError) as refused:
        Cluster(folder / "file" / "home", PROGRAMS).start()
    assert str(folder / "file") in refused.value.at and "LANDGIS_HOME" in str(refused.value)


@pytest.mark.skipif(AS_ROOT, reason="root may write everywhere")
def test_a_home_without_permission_is_refused(folder):
    folder.chmod(0o555)
    with pytest.raises(SetupError, match="cannot be used"):
        Cluster(folder / "home", PROGRAMS).start()


@pytest.mark.skipif(not AS_ROOT, reason="only root drops to another user")
def test_a_home_inside_a_closed_folder_is_refused(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(SetupError, match="cannot enter") as refused:
        Cluster(closed / "home", PROGRAMS).start()
    assert refused.value.at.startswith(str(closed))
    assert not (closed / "home" / "pgdata").exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root can make another user's folder")
def test_a_socket_folder_of_somebody_else_is_not_taken_over(folder):
    cluster = Cluster(folder / ("x" * 100), PROGRAMS)
    socket = Path(psycopg.conninfo.conninfo_to_dict(cluster.admin_url)["host"])
    socket.mkdir()
    os.chown(socket, 12345, 12345)
    try:
        with pytest.raises(SetupError, match="another user"):
            cluster.start()
        assert socket.stat().st_uid == 12345
    finally:
        socket.rmdir()


def test_the_callers_pg_variables_change_nothing(folder, monkeypatch):
    for name, value in {"PGHOST": "nowhere.invalid", "PGPORT": "1", "PGDATA": "/nowhere", "PGUSER": "nobody"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGDATABASE", "nothing")
    cluster = Cluster(folder, PROGRAMS)
    cluster.start()
    assert ask(cluster, "SELECT current_user || ' ' || current_database()") == "landgis landgis"


def test_addresses_name_role_database_socket_and_port():
    cluster = Cluster(Path("/srv/地"))
    parts = psycopg.conninfo.conninfo_to_dict(cluster.app_url)
    assert parts == {"user": "landgis_app", "dbname": "landgis", "host": "/srv/地/run", "port": "5432"}
    assert psycopg.conninfo.conninfo_to_dict(cluster.url("a@b", "x/y"))["dbname"] == "x/y"


def installation(folder: Path, postgis: str | None) -> Path:
    """Lay out an installation the way the programs do it, with nothing but what the finder asks of it."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    for name, said in {"postgres": "postgres (PostgreSQL) 17.2", "initdb": "", "pg_ctl": ""}.items():
        (programs / name).write_text(f"#!/bin/sh\necho '{said}'\n")
        (programs / name).chmod(0o755)
    if postgis:
        control = folder / "share" / "extension" / "postgis.control"
        control.parent.mkdir(parents=True)
        control.write_text(f"comment = 'x'\ndefault_version = '{postgis}'\n")
    return programs


def test_an_installation_is_taken_by_its_postgis(folder):
    new = installation(folder / "new", "3.3.0")
    assert find_binaries(folder, new) == find_binaries(folder, new, "17")
    assert (find_binaries(folder, new).major, find_binaries(folder, new).postgis) == ("17", "3.3.0")
    with pytest.raises(SetupError, match="PostgreSQL 16"):
        find_binaries(folder, new, "16")
    for name, postgis in {"old": "3.2.9", "none": None}.items():
        with pytest.raises(SetupError, match="No PostgreSQL with PostGIS"):
            find_binaries(folder, installation(folder / name, postgis))
    with pytest.raises(SetupError):
        find_binaries(folder, folder / "nothing")


def test_the_server_user_is_the_owner_of_the_data(served):
    owner = pwd.getpwuid(served.data.stat().st_uid).pw_name
    assert owner == ("postgres" if AS_ROOT else pwd.getpwuid(os.geteuid()).pw_name)
