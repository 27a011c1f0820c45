"""Vector files through GDAL: shapefile, geodatabase, GeoPackage, JSON, FlatGeobuf, KML, GML, MapInfo."""

import json
import mmap
import os
import re
import shutil
import sqlite3
import struct
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyogrio
import pyogrio.errors
import pyogrio.raw

from landgis.readers.corners import JSON_RING, MIF_RING, XML_RING, few_enough_between
from landgis.readers.drivers import only
from landgis.readers.encodings import dbf_encoding, known_encoding, told_by_bytes
from landgis.readers.mif import counts_hold
from landgis.readers.names import JSON_NAME, KML_NAME, few_enough_names, few_enough_paths
from landgis.readers.refusals import (
    LAYERS_MOST,
    WKB_MOST,
    few_enough_columns,
    few_enough_corners,
    few_enough_layers,
    not_what_it_says,
    too_many_corners,
    unreadable,
)
from landgis.readers.sheets import ROWS_AT_ONCE, Note, Sheet
from landgis.terms.errors import InputError, Words

SIDECARS: Final = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_HEAD_BYTES: Final = 65_536
# What LIBKML adds to every row; none of it is the source's own unless it says something.
_KML_DEFAULTS: Final[dict[str, tuple[Any, ...]]] = {
    "timestamp": (None,), "begin": (None,), "end": (None,), "altitudeMode": (None, "clampToGround"), "tessellate": (-1, 0, 1),
    "extrude": (0, -1), "visibility": (-1, 0, 1), "drawOrder": (None,), "icon": (None,), "description": (None,),
}  # fmt: skip
# A sign in a coordinate of a GML that no number has.
_GML_NO_NUMBER: Final = re.compile(
    rb"<(?:[\w.-]+:)?(?:posList|pos|coordinates)\b[^>]*+>[^<A-DF-Za-df-z]*+([A-DF-Za-df-z]+)"
)
# What tells a feature of GeoJSON, and what may tell that something among features is none: it is no object.
_FEATURE: Final = re.compile(rb'"type"\s*:\s*"Feature(Collection)?"')
_NO_OBJECT: Final = tuple(
    re.compile(before + rb'\s*(?:[^{"\]\s]|"(?:[^"\\]++|\\.)*+"\s*[^:\s])')
    for before in (rb'"features"\s*:\s*\[', rb"\}\s*,")
)
_SHOWN: Final = 60
# The box of each feature, which without a schema looks like two of its own texts.
_GML_BOX: Final = ("lowerCorner", "upperCorner")


