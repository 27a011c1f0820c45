"""The golden set, what files and coordinates do: formats, encodings, coordinates, attacks. Each case says what is expected of it."""

import json
import sqlite3
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dirty
import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from golden import Case, cases

from landgis.readers import jail

Make = Callable[[Path], Path]
KEY = "地块编号"
EAST, NORTH = 568_533.0, 3_466_677.0


# --- how they are made ------------------------------------------------------------------------------------------------


def vector(name: str, frame: Callable[[], gpd.GeoDataFrame], driver: str = "GPKG", **options: Any) -> Make:
    def make(folder: Path) -> Path:
        frame().to_file(folder / name, driver=driver, **options)
        return folder / name

    return make


def shape(frame: Callable[[], gpd.GeoDataFrame], encoding: str = "UTF-8", without: tuple[str, ...] = ()) -> Make:
    return lambda folder: dirty.shapefile(folder / "宗地.shp", frame(), encoding, without=without)


def text(name: str, content: str, encoding: str = "utf-8") -> Make:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content.encode(encoding))
        return folder / name

    return make


def sheet(rows: list[list[Any]], merged: tuple[tuple[int, int, int, int], ...] = (), old: bool = False) -> Make:
    write = dirty.old_workbook if old else dirty.workbook
    return lambda folder: write(folder / ("a.xls" if old else "a.xlsx"), rows, merged)


def archive(name: str, **members: Any) -> Make:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w", zipfile.ZIP_DEFLATED) as target:
            for entry in members["of"]:
                target.writestr(*entry)
        return folder / name

    return make


def wkt() -> str:
    return str(dirty.SQUARE.wkt)


def moved(**to: Any) -> Callable[[], gpd.GeoDataFrame]:
    """Two plots, of which the second has another shape."""

    def frame() -> gpd.GeoDataFrame:
        plots = dirty.plots(crs=to.get("crs", 4490))
        plots.loc[1, "geometry"] = to["shape"]
        return plots

    return frame


def collided(folder: Path) -> Path:
    plots = dirty.plots(no=["A-1", "A-2"], first=["甲", "乙"], second=["出让", "划拨"])
    path = dirty.shapefile(folder / "a.shp", plots, "GB18030", without=(".cpg",))
    dirty.call_fields(path, KEY.encode("gbk"), "土地使用权".encode("gbk"), "土地使用权".encode("gbk"))
    return path


def cut(folder: Path) -> Path:
    path = dirty.shapefile(folder / "a.shp", dirty.plots(no=["A-1", "A-2"], owner=["甲", "乙"]))
    dirty.call_fields(path, KEY.encode()[:11], "土地使用权人".encode()[:10])
    # Twelve bytes do not fit into ten: the key is called 地块编 and is to be named by the profile.
    return path


def delivered(folder: Path) -> Path:
    inner = folder / "inner"
    inner.mkdir()
    dirty.plots().to_file(inner / "宗地.gdb", driver="OpenFileGDB")
    (inner / "四至图.jpg").write_bytes(b"\xff\xd8\xff")
    return dirty.folder_zipped(folder / "交付.zip", inner, "批次1/")


def with_a_view(folder: Path) -> Path:
    path = folder / "a.gpkg"
    dirty.plots().to_file(path, layer="宗地")
    with sqlite3.connect(path) as base:
        base.execute(
            "CREATE VIEW endless AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i FROM n"
        )
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('endless', 'attributes', 'e')"
        )
    base.close()
    return path


def only_a_view(folder: Path) -> Path:
    path = with_a_view(folder)
    with sqlite3.connect(path) as base:
        base.execute("DELETE FROM gpkg_contents WHERE table_name = '宗地'")
    base.close()
    return path


