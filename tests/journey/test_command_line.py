"""The command line as people use it: exit codes, one JSON object, and refusals that say how to mend them."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import openpyxl
import psycopg
import pytest
from drawing import draw

from landgis.cli import main
from landgis.store import database


@pytest.fixture
def landgis(fresh, tmp_path, monkeypatch, capsys):
    """Run ``landgis`` against a fresh database; give exit code, standard output, standard error."""

    def run(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
        given = {"DATABASE_URL": fresh.admin_url, "LANDGIS_HOME": str(tmp_path / "home")} | environment
        with monkeypatch.context() as patch:
            for name, value in given.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["landgis", *map(str, arguments)])
            with pytest.raises(SystemExit) as left:
                main()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, left.value.code or 0, said.out, said.err)

    return run


@pytest.fixture
def drawn_file(tmp_path) -> Path:
    """Four drawn parcels of one park, as a GeoPackage in the template's columns."""
    drawn = draw("""
        AAB
        AAB
        .CD
    """)
    drawn.insert(0, "park_code", "p1")
    parks = gpd.GeoDataFrame({"park_code": ["p1"], "name": ["示例园区 01"]}, geometry=[drawn.union_all()], crs=4490)
    path = tmp_path / "drawn.gpkg"
    drawn.to_file(path, layer="parcel", engine="pyogrio")
    parks.rename_geometry("geom").to_file(path, layer="park", engine="pyogrio")
    return path


def counts(fresh, *tables: str) -> dict[str, int]:
    with database.connect(fresh.admin_url) as conn:
        return {table: conn.execute(f"SELECT count(*) FROM land.{table}").fetchone()[0] for table in tables}


def test_a_file_goes_all_the_way_and_every_step_answers_in_json(landgis, drawn_file, tmp_path):
    ingested = json.loads(landgis("--json", "ingest", drawn_file).stdout)
    again = json.loads(landgis("--json", "ingest", drawn_file).stdout)
    assessed = json.loads(landgis("--json", "assess", "--park", "p1", "--on", "2026-06-30").stdout)
    ledger = json.loads(landgis("--json", "ledger", "-o", tmp_path / "台账.xlsx").stdout)
    page = json.loads(landgis("--json", "map", "--run", assessed["run"], "-o", tmp_path / "map.html").stdout)

    assert {name: ingested[name] for name in ("rows_in", "stored", "refused", "unchanged")} == {
        "rows_in": 5, "stored": 5, "refused": 0, "unchanged": 0,
    }  # fmt: skip
    assert (again["batch"], again["stored"], again["unchanged"]) == (ingested["batch"], 0, 5)
    assert assessed["parcels"] == 4
    assert set(assessed["triage"]) == {"exit", "swap", "upgrade", "leave", "data_first"}
    assert assessed["triage"]["data_first"] == {"parcels": 4, "area_m2": 800.0}  # four bare outlines: nothing is known
    assert ledger["parcels"] == 4 and page["run"] == assessed["run"]
    sheet = openpyxl.load_workbook(tmp_path / "台账.xlsx")["台账"]
    assert [row[1] for row in sheet.iter_rows(values_only=True)] == ["地块编号", "A", "B", "C", "D"]
    assert "<!DOCTYPE html>" in (tmp_path / "map.html").read_text()


def test_a_parcel_is_explained_in_both_languages_and_as_json(landgis, drawn_file):
    landgis("migrate")
    landgis("ingest", drawn_file)
    landgis("assess", "--rules", "cn-triage", "--on", "2026-06-30")

    told = json.loads(landgis("--json", "explain", "A").stdout)
    assert (told["triage"]["answer"], told["agrees"]) == ("data_first", True)
    assert {item["code"] for lack in told["missing"] for item in lack["suppliers"]} >= {
        "natural_resources",
        "housing",
        "park",
    }
    chinese, english = (landgis("explain", "A", "--run", "1", "--lang", language).stdout for language in ("zh", "en"))
    assert "【关口】" in chinese and "自然资源部门" in chinese and "不是认定" in chinese
    assert (
        "== Gates" in english
        and "natural resources office" in english
        and not re.search("[\u4e00-\u9fff]{9}", english.split("== Gates")[0])
    )
    assert "drawn.gpkg" in english and "row 1" in english
    refused = landgis("explain", "Z")
    assert refused.returncode == 1 and "没有地块" in refused.stderr


def test_the_same_assessment_twice_is_one_run(landgis, drawn_file):
    landgis("ingest", drawn_file)
    runs = [
        json.loads(landgis("--json", "assess", "--on", day).stdout)["run"]
        for day in ("2026-06-30", "2026-06-30", "2026-07-01")
    ]
    assert runs[0] == runs[1] != runs[2]


def test_a_dry_run_writes_nothing(landgis, drawn_file, fresh):
    answer = json.loads(landgis("--json", "ingest", drawn_file, "--dry-run").stdout)
    assert (answer["dry_run"], answer["batch"], answer["stored"]) == (True, None, 5)
    assert counts(fresh, "batch", "parcel", "issue") == {"batch": 0, "parcel": 0, "issue": 0}