@contextmanager
def reading(at: str) -> Iterator[None]:
    """Turn what GDAL and its neighbours throw into our refusal, and its chatter off: what matters is checked row by row."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
        pyogrio.errors.FieldError,
        pyogrio.errors.GeometryError,
        pyogrio.errors.FeatureError,
        pyogrio.errors.CRSError,
        UnicodeDecodeError,
        sqlite3.DatabaseError,
        pa.ArrowException,
    ) as error:
        raise unreadable(at, error) from error


def read_layer(
    path: Path,
    file: str,
    layer: str | int | None,
    driver: str,
    *,
    name: str | None = None,
    leave_out: Sequence[str] = (),
    **options: str,
) -> Iterator[Sheet]:
    """Read one layer by one driver.

    Parameters
    ----------
    layer
        Its name or number in the file; None where there can be only one.
    driver
        GDAL's name of it; no other may take the file.
    name
        What the layer is called, where that is not `layer`.
    leave_out
        Columns that are the driver's own.
    **options
        GDAL's options of opening; ``encoding`` is pyogrio's.
    """
    with reading(f"{file}: {layer}" if layer is not None else file), only(driver) as is_alone:
        if not is_alone and (taken := pyogrio.read_info(path, layer=layer, **options)["driver"]) != driver:
            not_what_it_says(file, Words(f"被识别为 {taken}。", f"It was taken for {taken}."))
        with pyogrio.raw.open_arrow(
            path, layer=layer, use_pyarrow=True, batch_size=ROWS_AT_ONCE, datetime_as_string=False, **options
        ) as (meta, reader):
            few_enough_columns(file, len(meta["fields"]))
            geometry = meta["geometry_name"] or "wkb_geometry"
            has_shapes = geometry in reader.schema.names
            wanted = set(meta["fields"]) - set(leave_out)
            kept = [place for place, one in enumerate(reader.schema.names) if one in wanted and one != geometry]
            distinct, twice = distinct_names([reader.schema.names[place] for place in kept])
            if has_shapes:
                kept.append(reader.schema.names.index(geometry))
            fields = [reader.schema.field(place) for place in kept]
            names = [*distinct, *([geometry] if has_shapes else [])]
            schema = pa.schema([(one, field.type) for one, field in zip(names, fields, strict=True)])
            sheet = Sheet(
                file,
                name or str(layer),
                schema,
                (),
                crs=meta["crs"] if has_shapes else None,
                encoding=options.get("encoding") or meta["encoding"],
                has_shapes=has_shapes,
                notes=[Note("112-names-collide", {"names": ", ".join(twice)})] if twice else [],
            )
            sheet.batches = _batches(reader, kept, sheet)
            yield sheet


def _batches(reader: pa.RecordBatchReader, kept: list[int], sheet: Sheet) -> Iterator[pa.RecordBatch]:
    row = 1
    for batch in reader:
        columns = [batch.column(place) for place in kept]
        if sheet.has_shapes:
            few_enough_corners(columns[-1], f"{sheet.file}: {sheet.name}", row)
        columns = [_sound_text(one) if pa.types.is_string(one.type) else one for one in columns]
        row += batch.num_rows
        yield pa.RecordBatch.from_arrays(columns, schema=sheet.schema)


def _sound_text(texts: pa.Array) -> pa.Array:
    """Decode texts that are not UTF-8, as MapInfo's of no stated character set: GB18030 where it fits, else broken signs."""
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid:
        content = texts.cast(pa.binary()).to_pylist()
        joined = b"\n".join(one for one in content if one is not None)
        try:
            encoding = told_by_bytes(joined, "")
        except InputError:
            encoding = "UTF-8"
        return pa.array([None if one is None else one.decode(encoding, "replace") for one in content], texts.type)
    return texts


def distinct_names(names: list[str]) -> tuple[list[str], list[str]]:
    """Give each column a name of its own: ten bytes of DBF make 土地使用权人 and 土地使用权类型 the same name.

    Returns
    -------
    tuple
        The names; and those of them that were made.

    >>> distinct_names(["土地使用权", "面积", "土地使用权"])
    (['土地使用权', '面积', '土地使用权_2'], ['土地使用权_2'])
    """
    distinct: list[str] = []
    made = []
    taken = set(names)
    for name in names:
        one, number = name, 2
        while one in distinct or (one != name and one in taken):
            one, number = f"{name}_{number}", number + 1
        if one != name:
            made.append(one)
        distinct.append(one)
    return distinct, made


# --- each format --------------------------------------------------------------------------------------------------------------


