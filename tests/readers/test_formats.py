"""Every format as offices really write it: what comes out is what somebody drew, in the same place, in the same words."""

import json
from pathlib import Path
from typing import Any

import dirty
import pytest
import shapely

from landgis.readers.conform import conform
from landgis.readers.files import Layer, content_hash, read_layers
from landgis.readers.profiles import parse_profile
from landgis.terms.errors import InputError
from landgis.terms.issues import CHECKS

ANY = 'name = "any"\nzh = "任意"\nen = "any"\n[[table]]\nname = "parcel"\nlayers = ["*"]\n[table.columns]\nparcel_no = "no"\n'


def only(layers: list[Layer]) -> Layer:
    assert len(layers) == 1
    assert all(note.code in CHECKS for note in layers[0].notes)
    return layers[0]


def codes(layer: Layer) -> list[str]:
    return [note.code for note in layer.notes]


DRIVERS = {
    "a.gpkg": "GPKG", "a.shp": "ESRI Shapefile", "a.geojson": "GeoJSON", "a.geojsonl": "GeoJSONSeq", "a.fgb": "FlatGeobuf",
    "a.kml": "LIBKML", "a.kmz": "LIBKML", "a.gml": "GML", "a.tab": "MapInfo File", "a.mif": "MapInfo File", "a.gdb": "OpenFileGDB",
}  # fmt: skip


@pytest.mark.parametrize("name", [*DRIVERS, "a.parquet"])
def test_every_vector_format_gives_back_what_was_drawn(tmp_path: Path, name: str) -> None:
    drawn = dirty.plots(crs=4326, DKBM=["A-1", "A-2"], TDSYQR=["示例企业一", "示例企业二"])
    if name == "a.parquet":
        drawn.to_parquet(tmp_path / name)
    else:
        drawn.to_file(tmp_path / name, driver=DRIVERS[name])
    layer = next(one for one in read_layers(tmp_path / name) if len(one.rows))
    # A spatial index sorts a FlatGeobuf.
    order = layer.rows["DKBM"].argsort().to_numpy()
    assert layer.rows["TDSYQR"].to_numpy()[order].tolist() == ["示例企业一", "示例企业二"]
    assert layer.crs is not None and layer.shapes is not None
    assert shapely.equals_exact(
        shapely.normalize(layer.shapes[order]), shapely.normalize(drawn.geometry.to_numpy()), 1e-6
    ).all() or (
        shapely.area(shapely.symmetric_difference(layer.shapes[order], drawn.geometry.to_numpy())).max() < 1e-12
    )


def test_a_geodatabase_in_a_zip_and_a_folder_of_two_formats(tmp_path: Path) -> None:
    inner = tmp_path / "交付"
    inner.mkdir()
    dirty.plots().to_file(inner / "宗地.gdb", driver="OpenFileGDB", layer="parcel")
    dirty.plots(地块编号=["B-1"]).to_file(inner / "片区.geojson", driver="GeoJSON")
    (inner / "说明.pdf").write_bytes(b"%PDF-1.4")
    for path in (inner, dirty.folder_zipped(tmp_path / "交付.zip", inner)):
        layers = read_layers(path)
        assert {layer.name: len(layer.rows) for layer in layers} == {"parcel": 2, "片区": 1}
        unread = [note.values for layer in layers for note in layer.notes if note.code == "113-member-unread"]
        assert unread == [{"count": 1, "members": "说明.pdf"}]
    before = content_hash(inner)
    (inner / "片区.geojson").write_text("{}")
    assert content_hash(inner) != before


def test_gml_and_kml_keep_codes_as_texts(tmp_path: Path) -> None:
    for name in ("a.gml", "a.kml"):
        dirty.plots(crs=4326, 用途=["0601", "0602"]).to_file(tmp_path / name, driver=DRIVERS[name])
        layer = only(read_layers(tmp_path / name))
        assert layer.rows["用途"].tolist() == ["0601", "0602"]
        assert set(layer.rows.columns) <= {"用途", "gml_id", "id", "Name"}, "no columns of the driver's own"


@pytest.mark.parametrize("character_set", ["WindowsSimpChinese", "Neutral"])
def test_a_mapinfo_table_in_gbk_with_its_character_set_stated_or_not(tmp_path: Path, character_set: str) -> None:
    dirty.plots(DKBM=["A-1", "A-2"], TDSYQR=["", ""]).to_file(tmp_path / "a.mif", driver="MapInfo File")
    head = (tmp_path / "a.mif").read_text().replace('"Neutral"', f'"{character_set}"').replace("TDSYQR", "土地使用权人")
    (tmp_path / "a.mif").write_bytes(head.encode("gbk"))
    (tmp_path / "a.mid").write_bytes('"A-1","示例企业一"\n"A-2","示例企业二"\n'.encode("gbk"))
    assert only(read_layers(tmp_path / "a.mif")).rows["土地使用权人"].tolist() == ["示例企业一", "示例企业二"]


