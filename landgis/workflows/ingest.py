"""A file becomes stock: read, conform, check, store."""

import gc
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landgis.core.checking.corrections import corrected
from landgis.core.checking.doubts import doubts
from landgis.core.checking.joined import in_need, joined
from landgis.core.checking.quality import check, get_ready
from landgis.core.checking.repairs import REPAIRS, repair
from landgis.core.checking.shifted import shifted
from landgis.exports.ledger import Language, write_issues
from landgis.readers.conform import Conformed, conform
from landgis.readers.coordinates import Extent
from landgis.readers.files import Layer, content_hash, read_layers
from landgis.readers.mended import issue_list_in
from landgis.readers.mended import mended as mended_cells
from landgis.readers.profiles import load_profile
from landgis.store.corrections import standing_corrections
from landgis.store.database import ALL_PARKS, Connection, refresh_statistics, scoped
from landgis.store.stock import Source, Stored, add_batch, known_keys, park_outlines, read_rows
from landgis.terms.errors import InputError, Words
from landgis.terms.frames import ENTERPRISE, PARCEL
from landgis.terms.tolerances import Tolerances, usual
from landgis.workflows.choosing import AUTO, choose
from landgis.workflows.corrections import Registered, add_many
from landgis.workflows.mending import for_mending, placed
from landgis.workflows.steps import Tell, quietly