def test_every_issue_is_written_with_the_file_s_own_value(landgis, tmp_path):
    path = tmp_path / "parcel.csv"
    path.write_text(
        "park_code,parcel_no,登记面积(亩),WKT\n"
        'p1,A,192.5,"POLYGON((117 33,117.001 33,117.001 33.001,117 33.001,117 33))"\n'
        'p1,=A,15.5,"POLYGON((117 33,117.001 33,117.001 33.001,117 33.001,117 33))"\n',
        encoding="utf-8",
    )
    (tmp_path / "park.csv").write_text("park_code,name\np1,示例园区 01\n", encoding="utf-8")
    files = (path, tmp_path / "park.csv", "--crs", "EPSG:4490", "--dry-run")
    told = landgis("ingest", *files, "--issues", tmp_path / "issues.xlsx")
    landgis("ingest", *files, "--issues", tmp_path / "issues.csv")

    assert "192.5" in told.stdout
    sheet = openpyxl.load_workbook(tmp_path / "issues.xlsx").active
    head, *lines = sheet.iter_rows(values_only=True)
    issues = [dict(zip(head, line, strict=True)) for line in lines]
    area = next(one for one in issues if one["field"] == "cert_area_m2")
    assert (area["file"], area["row"], area["raw"]) == ("parcel.csv", 2, "192.5")  # in mu, as it stands in the file
    assert {cell.data_type for line in sheet.iter_rows() for cell in line if cell.value is not None} <= {"s", "n"}
    assert (tmp_path / "issues.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def no_such_file(tmp_path):
    return tmp_path / "gone.gpkg", ()


def not_what_it_says(tmp_path):
    path = tmp_path / "notes.gpkg"
    path.write_text("just a text")
    return path, ()


def of_no_kind_we_read(tmp_path):
    path = tmp_path / "plan.docx"
    path.write_bytes(b"PK\3\4")
    return path, ()


def an_empty_layer(tmp_path):
    path = tmp_path / "empty.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    return path, ()


def without_a_crs(tmp_path):
    path = tmp_path / "parcel.csv"
    path.write_text('parcel_no,WKT\nA,"POLYGON((1 1,1 2,2 2,1 1))"\n')
    return path, ("--park", "p1")


def in_two_possible_zones(tmp_path):
    path = tmp_path / "parcel.csv"
    path.write_text('parcel_no,WKT\nA,"POLYGON((568533 3466677,568633 3466677,568633 3466777,568533 3466677))"\n')
    return path, ("--park", "p1")


def by_a_profile_nobody_wrote(tmp_path):
    return no_such_file(tmp_path)[0], ("--profile", "nyc-plut")


def a_file_nobody_may_read(tmp_path):
    path = tmp_path / "folder.gpkg"
    path.mkdir()
    return path, ()


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (no_such_file, "gone.gpkg"),
        (not_what_it_says, "notes.gpkg"),
        (of_no_kind_we_read, "plan.docx"),
        (an_empty_layer, "empty.geojson"),
        (without_a_crs, "--crs"),
        (in_two_possible_zones, "EPSG:45"),
        (by_a_profile_nobody_wrote, "nyc-pluto"),
        (a_file_nobody_may_read, "folder.gpkg"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_file_that_cannot_be_taken_is_refused_with_the_mend_and_leaves_nothing(landgis, fresh, tmp_path, bad, says):
    path, options = bad(tmp_path)

    told = landgis("ingest", path, *options)
    asked = landgis("--json", "ingest", path, *options)

    assert (told.returncode, asked.returncode) == (1, 1)
    assert says in told.stderr and "处理:" in told.stderr and "mend:" in told.stderr
    error = json.loads(asked.stdout)["error"]
    assert error["what"]["zh"] and error["what"]["en"] and error["mend"]["zh"]
    assert "Traceback" not in told.stderr + asked.stderr
    assert counts(fresh, "batch", "parcel", "issue") == {"batch": 0, "parcel": 0, "issue": 0}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("assess", "--rules", "cn-idel-2012"), "cn-idle-2012"),  # a slip: the nearest is named
        (("assess", "--rules", "cn-idle-2012"), "cn-triage"),  # nothing decides without a triage
        (("assess", "--rules", "cn-idle-2012,cn-triage", "--on", "2011-01-01"), "2012-07-01"),  # not yet in force
        (("assess", "--on", "30.6.2026"), "2026-06-30"),
        (("assess",), "landgis ingest"),  # no parcel yet
        (("map", "-o", "map.html"), "landgis assess"),  # no run yet
        (("ledger", "--run", "7", "-o", "x.xlsx"), "landgis assess"),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_to_do_first(landgis, arguments, says):
    told = landgis(*arguments)
    assert told.returncode == 1
    assert says in told.stderr and "Traceback" not in told.stderr


def test_wrong_usage_exits_with_two(landgis):
    assert [
        landgis(*wrong).returncode for wrong in (("ingest",), ("fly",), ("assess", "--height", "3"), ("ledger",))
    ] == [2] * 4


def test_a_database_that_is_away_is_said(landgis):
    told = landgis("assess", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert told.returncode == 1 and "连不上数据库" in told.stderr and "DATABASE_URL" in told.stderr


def test_a_port_in_use_is_said_before_anything_is_done(landgis):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = landgis("serve", "--port", port)
    assert told.returncode == 1 and f"127.0.0.1:{port}" in told.stderr and "LANDGIS_PORT" in told.stderr


def test_a_wrong_setting_is_said(landgis):
    told = landgis("doctor", LANDGIS_PORT="eighty")
    assert told.returncode == 1 and "LANDGIS_PORT" in told.stderr.upper()


def test_an_output_that_cannot_be_written_is_said_and_leaves_nothing(landgis, drawn_file, tmp_path):
    landgis("ingest", drawn_file)
    landgis("assess", "--on", "2026-06-30")
    for output in (tmp_path / "no" / "such" / "folder" / "x.xlsx", tmp_path / "no" / "such" / "map.html"):
        told = landgis("ledger" if output.suffix == ".xlsx" else "map", "-o", output)
        assert told.returncode == 1 and str(output) in told.stderr and "Traceback" not in told.stderr
    told = landgis("ledger", "-o", tmp_path / "ledger.pdf")
    assert told.returncode == 1 and ".geojson" in told.stderr


def test_kill_nine_in_the_middle_of_an_ingest_leaves_no_batch(fresh, drawn_file, tmp_path):
    environment = os.environ | {"DATABASE_URL": fresh.admin_url, "LANDGIS_HOME": str(tmp_path)}
    with psycopg.connect(fresh.admin_url) as keeper, database.connect(fresh.admin_url) as watcher:
        keeper.execute("LOCK TABLE land.audit IN EXCLUSIVE MODE")  # written last: all else is written then
        ingest = subprocess.Popen(
            [sys.executable, "-m", "landgis", "ingest", str(drawn_file)], env=environment, stderr=subprocess.DEVNULL
        )
        waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        until(lambda: watcher.execute(waiting).fetchone())
        backend = watcher.execute(waiting).fetchone()[0]
        ingest.send_signal(signal.SIGKILL)
        ingest.wait()
        keeper.rollback()
        until(lambda: not watcher.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [backend]).fetchone())
    assert counts(fresh, "batch", "parcel", "park", "issue", "audit") == dict.fromkeys(
        ("batch", "parcel", "park", "issue", "audit"), 0
    )


def until(holds, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextlib.contextmanager
def small_disk(folder: Path):
    """Mount a disk of 16 MB; only root may."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m,mode=0777", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("a small disk can be mounted by root only")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def test_a_full_disk_under_the_database_rolls_the_batch_back(fresh, landgis, city_file, cluster):
    with small_disk(cluster.home / "small") as folder, database.connect(fresh.admin_url) as conn:
        shutil.chown(folder, *((cluster.data.stat().st_uid, cluster.data.stat().st_gid)))
        place = folder / "space"
        place.mkdir(mode=0o700)
        shutil.chown(place, cluster.data.stat().st_uid, cluster.data.stat().st_gid)
        conn.execute(f"CREATE TABLESPACE small LOCATION '{place}'")
        try:
            conn.execute("ALTER TABLE land.enterprise_month SET TABLESPACE small")
            (folder / "filler").write_bytes(b"0" * (15 << 20))
            told = landgis("ingest", city_file)
            assert told.returncode == 1 and "磁盘已满" in told.stderr and "Traceback" not in told.stderr
            assert counts(fresh, "batch", "parcel") == {"batch": 0, "parcel": 0}
            (folder / "filler").unlink()
            assert landgis("ingest", city_file).returncode == 0
        finally:
            conn.execute("ALTER TABLE land.enterprise_month SET TABLESPACE pg_default")
            conn.execute("DROP TABLESPACE small")


def test_a_full_disk_under_the_output_is_said_and_leaves_nothing(landgis, drawn_file, tmp_path):
    landgis("ingest", drawn_file)
    landgis("assess", "--on", "2026-06-30")
    with small_disk(tmp_path / "small") as folder:
        (folder / "filler").write_bytes(b"0" * ((16 << 20) - 4096))
        for command, name in (("map", "map.html"), ("ledger", "x.xlsx"), ("ledger", "x.gpkg")):
            told = landgis(command, "-o", folder / name)
            assert told.returncode == 1 and str(folder / name) in told.stderr, told.stderr
            assert "Traceback" not in told.stderr
        assert sorted(os.listdir(folder)) == ["filler"]


def test_the_doctor_finds_a_sound_house(landgis):
    told = landgis("--json", "doctor")
    answer = json.loads(told.stdout)
    assert told.returncode == 0 and answer["ok"], [check for check in answer["checks"] if not check["ok"]]


def test_help_names_every_command(landgis):
    told = landgis("--help")
    for command in ("demo", "up", "db", "migrate", "doctor", "ingest", "assess", "map", "ledger", "serve"):
        assert re.search(rf"\b{command}\b", told.stdout)
