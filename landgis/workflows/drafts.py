"""A file is looked at before it is taken in: previewed, held against the profiles, tried, and what is wrong with it kept row by row."""

import gzip
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely

from landgis.exports.files import write_whole
from landgis.exports.ledger import Language, write_issues
from landgis.readers.mended import issue_list_in
from landgis.readers.profiles import YEAR, Profile, list_profiles, load_profile, units_of_kind, unsaid_units
from landgis.store import runs
from landgis.store.database import Connection
from landgis.terms.crs import STORED
from landgis.terms.errors import LandgisError, NotFoundError, Words
from landgis.terms.frames import ISSUE_COLUMNS, SEVERITY
from landgis.terms.issues import MENDING_COLUMNS
from landgis.workflows.choosing import AUTO, choose
from landgis.workflows.ingest import Ingested, named_layers
from landgis.workflows.preview import describe

#: Degrees; a corner nearer to the line between its neighbours is left out of a place that is only pointed at: a decimetre.
_SMOOTH: Final = 1e-6
#: The ending of a profile that is sent with the file it is for.
_PROFILE: Final = ".toml"


def files_of(folder: Path) -> tuple[list[Path], list[Path]]:
    """Give the files that were sent to be taken in, and the profiles that were sent with them, by name."""
    sent = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    return [path for path in sent if path.suffix != _PROFILE], [path for path in sent if path.suffix == _PROFILE]


def look(folder: Path, *, crs: str | None = None, encoding: str | None = None) -> dict[str, Any]:
    """Say what is in the files of a folder, and how far each profile knows their columns.

    Returns
    -------
    dict
        As `landgis.workflows.preview.preview`, and ``profiles``, the one that knows most columns first, and last the one that `AUTO`
        chooses: ``name, title, known`` (of its columns, those that are in the files), ``asked`` (how many it names), ``columns`` (how
        many the files have), ``crs`` (which it states), ``units`` (each a ``column`` whose unit nobody says, which ``field`` it becomes
        and the ``choices``), ``problem`` (None, or why it cannot be used).

    Raises
    ------
    InputError
        A file cannot be taken as it is.
    """
    files, own = files_of(folder)
    names, layers = named_layers(files, crs=crs, encoding=encoding, is_asking=False)
    columns = {str(column) for layer in layers for column in layer.rows.columns}
    fits = [_fit(name, columns, partial(load_profile, name)) for name in list_profiles()]
    fits = [_fit(path.name, columns, partial(load_profile, str(path))) for path in own] + fits
    order = sorted(range(len(fits)), key=lambda i: (i >= len(own), -len(fits[i]["known"]), i))
    # Our own list of issues come back is taken as such, whatever the profile.
    is_list = issue_list_in(layers) is not None
    by_file = _own_list(columns) if is_list else _fit(AUTO, columns, partial(choose, AUTO, layers, {}))
    return describe(names, layers) | {"profiles": [*(fits[i] for i in order), by_file]}


def profile_of(folder: Path, name: str) -> str:
    """Give what a job is told of a profile: its name, the path of the one that was sent with the file, or `AUTO`: chosen by the file.

    Raises
    ------
    NotFoundError
        There is no such profile.
    InputError
        The profile that was sent is wrong; it is said where.
    """
    if name == AUTO:
        return AUTO
    sent = {path.name: str(path) for path in files_of(folder)[1]}
    if name not in sent and name not in list_profiles():
        raise NotFoundError(
            Words("没有这个字段方案。", "There is no such profile."),
            at=name,
            mend=Words(f"可用：{'、'.join((*sent, *list_profiles()))}。", f"Use one of: {', '.join((*sent, *list_profiles()))}."),
        )  # fmt: skip
    chosen = sent.get(name, name)
    load_profile(chosen)
    return chosen


def keep_findings(done: Ingested, path: Path) -> None:
    """Write what a try found wrong, a line each: the issue, and the place of its row as GeoJSON where it has one."""
    issues = (done.issues if done.listed is None else done.listed).reset_index(drop=True)
    places = _places(issues, done.shapes)
    issues = issues.reindex(columns=[*ISSUE_COLUMNS, *MENDING_COLUMNS]).astype(object)
    rows = issues.where(issues.notna(), None)
    lines = (
        json.dumps({"issue": at + 1, **row, "place": place}, ensure_ascii=False, default=str)
        for at, (row, place) in enumerate(zip(rows.to_dict("records"), places, strict=True))
    )
    write_whole(path, gzip.compress("\n".join(lines).encode(), compresslevel=3, mtime=0))


def read_findings(path: Path, *, severity: str | None, after: int, limit: int) -> dict[str, Any]:
    """Read a page of what a try found wrong: ``counts`` by severity, ``items`` behind `after`, ``next`` (None on the last page).

    Raises
    ------
    NotFoundError
        The file was taken in or thrown away since, and its findings with it.
    """
    found = _findings(path)
    counts = {code: sum(one["severity"] == code for one in found) for code in SEVERITY}
    wanted = [one for one in found if one["issue"] > after and severity in (None, one["severity"])]
    page = [{name: value for name, value in one.items() if name not in MENDING_COLUMNS} for one in wanted[:limit]]
    return {"counts": counts, "items": page, "next": page[-1]["issue"] if len(wanted) > limit else None}


