"""What only the workflows do: one batch from several files, one run from one stock, and a planner who knows of both."""

import gc
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from conftest import RULES, SAMPLE_DAY
from given import rows

from landgis.store import database
from landgis.store.runs import read_judged
from landgis.store.stock import Source, add_batch
from landgis.terms.errors import InputError, NotFoundError, RuleError
from landgis.terms.frames import ISSUE_COLUMNS, empty
from landgis.workflows import publish
from landgis.workflows.assess import assess
from landgis.workflows.ingest import ingest
from tests.store.test_stock import frames


@pytest.fixture
def three_files(tmp_path: Path) -> list[Path]:
    """One park in three files: its name, its first parcel, its second."""
    square = "POLYGON(({x} 33,{x}.001 33,{x}.001 33.001,{x} 33.001,{x} 33))"
    paths = [tmp_path / "park.csv"]
    paths[0].write_text("park_code,name\np1,示例园区 01\n", encoding="utf-8")
    for number, x in enumerate((117, 118)):
        folder = tmp_path / str(number)
        folder.mkdir()
        paths.append(folder / "parcel.csv")
        paths[-1].write_text(f'parcel_no,WKT\nP-{number},"{square.format(x=x)}"\n', encoding="utf-8")
    return paths


def test_several_files_are_one_batch_and_each_row_remembers_its_file(conn, three_files):
    done = ingest(conn, three_files, "landgis-template", park="p1", crs="EPSG:4490")

    assert (done.rows_in, done.stored.stored) == (3, 3)
    with database.scoped(conn, ["p1"]):
        kept = conn.execute("SELECT parcel_no, source_file, source_row FROM land.parcel ORDER BY 1").fetchall()
        batches = conn.execute("SELECT file, rows_in FROM land.batch").fetchall()
    assert kept == [("P-0", "0/parcel.csv", 2), ("P-1", "1/parcel.csv", 2)]
    assert batches == [("park.csv + 0/parcel.csv + 1/parcel.csv", 3)]


def test_a_batch_remembers_the_column_and_the_unit_behind_each_of_ours(conn, tmp_path):
    """登记面积（亩） and 15 mu in the file; cert_area_m2 and 10 000 m² here: the way back to the cell is kept."""
    park, parcel = tmp_path / "park.csv", tmp_path / "parcel.csv"
    park.write_text("park_code,name\np1,示例园区 01\n", encoding="utf-8")
    shape = '"POLYGON((117 33,117.001 33,117.001 33.001,117 33.001,117 33))"'
    parcel.write_text(f"地块编号,登记面积（亩）,WKT\nP-1,15,{shape}\n", encoding="utf-8")
    ingest(conn, [park, parcel], "landgis-template", park="p1", crs="EPSG:4490")

    with database.scoped(conn, ["p1"]):
        ((fields,),) = conn.execute("SELECT fields FROM land.batch").fetchall()
        ((area,),) = conn.execute("SELECT cert_area_m2 FROM land.parcel").fetchall()
    of_parcel = next(one for one in fields if one["table"] == "parcel")
    assert (of_parcel["file"], of_parcel["layer"]) == ("parcel.csv", "parcel")
    assert of_parcel["columns"]["cert_area_m2"] == {"field": "登记面积（亩）", "unit": "亩"}
    assert of_parcel["columns"]["parcel_no"] == {"field": "地块编号", "unit": ""}
    assert "tax_wan" not in of_parcel["columns"] and area == pytest.approx(10_000)


def test_figures_come_with_their_outline_or_after_it_and_are_not_counted_twice(conn, three_files, tmp_path):
    figures = tmp_path / "figures.csv"
    figures.write_text("地块编号,坐落\nP-0,东街 1 号\nP-9,西街 9 号\n", encoding="utf-8")
    done = ingest(conn, [*three_files[:2], figures], "auto", park="p1", park_name="示例园区 01", crs="EPSG:4490")
    assert (done.stored.tables["parcel"], done.stored.stored, done.stored.refused) == (1, 2, 1)
    assert set(done.issues["code"]) == {"401-no-shape", "507-rows-joined"}  # P-9 has no outline anywhere

    figures.write_text("地块编号,土地使用权人\nP-0,示例企业 01\n", encoding="utf-8")
    done = ingest(conn, [figures], "auto", park="p1")
    assert (done.stored.stored, done.issues["code"].tolist()) == (1, ["509-shape-of-stock"])
    with database.scoped(conn, ["p1"]):
        kept = conn.execute(
            "SELECT location, owner_name, geom IS NOT NULL FROM land.parcel WHERE upper_inf(during)"
        ).fetchall()
    assert kept == [("东街 1 号", "示例企业 01", True)]


