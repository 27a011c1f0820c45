"""A run becomes a map, dossiers and a ledger."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, Final

import pandas as pd

from landgis.exports.dossier import dossier_html
from landgis.exports.explanation import explanation_text
from landgis.exports.files import write_whole
from landgis.exports.ledger import Language, LedgerHead, lay_out, write_ledger, write_list
from landgis.exports.map import (
    BaseMap,
    FindingLayer,
    Inlined,
    LegendRow,
    MapView,
    Newer,
    ParkExtent,
    Served,
    render_map,
)
from landgis.store import runs
from landgis.store.database import Connection
from landgis.terms.errors import InputError, Words
from landgis.terms.frames import ANSWER
from landgis.terms.reasons import reason_words
from landgis.terms.tiles import tiles_over
from landgis.workflows.explain import Cases, explain, rulebook, surroundings, what_if
from landgis.workflows.held import Held
from landgis.workflows.looking import shown_ids
from landgis.workflows.steps import Tell, quietly

#: A single file carries its tiles; more parcels than this make it too heavy to send, and the served map is the answer.
ONE_FILE_PARCELS: Final = 20_000
_ONE_FILE_ZOOM: Final = 16
#: Up to so many parcels a file carries every explanation whole; beyond it the steps in between are left to the served map.
WHOLE_EXPLANATIONS: Final = 2_000
_LONG: Final = ("facts", "tests", "gates", "points", "scores")


def summarise(conn: Connection, run: int | None) -> dict[str, Any]:
    """Sum a run up, the latest where none is named: its parks, rules, and land by answer in parcels and m²."""
    found = runs.read_run(conn, run)
    answers: dict[str, dict[str, Any]] = {answer: {"parcels": 0, "area_m2": 0.0} for answer in ANSWER}
    by_park: dict[str, Any] = defaultdict(dict)
    for row in found.pop("answers"):
        answers[row["answer"]]["parcels"] += row["parcels"]
        answers[row["answer"]]["area_m2"] += row["area_m2"]
        by_park[row["park_code"]][row["answer"]] = {
            name: row[name] for name in row if name not in ("park_code", "answer")
        }
    return found | {"triage": answers, "triage_by_park": dict(by_park)}


def map_page(
    conn: Connection,
    run: int | None,
    *,
    language: Language,
    base_maps: Sequence[Mapping[str, Any]],
    web: Path,
    nonce: str,
    held: Held[int, dict[str, Any]],
    role: str | None = None,
) -> str:
    """Give the served page of a run's map; its scripts, tiles and answers come from our own host.

    Where no run is named it is the latest of those that judged most of the parks in scope; a later one of fewer parks is told.
    `role` is that of the account it is for, if a login is asked for. `held` keeps the sums of the runs told last, by number: of a hundred
    thousand parcels they take the most of a second.
    """
    head = runs.read_head(conn, run or runs.find_widest(conn))
    found = head | held.get(int(head["run"]), lambda: runs.read_sums(conn, head["run"]))
    latest = runs.read_head(conn, None)
    newer = None if latest["run"] == head["run"] else Newer(latest["run"], latest["as_of"], latest["parcels"])
    return render_map(_view(conn, found, language, base_maps), Served(nonce=nonce, role=role, web=web, newer=newer))


def map_file(
    conn: Connection,
    run: int | None,
    path: Path,
    *,
    language: Language,
    base_maps: Sequence[Mapping[str, Any]],
    web: Path,
    tell: Tell = quietly,
) -> dict[str, Any]:
    """Write a run's map as one file that opens without any host: scripts, tiles and explanations inside.

    Gives ``run, file, bytes``.

    Raises
    ------
    InputError
        The run has too many parcels for a file that can be sent.
    SetupError
        The file cannot be written.
    """
    view = _view(conn, runs.read_run(conn, run), language, base_maps)
    parcels = sum(row.parcels for row in view.legend)
    if parcels > ONE_FILE_PARCELS:
        raise InputError(
            Words("地块太多，装不进一个文件。", "There are too many parcels for one file."),
            at=f"run {view.run}: {parcels}",
            why=Words(
                f"单文件地图最多 {ONE_FILE_PARCELS} 个地块。",
                f"A one-file map holds at most {ONE_FILE_PARCELS} parcels.",
            ),
            mend=Words("用 landgis serve 打开地图。", "Open the map with `landgis serve`."),
        )
    with tell(Words("绘制瓦片", "Drawing tiles")):
        tiles = dict(_tiles(conn, view))
    with tell(Words("写入每个地块的依据", "Explaining every parcel")):
        ids = runs.read_ledger(conn, view.run)["parcel_id"]
        cases = Cases()
        details = {int(number): _with_bbox(explain(conn, view.run, int(number), cases)) for number in ids}
        if parcels > WHOLE_EXPLANATIONS:
            details = {number: {key: why[key] for key in why if key not in _LONG} for number, why in details.items()}
    page = render_map(view, Inlined(tiles=tiles, details=details, web=web))
    return {"run": view.run, "file": str(path), "bytes": write_whole(path, page.encode())}


def ledger(conn: Connection, run: int | None, path: Path, *, language: Language, wanted: str = "") -> dict[str, Any]:
    """Write a run's ledger, or what a filter shows of it; give ``run, parcels, file``.

    Parameters
    ----------
    path
        Its ending says what is written: workbook, GeoPackage, GeoJSON, CSV, or a zip with a shapefile.
    wanted
        A filter as `landgis.terms.filters.read_filter` takes it; empty for all parcels.
    """
    found = runs.read_head(conn, run)
    words = rulebook(conn, found["run"]).words
    ids = shown_ids(conn, found["run"], wanted) if wanted.strip() else None
    judged = runs.read_ledger(conn, found["run"], ids=ids)
    reasons = judged["reason"].map(lambda reason: getattr(reason_words(reason, words), language))
    tests = judged["tests"].map(
        lambda tests: "；".join(getattr(words[test], language) for test in tests.strip("|").split("|") if test)
    )
    head = LedgerHead(
        Words("低效用地处置台账", "Ledger of low-efficiency land"),
        [
            (Words("评估编号", "Run"), str(found["run"])),
            (Words("评估日", "As of"), str(found["as_of"])),
            (Words("园区", "Parks"), "、".join(park["name"] for park in found["parks"])),
            (
                Words("规则集", "Rulesets"),
                "；".join(f"{rules['code']} {rules['sha256'][:12]}" for rules in found["rulesets"]),
            ),
            (Words("生成时间", "Made at"), f"{found['made_at']:%Y-%m-%d %H:%M %Z}"),
            *([(Words("筛选条件", "Filter"), wanted.strip())] if wanted.strip() else []),
        ],
    )
    write_ledger(lay_out(judged, reasons, tests, language), head, path, language)
    return {"run": found["run"], "parcels": len(judged), "file": str(path)}


def rule_changes(parcels: pd.DataFrame, path: Path, *, language: Language) -> None:
    """Write the parcels that a change of rules alters, a row each."""
    write_list(parcels, path, "规则比较" if language == "zh" else "Rules compared")


def explanation(told: Mapping[str, Any], language: Language) -> str:
    """Write an explanation as text."""
    return explanation_text(told, language)


def dossier(conn: Connection, run: int, parcel_id: int, *, language: Language, cases: Cases | None = None) -> str:
    """Give one parcel's paper 一地一策 as HTML: its explanation, what would change it, and a sketch with its neighbours.

    Raises
    ------
    NotFoundError
        The run did not judge such a parcel, or it lies outside the scope.
    """
    held = cases or Cases()
    told = explain(conn, run, parcel_id, held)
    told["changes"] = what_if(conn, run, parcel_id, held)
    shape, around = surroundings(conn, run, parcel_id, told["parcel"]["park_code"], held)
    return dossier_html(told, shape, around, language)


def dossier_file(conn: Connection, run: int, parcel_id: int, path: Path, *, language: Language) -> dict[str, Any]:
    """Write one parcel's paper to a file; give ``run, parcel_id, file, bytes``."""
    page = dossier(conn, run, parcel_id, language=language)
    return {"run": run, "parcel_id": parcel_id, "file": str(path), "bytes": write_whole(path, page.encode())}