def test_a_shapefile_whose_names_were_cut_within_a_sign(tmp_path: Path) -> None:
    path = dirty.shapefile(tmp_path / "a.shp", dirty.plots(first=["甲"], second=["出让"]))
    # UTF-8 of 土地使用权人 has 18 bytes, of which ten are three signs and a third of the fourth.
    dirty.call_fields(path, "土地使用权人".encode()[:10], "土地使用权类型".encode()[:10])
    layer = only(read_layers(path))
    assert layer.rows.columns[0] == "土地使" and layer.rows.iloc[0].tolist() == ["甲", "出让"]


def test_a_shapefile_whose_names_ten_bytes_made_the_same(tmp_path: Path) -> None:
    path = dirty.shapefile(tmp_path / "a.shp", dirty.plots(first=["甲"], second=["乙"]), "GB18030", without=(".cpg",))
    # 土地使用权人 and 土地使用权类型 in GBK, cut at ten bytes.
    dirty.call_fields(path, "土地使用权".encode("gbk"), "土地使用权".encode("gbk"))
    layer = only(read_layers(path))
    assert layer.rows.iloc[0].tolist() == ["甲", "乙"]
    assert layer.rows.columns[0] == "土地使用权" and layer.rows.columns[1].startswith("土地使用权_")
    assert layer.encoding == "GB18030"


def test_geojson_by_lines_under_the_name_of_geojson(tmp_path: Path) -> None:
    dirty.plots(crs=4326).to_file(tmp_path / "a.geojsonl", driver="GeoJSONSeq")
    (tmp_path / "a.geojsonl").rename(tmp_path / "a.json")
    assert len(only(read_layers(tmp_path / "a.json")).rows) == 2


def test_what_is_no_feature_is_a_row_without_values_and_every_other_row_keeps_its_number(tmp_path: Path) -> None:
    drawn = dirty.plots(crs=4326, no=["A-1", "A-2"]).to_json(drop_id=True)
    features = json.loads(drawn)["features"]
    told = {"type": "FeatureCollection", "features": [None, features[0], 3, 3, features[1], "x"]}
    (tmp_path / "a.geojson").write_text(json.dumps(told))
    layer = only(read_layers(tmp_path / "a.geojson"))
    assert layer.rows["no"].dropna().to_dict() == {2: "A-1", 5: "A-2"} and len(layer.rows) == 6
    assert {note.values["text"]: note.rows for note in layer.notes} == {"null": (1,), "3": (3, 4), '"x"': (6,)}
    given = conform([layer], parse_profile(ANY, "any.toml"), park="p1")
    assert given.rows_in == 6 and given.frames["parcel"]["source_row"].tolist() == [2, 5]
    assert given.issues[["code", "row", "severity"]].to_numpy().tolist() == [
        ["123-no-feature", row, "refused"] for row in (1, 3, 4, 6)
    ]


# --- drawings ---------------------------------------------------------------------------------------------------------


def square(x: float, y: float, side: float = 100) -> list[tuple[float, float]]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]


def test_a_drawing_gives_a_parcel_for_each_closed_line_and_its_text_is_the_number(tmp_path: Path) -> None:
    east, north = 40_568_533.0, 3_466_677.0
    path = dirty.drawing(
        tmp_path / "宗地图.dxf",
        ("line", "JZD", square(east, north), True),
        ("line", "JZD", square(east + 200, north), True),
        ("line", "DL", [(east, north - 50), (east + 400, north - 50)], False),
        ("text", "ZJ", (east + 50, north + 50), "A-1"),
        ("text", "ZJ", (east + 250, north + 60), "示例企业"),
        ("text", "ZJ", (east + 250, north + 40), "A-2"),
        ("text", "ZJ", (east - 500, north), "比例尺"),
        encoding="gbk",
    )
    layer = only(read_layers(path))
    assert layer.rows["地块编号"].tolist() == ["A-1", "A-2"]
    assert layer.rows["文字"].tolist()[0] == "A-1" and set(layer.rows["文字"].tolist()[1].split("；")) == {
        "A-2",
        "示例企业",
    }
    assert layer.shapes is not None and shapely.area(layer.shapes).tolist() == [10_000, 10_000]
    assert layer.crs is not None and layer.crs.to_epsg() == 4528
    unused = next(note for note in layer.notes if note.code == "117-entities-unused")
    assert unused.values == {"count": 2}, "the road and the text outside"


