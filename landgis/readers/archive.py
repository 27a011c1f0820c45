"""Archives and folders: what is in them is judged before a byte is inflated, and copied by names of ours, never by its own."""

import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from landgis.readers import vector
from landgis.readers.refusals import unreadable
from landgis.readers.sheets import Note, Sheet
from landgis.terms.errors import InputError, Words

_MEMBERS_MOST: Final = 1_000
_INFLATED_MOST: Final = 2 * 1024**3
# Deflate reaches 1030:1; a DBF with wide empty columns reaches about 150:1. Below the free size a ratio harms nobody.
_RATIO_MOST: Final = 200
_RATIO_FREE: Final = 10 * 1024**2

#: What lies beside a file of this ending and belongs to it.
_BESIDE: Final[dict[str, tuple[str, ...]]] = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}
_MAINS: Final = (
    ".shp", ".tab", ".mif", ".gpkg", ".geojson", ".json", ".topojson", ".geojsonl", ".geojsons", ".ndjson", ".jsonl", ".fgb", ".kml",
    ".gml", ".dxf", ".parquet", ".geoparquet", ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".kmz",
)  # fmt: skip
#: Made by programs beside their files; nobody misses it.
_SILENT: Final = (
    ".sbn", ".sbx", ".qix", ".fix", ".xml", ".qmd", ".qml", ".qpj", ".atx", ".ain", ".aih", ".lyr", ".sld", ".xsd", ".gfs", ".ds_store",
    ".ini", ".db", ".lock", ".shx", ".dbf", ".prj", ".cpg", ".dat", ".map", ".id", ".ind", ".mid",
)  # fmt: skip
_GEODATABASE_PART: Final = re.compile(r"(a[0-9a-f]{8}\.[a-z_]{1,24}(\.[a-z_]{1,24})?|gdb|timestamps)", re.IGNORECASE)

#: Reads a file that is no archive: `landgis.readers.formats.sheets_of`.
ReadOne = Callable[[Path, str, str | None, Path], Iterator[Sheet]]


def read_members(path: Path, file: str, encoding: str | None, room: Path, read_one: ReadOne) -> Iterator[Sheet]:
    """Read every file of an archive that is of a kind we read."""
    with unzipping(file), zipfile.ZipFile(path) as archive:
        members = safe_members(archive, file)
        bundles, unread = _bundles(members, file)
        left = _INFLATED_MOST
        for number, (main, parts) in enumerate(bundles.items()):
            own = room / (f"member-{number}.gdb" if main.lower().endswith(".gdb") else f"member-{number}")
            own.mkdir()
            for name, member in parts.items():
                left -= _inflate(archive, members[member], own / name, left, file)
            yield from _one(own, main, file, encoding, unread, read_one)
            unread = []


def read_folder(path: Path, file: str, encoding: str | None, room: Path, read_one: ReadOne) -> Iterator[Sheet]:
    """Read every file of a folder that is of a kind we read; geodatabases in it too, other folders not."""
    members: dict[str, Path] = {}
    for one in sorted(path.iterdir()):
        if one.is_dir() and not one.is_symlink() and one.suffix.lower() == ".gdb":
            members |= {f"{one.name}/{part.name}": part for part in sorted(one.iterdir()) if part.is_file()}
        elif one.is_file():
            members[one.name] = one
    if len(members) > _MEMBERS_MOST:
        raise _unsafe(
            file, f"{len(members)}", Words(f"文件多于 {_MEMBERS_MOST} 个。", f"More than {_MEMBERS_MOST} files.")
        )
    bundles, unread = _bundles(members, file)
    for number, (main, parts) in enumerate(bundles.items()):
        own = room / (f"member-{number}.gdb" if main.lower().endswith(".gdb") else f"member-{number}")
        own.mkdir()
        is_base = main.lower().endswith(".gdb")
        for name, member in parts.items() if not is_base else ():
            os.symlink(members[member].resolve(), own / name)
        yield from _one(own, main, file, encoding, unread, read_one, path / main if is_base else None)
        unread = []