def curved(folder: Path) -> Path:
    """A circle of arcs, a ring half arc and half lines, an arc alone, heights, measures, facets, a circle in a collection, a broken one."""
    y, r = 31.32, 0.001

    def wkb(kind: int, count: int, content: bytes) -> bytes:
        return b"\x01" + kind.to_bytes(4, "little") + count.to_bytes(4, "little") + content

    def along(kind: int, *corners: tuple[float, ...]) -> bytes:
        return wkb(kind, len(corners), np.array(corners, "<f8").tobytes())

    def high(kind: int, *heights: float) -> Callable[[float], bytes]:
        return lambda x: wkb(kind, 1, along(2, *((*corner, *heights) for corner in square(x)))[5:])

    def square(x: float) -> list[tuple[float, float]]:
        return [(x, y), (x + r, y), (x + r, y + r), (x, y + r), (x, y)]

    def upper(x: float) -> bytes:
        return along(8, (x - r, y), (x, y + r), (x + r, y))

    def circle(x: float) -> bytes:
        return wkb(10, 1, along(8, (x - r, y), (x, y + r), (x + r, y), (x, y - r), (x - r, y)))

    def half(x: float) -> bytes:
        return wkb(10, 1, wkb(9, 2, upper(x) + along(2, (x + r, y), (x + r, y - r), (x - r, y - r), (x - r, y))))

    kinds: list[Callable[[float], bytes]] = [
        circle, half, upper, high(1003, 4.5), high(3003, 4.5, 7), lambda x: wkb(15, 1, shapely.Polygon(square(x)).wkb),
        lambda x: wkb(7, 2, circle(x) + shapely.Point(x, y).wkb), lambda x: wkb(10, 9, b"broken"),
    ]  # fmt: skip
    shapes = [kind(120.72 + 3 * r * place) for place, kind in enumerate(kinds)]
    path = folder / "a.gpkg"
    dirty.plots(**{KEY: [f"A-{place}" for place in range(len(shapes))]}).to_file(path, layer="宗地")
    with sqlite3.connect(path) as base:
        base.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'GEOMETRY', z = 2, m = 2")
        for (trigger,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{trigger}"')
        for row, shape in enumerate(shapes, start=1):
            head = b"GP\x00\x01" + (4490).to_bytes(4, "little")
            base.execute("UPDATE 宗地 SET geom = ? WHERE fid = ?", (head + shape, row))
    base.close()
    return path


def gbk_mapinfo(folder: Path) -> Path:
    dirty.plots(DKBM=["", ""], TDSYQR=["", ""]).to_file(folder / "a.mif", driver="MapInfo File")
    head = (folder / "a.mif").read_text().replace("DKBM", KEY).replace("TDSYQR", "土地使用权人")
    (folder / "a.mif").write_bytes(head.encode("gbk"))
    (folder / "a.mid").write_bytes('"A-1","示例企业一"\n"A-2","示例企业二"\n'.encode("gbk"))
    return folder / "a.mif"


def cad(number: str | None) -> Make:
    x, y = 40_000_000 + EAST, NORTH
    square = [(x, y), (x + 100, y), (x + 100, y + 100), (x, y + 100)]
    labels = [("text", "ZJ", (x + 50, y + 50), number)] if number else []
    return lambda folder: dirty.drawing(
        folder / "a.dxf", ("line", "JZD", square, True), ("line", "DL", square[:3], False), *labels
    )


def points(stated: int | None = None, swap: tuple[bytes, bytes] = (b"", b"")) -> Make:
    def make(folder: Path) -> Path:
        hole = [dirty.ring(NORTH, EAST), dirty.ring(NORTH + 25, EAST + 25, 50)]
        path = dirty.boundary_text(
            folder / "a.txt", ("A-1", hole), ("A-2", [dirty.ring(NORTH, EAST + 200)]), stated=stated
        )
        path.write_bytes(path.read_bytes().replace(*swap) if swap[0] else path.read_bytes())
        return path

    return make


def feet() -> gpd.GeoDataFrame:
    """Two lots in Queens, New York, in US feet under a system that has metres (EPSG:32118)."""
    return dirty.plots(shapely.box(1_010_000, 200_000, 1_010_300, 200_300), crs=32118)


def far_corners() -> gpd.GeoDataFrame:
    return moved(shape=shapely.box(120.72, 31.32, 1e300, 31.321))()


def far_in(name: str, driver: str) -> Make:
    """Two plots as a text, in which a coordinate of the second was made 1e300."""
    told = b"120.7654321"

    def make(folder: Path) -> Path:
        east = float(told)
        moved(shape=shapely.box(120.72, 31.32, east, 31.321), crs=4326)().to_file(folder / name, driver=driver)
        content = (folder / name).read_bytes()
        assert told in content
        (folder / name).write_bytes(content.replace(told, b"1e300"))
        return folder / name

    return make


def corner_that_is_no_number() -> gpd.GeoDataFrame:
    with np.errstate(invalid="ignore"):
        return moved(shape=shapely.Polygon([(120.7, 31.3), (np.nan, 31.3), (120.7, 31.4), (120.7, 31.3)]))()


def many_columns(folder: Path) -> Path:
    properties = {f"c{number}": number for number in range(65_536)} | {KEY: "A-1"}
    feature = {"type": "Feature", "properties": properties, "geometry": shapely.geometry.mapping(dirty.SQUARE)}
    (folder / "a.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return folder / "a.geojson"


COLUMNS = range(65_536)
GML = (
    '<g:FeatureCollection xmlns:g="http://www.opengis.net/gml"><g:featureMember><a>{}<g:Polygon><g:exterior><g:LinearRing><g:posList>'
    "1 2 2 2 2 3 1 2</g:posList></g:LinearRing></g:exterior></g:Polygon></a></g:featureMember></g:FeatureCollection>"
)
KML_ROW = '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{}<Placemark><ExtendedData>{}</ExtendedData></Placemark></Document></kml>'
#: The first lines of a MIF up to its columns, of which there are so many.
MIF = 'Version 300\nCharset "Neutral"\nDelimiter ","\nCoordSys Earth Projection 1, 0\nColumns {}\n'
OF_COLUMNS = {
    "a.gml": GML.format("".join(f"<c{n}>1</c{n}>" for n in COLUMNS)),
    "a.kml": KML_ROW.format("", "".join(f'<Data name="c{n}"><value>1</value></Data>' for n in COLUMNS)),
    "schema.kml": KML_ROW.format(
         '<Schema id="s">' + "".join(f"<SimpleField type='string' name='c{n}'/>" for n in COLUMNS) + "</Schema>",
        "<SchemaData>" + "".join(f"<SimpleData name='c{n}'>1</SimpleData>" for n in COLUMNS) + "</SchemaData>",
    ),
    "a.mif": MIF.format(len(COLUMNS)) + "".join(f"  c{n} Char(10)\n" for n in COLUMNS) + "Data\n\nNone\n",
    "a.topojson": json.dumps({"type": "Topology", "arcs": [], "objects": {"a": {
        "type": "Point", "coordinates": [1, 2], "properties": {f"c{n}": 1 for n in COLUMNS}}}}),
    "a.csv": ",".join(f"c{n}" for n in COLUMNS) + "\n1\n",
}  # fmt: skip


def inside(names: str, deep: int) -> str:
    """Elements of these names, each of which holds one of every name, and so on so many deep."""
    return "".join(f"<{one}>{inside(names, deep - 1)}</{one}>" for one in names) if deep else "1"


DEEP = 100_000
#: Few names that make many columns, since GDAL makes one of every way in which they stand inside each other.
NESTED = {
    "sixteen names inside each other, four deep": GML.format(inside("abcdefghijklmnop", 4)),
    "two names inside each other, sixteen deep": GML.format(inside("xy", 16)),
    "a column 100 000 deep": GML.format("<x>" * DEEP + "1" + "</x>" * DEEP),
    "a column on each of 100 000 levels": GML.format("<x><y>1</y>" * DEEP + "</x>" * DEEP),
    "a shape 100 000 deep": GML.format("")
    .replace("<g:exterior>", "<g:exterior>" * DEEP)
    .replace("</g:exterior>", "</g:exterior>" * DEEP),
    "100 000 elements inside each other": "<a>" * DEEP + "</a>" * DEEP,
}
#: What stands inside itself so deep in other formats, and what is said of it.
NESTED_ELSEWHERE = {
    "a.kml": (
        '<kml xmlns="http://www.opengis.net/kml/2.2">' + "<Folder>" * DEEP + "</Folder>" * DEEP + "</kml>", "damaged"
    ),
    "a.geojson": (
        '{"type":"FeatureCollection","features":[{"type":"Feature","geometry":null,"properties":' + '{"a":' * DEEP + "1"
        + "}" * DEEP + "}]}", "Too many nested",
    ),
    "a.topojson": (
        '{"type":"Topology","arcs":[],"objects":{"a":' + '{"type":"GeometryCollection","geometries":[' * DEEP + "]}" * DEEP
        + "}}", "too deep",
    ),
}  # fmt: skip
#: Names that only seem to be, and an end within quotes: of all that one row with two columns.
SEEMING = (
    "".join(f"<!-- <c{n}> --><b q='>' r=\"/>\"/>" for n in range(3_000))
    + f"<{KEY}><![CDATA[A-1]]></{KEY}><c><d>1</d></c>"
)


def circle_wkb(corners: int) -> bytes:
    """Give the WKB of a polygon of one ring with so many corners, without holding it as a shape."""
    angle = np.linspace(0, 2 * np.pi, corners)
    xy = np.column_stack([120.72 + 0.01 * np.cos(angle), 31.32 + 0.01 * np.sin(angle)])
    xy[-1] = xy[0]
    return b"\x01\x03\x00\x00\x00\x01\x00\x00\x00" + np.array(corners, "<u4").tobytes() + xy.astype("<f8").tobytes()


def ten_million_corners(folder: Path) -> Path:
    told = {
        "version": "1.1.0",
        "primary_column": "g",
        "columns": {"g": {"encoding": "WKB", "geometry_types": ["Polygon"]}},
    }
    table = pa.table({KEY: ["A-1"], "g": pa.array([circle_wkb(10_000_000)], pa.binary())})
    pq.write_table(
        table.replace_schema_metadata({"geo": json.dumps(told)}),
        folder / "a.parquet",
        compression="none",
        use_dictionary=False,
        write_statistics=False,
    )
    return folder / "a.parquet"


def ten_million_corners_as_a_shapefile(folder: Path) -> Path:
    path = dirty.shapefile(folder / "a.shp", dirty.plots())
    words = bytearray(path.with_suffix(".shx").read_bytes())
    words[112:116] = (80_000_024).to_bytes(4, "big")  # in words of two bytes, of the second record
    path.with_suffix(".shx").write_bytes(words)
    return path


#: Three corners of a ring by how a format writes them, again and again; what stands before them and behind.
MANY = 10_000_000 // 3
FEATURE = b'{"type":"Feature","properties":{"parcel_no":"A"},"geometry":{"type":"Polygon","coordinates":[['
OF_MANY: dict[str, tuple[bytes, bytes, bytes]] = {
    "a.geojson": (b'{"type":"FeatureCollection","features":[' + FEATURE, b"[1,2],[2,2],[2,3],", b"[1,2]]]}}]}"),
    "a.geojsonl": (
        FEATURE + b"[1,2],[2,2],[2,3],[1,2]]]}}\n" + FEATURE, b"[1,2],[2,2],[2,3],", b"[1,2]]]}}\n",
    ),
    "a.topojson": (
        b'{"type":"Topology","objects":{"a":{"type":"Polygon","arcs":[[0]]}},"arcs":[[', b"[1,2],[2,2],[2,3],", b"[1,2]]]}",
    ),
    "a.kml": (
        b'<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><Polygon><outerBoundaryIs><LinearRing><coordinates>',
        b"1,2 2,2 2,3 ",
        b"1,2</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></kml>",
    ),
    "a.gml": (
        b'<g:FeatureCollection xmlns:g="http://www.opengis.net/gml"><g:featureMember><a><g:Polygon><g:exterior><g:LinearRing>',
        b"<g:pos>1 2</g:pos><g:pos>2 2</g:pos><g:pos>2 3</g:pos>",
        b"</g:LinearRing></g:exterior></g:Polygon></a></g:featureMember></g:FeatureCollection>",
    ),
    "a.csv": (b'parcel_no,WKT\nA,"POLYGON((', b"1 2,2 2,2 3,", b'1 2))"\n'),
    "a.mif": ((MIF.format(1) + f"  no Char(9)\nData\n\nRegion 1\n{3 * MANY + 1}\n").encode(), b"1 2\n2 2\n2 3\n", b"1 2\n"),
    "a.txt": ("[地块坐标]\n9,1.0,A,地块,面,,,,@\n".encode("gbk"), b"1,1,1,2\n2,1,2,2\n3,1,2,3\n", b""),
}  # fmt: skip


def of_many(name: str) -> Make:
    def make(folder: Path) -> Path:
        before, corners, behind = OF_MANY[name]
        (folder / name).write_bytes(before + corners * MANY + behind)
        return folder / name

    return make


def shared_text(folder: Path) -> Path:
    """A workbook of 200 KB whose million cells all are one text of 32 000 signs: 32 GB for whom makes a text of each."""
    plain = dirty.workbook(folder / "plain.xlsx", [["a", "b"], ["x", "y"]])
    cells = '<c t="s"><v>0</v></c>' * 20
    lines = "".join(f'<row r="{row}">{cells}</row>' for row in range(1, 50_001))
    name = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    swollen = {
        "xl/sharedStrings.xml": f'<sst xmlns="{name}" count="1" uniqueCount="1"><si><t>{"x" * 32_000}</t></si></sst>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{name}"><sheetData>{lines}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(folder / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.namelist():
            target.writestr(member, swollen.get(member, source.read(member)))
    return folder / "a.xlsx"


def link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("宗地.shp")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


BOMB = (
    '<!DOCTYPE kml [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9))
    + "]>"
)
KML = '<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>{}</name><Point><coordinates>120,31</coordinates></Point></Placemark></kml>'


def shapely_feature(number: str) -> str:
    """A feature of GeoJSON."""
    drawn = shapely.geometry.mapping(dirty.SQUARE)
    return json.dumps({"type": "Feature", "properties": {KEY: number}, "geometry": drawn}, ensure_ascii=False)


VRT = '<OGRVRTDataSource><OGRVRTLayer name="passwd"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'

# --- formats and encodings --------------------------------------------------------------------------------------------

FORMATS = (
    Case("a shapefile in GBK without cpg", shape(dirty.plots, "GB18030", (".cpg",)), stored=2),
    Case("a shapefile without its dbf", shape(dirty.plots, without=(".dbf",)), refused=".dbf missing"),
    Case("two columns that ten bytes made one", collided, stored=2, issues={"112-names-collide": 1}),
    Case(
        "a column whose name was cut within a sign",
        cut,
        stored=2,
        profile='name = "n"\nzh = "n"\nen = "n"\n[[table]]\nname = "parcel"\nlayers = ["*"]\n[table.columns]\nparcel_no = "地块编"\n'
        'owner_name = "土地使"\n',
    ),
    Case("a geodatabase in a folder of a zip, with a picture", delivered, stored=2, issues={"113-member-unread": 1}),
    Case("a geopackage with a view that never ends", with_a_view, stored=2),
    Case("a geopackage of nothing but that view", only_a_view, refused="no row"),
    Case(
        "arcs, facets, heights, measures, a line among polygons",
        curved,
        stored=6,
        issues={"121-curves-straightened": 5, "122-heights-dropped": 1, "401-no-shape": 1, "403-not-a-polygon": 1,
                "413-shapes-mixed": 1},
    ),
    Case("a gml without its schema", vector("a.gml", dirty.plots, "GML"), stored=2),
    Case("a mapinfo table in GBK that does not say so", gbk_mapinfo, stored=2),
    Case(
        "a mapinfo table that leads to another file",
        text("a.tab", '!table\n!version 300\nDefinition Table\n  File "/etc/passwd"\n  Type DBF\n'),
        refused="leads to other files",
    ),
    Case("a drawing", cad("A-1"), stored=1, issues={"115-crs-inferred": 1, "117-entities-unused": 1}),
    Case(
        "a drawing whose parcel has no number",
        cad(None),
        issues={"115-crs-inferred": 1, "117-entities-unused": 1, "301-missing": 1},
    ),
    Case(
        "a csv of well-known text, one broken",
        text("a.csv", f'{KEY},WKT\nA-1,"{wkt()}"\nA-2,POLYGON((1 2\n', "gb18030"),
        stored=1,
        issues={"401-no-shape": 1},
        options={"crs": "EPSG:4490"},
    ),
    Case(
        "a csv in UTF-16 with tabs beneath a title",
        text("a.csv", f"供地台账\n{KEY}\tWKT\nA-1\t{wkt()}\n", "utf-16"),
        stored=1,
        options={"crs": "EPSG:4490"},
    ),
    Case("a csv with a comma too many", text("a.csv", f"{KEY},b\nA-1,1\nA-2,1,2\n"), refused="line 3"),
    Case(
        "a workbook with merged cells, two rows of header, a column a year",
        sheet(
            [["台账", None, None, None], [KEY, "图形", "税收", None], [None, None, 2021, 2022], ["A-1", wkt(), 1, 2]],
            ((0, 0, 0, 3), (1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3)),
        ),
        stored=1,
        issues={"111-header-joined": 1},
        options={"crs": "EPSG:4490"},
    ),
    Case(
        "an old workbook with a row of column numbers",
        sheet([[KEY, "图形", "坐落", "镇街", "村"], [1, 2, 3, 4, 5], ["A-1", wkt(), "甲路", "甲镇", "甲村"]], old=True),
        stored=1,
        issues={"111-header-joined": 1},
        options={"crs": "EPSG:4490"},
    ),
    Case("boundary points with a hole", points(), stored=2, issues={"412-hole": 1}),
    Case("boundary points of which some are missing", points(stated=20), stored=2,
         issues={"118-points-miscounted": 2, "412-hole": 1}),
    Case("boundary points with a line that is none", points(swap=(b"J3,1,", b"J3;")), refused="no boundary point"),
    Case("a text in no known encoding", text("a.csv", "name\n" + "\x80\xff\x81 " * 200, "latin-1"), refused="encoding"),
)  # fmt: skip

# --- coordinates ------------------------------------------------------------------------------------------------------

COORDINATES = (
    Case("six-digit eastings", shape(lambda: dirty.plots(dirty.SIX_DIGITS, crs=None), without=()), refused="EPSG:4549"),
    Case(
        "six-digit eastings of which the user says the zone",
        shape(lambda: dirty.plots(dirty.SIX_DIGITS, crs=None)),
        stored=2,
        options={"crs": "EPSG:4549"},
    ),
    Case(
        "eastings with the zone of 3 degrees, no prj",
        shape(lambda: dirty.plots(dirty.ZONE_40, crs=None)),
        stored=2,
        issues={"115-crs-inferred": 1},
    ),
    Case(
        "eastings with the zone of 6 degrees, no prj",
        shape(lambda: dirty.plots(shapely.box(20_854_199, 3_473_000, 20_854_299, 3_473_100), crs=None)),
        stored=2,
        issues={"115-crs-inferred": 1},
    ),
    Case(
        "the zones of two numbers in a layer",
        shape(lambda: moved(shape=shapely.box(39_568_533, NORTH, 39_568_633, NORTH + 100), crs=None)().set_geometry(
            [dirty.ZONE_40, shapely.box(39_568_533, NORTH, 39_568_633, NORTH + 100)])),
        refused="39, 40",
    ),
    Case(
        "latitude before longitude",
        vector("a.gpkg", lambda: dirty.plots(shapely.box(31.32, 120.72, 31.321, 120.721))),
        stored=2,
        issues={"114-axes-swapped": 1},
    ),
    Case(
        "north before east, no prj",
        shape(lambda: dirty.plots(shapely.transform(dirty.ZONE_40, lambda xy: xy[:, ::-1]), crs=None)),
        stored=2,
        issues={"114-axes-swapped": 1, "115-crs-inferred": 1},
    ),
    Case("degrees of no stated datum", shape(lambda: dirty.plots(crs=None)), refused="EPSG:4610"),
    Case(
        "Xi'an 80",
        vector("a.gpkg", lambda: dirty.plots(dirty.SIX_DIGITS, crs=2385)),
        stored=2,
        issues={"116-local-datum": 1},
    ),
    Case("degrees under a system in metres", vector("a.gpkg", lambda: dirty.plots(crs=4549)), refused="numbers are degrees"),
    Case(
        "degrees under a system in metres, and the user knows better",
        vector("a.gpkg", lambda: dirty.plots(crs=4549)),
        stored=2,
        issues={"119-crs-overruled": 1},
        options={"crs": "EPSG:4490"},
    ),
    Case("metres under a system in degrees", vector("a.gpkg", lambda: dirty.plots(dirty.SIX_DIGITS)), refused="metres or feet"),
    Case("feet under a system in metres", vector("a.gpkg", feet), refused="US feet"),
    Case(
        "a statement that the user contradicts without need",
        vector("a.gpkg", dirty.plots),
        refused="Only one of them",
        options={"crs": "EPSG:4549"},
    ),
    Case(
        "a parcel a hundred kilometres from the rest",
        vector("a.gpkg", lambda: gpd.GeoDataFrame(
            {KEY: [f"A-{place}" for place in range(5)]},
            geometry=[*dirty.plots(n=[1, 2, 3, 4]).geometry, shapely.box(121.9, 31.32, 121.901, 31.321)], crs=4490)),
        stored=5,
        issues={"407-far-away": 1},
    ),
    Case(
        "a web map's metres without a crs",
        text("a.geojson", json.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {KEY: "A-1"}, "geometry": shapely.geometry.mapping(
                shapely.box(13_438_488, 3_674_000, 13_438_588, 3_674_100))}]})),
        stored=1,
        issues={"115-crs-inferred": 1},
    ),
)  # fmt: skip