def test_a_drawing_without_a_closed_line_says_how_to_close_them(tmp_path: Path) -> None:
    path = dirty.drawing(tmp_path / "open.dxf", ("line", "0", square(0, 0), False))
    with pytest.raises(InputError, match="no closed line"):
        read_layers(path)


# --- tables -----------------------------------------------------------------------------------------------------------

LEDGER: list[list[Any]] = [
    ["示例园区用地企业台账", None, None, None, None],
    ["单位：万元", None, None, None, None],
    ["地块编号", "企业名称", "税收", None, None],
    [None, None, 2021, 2022, 2023],
    ["A-1", "示例企业一", 12.5, 13, None],
    ["A-2", None, 1, 2, 3],
]
MERGED = ((0, 0, 0, 4), (2, 0, 3, 0), (2, 1, 3, 1), (2, 2, 2, 4), (4, 1, 5, 1))


@pytest.mark.parametrize("write", [dirty.workbook, dirty.old_workbook])
def test_a_workbook_with_merged_cells_two_rows_of_header_and_a_column_a_year(tmp_path: Path, write: Any) -> None:
    path = write(tmp_path / ("a.xlsx" if write is dirty.workbook else "a.xls"), LEDGER, MERGED)
    layer = only(read_layers(path))
    assert list(layer.rows.columns) == ["地块编号", "企业名称", "税收_2021", "税收_2022", "税收_2023"]
    assert layer.rows["企业名称"].tolist() == ["示例企业一", "示例企业一"], (
        "a cell merged over two rows is said of both"
    )
    assert layer.rows["税收_2021"].tolist() == ["12.5", "1"]
    assert layer.rows.index.tolist() == [5, 6]
    assert codes(layer) == ["111-header-joined"] and "税收_2021" in layer.notes[0].values["names"]


def test_two_rows_of_header_that_nobody_merged(tmp_path: Path) -> None:
    assert list(only(read_layers(dirty.workbook(tmp_path / "a.xlsx", LEDGER))).rows.columns)[2:] == [
        "税收_2021",
        "税收_2022",
        "税收_2023",
    ]


def test_rows_of_codes_and_numbers_beneath_the_header_are_no_records(tmp_path: Path) -> None:
    rows = [
        ["调查单元编号", "镇街", "调查区编号", "面积", "使用状况", "是否低效"],
        ["DCDYBH", "XZMC", "DCQBH", "MJ", "SYZK", "SFDX"],
        [1, 2, 3, 4, 5, 6],
        ["01", "甲镇", "Q1", 12.5, "在用", "是"],
    ]
    layer = only(read_layers(dirty.workbook(tmp_path / "表1-2.xlsx", rows)))
    assert layer.rows.index.tolist() == [4]
    assert layer.rows.loc[4, "调查单元编号"] == "01"
    assert layer.notes[0].values["names"] == "2, 3"


def test_sums_and_what_stands_beneath_a_table_are_no_records_and_are_told(tmp_path: Path) -> None:
    rows = [
        ["2023年企业税收", None, None],
        ["单位：万元", None, None],
        ["序号", "企业名称", "税收"],
        [1, "合计电子有限公司", 12.5],
        ["小 计", None, 12.5],
        [2, "说明书印刷厂", 3],
        ["合计", None, 15.5],
        ["注：含免抵。", None, None],
        ["填表人：甲", "审核人：乙", None],
    ]
    layer = only(read_layers(dirty.workbook(tmp_path / "a.xlsx", rows, ((4, 0, 4, 1), (6, 0, 6, 1)))))
    assert layer.rows["税收"].tolist() == ["12.5", "3"] and layer.rows.index.tolist() == [4, 6]
    assert [note.values["names"] for note in layer.notes] == ["5, 7, 8, 9"]
    assert layer.above == "2023年企业税收 单位：万元"


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("台账.et", ".xlsx"),
        ("红线.dwg", ".dxf"),
        ("资料.rar", ".zip"),
        ("说明.docx", ".xlsx"),
        ("工业用地.dbf", ".shp"),
    ],
)
def test_what_is_not_read_says_what_to_do_with_it(tmp_path: Path, name: str, mend: str) -> None:
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(InputError, match="not read") as refused:
        read_layers(tmp_path / name)
    assert mend in refused.value.mend.zh and mend in refused.value.mend.en