def read_kmz(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read the KMLs in a KMZ, of which one is often a list of the others; what they link to outside is not fetched."""
    with unzipping(file), zipfile.ZipFile(path) as archive:
        members = safe_members(archive, file)
        mains = [name for name in members if name.lower().endswith(".kml")]
        if not mains:
            raise unreadable(file, "no KML")
        left = _INFLATED_MOST
        for number, main in enumerate(mains):
            inner, own = room / f"kml-{number}", room / f"room-{number}"
            inner.mkdir()
            own.mkdir()
            left -= _inflate(archive, members[main], inner / "doc.kml", left, file)
            at = file if len(mains) == 1 else f"{file}/{main}"
            yield from vector.read_kml(inner / "doc.kml", at, encoding, own)


def _one(
    own: Path,
    main: str,
    file: str,
    encoding: str | None,
    unread: list[str],
    read_one: ReadOne,
    base: Path | None = None,
) -> Iterator[Sheet]:
    """Read one file of several, laid down in a folder of its own; what was left unread is told with the first."""
    at = f"{file}/{main}"
    inside = own.with_name(f"{own.name}-room")
    inside.mkdir()
    if base is None:
        base = own if main.lower().endswith(".gdb") else _main_of(own)
    for sheet in read_one(base, at, encoding, inside):
        if unread:
            shown = ", ".join(unread[:10]) + (" …" if len(unread) > 10 else "")
            sheet.notes.append(Note("113-member-unread", {"count": len(unread), "members": shown}))
            unread = []
        yield sheet


def _main_of(own: Path) -> Path:
    return next(one for one in own.iterdir() if one.suffix in _MAINS and one.is_file())


def _bundles(members: Mapping[str, object], file: str) -> tuple[dict[str, dict[str, str]], list[str]]:
    """Sort members into files with what belongs to each.

    Returns
    -------
    tuple
        For each main file the names under which its parts are laid down (ours) and those they have; and the members left over.
    """
    by_lower = {name.casefold(): name for name in members}
    bundles: dict[str, dict[str, str]] = {}
    used: set[str] = set()
    for name in members:
        folders = PurePosixPath(name).parts
        base = next((place for place, part in enumerate(folders[:-1]) if part.lower().endswith(".gdb")), None)
        if base is not None:
            # The driver finds a geodatabase's parts by their names: only those that it itself gives are laid down.
            if base == len(folders) - 2 and _GEODATABASE_PART.fullmatch(folders[-1]):
                bundles.setdefault("/".join(folders[: base + 1]), {})[folders[-1].lower()] = name
            used.add(name)
            continue
        stem, ending = os.path.splitext(name)
        if ending.lower() in _MAINS and not PurePosixPath(name).name.startswith(("~$", "._")):
            parts = {f"layer{ending.lower()}": name}
            for beside in _BESIDE.get(ending.lower(), ()):
                found = by_lower.get((stem + beside).casefold())
                if found is not None:
                    parts[f"layer{beside}"] = found
            bundles[name] = parts
            used |= set(parts.values())
    left = [name for name in members if name not in used and not name.lower().endswith(_SILENT)]
    # A text beside drawings is nearly always a note to the reader, not a table.
    notes = [name for name in bundles if _is_readme(name)]
    for name in notes:
        del bundles[name]
    if not bundles:
        raise InputError(
            Words("里面没有可读取的文件。", "There is no file in it that could be read."),
            at=f"{file}: {', '.join(sorted(members)[:10]) or '-'}",
            why=Words(
                "只读取认识的格式；压缩包中的压缩包不打开。",
                "Only known formats are read; an archive inside one is not opened.",
            ),
            mend=Words(
                "放入 shapefile、GeoPackage、CSV、XLSX 等文件。", "Put shapefiles, GeoPackages, CSV or XLSX into it."
            ),
        )
    return bundles, sorted(left + notes)


def _is_readme(name: str) -> bool:
    return re.search(r"(readme|说明|license|目录)[^/]*\.(txt|csv|xlsx?)$", name, re.IGNORECASE) is not None


@contextmanager
def unzipping(file: str) -> Iterator[None]:
    """Turn what zipfile throws into our refusal."""
    try:
        yield
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, zlib.error) as error:
        raise unreadable(file, error) from error


def _unsafe(file: str, member: str, why: Words) -> InputError:
    return InputError(
        Words("压缩包不安全，未解压。", "The archive is not safe and was not unpacked."),
        at=f"{file}: {member}",
        why=why,
        mend=Words("重新压缩，只放需要的文件。", "Pack it again with only the files that are needed."),
    )


def safe_members(archive: zipfile.ZipFile, file: str) -> dict[str, zipfile.ZipInfo]:
    """Judge an archive by its central directory before a byte of it is inflated."""
    infos = archive.infolist()
    if len(infos) > _MEMBERS_MOST:
        raise _unsafe(
            file, f"{len(infos)}", Words(f"成员多于 {_MEMBERS_MOST} 个。", f"More than {_MEMBERS_MOST} members.")
        )
    if sum(info.file_size for info in infos) > _INFLATED_MOST:
        raise _unsafe(file, "*", Words("解压后超过 2 GB。", "More than 2 GB when unpacked."))
    members: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        name = _member_name(info)
        if info.file_size > _RATIO_FREE and info.file_size > _RATIO_MOST * max(info.compress_size, 1):
            raise _unsafe(file, name, Words("压缩比过大（压缩炸弹）。", "It is packed too tightly (a zip bomb)."))
        if name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) or re.match(r"[A-Za-z]:", name):
            raise _unsafe(file, name, Words("成员名指向压缩包之外。", "A member's name points out of the archive."))
        if stat.S_ISLNK(info.external_attr >> 16):
            raise _unsafe(file, name, Words("成员是链接。", "A member is a link."))
        if info.flag_bits & 1:
            raise _unsafe(file, name, Words("成员有密码。", "A member is locked by a password."))
        if info.is_dir() or name.startswith("__MACOSX/"):
            continue
        if name.casefold() in {one.casefold() for one in members}:
            raise _unsafe(file, name, Words("有两个同名成员。", "Two members have one name."))
        members[name] = info
    return members


def _member_name(info: zipfile.ZipInfo) -> str:
    """Give a member's name; without the UTF-8 flag Chinese Windows writes GBK, which Python reads as code page 437."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def inflated(archive: zipfile.ZipFile, info: zipfile.ZipInfo, file: str, most: int = _INFLATED_MOST) -> Iterator[bytes]:
    """Inflate one member piece by piece, counting what really comes out: the directory may lie about it."""
    written = 0
    with archive.open(info) as source:
        while block := source.read(1 << 20):
            written += len(block)
            if written > min(most, info.file_size):
                raise _unsafe(
                    file, _member_name(info), Words("解压后比目录所说的大。", "It is larger than its entry says.")
                )
            yield block


def _inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, most: int, file: str) -> int:
    with target.open("xb") as sink:
        return sum(sink.write(block) for block in inflated(archive, info, file, most))