# --- attacks ----------------------------------------------------------------------------------------------------------

ATTACKS = (
    Case("a zip bomb", archive("a.zip", of=[("a.dbf", b"\x00" * 20_000_000)]), refused="bomb"),
    Case("a member that points out of the archive", archive("a.zip", of=[("../../a.shp", b"x")]), refused="points out"),
    Case("a member that is a link", archive("a.zip", of=[(link(), b"/etc/passwd")]), refused="link"),
    Case("an archive in an archive", archive("a.zip", of=[("b.zip", b"PK\x05\x06" + bytes(18))]), refused="no file in it"),
    Case("an xml bomb", text("a.kml", '<?xml version="1.0"?>' + BOMB + KML.format("&j;")), refused="entities"),
    Case(
        "an xml that brings in another file",
        text("a.gml", '<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]><g>&x;</g>'),
        refused="entities",
    ),
    Case(
        "an xml bomb in a workbook",
        archive("a.xlsx", of=[("xl/workbook.xml", BOMB + "<workbook/>")]),
        refused="DOCTYPE",
    ),
    Case("a list of other files called geojson", text("a.geojson", VRT.format("/etc/passwd")), refused="not that of"),
    Case(
        "a list of other hosts called kml",
        text("a.kml", VRT.format("/vsicurl/http://127.0.0.1:1/a.geojson")),
        refused="not that of",
    ),
    Case("coordinates of 1e300", vector("a.gpkg", far_corners), stored=1, issues={"402-bad-coordinates": 1}),
    Case(
        "coordinates that are no number",
        vector("a.gpkg", corner_that_is_no_number),
        stored=1,
        issues={"402-bad-coordinates": 1},
    ),
    *(
        Case(f"a corner of 1e300 in {name}", far_in(name, driver), stored=1, issues={"402-bad-coordinates": 1} | more)
        for name, driver, more in (
            ("a.geojson", "GeoJSON", {}),
            ("a.gml", "GML", {}),
            ("a.kml", "LIBKML", {"122-heights-dropped": 1}),
            ("a.mif", "MapInfo File", {}),
        )
    ),
    *(
        Case(f"{told} in a coordinate of a gml", text("a.gml", GML.format("").replace("2 3", f"2 {told}")), refused="no number")
        for told in ("NaN", "1.#INF", "abc")
    ),
    Case(
        "coordinates of a gml with exponents",
        text("a.gml", GML.format(f"<{KEY}>A-1</{KEY}>").replace("1 2 2 2 2 3 1 2", "1.2e2 3.1e1 1.201E+2 31 120.1 31.1 12e1 31")),
        stored=1,
        options={"crs": "EPSG:4490"},
    ),
    Case("a ring of ten million corners", ten_million_corners, refused="corners"),
    *(Case(f"a ring of ten million corners in {name}", of_many(name), refused="corners") for name in OF_MANY),
    Case("a million cells of one long text", shared_text, refused="reading was stopped"),
    *(
        Case(
            f"among the features of a collection {what}",
            text("a.geojson", '{"type": "FeatureCollection", "features": [' + ",".join(among) + "]}"),
            stored=stored,
            issues={"123-no-feature": len(among) - stored},
        )
        for what, stored, among in (
            ("a bare shape", 1, (shapely_feature("A-1"), json.dumps(shapely.geometry.mapping(dirty.SQUARE)))),
            ("one that does not say what it is", 1, (shapely_feature("A-1").replace('"type": "Feature", ', ""), shapely_feature("A-2"))),
            ("nothing, first and last", 1, ("null", shapely_feature("A-1"), "null", " null")),
            ("a number, a text and a list", 1, (shapely_feature("A-1"), "3", '"x"', "[1, 2]")),
            ("a collection", 1, (f'{{"type": "FeatureCollection", "features": [{shapely_feature("A-9")}]}}', shapely_feature("A-1"))),
        )
    ),
    Case(
        "a bare shape hidden behind a feature in a column",
        text("a.geojson", '{"type": "FeatureCollection", "features": ['
            + shapely_feature("A-1").replace('"properties": {', '"properties": {"x": {"type": "Feature"}, ')
            + f", {json.dumps(shapely.geometry.mapping(dirty.SQUARE))}]}}"),
        refused="Text 2 of it",
    ),
    Case(
        "a text among features that is none",
        text("a.geojsonl", "\n".join((shapely_feature("A-1"), '{"type": "Feature", "properties"', shapely_feature("A-2")))),
        refused="Text 2 of it",
    ),
    Case("a shapefile that says so of its second row", ten_million_corners_as_a_shapefile, refused="corners"),
    *(Case(f"65 536 columns in {name}", text(name, content), refused="columns") for name, content in OF_COLUMNS.items()),
    *(Case(f"in a gml {what}", text("a.gml", content), refused="ways") for what, content in NESTED.items()),
    *(Case(f"100 000 levels in {name}", text(name, content), refused=why) for name, (content, why) in NESTED_ELSEWHERE.items()),
    Case(
        "in a gml names that only seem to be",
        text("a.gml", GML.format(SEEMING).replace("1 2 2 2 2 3 1 2", "120 31 121 31 121 32 120 31")),
        stored=1,
        options={"crs": "EPSG:4490"},
    ),
    Case(
        "65 536 columns in a kmz",
        archive("a.kmz", of=[("doc.kml", OF_COLUMNS["a.kml"])]),
        refused="columns",
    ),
    Case("65 536 columns in a geojson", many_columns, refused="columns"),
    Case(
        "a text of ten megabytes",
        vector("a.gpkg", lambda: dirty.plots(**{KEY: ["A-1"], "坐落": ["路" * 3_500_000]})),
        stored=1,
        issues={"308-text-too-long": 1},
    ),
    Case(
        "control signs, and one that turns the text round",
        vector("a.gpkg", lambda: dirty.plots(**{KEY: ["A-1"], "坐落": ["甲路\x07\u202e1号"]})),
        stored=1,
        issues={"307-text-cleaned": 1},
    ),
    Case("a geopackage of noise", text("a.gpkg", "SQLite format 3\x00" + "\x01" * 4096), refused="damaged"),
    Case("a parquet of noise", text("a.parquet", "PAR1" + "\x01" * 4096 + "PAR1"), refused="damaged"),
    Case("a shapefile of noise", archive("a.zip", of=[
        ("a.shp", b"\x00\x00\x27\x0a" + bytes(200)), ("a.shx", b"\x00\x00\x27\x0a" + bytes(200)), ("a.dbf", b"\x03" * 99)]),
        refused="damaged"),
)  # fmt: skip


#: A reader may take so much of a processor, and of memory, before it says what is wrong.
CPU_S = 10
PEAK = 1024**3


@cases(*FORMATS, *COORDINATES, *ATTACKS)
def test_a_dirty_file_is_told_from_a_clean_one(tmp_path: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, ended, seen = jail._NURSERY.ask, jail._ended, []

    def within(asked: bytes) -> tuple[int, int]:
        return ask(json.dumps({**json.loads(asked), "cpu_s": CPU_S}).encode())

    monkeypatch.setattr(jail._NURSERY, "ask", within)
    monkeypatch.setattr(jail, "_ended", lambda told: seen.append(ended(told)) or seen[-1])
    case.hold(tmp_path)
    # Without a reader it was refused by its name or its first bytes.
    assert len(seen) == 1 or (not seen and "not that of" in case.refused)
    assert all(one is not None and one.peak <= PEAK for one in seen), seen


def test_the_set_is_as_large_as_was_asked() -> None:
    every = (*FORMATS, *COORDINATES, *ATTACKS)
    assert sum(bool(one.issues or one.refused) for one in every) >= 60, "those of which something is to be said"
