"""What a file is, and what is wrong with it: each format as offices really write it, each attack as it is known."""

import os
import re
import sqlite3
import stat
import struct
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
import shapely

from landgis import GDAL_DRIVERS
from landgis.readers.files import Layer, content_hash, read_layers
from landgis.terms.errors import InputError

SQUARE = shapely.box(120.72, 31.32, 120.721, 31.321)
# The same square in CGCS2000, CM 120°E: with the zone's number before the easting, and without.
ZONE_40 = shapely.box(40_568_533, 3_466_677, 40_568_633, 3_466_777)
SIX_DIGITS = shapely.box(568_533, 3_466_677, 568_633, 3_466_777)


def plots(shape: shapely.Polygon = SQUARE, crs: str | None = "EPSG:4490", **columns: list[object]) -> gpd.GeoDataFrame:
    given = columns or {"DKBM": ["A-1"], "TDSYR": ["示例企业"]}
    return gpd.GeoDataFrame(given, geometry=[shape] * len(next(iter(given.values()))), crs=crs)


def shapefile(folder: Path, frame: gpd.GeoDataFrame, encoding: str = "UTF-8", without: tuple[str, ...] = ()) -> Path:
    path = folder / "GYYD.shp"
    if frame.crs is None:
        frame, without = frame.set_crs("EPSG:4528"), (*without, ".prj")
    frame.to_file(path, encoding=encoding)
    for ending in without:
        path.with_suffix(ending).unlink()
    return path


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def refusal(path: Path, **options: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_layers(path, **options)
    error = caught.value
    assert error.what.zh and error.what.en and error.mend is not None, "a refusal says what happened and how to mend it"
    return error


def only(layers: list[Layer]) -> Layer:
    assert len(layers) == 1
    return layers[0]


# --- formats ----------------------------------------------------------------------------------------------------------


def test_a_geopackage_gives_features_and_attribute_tables_but_no_views(tmp_path: Path) -> None:
    path = tmp_path / "park.gpkg"
    plots(DKBM=["A-1", "A-2"], number=[1, 2]).to_file(path, layer="parcel")
    plots(DKBM=["B-1"]).drop(columns="geometry").pipe(
        lambda rows: gpd.GeoDataFrame(rows, geometry=[None], crs=4490)
    ).to_file(path, layer="contract")
    with sqlite3.connect(path) as base:
        base.execute(
            "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n"
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('endless', 'attributes', 'endless')"
        )
    base.close()
    layers = read_layers(path)
    assert [layer.name for layer in layers] == ["parcel", "contract"]
    parcel = layers[0]
    assert parcel.rows["DKBM"].tolist() == ["A-1", "A-2"]
    assert parcel.rows.index.tolist() == [1, 2]
    assert parcel.first_row == 1
    assert parcel.crs is not None and parcel.crs.to_epsg() == 4490
    assert parcel.shapes is not None and shapely.equals(parcel.shapes[0], SQUARE)


def test_a_whole_number_beside_a_hole_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "park.gpkg"
    frame = plots(zddm=[320506001001, None])
    frame["zddm"] = frame["zddm"].astype("Int64")
    frame.to_file(path, layer="parcel")
    assert only(read_layers(path)).rows["zddm"].tolist()[0] == 320506001001


def test_a_geojson_states_wgs_84_and_keeps_dates_as_texts(tmp_path: Path) -> None:
    path = tmp_path / "plots.geojson"
    plots(crs="EPSG:4326", signed=["2021-05-01"]).to_file(path, driver="GeoJSON")
    layer = only(read_layers(path))
    assert layer.crs is not None and layer.crs.to_epsg() == 4326
    assert layer.rows["signed"].tolist() == ["2021-05-01"]


def test_a_geojson_in_metres_without_crs_states_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plots.geojson"
    path.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"DKBM": "A"}, "geometry": '
        + shapely.to_geojson(ZONE_40)
        + "}]}"
    )
    layer = only(read_layers(path))
    assert layer.crs is not None and layer.crs.to_epsg() == 4528, "the zone's number stands before the easting"


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
def test_a_shapefile_without_cpg_is_read_in_utf_8_and_in_gbk(tmp_path: Path, encoding: str) -> None:
    path = shapefile(tmp_path, plots(TDSYR=["江苏示例精密制造有限公司", "苏州"]), encoding, without=(".cpg",))
    layer = only(read_layers(path))
    assert layer.rows["TDSYR"].tolist() == ["江苏示例精密制造有限公司", "苏州"]
    assert layer.name == "GYYD"


