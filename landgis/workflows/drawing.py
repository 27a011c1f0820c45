"""A run's parcels are drawn on a sheet: to scale, as the filter shows them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from landgis.exports.files import write_whole
from landgis.exports.ledger import Language
from landgis.exports.map import Box
from landgis.exports.sheet import Form, Paper, Sheet, frame_of, render_sheet
from landgis.store import overview, runs
from landgis.store.database import Connection
from landgis.terms.errors import InputError, Words
from landgis.workflows.explain import rulebook
from landgis.workflows.looking import shown_ids
from landgis.workflows.steps import Tell, quietly


def draw_sheet(
    conn: Connection,
    run: int | None,
    form: Form,
    *,
    bbox: Sequence[float] | None = None,
    park: str | None = None,
    wanted: str = "",
    paper: Paper = "a4",
    language: Language = "zh",
    title: str = "",
    secrecy: str = "",
    approval: str = "",
    tell: Tell = quietly,
) -> bytes:
    """Draw a run, the latest where none is named, on a sheet.

    Parameters
    ----------
    bbox
        West, south, east, north in degrees; where it is not given the extent of the park, and of all parks where none is named.
    wanted
        A filter as `landgis.terms.filters.read_filter` takes it; what it does not show is drawn in grey.
    secrecy, approval
        密级 and 审图号, written as they are.

    Raises
    ------
    NotFoundError
        There is no such run in this scope.
    InputError
        The filter or the extent cannot be used, or there is nothing to draw.
    SetupError
        This machine has no font that holds Chinese.
    """
    head = runs.read_head(conn, run)
    parks = [one for one in head["parks"] if park in (None, one["park_code"])]
    with tell(Words("读取图幅内的地块", "Reading the parcels on the sheet")):
        extent = _extent(parks, bbox)
        parcels = overview.read_extent(conn, head["run"], frame_of(extent, paper).bounds())
        shown = set(shown_ids(conn, head["run"], wanted)) if wanted else None
    parcels["is_shown"] = [shown is None or number in shown for number in parcels.index]
    if park is not None:
        parcels["is_shown"] &= parcels["park_code"] == park
    rules = [getattr(one.title, language) for one in rulebook(conn, head["run"]).rulesets]
    sheet = Sheet(
        parcels, extent, head["run"], head["as_of"], head["made_at"].astimezone(), rules,
        [one["name"] for one in parks], paper, language, title, wanted, secrecy, approval,
    )  # fmt: skip
    with tell(Words("绘制图纸", "Drawing the sheet")):
        return render_sheet(sheet, form)


def sheet_file(conn: Connection, run: int | None, path: Path, **options: Any) -> dict[str, Any]:  # noqa: ANN401  as `draw_sheet`
    """Draw a sheet into a ``.pdf`` or ``.png`` file: whole or not at all; give ``file, bytes``.

    Raises
    ------
    InputError
        The file's ending is neither; or as `draw_sheet`.
    """
    forms: dict[str, Form] = {".pdf": "pdf", ".png": "png"}
    form = forms.get(path.suffix.lower())
    if form is None:
        raise InputError(
            Words("图纸只能写成 .pdf 或 .png。", "A sheet is written as .pdf or .png."),
            at=str(path),
            mend=Words("换一个文件名。", "Choose another file name."),
        )
    return {"file": str(path), "bytes": write_whole(path, draw_sheet(conn, run, form, **options))}


def read_bbox(text: str) -> list[float]:
    """Read an extent written as ``west,south,east,north``.

    Raises
    ------
    InputError
        It is not written so.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4:
        raise InputError(
            Words("范围写法不对。", "The extent is not written as one."),
            at=text,
            mend=Words("写作 西,南,东,北（度）。", "Write it as west,south,east,north in degrees."),
        )
    return numbers


def _extent(parks: Sequence[Any], bbox: Sequence[float] | None) -> Box:
    if bbox is not None:
        west, south, east, north = bbox
        return west, south, east, north
    if not parks:
        raise InputError(
            Words("这次评估里没有可画的地块。", "The run has no parcels to draw."),
            mend=Words("检查园区代码。", "Check the code of the park."),
        )
    boxes = [tuple(map(float, one["bbox"])) for one in parks]
    low, high = [min(box[at] for box in boxes) for at in (0, 1)], [max(box[at] for box in boxes) for at in (2, 3)]
    # A hair of room around, so that no border lies on the frame.
    room = 0.02 * max(high[0] - low[0], high[1] - low[1])
    return low[0] - room, low[1] - room, high[0] + room, high[1] + room