def test_a_new_park_is_made_by_its_name(conn, three_files):
    """Parcels alone, in a park nobody knows: refused until the park has a name; a name without a code is no park."""
    parcels = three_files[1:]
    refused = ingest(conn, parcels, "landgis-template", park="p1", crs="EPSG:4490", is_dry=True)
    assert (refused.stored.stored, list(refused.issues["code"])) == (0, ["504-park-unknown"] * 2)

    done = ingest(conn, parcels, "landgis-template", park="p1", park_name="示例园区 01", crs="EPSG:4490")
    assert (done.stored.stored, done.stored.refused) == (2, 0)
    with database.scoped(conn, ["p1"]):
        assert conn.execute("SELECT park_code, name FROM land.park").fetchall() == [("p1", "示例园区 01")]
    with pytest.raises(InputError, match="没有园区代码"):
        ingest(conn, parcels, "landgis-template", park_name="示例园区 02", crs="EPSG:4490")


def test_repairs_that_were_asked_for_are_stored_and_told(conn, tmp_path):
    """B stands 5 cm off A; C is A again under another number. Unasked both are stored as they are."""
    square = "POLYGON(({0} 33,{1} 33,{1} 33.001,{0} 33.001,{0} 33))"
    plots = {"A": ("117", "117.001"), "B": ("117.0010005", "117.002"), "C": ("117", "117.001")}
    lines = [f'p1,{number},"{square.format(*ends)}"' for number, ends in plots.items()]
    (tmp_path / "parcel.csv").write_text("park_code,parcel_no,WKT\n" + "\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "park.csv").write_text("park_code,name\np1,示例园区\n", encoding="utf-8")
    files = [tmp_path / "parcel.csv", tmp_path / "park.csv"]

    def take(*repairs: str):
        return ingest(conn, files, "landgis-template", crs="EPSG:4490", repairs=repairs)

    plain = take()
    assert (plain.stored.stored, plain.stored.refused) == (4, 0)
    assert set(plain.issues["code"]) == {"410-gap", "411-same-ground"}
    done = take("snap", "duplicates")
    assert (done.rows_in, done.stored.stored, done.stored.unchanged, done.stored.refused) == (4, 1, 2, 1)
    assert sorted(done.issues["code"]) == ["414-duplicate-dropped", "416-snapped"]
    with database.scoped(conn, ["p1"]):
        standing = conn.execute(
            "SELECT parcel_no, ST_XMin(geom), geom_area_m2 FROM land.parcel WHERE upper_inf(during) ORDER BY 1"
        ).fetchall()
    assert [(number, west) for number, west, _ in standing] == [("A", 117.0), ("B", 117.001), ("C", 117.0)]
    snapped = done.issues.set_index("code").loc["416-snapped"]
    assert float(snapped["new"]) == pytest.approx(standing[1][2]) and float(snapped["raw"]) < standing[1][2]
    with pytest.raises(InputError, match="no such repair"):
        take("straighten")


def test_a_doubt_that_cannot_be_looked_for_takes_the_whole_batch_with_it(conn, three_files, monkeypatch):
    def broken(*_: object) -> None:
        raise ArithmeticError("overlap")

    monkeypatch.setattr("landgis.workflows.ingest.doubts", broken)
    with pytest.raises(ArithmeticError, match="overlap"):
        ingest(conn, three_files, "landgis-template", park="p1", crs="EPSG:4490")

    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute(
            "SELECT (SELECT count(*) FROM land.batch), (SELECT count(*) FROM land.parcel)"
        ).fetchone() == (0, 0)


@pytest.mark.parametrize("is_on", [True, False])
def test_the_collector_is_left_as_it_was_found(conn, tmp_path, is_on):
    (gc.enable if is_on else gc.disable)()
    try:
        with pytest.raises(InputError):
            ingest(conn, [tmp_path / "absent.gpkg"], "landgis-template")
        assert gc.isenabled() == is_on
    finally:
        gc.enable()


def test_the_planner_knows_of_a_batch_and_of_a_run(conn, fresh, city_file):
    def known() -> set[tuple[str, str]]:
        with database.connect(fresh.admin_url) as admin:
            return set(admin.execute("SELECT tablename, attname FROM pg_stats WHERE schemaname = 'land'").fetchall())

    ingest(conn, [city_file], "landgis-template")
    assert ("parcel", "parcel_no") in known() and ("triage", "parcel_id") not in known()
    assess(conn, None, RULES, SAMPLE_DAY)
    assert ("triage", "parcel_id") in known()


def test_the_answers_are_those_of_the_answer_key(sample, city):
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        found = pd.DataFrame(
            conn.execute(
                "SELECT p.park_code, p.parcel_no, t.answer, t.gate, t.track FROM land.triage t JOIN land.parcel p ON p.id = t.parcel_id"
            ).fetchall(),
            columns=["park_code", "parcel_no", "answer", "gate", "track"],
        ).set_index(["park_code", "parcel_no"])
    key = city.answers.drop_duplicates(["park_code", "parcel_no"]).set_index(["park_code", "parcel_no"])

    planted = found.loc[key.index]
    assert (planted["answer"] == key["answer"]).all()
    assert (planted["track"].fillna("") == key["track"].fillna("")).all()
    assert (found.drop(key.index)["answer"] == "leave").all()  # and nothing else is found
    assert sample.assessed["triage"]["exit"]["parcels"] == (key["answer"] == "exit").sum()


def test_the_findings_are_those_of_the_answer_key(sample, city):
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        found = set(
            conn.execute(
                "SELECT p.park_code, p.parcel_no, f.test, f.finding FROM land.finding f JOIN land.parcel p ON p.id = f.parcel_id"
                " WHERE f.finding <> 'clear'"
            ).fetchall()
        )
    key = city.answers[city.answers["test"].fillna("") != ""]
    assert found == set(key[["park_code", "parcel_no", "test", "finding"]].itertuples(index=False, name=None))


def test_without_a_triage_nothing_is_assessed(conn, city_file):
    with pytest.raises(RuleError, match="triage"):
        assess(conn, None, ["cn-idle-2012"], SAMPLE_DAY)


def test_an_empty_database_says_what_to_do_first(conn):
    with pytest.raises(NotFoundError) as refusal:
        assess(conn, None, RULES, date(2026, 6, 30))
    assert "landgis ingest" in str(refusal.value)


def test_an_old_run_is_shown_as_it_was(conn, three_files, tmp_path):
    ingest(conn, three_files, "landgis-template", park="p1", crs="EPSG:4490")
    old = assess(conn, None, ["cn-triage"], SAMPLE_DAY)["run"]
    three_files[1].write_text(three_files[1].read_text().replace("117.001 33.001", "117.001 33.002"), encoding="utf-8")
    ingest(conn, three_files, "landgis-template", park="p1", crs="EPSG:4490")
    new = assess(conn, None, ["cn-triage"], SAMPLE_DAY)["run"]

    with database.scoped(conn, ["p1"]):
        land = {run: publish.summarise(conn, run)["triage"]["data_first"] for run in (old, new)}
    assert old != new
    assert land[old]["parcels"] == land[new]["parcels"] == 2
    assert land[new]["area_m2"] > land[old]["area_m2"]  # the parcel grew; the old run still draws the one it judged


def test_a_firm_with_two_roles_on_a_parcel_is_told_of_once(conn):
    """It owns A and uses it: two uses, one firm, one grade a year."""
    uscc = "91000000MA00000014"
    use = {"park_code": "p1", "parcel_no": "A", "uscc": uscc, "area_m2": 400.0}
    given = frames() | {
        "enterprise": rows("enterprise", {"park_code": "p1", "uscc": uscc, "name": "示例企业 001", "scale": "above"}),
        "parcel_use": rows("parcel_use", use | {"role": "owner"}, use | {"role": "user"}),
        "enterprise_year": rows("enterprise_year", {"park_code": "p1", "uscc": uscc, "year": 2025, "tax_wan": 30.0}),
    }
    add_batch(conn, given, empty(ISSUE_COLUMNS), Source("drawn.gpkg", "a" * 64, "landgis-template", 8))
    run = assess(conn, None, RULES, SAMPLE_DAY)["run"]
    with database.scoped(conn, database.ALL_PARKS):
        (parcel_id,) = conn.execute("SELECT id FROM land.parcel WHERE parcel_no = 'A'").fetchone()
        judged = read_judged(conn, run, parcel_id)
    assert [one["role"] for one in judged["enterprises"]] == ["owner", "user"]
    assert [(one["uscc"], one["year"]) for one in judged["grades"]] == [(uscc, 2025), (uscc, 2024)]