def test_an_easting_with_the_zone_before_it_proves_the_zone(tmp_path: Path) -> None:
    path = shapefile(tmp_path, plots(ZONE_40, crs=None))
    layer = only(read_layers(path))
    assert layer.crs is not None and layer.crs.to_epsg() == 4528


def test_six_digit_eastings_fit_two_zones_and_are_refused_with_both(tmp_path: Path) -> None:
    error = refusal(shapefile(tmp_path, plots(SIX_DIGITS, crs=None)))
    assert error.what.zh == "坐标可能属于两个带。"
    assert "568,533" in error.at
    assert error.why is not None and "EPSG:4548" in error.why.zh and "EPSG:4549" in error.why.zh
    assert "285 km" in error.why.en


def test_six_digit_eastings_are_taken_when_the_user_says_the_zone(tmp_path: Path) -> None:
    layer = only(read_layers(shapefile(tmp_path, plots(SIX_DIGITS, crs=None)), crs="EPSG:4549"))
    assert layer.crs is not None and layer.crs.to_epsg() == 4549


def test_the_zones_of_two_numbers_in_one_layer_are_refused(tmp_path: Path) -> None:
    frame = plots(ZONE_40, crs=None, DKBM=["A", "B"])
    frame.loc[1, "geometry"] = shapely.box(39_568_533, 3_466_677, 39_568_633, 3_466_777)
    assert "39, 40" in refusal(shapefile(tmp_path, frame)).at


def test_a_crs_that_contradicts_the_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "park.gpkg"
    plots().to_file(path)
    assert "EPSG:4490" in refusal(path, crs="EPSG:4549").what.zh
    assert len(read_layers(path, crs="EPSG:4490")) == 1


def test_a_zip_of_two_shapefiles_with_gbk_names(tmp_path: Path) -> None:
    archive = tmp_path / "交付.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for name in ("工业用地", "片区"):
            folder = tmp_path / name
            folder.mkdir()
            shapefile(folder, plots(DKBM=[name]))
            for part in sorted(folder.iterdir()):
                # Chinese Windows writes GBK without saying so: the bytes as code page 437 shows them.
                stored = zipfile.ZipInfo(f"{name}{part.suffix}".encode("gbk").decode("cp437"))
                target.writestr(stored, part.read_bytes())
    with zipfile.ZipFile(archive) as packed:
        flagged = any(info.flag_bits & 0x800 for info in packed.infolist())
    layers = read_layers(archive)
    assert {layer.rows["DKBM"].iloc[0] for layer in layers} == {"工业用地", "片区"}
    if not flagged:
        assert {layer.name for layer in layers} == {"工业用地", "片区"}


def test_a_csv_as_offices_write_it(tmp_path: Path) -> None:
    path = tmp_path / "供地.csv"
    text = '行政区,面积,备注,\r\n四会市,0.7565,"一行\r\n两行",\r\n,,,\r\n新会区,0.0416,,\r\n'
    path.write_bytes(text.encode("gb18030"))
    layer = only(read_layers(path))
    assert list(layer.rows.columns) == ["行政区", "面积", "备注"], (
        "the trailing column without name and value is dropped"
    )
    assert layer.rows["行政区"].tolist() == ["四会市", "新会区"]
    assert layer.rows.index.tolist() == [2, 4], "the row as a sheet shows it; row 3 is blank"
    assert layer.first_row == 2
    assert layer.shapes is None


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_a_csv_with_codes_keeps_their_zeros(tmp_path: Path, prefix: bytes) -> None:
    path = tmp_path / "codes.csv"
    path.write_bytes(prefix + "uscc,用途\n914403001922038216,06\n".encode())
    rows = only(read_layers(path)).rows
    assert rows.iloc[0].tolist() == ["914403001922038216", "06"]