def write_findings(path: Path, target: Path, *, language: Language) -> None:
    """Write what a try found wrong as a workbook or CSV, for those who mend the file, or fill in the right values and take it in.

    Raises
    ------
    NotFoundError
        The file was taken in or thrown away since, and its findings with it.
    """
    found = pd.DataFrame(_findings(path), columns=[*ISSUE_COLUMNS, *MENDING_COLUMNS])
    write_issues(found, target, language)


def write_batch_issues(conn: Connection, batch: int, target: Path, *, language: Language) -> None:
    """Write what was changed, doubted or refused in a stored batch as a workbook or CSV."""
    found = pd.DataFrame(runs.list_issues(conn, batch, limit=2**31 - 1), columns=["issue", *ISSUE_COLUMNS])
    write_issues(found[list(ISSUE_COLUMNS)], target, language)


def _findings(path: Path) -> list[dict[str, Any]]:
    try:
        text = gzip.decompress(path.read_bytes()).decode()
    except FileNotFoundError as error:
        raise NotFoundError(
            Words("这次试导入的问题清单已不在。", "What this try found is no longer kept."),
            why=Words("文件已入库或已丢弃。", "The file was stored or thrown away since."),
            mend=Words("入库后的问题在该批次里；或重新送入文件。", "Those of a stored file are with its batch; or send it again."),
        ) from error  # fmt: skip
    return [json.loads(line) for line in text.split("\n") if line]


def _places(issues: pd.DataFrame, shapes: Mapping[str, pd.DataFrame]) -> list[dict[str, Any] | None]:
    """Give the outline of the row each issue speaks of, in degrees; None where the row has none."""
    keys = ["source_file", "source_layer", "source_row"]
    rows = [rows for _, rows in sorted(shapes.items(), key=lambda one: one[0] != "parcel")]
    if not rows:
        return [None] * len(issues)
    # A row that fed several tables lies where its parcel does.
    there = pd.concat(rows, ignore_index=True).dropna(subset=["geom"]).drop_duplicates(keys)
    named = issues[["file", "layer", "row"]].astype(object)
    at = pd.MultiIndex.from_frame(there[keys].astype(object)).get_indexer(pd.MultiIndex.from_frame(named))
    found = np.full(len(issues), None, dtype=object)
    found[at >= 0] = there["geom"].to_numpy(dtype=object)[at[at >= 0]]
    return [_outline(shape) for shape in shapely.simplify(found, _SMOOTH)]


def _outline(shape: Any) -> dict[str, Any] | None:  # noqa: ANN401  a shapely shape or None
    if shape is None or shapely.is_empty(shape) or not np.isfinite(shapely.bounds(shape)).all():
        return None
    outline: dict[str, Any] = json.loads(shapely.to_geojson(shape))
    return outline


def _fit(name: str, columns: set[str], load: Callable[[], Profile]) -> dict[str, Any]:
    try:
        profile = load()
    except LandgisError as error:
        said = {"zh": error.text("zh"), "en": error.text("en")}
        return {
            "name": name, "title": None, "known": [], "asked": 0, "columns": len(columns), "crs": None, "units": [], "problem": said,
        }  # fmt: skip
    asked = _names(profile)
    known = sorted(column for column in columns if any(re.fullmatch(one, column) for one in asked))
    words = {"zh": profile.words.zh, "en": profile.words.en}
    return {
        "name": name,
        "title": words,
        "known": known,
        "asked": len(asked),
        "columns": len(columns),
        "crs": profile.crs,
        "units": [
            {"column": column, "field": {"zh": ours.zh, "en": ours.en}, "choices": units_of_kind(ours)}
            for column, ours in unsaid_units(profile, columns).items()
        ],
        "problem": None,
    }


def _own_list(columns: set[str]) -> dict[str, Any]:
    """Say of our own list of issues that all of it is known; its points are in the system of the stock."""
    title = {"zh": "填好的问题清单", "en": "a list of issues, filled in"}
    told = {"name": AUTO, "title": title, "known": sorted(columns), "asked": len(columns), "columns": len(columns)}
    return told | {"crs": f"EPSG:{STORED}", "units": [], "problem": None}


def _names(profile: Profile) -> Sequence[str]:
    """Give the names a profile knows columns by, as patterns; a name with a year stands for every year."""
    named = {
        name
        for target in profile.targets
        for column, origin in target.columns.items()
        for name in (*origin.names, *((column,) if target.own_names else ()))
    }
    named |= {column.name for target in profile.targets if target.own_names for column in target.table.columns}
    return sorted(re.escape(name).replace(re.escape(YEAR), r"\d{2,4}") for name in named)
