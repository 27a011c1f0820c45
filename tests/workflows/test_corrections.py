"""Corrections from the register and from our own list of issues, through imports."""

import json
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from landgis.cli import app
from landgis.store import database
from landgis.terms.errors import ConflictError, InputError, NotFoundError
from landgis.workflows import batches, corrections
from landgis.workflows.ingest import ingest, issue_list

SQUARE = '"POLYGON((117.{0} 33,117.{0}01 33,117.{0}01 33.001,117.{0} 33.001,117.{0} 33))"'


@pytest.fixture
def take_in(conn, tmp_path):
    """Take in three parcels of about 10 400 m² with their registered areas, 15.5 mu unless another is given."""

    def take(**mu: str):
        lines = ["park_code,parcel_no,登记面积(亩),WKT"]
        lines += [f"p1,{one},{mu.get(one, '15.5')}," + SQUARE.format(place) for place, one in enumerate("ABC", 1)]
        path = tmp_path / "parcel.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        (tmp_path / "park.csv").write_text("park_code,name\np1,示例园区\n", encoding="utf-8")
        return ingest(conn, [path, tmp_path / "park.csv"], "landgis-template", crs="EPSG:4490")

    return take


def areas(conn) -> dict[str, float | None]:
    with database.scoped(conn, database.ALL_PARKS):
        found = conn.execute(
            "SELECT parcel_no, round(cert_area_m2) FROM land.parcel WHERE upper_inf(during)"
        ).fetchall()
    return dict(sorted(found))


def one(**differs) -> dict:
    """Parcel A's registered area, a decimal point too far right."""
    return {
        "park_code": "p1", "table_name": "parcel", "key": ["A"], "field": "cert_area_m2", "old": "103333.333333333", "new": "10333.3",
        "reason": "小数点错位", "evidence": "不动产权证 1 号", **differs,
    }  # fmt: skip


def test_a_correction_applies_at_once_and_survives_the_next_import(conn, take_in):
    take_in(A="155")
    done = corrections.add(conn, one())
    assert areas(conn) == {"A": 10333.0, "B": 10333.0, "C": 10333.0}
    assert batches.show(conn, done.batch)["kind"] == "correction"

    again = take_in(A="155", B="16")  # the source still has it wrong
    assert areas(conn) == {"A": 10333.0, "B": 10667.0, "C": 10333.0}
    assert (again.stored.stored, again.stored.unchanged) == (1, 3)
    said = again.issues[again.issues["code"] == "601-corrected"]
    assert said[["raw", "new"]].to_numpy().tolist() == [["155", "10333.3"]]  # in the file's own unit, and in ours
    assert "小数点错位" in said["zh"].iloc[0]


def test_a_comma_in_a_key_is_a_part_of_it(fresh, monkeypatch):
    monkeypatch.setenv("LANDGIS_APP_DATABASE_URL", fresh.app_url)
    words = "--json correction add contract 3301-2019,15 price_wan --park p1 --new 10 --reason …".split()
    told = json.loads(CliRunner().invoke(app, words).stdout)
    assert told["waiting"] == 1, told
    with database.connect(fresh.app_url) as sql:
        assert [one["row_key"] for one in corrections.list_all(sql)] == [["3301-2019,15"]]


def test_a_correction_that_no_longer_applies_is_listed(conn, take_in):
    take_in(A="155")
    corrections.add(conn, one())
    moved = take_in(A="20")  # the source says something new
    assert areas(conn)["A"] == 13333.0
    assert "602-correction-stale" in set(moved.issues["code"])
    right = take_in(A="15.49995")
    assert "603-correction-done" in set(right.issues["code"])