def image_origins(base_maps: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Give the hosts of the configured base maps: the only foreign ones a page may take pictures from."""
    return tuple(dict.fromkeys(origin for setting in base_maps for origin in BaseMap.read(setting).origins()))


def _view(
    conn: Connection, found: Mapping[str, Any], language: Language, base_maps: Sequence[Mapping[str, Any]]
) -> MapView:
    book = rulebook(conn, found["run"])
    parks = tuple(ParkExtent(park["park_code"], park["name"], tuple(park["bbox"])) for park in found["parks"])
    suspected: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in found["tests"]:
        suspected[row["ruleset"], row["test"]][row["park_code"]] = row["suspected"]
    return MapView(
        run=found["run"],
        on=found["as_of"],
        made_at=found["made_at"],
        rulesets=tuple(rules["code"] for rules in found["rulesets"]),
        parks=parks,
        bounds=_union([park.bbox for park in parks]),
        legend=tuple(
            LegendRow(row["park_code"], row["answer"], row["parcels"], row["area_m2"]) for row in found["answers"]
        ),
        tests=tuple(
            FindingLayer(ruleset, test, book.words[test], counts)
            for (ruleset, test), counts in suspected.items()
            if any(counts.values())
        ),
        titles={rules.code: rules.title for rules in book.rulesets},
        detail_zoom=found["detail_zoom"],
        language=language,
        base_maps=tuple(BaseMap.read(setting) for setting in base_maps),
    )


def _union(boxes: Sequence[tuple[float, ...]]) -> tuple[float, float, float, float] | None:
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def _tiles(conn: Connection, view: MapView) -> Iterator[tuple[str, bytes]]:
    """Draw the tiles of each park, from the one that holds all of it down to the zoom whose tiles are then drawn larger."""
    drawn = set()
    for park, zoom in product(view.parks, range(_ONE_FILE_ZOOM + 1)):
        for x, y in tiles_over(park.bbox, zoom):
            if (zoom, x, y) not in drawn:
                drawn.add((zoom, x, y))
                body = runs.read_tile(conn, view.run, zoom, x, y)
                if body:
                    yield f"{zoom}/{x}/{y}", body


def _with_bbox(why: dict[str, Any]) -> dict[str, Any]:
    return why | {"bbox": why["parcel"]["bbox"]}