def read_geopackage(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read the tables of a GeoPackage."""
    journal = path.with_name(path.name + "-wal")
    if journal.exists() and journal.stat().st_size:
        raise InputError(
            Words("该 GeoPackage 正被其他程序打开。", "Another program has this GeoPackage open."),
            at=file,
            why=Words(
                "部分改动还在旁边的 -wal 文件里，没有写入。", "Some changes still stand in the -wal file beside it."
            ),
            mend=Words("在 QGIS 中关闭该文件后再导入。", "Close it in QGIS, then try again."),
        )
    # A view may hide a query without end, and a virtual table code: only plain tables that the contents name are opened.
    query = """
        SELECT c.table_name FROM gpkg_contents AS c JOIN sqlite_master AS m ON m.name = c.table_name
        WHERE c.data_type IN ('features', 'attributes') AND m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%'
        ORDER BY m.rowid LIMIT ?
    """
    with reading(file), closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as base:
        names = [name for (name,) in base.execute(query, (LAYERS_MOST + 1,))]
        few_enough_layers(file, len(names))
    for name in names:
        yield from read_layer(path, file, name, "GPKG")


def read_json(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read GeoJSON or TopoJSON."""
    few_enough_between(path, file, JSON_RING)
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    topology = re.search(rb'"type"\s*:\s*"Topology"', head) is not None
    if topology:
        few_enough_names(path, file, JSON_NAME)
        names = list_layers(path, file, "TopoJSON")
        for name in names:
            yield from read_layer(path, file, name, "TopoJSON")
        return
    # RFC 7946 makes a GeoJSON without "crs" WGS 84, but many are written with plain metres: then nothing is stated.
    stated = _holds(path, rb'"crs"\s*:')
    called = re.match(rb'\s*\{[^\[\]]*?"name"\s*:\s*"([^"\\]{1,200})"', head.removeprefix(b"\xef\xbb\xbf"))
    name = called[1].decode(errors="replace") if called else Path(file).stem
    features, is_strange = _signs(path)
    strange = _no_features(path) if is_strange else {}
    # The option is GDAL's: dates stay texts, so that one rule reads them in every format.
    for sheet in read_layer(path, file, None, "GeoJSON", name=name, DATE_AS_STRING="YES"):
        sheet.crs = sheet.crs if stated else "lonlat"
        sheet.notes += [Note("123-no-feature", {"text": text}, tuple(rows)) for text, rows in strange.items()]
        blank = {row for rows in strange.values() for row in rows}
        sheet.batches = _every_number(sheet, sheet.batches, blank, features, path)
        yield sheet


def _signs(path: Path) -> tuple[int, bool]:
    """Give how many features a GeoJSON seems to hold, and whether something stands among them that may be none."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        said = Counter(bool(one[1]) for one in _FEATURE.finditer(content))
        features = said[False]
        shapes = Counter(re.findall(rb'"(geometry|coordinates)"\s*:', content))
        is_strange = max(shapes.values(), default=0) > features or said[True] > 1
        is_strange = is_strange or any(sign.search(content) for sign in _NO_OBJECT)
    return features, is_strange


def _no_features(path: Path) -> dict[str, list[int]]:
    """Find what stands among the features and is none: the number of each, from 1, by how its text begins."""
    with path.open("rb") as stream:
        told = json.load(stream)
    among = told.get("features") if isinstance(told, dict) else None
    strange: dict[str, list[int]] = {}
    for number, one in enumerate(among if isinstance(among, list) else (), start=1):
        if not (isinstance(one, dict) and one.get("type") == "Feature"):
            strange.setdefault(json.dumps(one, ensure_ascii=False)[:_SHOWN], []).append(number)
    return strange


def _every_number(
    sheet: Sheet, batches: Iterable[pa.RecordBatch], blank: set[int], features: int, path: Path
) -> Iterator[pa.RecordBatch]:
    """Put a row without any value where the driver left something out without a word: every other row keeps its number."""
    rows, number = 0, 1
    for batch in batches:
        places: list[int | None] = []
        for place in range(batch.num_rows):
            while number in blank:
                places.append(None)
                number += 1
            places.append(place)
            number += 1
        rows += batch.num_rows
        yield batch.take(pa.array(places, pa.int64())) if blank else batch
    if left := rows + len(blank) - (number - 1):
        yield pa.RecordBatch.from_arrays([pa.nulls(left, field.type) for field in sheet.schema], schema=sheet.schema)
    # A column that holds features of its own may have hidden it from the first look.
    if not blank and rows != features and (strange := _no_features(path)):
        text, (number, *_) = next(iter(strange.items()))
        raise _no_feature(sheet.file, number, text)


def list_layers(path: Path, file: str, driver: str) -> list[str]:
    """Give the names of a file's layers, as one driver sees it."""
    with reading(file), only(driver):
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
    few_enough_layers(file, len(names))
    return names


def is_json_lines(head: bytes) -> bool:
    """Tell whether the first line is a feature of its own and another follows."""
    lines = head.lstrip(b"\xef\xbb\xbf\x1e \t\r\n").splitlines()
    return (
        len(lines) > 1
        and re.search(rb'"type"\s*:\s*"Feature"', lines[0]) is not None
        and lines[0].rstrip().endswith(b"}")
    )


def read_json_lines(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a GeoJSON text sequence, or GeoJSON by lines."""
    few_enough_between(path, file, JSON_RING)
    link = _alone(path, room, ".geojsonl")
    for sheet in read_layer(link, file, None, "GeoJSONSeq", name=Path(file).stem):
        sheet.crs = "lonlat"
        sheet.batches = _none_passed_over(sheet.batches, path, file)
        yield sheet


def _none_passed_over(batches: Iterable[pa.RecordBatch], path: Path, file: str) -> Iterator[pa.RecordBatch]:
    """Refuse a sequence of which the driver gives fewer rows than there are texts: what is no feature it leaves out without a word."""
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        yield batch
    if rows < sum(1 for _ in _texts(path)):
        number, text = next(((number, text) for number, text in _texts(path) if not _is_feature(text)), (rows + 1, b""))
        raise _no_feature(file, number, text.decode(errors="replace"))


def _no_feature(file: str, number: int, text: str) -> InputError:
    return InputError(
        Words(f"第 {number} 条不是要素。", f"Text {number} of it is no feature."),
        at=f"{file}: {text[:_SHOWN]}",
        why=Words("跳过它会丢失一行。", "To pass over it would lose a row."),
        mend=Words(
            "每条应为一个 GeoJSON 要素；改正或删去它。", "Each is to be one GeoJSON feature; mend it or take it out."
        ),
    )


def _texts(path: Path) -> Iterator[tuple[int, bytes]]:
    """Give the texts of a sequence with their numbers: a line each, or what stands behind each record separator."""
    with path.open("rb") as stream:
        is_sequence = stream.read(16).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"\x1e")
        stream.seek(0)
        texts: Iterable[bytes] = stream.read().split(b"\x1e")[1:] if is_sequence else stream
        for number, text in enumerate(texts, start=1):
            told = text.removeprefix(b"\xef\xbb\xbf").strip()
            if told:
                yield number, told


def _is_feature(text: bytes) -> bool:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("type") == "Feature"


def read_flatgeobuf(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a FlatGeobuf."""
    yield from read_layer(path, file, None, "FlatGeobuf", name=Path(file).stem)


def read_kml(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a KML: a layer a folder."""
    _plain_xml(path, file)
    few_enough_between(path, file, XML_RING)
    few_enough_names(path, file, KML_NAME)
    link = _alone(path, room, ".kml")
    for number, name in enumerate(list_layers(link, file, "LIBKML")):
        for sheet in read_layer(link, file, number, "LIBKML", name=name or Path(file).stem):
            yield _without_defaults(sheet)


def _without_defaults(sheet: Sheet) -> Sheet:
    """Drop the columns that the driver adds to every row, where they say nothing in any row."""
    table = pa.Table.from_batches(sheet.batches, sheet.schema)
    silent = [
        name
        for name, defaults in _KML_DEFAULTS.items()
        if name in table.column_names and set(pc.unique(table.column(name)).to_pylist()) <= set(defaults)
    ]
    table = table.drop_columns(silent)
    sheet.schema, sheet.batches = table.schema, table.to_batches()
    return sheet


def read_gml(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a GML, every column as text: without its schema a code 0601 would become a number."""
    _plain_xml(path, file)
    few_enough_between(path, file, XML_RING)
    few_enough_paths(path, file)
    _only_numbers(path, file)
    link = _alone(path, room, ".gml")
    options = {"DOWNLOAD_SCHEMA": "NO", "EMPTY_AS_NULL": "YES"}
    for name in list_layers(link, file, "GML"):
        yield from read_layer(link, file, name, "GML", leave_out=_GML_BOX, **options)


def _only_numbers(path: Path, file: str) -> None:
    """Refuse a GML with a coordinate that is no number: the driver takes it for 0, and the corner to another place."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        found = _GML_NO_NUMBER.search(content)
        if found is None:
            return
        line, said = content[: found.start(1)].count(b"\n") + 1, found[1][:_SHOWN].decode("ascii")
    raise InputError(
        Words("坐标中有不是数的内容。", "A coordinate is no number."),
        at=f"{file}: {line}: {said}",
        why=Words("读取程序会把它当作 0，该角点会落到别处。", "It would be read as 0, and its corner lie elsewhere."),
        mend=Words("改正或删去该图形，或用原软件重新导出。", "Mend the shape or take it out, or export it again."),
    )


def read_mapinfo(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a MapInfo table."""
    beside = {one.suffix.lower(): one for one in _beside(path)}
    with path.open("rb") as stream:
        text = stream.read(_HEAD_BYTES)
    if stated := re.search(rb"^\s*Columns\s+(\d{1,9})", text, re.IGNORECASE | re.MULTILINE):
        few_enough_columns(file, int(stated[1]))
    if path.suffix.lower() == ".tab":
        missing = [one for one in (".dat", ".map", ".id") if one not in beside]
        # A table may be a view of others, or kept in a DBF or workbook elsewhere: those it names are not ours to open.
        if not re.search(rb"\bType\s+NATIVE\b", text, re.IGNORECASE) or re.search(
            rb"\b(open\s+table|create\s+view|File\s+\")", text, re.IGNORECASE
        ):
            raise InputError(
                Words("这个 TAB 指向其他文件。", "This TAB leads to other files."),
                at=file,
                why=Words(
                    "只读取自带数据的 TAB（Type NATIVE）。", "Only a TAB with data of its own is read (Type NATIVE)."
                ),
                mend=Words("在 MapInfo 中另存为普通表。", "Save it as a plain table in MapInfo."),
            )
    else:
        few_enough_between(path, file, MIF_RING)
        missing = [one for one in (".mid",) if one not in beside]
        if not missing:
            counts_hold(path, beside[".mid"], file)
    if missing:
        _incomplete(
            file, missing, Words("属性和图形分在几个文件里。", "Attributes and shapes are kept in several files.")
        )
    yield from read_layer(_of_stated_signs(path, beside, room), file, None, "MapInfo File", name=Path(file).stem)


def _of_stated_signs(path: Path, beside: Mapping[str, Path], room: Path) -> Path:
    """Give the table as it is, or a copy that says it is in GBK where it is and names no character set."""
    content = path.read_bytes()
    if not re.search(rb"charset\s+\"?neutral", content[:_HEAD_BYTES], re.IGNORECASE):
        return path
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        for ending, part in beside.items():
            if part != path:
                os.symlink(part.resolve(), room / f"layer{ending}")
        copy = room / f"layer{path.suffix.lower()}"
        copy.write_bytes(re.sub(rb"(?i)(charset\s+\"?)neutral", rb"\1WindowsSimpChinese", content, count=2))
        return copy
    return path


def read_geodatabase(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a file geodatabase: its feature classes and tables."""
    if any(one.is_symlink() for one in path.iterdir()):
        raise InputError(
            Words("地理数据库文件夹中有链接。", "There is a link in the geodatabase's folder."),
            at=file,
            why=Words("链接可能指向别的文件。", "A link may lead to other files."),
            mend=Words("复制为普通文件后再导入。", "Copy it as plain files."),
        )
    for name in list_layers(path, file, "OpenFileGDB"):
        yield from read_layer(path, file, name, "OpenFileGDB")


def read_shapefile(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a shapefile and what lies beside it."""
    parts = sidecars(path)
    missing = [ending for ending in (".shx", ".dbf") if ending not in parts]
    if missing:
        _incomplete(
            file, missing, Words(".dbf 里是属性，.shx 是索引。", "The .dbf holds the attributes, the .shx the index.")
        )
    used = encoding or dbf_encoding(parts[".dbf"], parts.get(".cpg"), file)
    known_encoding(used, file)
    _few_enough_shape_corners(parts[".shx"], file)
    names = _cut_names(parts[".dbf"], used)
    if names is None:
        yield from read_layer(path, file, path.stem, "ESRI Shapefile", name=Path(file).stem, encoding=used)
        return
    copy = _with_plain_names(parts, room, len(names))
    distinct, twice = distinct_names(names)
    for sheet in read_layer(copy, file, copy.stem, "ESRI Shapefile", name=Path(file).stem, encoding=used):
        sheet.schema = pa.schema(
            [
                field.with_name(distinct[place] if place < len(names) else field.name)
                for place, field in enumerate(sheet.schema)
            ]
        )
        sheet.notes += [Note("112-names-collide", {"names": ", ".join(twice)})] if twice else []
        yield sheet


def _cut_names(dbf: Path, encoding: str) -> list[str] | None:
    """Give the columns' names where one was cut within a sign, which nobody could decode; None where all are whole."""
    with dbf.open("rb") as stream:
        raw = _raw_names(stream.read(_HEAD_BYTES))
    try:
        for name in raw:
            name.decode(encoding)
    except UnicodeDecodeError:
        return [name.decode(encoding, errors="ignore") for name in raw]
    return None


def _raw_names(head: bytes) -> list[bytes]:
    names = []
    place = 32
    while place + 32 <= len(head) and head[place] != 0x0D:
        names.append(head[place : place + 11].split(b"\x00", 1)[0])
        place += 32
    return names


def _with_plain_names(parts: Mapping[str, Path], room: Path, count: int) -> Path:
    """Lay a shapefile down with columns called F1, F2 and so on."""
    for ending, part in parts.items():
        if ending != ".dbf":
            os.symlink(part.resolve(), room / f"layer{ending}")
    copy = shutil.copyfile(parts[".dbf"], room / "layer.dbf")
    with copy.open("r+b") as stream:
        for place in range(count):
            stream.seek(32 + 32 * place)
            stream.write(f"F{place + 1}".encode().ljust(11, b"\x00"))
    return room / "layer.shp"


def _few_enough_shape_corners(shx: Path, file: str) -> None:
    content = shx.read_bytes()[100:]
    lengths = struct.unpack(f">{len(content) // 8 * 2}i", content[: len(content) // 8 * 8])[1::2]
    longest = max(lengths, default=0)
    if longest * 2 > WKB_MOST:
        too_many_corners(file, lengths.index(longest) + 1)


def _incomplete(file: str, missing: list[str], why: Words) -> None:
    raise InputError(
        Words(f"文件不完整，缺少 {'、'.join(missing)}。", f"The file is not complete: {', '.join(missing)} missing."),
        at=file,
        why=why,
        mend=Words("把同名的各个文件放在一起，或压缩为一个 zip。", "Put all files of one name together, or zip them."),
    )


def sidecars(path: Path) -> dict[str, Path]:
    """Find the files of one shapefile by ending; on a careful file system ``A.SHP`` may stand beside ``A.dbf``."""
    return {one.suffix.lower(): one for one in _beside(path) if one.suffix.lower() in SIDECARS}


def _beside(path: Path) -> list[Path]:
    try:
        return [one for one in path.parent.iterdir() if one.stem == path.stem]
    except OSError:
        return [path]


def _alone(path: Path, room: Path, ending: str) -> Path:
    """Give a file a name of ours in a folder of its own: some drivers read schemas beside it, and write there."""
    link = room / f"layer{ending}"
    os.symlink(path.resolve(), link)
    return link


def _holds(path: Path, pattern: bytes) -> bool:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return re.search(pattern, content) is not None


def _plain_xml(path: Path, file: str) -> None:
    """Refuse XML that defines anything: entities are how a small file becomes a large one, or another file."""
    with path.open("rb") as stream:
        head = stream.read(4)
    if b"\x00" in head or head.startswith((b"\xff\xfe", b"\xfe\xff", b"\x4c\x6f\xa7\x94")):
        not_what_it_says(file, Words("XML 不是 UTF-8 编码。", "The XML is not written in UTF-8."))
    if _holds(path, rb"<!(DOCTYPE|ENTITY)"):
        raise InputError(
            Words("XML 中有实体定义，未读取。", "The XML defines entities and was not read."),
            at=file,
            why=Words(
                "KML 和 GML 不需要 DOCTYPE；它可以引入别的文件或无限膨胀。",
                "KML and GML need no DOCTYPE; it can bring in other files or swell without end.",
            ),
            mend=Words("删去 DOCTYPE，或用原软件重新导出。", "Take the DOCTYPE out, or export it again."),
        )