_SOURCE: Final = ("source_file", "source_layer", "source_row")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python's collector rest: each new shape would make it look for cycles, among all that is there, and shapes have none."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@dataclass(frozen=True)
class Ingested:
    """What became of a file. ``issues`` has one row per thing changed, doubted or refused (`ISSUE_COLUMNS`).

    ``listed`` are the same with what somebody needs who mends them (`MENDING_COLUMNS`), and ``rows`` the file's own rows behind them, by
    file and layer. Where the file is such a list come back, ``corrections`` says what became of the filled cells.
    ``shapes``, by table, tells where each row of the file lies: ``source_file, source_layer, source_row, geom`` (EPSG:4490).
    """

    file: str
    profile: str
    park_codes: list[str]
    rows_in: int
    stored: Stored
    issues: pd.DataFrame
    is_dry: bool
    listed: pd.DataFrame | None = None
    rows: Mapping[tuple[str, str], pd.DataFrame] = field(default_factory=dict)
    corrections: Registered | None = None
    shapes: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Give the answer as plain data, issues counted by code."""
        return {
            "file": self.file,
            "profile": self.profile,
            "batch": self.stored.batch,
            "parks": self.park_codes,
            "rows_in": self.rows_in,
            "stored": self.stored.stored,
            "refused": self.stored.refused,
            "unchanged": self.stored.unchanged,
            "tables": self.stored.tables,
            "absent": self.stored.absent,
            "ended": len(self.stored.gone),
            "issues": {
                str(code): int(count) for code, count in self.issues["code"].value_counts().sort_index().items()
            },
            "dry_run": self.is_dry,
            **({"corrections": self.corrections.as_dict()} if self.corrections else {}),
        }


@_uncollected()
def ingest(
    conn: Connection,
    paths: Sequence[Path],
    profile_name: str,
    *,
    park: str | None = None,
    park_name: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    is_dry: bool = False,
    is_full: bool = False,
    units: Mapping[str, str] | None = None,
    repairs: Collection[str] = (),
    parks: Sequence[str] = ALL_PARKS,
    tell: Tell = quietly,
) -> Ingested:
    """Read files by a profile, check every row, and store one batch or nothing.

    Parameters
    ----------
    paths, profile_name
        The files, which make one batch together (outlines in one, figures in another), and the profile that knows their columns; ``"auto"``
        chooses one by the files.
    park
        The park, where neither file nor profile says it; where they do, only this park's rows are taken.
    park_name
        What `park` is called, where no layer of the files describes it: the import then makes the park.
    crs, encoding
        Where the file does not state them.
    is_dry
        Do everything and then write nothing.
    is_full
        The files hold all there is of their parks and tables: what stands and is not in them ends with this batch.
    units
        In which units columns of the files are (``{"TDMJ": "公顷"}``), where neither header nor profile says it.
    repairs
        Of `landgis.core.checking.repairs.REPAIRS`: what is to be repaired of the parcels besides invalid shapes; nothing where nobody asks.
    parks
        The scope of the one who imports.

    Raises
    ------
    InputError
        The file cannot be taken as it is, there is no such repair, or a name is given to no park.
    StoreError, ConflictError
        The database refused; nothing is left behind.

    Notes
    -----
    A list of issues that an import wrote (`landgis ingest --issues`) is taken in as such, whatever the profile: its filled cells become
    corrections.
    """
    wanted = _known_repairs(repairs)
    named = _named_park(park, park_name)
    assumed = None if profile_name == AUTO else load_profile(profile_name).crs
    with ThreadPoolExecutor(1) as aside:
        hashed = aside.submit(_hash, paths)
        aside.submit(get_ready)
        box = park_box(conn, park, parks)
        called, layers = named_layers(paths, crs=crs, encoding=encoding, assumed_crs=assumed, park=box, tell=tell)
    names, digest = " + ".join(called), hashed.result()
    sheet = issue_list_in(layers)
    if sheet is not None:
        return _take_back(conn, sheet, names, is_dry, parks, tell)
    profile = choose(profile_name, layers, units or {})
    profile = replace(profile, park_names={**profile.park_names, **named})
    with tell(Words("按方案对应字段", "Bringing the columns to ours")):
        given = conform(layers, profile, park=park)
        del layers  # the shapes as the file has them are as large as those that are stored
        given = _with_figures(conn, given, parks)
    source = Source(names, digest, profile.name, given.rows_in, given.fields)
    limits = profile.tolerances
    return store_given(conn, given, source, parks, is_dry, tell, is_full=is_full, limits=limits, repairs=wanted)


def _with_figures(conn: Connection, given: Conformed, parks: Sequence[str]) -> Conformed:
    """Put outlines and figures of one parcel together, whether the other comes along or stands in the stock."""
    standing: dict[str, pd.DataFrame] = {}
    telling = {
        (str(one["file"]), str(one["layer"]), str(one["table"]))
        for one in given.fields
        if set(one["columns"]) - {"park_code", "parcel_no", "uscc", "name", "geom"}
    }
    for table in (PARCEL, ENTERPRISE):
        if table.name in given.frames and len(bare := in_need(table, given.frames[table.name], telling)):
            keys = (
                bare[[one for one in table.key if one != "park_code"]].drop_duplicates().to_numpy(dtype=object).tolist()
            )
            with scoped(conn, parks):
                standing[table.name] = read_rows(conn, table, bare["park_code"].unique().tolist(), keys)
    found = joined(given.frames, standing, telling)
    issues = pd.concat([given.issues, given.as_given(found.issues)], ignore_index=True)
    return replace(given, frames=found.frames, issues=issues, rows_in=given.rows_in - found.rows_joined)


def store_given(
    conn: Connection,
    given: Conformed,
    source: Source,
    parks: Sequence[str],
    is_dry: bool,
    tell: Tell,
    *,
    is_full: bool = False,
    limits: Tolerances | None = None,
    repairs: frozenset[str] = frozenset(),
) -> Ingested:
    """Check rows that have our columns, and store them as one batch or nothing."""
    with tell(Words("逐行检查", "Checking every row")):
        codes = sorted({str(code) for rows in given.frames.values() for code in rows["park_code"].dropna().unique()})
        known = known_keys(conn, parks, codes)
        outlines = park_outlines(conn, parks, codes) if "parcel" in given.frames else {}
        register = standing_corrections(conn, parks, codes)
        early = corrected(given.frames, register, is_last=False)
        checked = check(early.frames, known, limits)
        mended = repair(checked.frames, repairs, limits or usual())
        # What the checks made unknown may be what a correction was made for.
        late = corrected(mended.frames, register, early.applied)

    def all_issues() -> pd.DataFrame:
        doubted = [doubts(late.frames, known, limits), shifted(late.frames, outlines)]
        parts = [early.issues, checked.issues, mended.issues, late.issues, *doubted]
        found = pd.concat(parts, ignore_index=True)
        return placed(pd.concat([given.issues, given.as_given(found)], ignore_index=True), given)

    storing = Words("与库中比对（不写入）", "Comparing, storing nothing") if is_dry else Words("写入数据库", "Storing")
    with tell(storing), ThreadPoolExecutor(1) as aside:
        # A doubt neither changes nor refuses a row: it is looked for while the server, on another core, stores them.
        issues = aside.submit(all_issues)
        stored = add_batch(
            conn, late.frames, issues, source, parks, is_dry=is_dry, present=given.frames, is_full=is_full
        )
        if stored.tables and not is_dry:
            refresh_statistics(conn)
    found = pd.concat([issues.result(), stored.gone], ignore_index=True) if len(stored.gone) else issues.result()
    listed, rows = for_mending(found, given, late.frames)
    shapes = {table: frame[[*_SOURCE, "geom"]] for table, frame in given.frames.items() if "geom" in frame}
    return Ingested(
        source.file, source.profile, codes, source.rows_in, stored, found, is_dry, listed, rows, shapes=shapes
    )


def units_of(given: Sequence[str]) -> dict[str, str]:
    """Read ``COLUMN=UNIT`` pairs, as they are asked for in one line.

    >>> units_of(["TDMJ=公顷"])
    {'TDMJ': '公顷'}
    """
    pairs = [text.rpartition("=") for text in given]
    wrong = next((text for text, (name, _, unit) in zip(given, pairs, strict=True) if not name or not unit), None)
    if wrong is not None:
        raise InputError(
            Words("单位写法不对。", "The unit is not written as COLUMN=UNIT."),
            at=f"unit {wrong}",
            mend=Words("写作 --unit TDMJ=公顷。", "Write it as --unit TDMJ=ha."),
        )
    return {name: unit for name, _, unit in pairs}


def _known_repairs(asked: Collection[str]) -> frozenset[str]:
    strange = [name for name in asked if name not in REPAIRS]
    if strange:
        raise InputError(
            Words(f"没有这种修复：{'、'.join(strange)}。", f"There is no such repair: {', '.join(strange)}."),
            mend=Words(f"可用：{'、'.join(REPAIRS)}。", f"Use {', '.join(REPAIRS)}."),
        )
    return frozenset(asked)


def _named_park(park: str | None, name: str | None) -> dict[str, str]:
    if not name:
        return {}
    if park is None:
        raise InputError(
            Words("有园区名称，没有园区代码。", "There is a park's name, and no code of it."),
            at=name,
            mend=Words("同时写上园区代码（命令行为 --park）。", "Give its code, too (--park on the command line)."),
        )
    return {park: name}


def _take_back(conn: Connection, sheet: Layer, names: str, is_dry: bool, parks: Sequence[str], tell: Tell) -> Ingested:
    """Take in our own list of issues: each cell that somebody filled in becomes a correction; the rest says nothing."""
    items = mended_cells(sheet)
    with tell(Words(f"登记更正 {len(items)} 条", f"Registering {len(items)} corrections")):
        done = add_many(conn, items, parks=parks, is_dry=is_dry)
    taken = len(items) - len(done.refused)
    stored = Stored(done.batch, taken, len(done.refused), len(sheet.rows) - len(items), {})
    codes = sorted({str(code) for code in items["park_code"].dropna()})
    return Ingested(names, "issue-list", codes, len(sheet.rows), stored, done.refused, is_dry, corrections=done)


def park_box(conn: Connection, park: str | None, parks: Sequence[str]) -> Extent | None:
    """Give the extent of a park that stands already, in degrees: it may tell in which system the coordinates of a file are."""
    outline = park_outlines(conn, parks, [park]).get(park) if park is not None else None
    if outline is None or outline.is_empty:
        return None
    west, south, east, north = outline.bounds
    return west, south, east, north


def named_layers(
    paths: Sequence[Path],
    *,
    crs: str | None = None,
    encoding: str | None = None,
    assumed_crs: str | None = None,
    park: Extent | None = None,
    is_asking: bool = True,
    tell: Tell = quietly,
) -> tuple[list[str], list[Layer]]:
    """Read the layers of some files, each of which is called by a name of its own; give the names and the layers."""
    called = _distinct_names(paths)
    names = " + ".join(called)
    with tell(Words(f"读取 {names}", f"Reading {names}")):
        return called, [
            replace(layer, file=name + layer.file.removeprefix(path.name))
            for path, name in zip(paths, called, strict=True)
            for layer in read_layers(
                path, crs=crs, encoding=encoding, assumed_crs=assumed_crs, park=park, is_asking=is_asking
            )
        ]


def _hash(paths: Sequence[Path]) -> str:
    """Hash several files as one: the file's own hash where there is only one."""
    hashes = [content_hash(path) for path in paths]
    return hashes[0] if len(hashes) == 1 else sha256("".join(hashes).encode()).hexdigest()


def _distinct_names(paths: Sequence[Path]) -> list[str]:
    """Call each file by its name, and by its folder too where two have the same: a row is known by its file."""
    names = [path.name for path in paths]
    return [path.name if names.count(path.name) == 1 else "/".join(path.absolute().parts[-2:]) for path in paths]


def issue_list(done: Ingested, path: Path, *, language: Language) -> None:
    """Write what was changed, doubted or refused in a file, a row each, for those who mend it; in a workbook with the file's rows."""
    write_issues(done.issues if done.listed is None else done.listed, path, language, done.rows)