def test_a_csv_with_well_known_text_or_points_has_shapes(tmp_path: Path) -> None:
    (tmp_path / "wkt.csv").write_text(f'no,wkt\nA,"{SQUARE.wkt}"\nB,broken\n')
    shapes = only(read_layers(tmp_path / "wkt.csv", crs="EPSG:4490")).shapes
    assert shapes is not None and shapely.equals(shapes[0], SQUARE) and shapes[1] is None
    (tmp_path / "points.csv").write_text("no,经度,纬度\nA,120.7,31.3\nB,,\n")
    shapes = only(read_layers(tmp_path / "points.csv", crs="EPSG:4490")).shapes
    assert shapes is not None and shapes[0].coords[0] == (120.7, 31.3) and shapes[1] is None


def test_a_csv_with_a_comma_too_many_says_in_which_line(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("no,name\nA,one\nB,two,three\n")
    error = refusal(tmp_path / "bad.csv")
    assert error.why is not None and "line 3" in error.why.en


def test_a_workbook_with_a_title_above_its_header(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "台账.xlsx",
        企业=[
            ["示例园区企业台账"],
            [None, None, "单位：万元"],
            ["统一社会信用代码", "名称", "成立日期", "税收"],
            ["914403001922038216", "示例企业 001", date(2008, 3, 1), 12.5],
            [],
            [914403001922038216, "示例企业 002", None, 3],
        ],
        空=[],
    )
    layer = only(read_layers(path))
    assert layer.name == "企业"
    assert list(layer.rows.columns) == ["统一社会信用代码", "名称", "成立日期", "税收"]
    assert layer.rows.index.tolist() == [4, 6], "the rows of the sheet"
    assert layer.rows.loc[4].tolist() == ["914403001922038216", "示例企业 001", "2008-03-01", "12.5"]
    assert layer.rows.loc[6, "统一社会信用代码"] == "9.144030019220383e+17", (
        "a number has lost its last digits, and shows it"
    )
    assert layer.rows.loc[6, "税收"] == "3"


def test_columns_that_ten_bytes_make_the_same_keep_both_values(tmp_path: Path) -> None:
    (tmp_path / "twice.csv").write_text("土地使用权,面积,土地使用权\n示例企业,1,出让\n")
    assert list(only(read_layers(tmp_path / "twice.csv")).rows.columns) == ["土地使用权", "面积", "土地使用权_2"]


def test_heights_are_dropped(tmp_path: Path) -> None:
    plots(shapely.force_3d(SQUARE, 7.0)).to_file(tmp_path / "high.gpkg")
    shapes = only(read_layers(tmp_path / "high.gpkg")).shapes
    assert shapes is not None and not shapely.has_z(shapes[0])


# --- what is refused --------------------------------------------------------------------------------------------------


def test_a_missing_file(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.gpkg").what.en == "There is no such file."


def test_a_folder(tmp_path: Path) -> None:
    assert "folder" in refusal(tmp_path).what.en


@contextmanager
def as_nobody() -> Iterator[None]:
    """Drop root's right to read everything, where the test has it."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.gpkg"
    path.write_bytes(b"SQLite format 3\x00")
    path.chmod(0)
    for folder in (tmp_path, *list(tmp_path.parents)[:2]):
        folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    with as_nobody():
        error = refusal(path)
    assert error.what.en == "This file may not be read."


@pytest.mark.parametrize(
    ("name", "mend"), [("plots", "GeoPackage"), ("plots.dwg", r"\.dxf"), ("plots.gdb.rar", "Unpack it")]
)
def test_a_type_that_is_not_read_says_what_to_do_or_lists_those_that_are(tmp_path: Path, name: str, mend: str) -> None:
    (tmp_path / name).write_bytes(b"AC1015")
    error = refusal(tmp_path / name)
    assert error.mend is not None and re.search(mend, error.mend.en)


def test_an_empty_file_and_an_empty_layer(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    assert refusal(tmp_path / "empty.csv").what.en == "The file is empty."
    plots().iloc[:0].to_file(tmp_path / "empty.gpkg", layer="parcel")
    assert "parcel" in refusal(tmp_path / "empty.gpkg").at
    workbook(tmp_path / "empty.xlsx", 表=[["编号", "名称"]])
    assert "表" in refusal(tmp_path / "empty.xlsx").at


@pytest.mark.parametrize(
    "address",
    ["http://example.org/a.gpkg", "/vsicurl/http://example.org/a.geojson", "/vsizip/a.zip/b.shp", "s3://a/b.shp"],
)
def test_an_address_is_no_file(address: str) -> None:
    assert refusal(Path(address)).what.en == "Only files on this machine are read."


@pytest.mark.parametrize("name", ["plots.geojson", "plots.json", "plots.csv", "plots.gpkg", "plots.shp", "plots.xlsx"])
@pytest.mark.parametrize("polyglot", ["", '{"type": "FeatureCollection", "features": [], "x": "'])
def test_a_list_of_other_files_in_disguise_reads_none_of_them(tmp_path: Path, name: str, polyglot: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("root,x\n1,2\n")
    (tmp_path / name).write_text(
        f'{polyglot}<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )
    refusal(tmp_path / name)


def test_the_drivers_that_open_other_places_are_off() -> None:
    # GDAL registers its drivers once in a process: only a fresh one shows what the reader alone does.
    show = "import landgis, pyogrio; print(*pyogrio.list_drivers(), sep='|')"
    ran = subprocess.run([sys.executable, "-W", "error", "-c", show], capture_output=True, text=True, check=True)
    assert set(ran.stdout.strip().split("|")) == GDAL_DRIVERS
    assert not GDAL_DRIVERS & {
        "OGR_VRT",
        "WFS",
        "OAPIF",
        "HTTP",
        "CSW",
        "GDALG",
        "KML",
        "CSV",
        "SQLite",
        "OSM",
        "PGDUMP",
    }


def test_a_damaged_geopackage_and_a_damaged_workbook(tmp_path: Path) -> None:
    (tmp_path / "broken.gpkg").write_bytes(b"SQLite format 3\x00" + b"\x01" * 4096)
    assert "damaged" in refusal(tmp_path / "broken.gpkg").what.en
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04" + b"\x01" * 100)
    assert "damaged" in refusal(tmp_path / "broken.xlsx").what.en


def test_a_workbook_with_a_password(tmp_path: Path) -> None:
    (tmp_path / "locked.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100)
    assert "password" in refusal(tmp_path / "locked.xlsx").what.en


def test_the_lock_file_of_an_open_workbook(tmp_path: Path) -> None:
    (tmp_path / "~$ledger.xlsx").write_bytes(b"\x05admin")
    why = refusal(tmp_path / "~$ledger.xlsx").why
    assert why is not None and "lock" in why.en


def test_a_geopackage_that_another_program_writes(tmp_path: Path) -> None:
    path = tmp_path / "open.gpkg"
    plots().to_file(path)
    (tmp_path / "open.gpkg-wal").write_bytes(b"pages")
    assert "Another program" in refusal(path).what.en


def test_a_shapefile_without_its_dbf(tmp_path: Path) -> None:
    assert ".dbf" in refusal(shapefile(tmp_path, plots(), without=(".dbf",))).what.en


def test_an_encoding_nobody_can_tell(tmp_path: Path) -> None:
    (tmp_path / "noise.csv").write_bytes(b"name\n" + bytes([0x80, 0xFF, 0x81, 0x20]) * 200)
    error = refusal(tmp_path / "noise.csv")
    assert error.mend is not None and "--encoding" in error.mend.en
    assert "not known" in refusal(tmp_path / "noise.csv", encoding="klingon").what.en


def test_a_crs_nobody_knows(tmp_path: Path) -> None:
    plots().to_file(tmp_path / "park.gpkg")
    assert "EPSG:99" in refusal(tmp_path / "park.gpkg", crs="EPSG:99").what.en


# --- archives that attack ---------------------------------------------------------------------------------------------


def packed(path: Path, *members: tuple[zipfile.ZipInfo | str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("a.shp")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([("../../a.shp", b"x")], "points out"),
        ([("/etc/a.shp", b"x")], "points out"),
        ([("C:\\a.shp", b"x")], "points out"),
        ([("a\\..\\..\\b.shp", b"x")], "points out"),
        ([(link(), b"/etc/passwd")], "link"),
        ([("a.shp", b"x"), ("A.SHP", b"y")], "one name"),
        ([(f"{number}.txt", b"") for number in range(1001)], "1000"),
        ([("a.dbf", b"\x00" * 20_000_000)], "bomb"),
    ],
)
def test_an_archive_that_is_not_safe_is_not_unpacked(
    tmp_path: Path, members: list[tuple[zipfile.ZipInfo | str, bytes]], why: str
) -> None:
    error = refusal(packed(tmp_path / "attack.zip", *members))
    assert error.why is not None and why in error.why.en


def test_an_archive_that_lies_about_its_size_is_stopped_while_it_inflates(tmp_path: Path) -> None:
    folder = tmp_path / "plots"
    folder.mkdir()
    parts = {part.suffix: part.read_bytes() for part in sorted(shapefile(folder, plots()).parent.iterdir())}
    parts[".dbf"] += b"\x00" * 5_000_000
    path = packed(tmp_path / "liar.zip", *((f"a{ending}", content) for ending, content in parts.items()))
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    while content[entry + 46 : entry + 51] != b"a.dbf":
        entry = content.index(b"PK\x01\x02", entry + 4)
    content[entry + 24 : entry + 28] = struct.pack("<I", 1_000)
    path.write_bytes(bytes(content))
    refusal(path)


def test_a_bomb_that_calls_itself_a_workbook(tmp_path: Path) -> None:
    path = packed(tmp_path / "bomb.xlsx", ("xl/worksheets/sheet1.xml", b" " * 20_000_000))
    assert "not safe" in refusal(path).what.en


def test_an_archive_without_shapefile(tmp_path: Path) -> None:
    assert "readme.txt" in refusal(packed(tmp_path / "docs.zip", ("readme.txt", b"hello"))).at


def test_a_workbook_with_a_cell_at_the_far_corner_is_refused_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "corner.xlsx"
    book = openpyxl.Workbook()
    book.active["XFD1"] = "far"
    book.save(path)
    assert "columns" in refusal(path).what.en


# --- hash -------------------------------------------------------------------------------------------------------------


def test_the_hash_is_of_the_bytes_and_of_a_shapefiles_sidecars(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert content_hash(tmp_path / "a.csv") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path = shapefile(tmp_path, plots())
    before = content_hash(path)
    with path.with_suffix(".dbf").open("ab") as stream:
        stream.write(b" ")
    assert content_hash(path) != before


def test_reading_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "park.gpkg"
    plots().to_file(path)
    content, names = path.read_bytes(), sorted(one.name for one in tmp_path.iterdir())
    read_layers(path)
    assert path.read_bytes() == content
    assert sorted(one.name for one in tmp_path.iterdir()) == names
