"""The same parcels in every format, all checks on, beside `ogr2ogr` of the same file."""

import os
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.measuring import in_rounds, run_alone, say, table, timed

#: Names that fit into the ten bytes of a DBF; the profile knows the one that is not ours.
COLUMNS = ("parcel_no", "zddm", "owner_name", "location", "cert_no", "tenure", "ownership", "cert_area", "landuse")
PROFILE = """
name = "bench"
zh = "计时"
en = "bench"
[park]
code = "bench"
names = { bench = "计时园区" }
[[table]]
name = "parcel"
layers = ["*"]
own_names = true
[table.columns]
cert_area_m2 = "cert_area"
"""
#: Where a made city lies: CM 114°E.
PLANE, ZONE = 4547, 38

#: By file: GDAL's driver, or the function that writes it.
FILES: dict[str, str] = {
    "parcel.gpkg": "GPKG", "parcel.shp": "ESRI Shapefile", "parcel.fgb": "FlatGeobuf", "parcel.gdb": "OpenFileGDB",
    "parcel.parquet": "parquet", "parcel.geojson": "GeoJSON", "parcel.geojsonl": "GeoJSONSeq", "parcel.gml": "GML",
    "parcel.kml": "LIBKML", "parcel.tab": "MapInfo File", "parcel.mif": "MapInfo File", "parcel.csv": "csv", "parcel.xlsx": "xlsx",
    "parcel.dxf": "dxf", "parcel.txt": "txt",
}  # fmt: skip
#: The files that make one together, by the ending of the one that is named.
PARTS = {
    ".shp": (".shp", ".shx", ".dbf", ".prj", ".cpg"), ".tab": (".tab", ".dat", ".map", ".id"), ".mif": (".mif", ".mid"),
}  # fmt: skip
#: What ogr2ogr does not read, or not as parcels.
NOT_BY_OGR = ("parcel.txt", "parcel.parquet")


def report(parcels: int, rounds: int) -> str:
    """Run each format and lay out the medians."""
    from tests.bench.databases import fresh, private_cluster

    with tempfile.TemporaryDirectory(prefix="lgbench-") as folder, private_cluster() as cluster:
        say(f"making {parcels} parcels in {len(FILES)} formats")
        run_alone("formats:make_files", parcels, folder)
        Path(folder, "bench.toml").write_text(PROFILE, encoding="utf-8")

        def contest(work: str, name: str, role: str) -> dict[str, Any] | None:
            fresh(cluster, "contest")
            return run_alone(f"formats:{work}", Path(folder, name), cluster.url(role, "contest"))

        contestants: dict[str, Callable[[], dict[str, Any] | None]] = {}
        for name in FILES:
            contestants[name] = partial(contest, "ingest", name, "landgis_app")
            if name not in NOT_BY_OGR:
                contestants[f"ogr2ogr {name}"] = partial(contest, "ogr2ogr", name, "landgis")
        found = in_rounds(contestants, rounds)
        sizes_mb = {name: _size_mb(Path(folder, name)) for name in FILES}
    rows = []
    for name in FILES:
        ours, peer = found[name], found.get(f"ogr2ogr {name}")
        rows.append(
            [
                name.removeprefix("parcel"),
                f"{sizes_mb[name]:.0f}",
                f"{ours['reading']:.2f}",
                f"{ours['seconds']:.2f}",
                f"{parcels / ours['seconds']:,.0f}",
                f"{parcels / peer['seconds']:,.0f}" if peer else "-",
                f"{ours['seconds'] / peer['seconds']:.2f}" if peer else "-",
                f"{ours['peak_mb']:.0f}",
            ]
        )
    return (
        f"{parcels:,} parcels, {len(COLUMNS)} columns and the shape; median of {rounds}. Ours: the reader's process started, every check, "
        "row-level security, one batch. `ogr2ogr` to PostGIS with COPY and a spatial index, no checks; of a DXF it takes lines and texts, "
        "of an XLSX no shapes.\n\n"
        + table(
            ["format", "MB", "s reading", "s in all", "rows/s", "rows/s `ogr2ogr`", "× its seconds", "peak MB"], rows
        )
    )


def _size_mb(path: Path) -> float:
    files = (
        path.iterdir()
        if path.is_dir()
        else (path.with_suffix(ending) for ending in PARTS.get(path.suffix, (path.suffix,)))
    )
    return sum(one.stat().st_size for one in files if one.is_file()) / 2**20