def test_a_correction_of_another_value_than_stands_is_refused(conn, take_in):
    take_in(A="155")
    for wrong, why in (
        (one(old="7"), "Another value"), (one(field="geom"), "Keys and shapes"), (one(field="parcel_no"), "Keys and shapes"),
        (one(new="-5"), "cannot be"), (one(reason=" "), "no reason"), (one(field="area"), "no such table"), (one(key=[]), "not complete"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=why):
            corrections.add(conn, wrong)
    assert corrections.list_all(conn) == []
    assert areas(conn)["A"] == 103333.0


def test_a_withdrawn_correction_gives_the_old_value_back_and_stays_on_record(conn, take_in):
    take_in(A="155")
    number = corrections.add(conn, one()).numbers[0]
    corrections.withdraw(conn, number, "证书复核")
    assert areas(conn)["A"] == 103333.0 and corrections.list_all(conn) == []
    assert "601-corrected" not in set(take_in(A="155").issues["code"])
    with pytest.raises(ConflictError):
        corrections.withdraw(conn, number, "again")
    with pytest.raises(NotFoundError):
        corrections.withdraw(conn, number + 1, "a withdrawal is no correction")
    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute("SELECT count(*) FROM land.correction").fetchone() == (2,)


def test_a_correction_of_another_park_is_not_seen(conn, take_in):
    take_in(A="155")
    corrections.add(conn, one())
    assert corrections.list_all(conn, parks=["p2"]) == []
    with pytest.raises(NotFoundError):
        corrections.withdraw(conn, 1, "x", parks=["p2"])


def test_a_batch_of_corrections_is_withdrawn_not_undone(conn, take_in):
    take_in(A="155")
    batch = corrections.add(conn, one()).batch
    with pytest.raises(InputError, match="not undone"):
        batches.undo(conn, batch)


def test_the_register_is_written_and_read_again(conn, take_in, tmp_path):
    take_in(A="155")
    corrections.add(conn, one())
    assert corrections.export_list(conn, tmp_path / "register.xlsx") == 1
    assert corrections.import_list(conn, tmp_path / "register.xlsx").as_dict()["corrections"] == []  # it stands already
    corrections.withdraw(conn, 1, "x")
    assert corrections.import_list(conn, tmp_path / "register.xlsx").batch is not None
    assert areas(conn)["A"] == 10333.0
    (tmp_path / "wrong.csv").write_text("park_code,field\np1,x\n", encoding="utf-8")
    with pytest.raises(InputError, match="lacks"):
        corrections.import_list(conn, tmp_path / "wrong.csv")


@pytest.fixture
def issue_book(take_in, tmp_path) -> Path:
    """The list of issues of an import in which A's area is ten times too large and C's is no number."""
    path = tmp_path / "issues.xlsx"
    issue_list(take_in(A="155", C="约15亩"), path, language="zh")
    return path


def fill(path: Path, code: str, **cells: str) -> None:
    """Fill cells of the first row with an issue of this code."""
    book = openpyxl.load_workbook(path)
    sheet = book["问题清单"]
    heads = {cell.value: cell.column for cell in sheet[1]}
    row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, heads["问题代码"]).value == code)
    for name, value in cells.items():
        sheet.cell(row, heads[{"corrected": "更正为（请填）", "mend_evidence": "依据"}[name]], value)
    book.save(path)


def test_our_own_list_untouched_changes_nothing(conn, issue_book):
    before = areas(conn)
    again = ingest(conn, [issue_book], "landgis-template")
    assert (again.stored.stored, again.stored.refused, again.stored.batch) == (0, 0, None)
    assert again.rows_in == again.stored.unchanged > 0
    assert areas(conn) == before and corrections.list_all(conn) == []
    assert len(batches.list_batches(conn)) == 1


def test_a_list_in_english_or_by_the_codes_themselves_is_ours_too(conn, take_in, tmp_path):
    done = take_in(A="155")
    english, codes = tmp_path / "issues.xlsx", tmp_path / "issues.csv"
    issue_list(done, english, language="en")
    assert openpyxl.load_workbook(english).active["A1"].value == "issue code"
    issue_list(done, codes, language="zh")
    assert codes.read_text(encoding="utf-8-sig").startswith("code,severity")
    for path in (english, codes):
        assert ingest(conn, [path], "landgis-template", is_dry=True).profile == "issue-list"