def test_a_web_page_called_a_workbook_is_told_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_text("<html><table><tr><td>地块编号</td></tr></table></html>", encoding="utf-8")
    with pytest.raises(InputError, match="a table of a web page") as refused:
        read_layers(tmp_path / "a.xls")
    assert ".xlsx" in refused.value.mend.zh


def test_a_hidden_sheet_is_not_read_and_told(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    for name in ("旧地块", "地块"):
        book.add_worksheet(name).write_column(0, 0, ["地块编号", name])
    book.worksheets()[0].hide()
    book.worksheets()[1].activate()
    book.close()
    layer = only(read_layers(tmp_path / "a.xlsx"))
    assert (layer.name, codes(layer), layer.notes[0].values) == ("地块", ["124-sheet-hidden"], {"name": "旧地块"})


def test_an_error_in_a_cell_is_kept_as_the_sheet_shows_it(tmp_path: Path) -> None:
    import xlsxwriter

    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    page = book.add_worksheet()
    page.write_row(0, 0, ["编号", "容积率"])
    page.write(1, 0, "A-1")
    page.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    book.close()
    assert only(read_layers(tmp_path / "a.xlsx")).rows["容积率"].tolist() == ["#DIV/0!"]


def test_a_csv_beneath_a_title_and_one_with_x_to_the_north(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("供地台账,,\n编号,X坐标,Y坐标\nA-1,3466677,40568533\n".encode("gb18030"))
    layer = only(read_layers(tmp_path / "a.csv"))
    assert list(layer.rows.columns) == ["编号", "X坐标", "Y坐标"] and layer.encoding == "GB18030"
    assert layer.shapes is not None and layer.shapes[0].coords[0] == (40_568_533, 3_466_677)
    assert codes(layer) == ["114-axes-swapped", "115-crs-inferred"]


# --- boundary points --------------------------------------------------------------------------------------------------


def test_boundary_points_with_a_hole_two_parts_and_two_parcels(tmp_path: Path) -> None:
    x, y = 3_466_677.0, 568_533.0
    path = dirty.boundary_text(
        tmp_path / "地块.txt",
        ("A-1", [dirty.ring(x, y), dirty.ring(x + 25, y + 25, 50)]),
        ("A-2", [dirty.ring(x, y + 200), dirty.ring(x, y + 400)]),
    )
    layer = only(read_layers(path))
    assert layer.rows["地块编号"].tolist() == ["A-1", "A-2"]
    assert layer.rows["地块面积(公顷)"].tolist() == ["1.0000", "1.0000"]
    assert layer.shapes is not None
    assert shapely.area(layer.shapes).tolist() == [7_500, 20_000]
    assert layer.shapes[0].bounds == (y, x, y + 100, x + 100), "X is north"
    assert layer.crs is not None and layer.crs.to_epsg() == 4549, "zone 40, no number before the easting"
    assert layer.encoding == "GB18030" and codes(layer) == []
    assert layer.first_row == 10, "the line that opens the parcel"


def test_boundary_points_that_are_fewer_than_stated_are_told_of_their_parcel(tmp_path: Path) -> None:
    path = dirty.boundary_text(tmp_path / "a.txt", ("A-1", [dirty.ring(3_466_677, 568_533)]), stated=9)
    layer = only(read_layers(path))
    assert [(note.code, note.rows) for note in layer.notes] == [("118-points-miscounted", (10,))]


def test_a_bare_list_of_boundary_points(tmp_path: Path) -> None:
    points = dirty.ring(3_466_677, 40_568_533)
    (tmp_path / "P-7.txt").write_text("\n".join(f"J{place},{x},{y:.3f}" for place, (x, y) in enumerate(points, 1)))
    layer = only(read_layers(tmp_path / "P-7.txt"))
    assert layer.rows["地块编号"].tolist() == ["P-7"]
    assert layer.shapes is not None and layer.shapes[0].area == 10_000
    assert layer.crs is not None and layer.crs.to_epsg() == 4528


def test_a_line_that_is_no_boundary_point_is_named(tmp_path: Path) -> None:
    path = dirty.boundary_text(tmp_path / "a.txt", ("A-1", [dirty.ring(3_466_677, 568_533)]))
    path.write_bytes(path.read_bytes().replace(b"J3,1,", b"J3;"))
    with pytest.raises(InputError) as caught:
        read_layers(path)
    assert "13: J3" in caught.value.at