def make_files(parcels: str, folder: str) -> dict[str, Any]:
    """Write the parcels of a made city in every format."""
    from datetime import date

    import geopandas as gpd

    from landgis.sample import make_city

    count = int(parcels)
    city = make_city(parcels=count, parks=max(1, count // 25_000), seed=1, on=date(2026, 6, 30), origin=(115.2, 33.0))
    rows = city.frames["parcel"].reset_index(drop=True)
    rows["parcel_no"] = [f"P{number:06}" for number in range(len(rows))]
    rows = rows.rename(columns={"cert_area_m2": "cert_area", "landuse_code": "landuse"})
    frame = gpd.GeoDataFrame(rows[list(COLUMNS)], geometry=rows["geom"].to_numpy(), crs=4490).explode(ignore_index=True)
    frame = frame.drop_duplicates("parcel_no").reset_index(drop=True)
    for name, kind in FILES.items():
        _write(frame, Path(folder, name), kind)
        say(f"  {name}")
    return {}


def _write(frame: Any, path: Path, kind: str) -> None:
    import shapely

    if kind == "parquet":
        frame.to_parquet(path)
    elif kind in ("csv", "xlsx"):
        plain = frame.drop(columns="geometry").assign(
            WKT=shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=9)
        )
        if kind == "csv":
            plain.to_csv(path, index=False)
        else:
            plain.to_excel(path, index=False, engine="xlsxwriter", sheet_name="parcel")
    elif kind in ("dxf", "txt"):
        plane = frame.to_crs(PLANE)
        rings = [list(shape.exterior.coords) for shape in plane.geometry]
        (_write_dxf if kind == "dxf" else _write_txt)(path, frame["parcel_no"], rings, plane.geometry)
    else:
        # A city in degrees has no other system in a KML.
        written = frame.to_crs(4326) if kind == "LIBKML" else frame
        written.to_file(path, driver=kind, engine="pyogrio")


def _write_dxf(path: Path, numbers: Any, rings: list[Any], shapes: Any) -> None:
    with path.open("w", encoding="ascii") as sink:
        sink.write("0\nSECTION\n2\nENTITIES\n")
        for number, ring, place in zip(numbers, rings, shapes.representative_point(), strict=True):
            corners = "".join(f"10\n{x:.4f}\n20\n{y:.4f}\n" for x, y in ring[:-1])
            sink.write(
                f"0\nLWPOLYLINE\n100\nAcDbEntity\n8\nJZD\n100\nAcDbPolyline\n90\n{len(ring) - 1}\n70\n1\n{corners}"
            )
            sink.write(
                f"0\nTEXT\n100\nAcDbEntity\n8\nZJ\n100\nAcDbText\n10\n{place.x:.4f}\n20\n{place.y:.4f}\n40\n2.5\n1\n{number}\n"
            )
        sink.write("0\nENDSEC\n0\nEOF\n")


def _write_txt(path: Path, numbers: Any, rings: list[Any], shapes: Any) -> None:
    with path.open("w", encoding="gb18030") as sink:
        sink.write(f"[属性描述]\n坐标系=2000国家大地坐标系\n几度分带=3\n带号={ZONE}\n[地块坐标]\n")
        for number, ring in zip(numbers, rings, strict=True):
            sink.write(f"{len(ring)},1.0,{number},地块,面,,工业,0601,@\n")
            sink.writelines(f"J{place},1,{y:.4f},{x:.4f}\n" for place, (x, y) in enumerate(ring, 1))


def ingest(path: str, url: str) -> dict[str, Any]:
    """Take a file in."""
    from contextlib import AbstractContextManager

    from landgis.store import database
    from landgis.terms.errors import Words
    from landgis.workflows.ingest import ingest

    told: dict[str, Any] = {}

    def tell(step: Words) -> AbstractContextManager[None]:
        return timed(told, "reading" if step.en.startswith("Reading") else "rest")

    profile = str(Path(path).with_name("bench.toml"))
    crs = {".dxf": f"EPSG:{PLANE}", ".csv": "EPSG:4490", ".xlsx": "EPSG:4490"}.get(Path(path).suffix)
    with database.connect(url) as conn, timed(told):
        done = ingest(conn, [Path(path)], profile, crs=crs, tell=tell)
    assert done.stored.refused == 0, done.issues.head().to_string()
    return told


def ogr2ogr(path: str, url: str) -> dict[str, Any] | None:
    """Let GDAL's own program do it; it steps aside from a file that its version cannot take."""
    from psycopg import conninfo

    address = " ".join(f"{name}={value}" for name, value in conninfo.conninfo_to_dict(url).items())
    reading = ["-oo", "GEOM_POSSIBLE_NAMES=WKT", "-a_srs", "EPSG:4490"] if path.endswith(".csv") else []
    command = [
        "ogr2ogr",
        "--config",
        "PG_USE_COPY",
        "YES",
        "-f",
        "PostgreSQL",
        f"PG:{address}",
        *reading,
        "-nlt",
        "PROMOTE_TO_MULTI",
        path,
    ]
    told: dict[str, Any] = {}
    bare = {name: value for name, value in os.environ.items() if name != "GDAL_SKIP"}
    with timed(told):
        ran = subprocess.run(command, check=False, stderr=subprocess.DEVNULL, env=bare)
    return told if ran.returncode == 0 else None