def test_the_filled_cells_of_our_list_become_corrections(conn, issue_book, take_in):
    fill(issue_book, "318-area-differs", corrected="10333.3", mend_evidence="证书")
    fill(issue_book, "302-unreadable", corrected="10 000 m²")
    dry = ingest(conn, [issue_book], "landgis-template", is_dry=True)
    assert (dry.stored.stored, dry.stored.refused, len(corrections.list_all(conn))) == (1, 1, 0)

    done = ingest(conn, [issue_book], "landgis-template")
    assert (done.stored.stored, done.stored.refused) == (1, 1)
    assert done.issues["code"].tolist() == ["604-not-correctable"]  # named by its row of the list
    assert areas(conn) == {"A": 10333.0, "B": 10333.0, "C": None}
    (kept,) = corrections.list_all(conn)
    assert (kept["evidence"], kept["old"]) == ("证书", "103333.333333333")

    fill(issue_book, "302-unreadable", corrected="10000")
    again = ingest(conn, [issue_book], "landgis-template")
    assert areas(conn)["C"] == 10000.0
    assert "602-correction-stale" not in set(again.issues["code"]) and again.stored.stored == 1
    later = take_in(A="155", C="约15亩")  # and both survive the next import
    assert areas(conn) == {"A": 10333.0, "B": 10333.0, "C": 10000.0}
    assert later.issues["code"].tolist().count("601-corrected") == 2


def test_a_cell_of_a_column_a_year_comes_back_corrected(conn, tmp_path):
    """One row of the file makes a row of each year; the list says of which year it speaks, and the cell of that year is put right."""
    (tmp_path / "my-tax.toml").write_text(
        'name = "my-tax"\nzh = "税"\nen = "tax"\n[park]\ncode = "p1"\nnames = { p1 = "示例园区" }\n'
        '[[table]]\nname = "enterprise_year"\nlayers = ["tax"]\n[table.columns]\nuscc = "uscc"\ntax_wan = "SJ{year}"\n',
        encoding="utf-8",
    )
    (tmp_path / "tax.csv").write_text(
        "uscc,SJ2022（万元）,SJ2023（万元）,SJ2024（万元）\nLS-1,1,约3,-5\nLS-2,7,8,9\n", encoding="utf-8"
    )

    def take():
        return ingest(conn, [tmp_path / "tax.csv"], str(tmp_path / "my-tax.toml"))

    def taxes() -> list[tuple[str, int, float | None]]:
        with database.scoped(conn, ["p1"]):
            sql = "SELECT uscc, year, tax_wan FROM land.enterprise_year WHERE upper_inf(during) ORDER BY 1, 2"
            return conn.execute(sql).fetchall()

    done, book = take(), tmp_path / "issues.xlsx"
    assert taxes() == [
        ("LS-1", 2022, 1),
        ("LS-1", 2023, None),
        ("LS-1", 2024, -5),
        *(("LS-2", 2022 + n, 7 + n) for n in range(3)),
    ]
    (wrong,) = done.listed[done.listed["code"] == "302-unreadable"].to_dict("records")
    assert (wrong["row"], wrong["year"], wrong["raw"], wrong["key"]) == (2, 2023, "约3", "LS-1 | 2023")
    with database.scoped(conn, ["p1"]):
        assert conn.execute("SELECT year FROM land.issue WHERE code = '302-unreadable'").fetchall() == [(2023,)]
    issue_list(done, book, language="zh")
    fill(book, "302-unreadable", corrected="3")
    assert ingest(conn, [book], "landgis-template").stored.stored == 1
    assert taxes()[:3] == [("LS-1", 2022, 1), ("LS-1", 2023, 3), ("LS-1", 2024, -5)]
    take()
    assert taxes()[1] == ("LS-1", 2023, 3), "it survives the next import"


def test_the_list_has_the_rows_of_the_file_and_what_stands(issue_book):
    book = openpyxl.load_workbook(issue_book)
    head, *lines = book["问题清单"].iter_rows(values_only=True)
    listed = {(line["问题代码"], line["字段"]): line for line in (dict(zip(head, one, strict=True)) for one in lines)}
    area = listed["318-area-differs", "登记面积（cert_area_m2）"]
    assert (area["数据表"], area["编号"], area["单位"]) == ("宗地（parcel）", "A", "m²")
    assert (area["库中的值"], area["文件里的值"]) == ("103333.333333333", "155")
    rows = list(book.worksheets[1].iter_rows(values_only=True))
    assert rows[0][:4] == ("row", "park_code", "parcel_no", "登记面积(亩)") and rows[1][:4] == (2, "p1", "A", "155")
