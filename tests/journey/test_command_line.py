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
from landgis.readers import limits
from landgis.store import database
from landgis.terms.rulereader import list_rulesets, load_ruleset


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


def test_what_is_empty_says_so_and_what_was_done_is_one_line(landgis):
    assert re.search(r"PostGIS 3\.\d.*\n$", landgis("migrate").stdout) and landgis("migrate").stdout.count("\n") == 1
    for command in (
        ("account", "list"),
        ("batch", "list"),
        ("case", "list"),
        ("demand", "list"),
        ("plan", "list"),
        ("jobs",),
        ("audit",),
    ):
        assert landgis(*command).stdout == "没有。 | None.\n", command


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
    entries = json.loads(landgis("--json", "audit").stdout)["entries"]
    assert [one["act"] for one in entries] == [
        "assess",
        "assess",
        "ingest",
    ]  # the latest first, and what changed nothing is none
    assert "drawn.gpkg" in landgis("audit", "--act", "ingest").stdout.replace("\n", "")
    assert "ingest" in landgis("audit", "--act", "nothing").stderr


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
    area = next(one for one in issues if one["字段"] == "登记面积（cert_area_m2）")
    assert (area["文件"], area["行"], area["文件里的值"]) == (
        "parcel.csv",
        2,
        "192.5",
    )  # in mu, as it stands in the file
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


@pytest.mark.parametrize("command", [("preview",), ("profile", "suggest"), ("idle",), ("ingest", "--dry-run")])
def test_every_command_that_reads_a_file_keeps_to_the_time_that_is_set(landgis, drawn_file, command, monkeypatch):
    monkeypatch.setattr(limits.allowed, "wall_s", limits.WALL_S)  # what a command before has set is not this one's
    told = landgis(*command, drawn_file, LANDGIS_READ_TIMEOUT_S="0.000001")
    assert told.returncode == 1 and "LANDGIS_READ_TIMEOUT_S" in told.stderr


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
    said = {
        check["name"]: (check["title"]["zh"], check["detail"]["zh"], check["detail"]["en"])
        for check in answer["checks"]
    }
    assert said["migrations"] == ("数据库版本", "没有待做的升级", "none pending")


def test_help_names_every_command(landgis):
    told = landgis("--help")
    for command in ("demo", "up", "db", "migrate", "doctor", "ingest", "assess", "map", "ledger", "serve"):
        assert re.search(rf"\b{command}\b", told.stdout)


def test_rules_are_listed_shown_and_checked_without_a_database(monkeypatch, capsys, tmp_path):
    def said(*arguments: object) -> tuple[int, str]:
        with monkeypatch.context() as patch, pytest.raises(SystemExit) as left:
            patch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
            patch.setattr(sys, "argv", ["landgis", *map(str, arguments)])
            main()
        return left.value.code or 0, capsys.readouterr().out

    code, out = said("--json", "rules", "list")
    listed = {item["code"]: item for item in json.loads(out)["rulesets"]}
    assert code == 0 and set(listed) == set(list_rulesets())
    assert listed["cn-control-2023"]["supersedes"] == ["cn-control-2008"]
    assert listed["cn-control-2008"]["status"] == "superseded"
    code, out = said("rules", "list")
    assert all(item in out for item in listed) and "现行 in force" in out

    code, out = said("--json", "rules", "show", "cn-idle-2012")
    assert json.loads(out)["numbers"]["fee_share"] == {
        "value": 0.2, "unit": "ratio", "article": "第14条第1项", "note": "", "confidence": None,
    }  # fmt: skip
    for shown in list_rulesets():
        code, out = said("rules", "show", shown)
        assert code == 0 and shown in out and load_ruleset(shown).sha256 in out

    mine = tmp_path / "my-town.toml"
    text = load_ruleset("dongyang-2021").text
    mine.write_text(
        text.replace('unit = "亩"', 'unit = "acre"').replace('operator = ">="', 'operator = "=>"', 1), encoding="utf-8"
    )
    code, out = said("--json", "rules", "check", mine)
    assert code == 1 and len(json.loads(out)["faults"]) == 2
    code, out = said("rules", "check", mine)
    assert code == 1 and "[key_area_mu.unit]" in out and "Did you mean" in out
    mine.write_text(text, encoding="utf-8")
    assert said("rules", "check", mine)[0] == 0

    mine.write_text(text.replace("value = 5\n", "value = 6\n", 1), encoding="utf-8")
    code, out = said("--json", "rules", "diff", "dongyang-2021", mine)
    assert json.loads(out)["differences"] == [
        {"path": "numbers.tax_line_wan_per_mu.value", "change": "changed", "before": "5", "after": "6"}
    ]
    assert "they say the same" in said("rules", "diff", "dongyang-2021", "dongyang-2021")[1]


def test_rules_of_ones_own_are_compared_and_used_and_zones_evaluated(landgis, drawn_file, tmp_path):
    landgis("migrate")
    assert landgis("ingest", drawn_file).returncode == 0
    mine = tmp_path / "my-town.toml"
    mine.write_text(load_ruleset("dongyang-2021").text.replace("dongyang-2021", "my-town"), encoding="utf-8")

    one, two = "ningxia-2023", "seven-tests"  # of the four parcels nothing is known, by either
    done = landgis(
        "--json", "rules", "diff", one, two, "--park", "p1", "--on", "2026-06-30", "-o", tmp_path / "diff.csv"
    )
    told = json.loads(done.stdout)
    assert done.returncode == 0 and told["judged"] == 4 and told["moved"] == {"data_first → data_first": 4}
    assert {row["tests_after"] for row in told["parcels"]} == {""}
    assert all("long_stopped" in row["unknown_after"] for row in told["parcels"])
    assert len((tmp_path / "diff.csv").read_text(encoding="utf-8-sig").splitlines()) == 5
    spoken = landgis("rules", "diff", one, two, "--park", "all", "--on", "2026-06-30").stdout
    assert "data_first → data_first: 4" in spoken and "不明 unknown: " in spoken and "finish_overdue" in spoken

    used = landgis("--json", "assess", "--on", "2026-06-30", "--rules", f"{mine},cn-triage")
    assert json.loads(used.stdout)["rules"] == ["my-town", "cn-triage", "cn-industries"]
    mine.write_text(mine.read_text(encoding="utf-8").replace("value = 5\n", "value = 6\n", 1), encoding="utf-8")
    refused = landgis("assess", "--on", "2026-06-30", "--rules", f"{mine},cn-triage")
    assert refused.returncode == 1 and "supersedes" in refused.stderr

    zones = landgis("--json", "zones", "--on", "2026-06-30")
    rows = {row["indicator"]: row for row in json.loads(zones.stdout)["indicators"]}
    assert rows["built_rate"]["value"] is None and rows["built_rate"]["lacking"] == 4
    assert "parcel.built_area_m2" in rows["built_rate"]["missing"]
    assert "土地建成率" in landgis("zones", "--on", "2026-06-30").stdout
    assert landgis("assess", "--rules", "cn-triage,cn-zone-use-2010", "--on", "2026-06-30").returncode == 1
    assert landgis("zones", "--rules", "cn-idle-2012", "--on", "2026-06-30").returncode == 1
