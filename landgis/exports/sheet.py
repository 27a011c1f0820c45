"""The printed sheet 图纸: a run's parcels in an extent, drawn to scale on A4 or A3, as PDF (lines stay lines) or PNG.

The map is an SVG drawing in millimetres of paper; typst sets it into the sheet with title, legend, north, scale, dates and notes. All that
comes from files reaches typst as JSON and SVG as escaped text, so that no sign of it means anything to either.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pyproj
import shapely
import typst
from pyproj.enums import TransformDirection

from landgis.exports.map import PAINTS, Box, Language
from landgis.terms.crs import STORED
from landgis.terms.errors import InputError, SetupError, Words
from landgis.terms.frames import ANSWER
from landgis.terms.units import mu

Paper = Literal["a4", "a3"]
Form = Literal["pdf", "png"]

#: Width and height of the lying sheet, and what around the map is for title, panel and foot, mm.
_PAPERS: Final[dict[Paper, tuple[float, float]]] = {"a4": (297.0, 210.0), "a3": (420.0, 297.0)}
_MARGIN: Final = 9.0
_HEAD: Final = 15.0
_PANEL: Final = 62.0
_FOOT: Final = 8.0
#: The scales of maps people know; the smallest that shows the whole extent is taken.
_SCALES: Final = tuple(n * 10**k for k in range(2, 7) for n in (1, 1.25, 1.5, 2, 2.5, 4, 5, 7.5))
#: Fonts that hold Chinese, the best first.
_FONTS: Final = (
    "Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", "SimHei", "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei", "Droid Sans Fallback",
)  # fmt: skip
#: A number is written on a parcel that is so wide and high on paper, mm.
_LABEL_MM: Final = (9.0, 4.0)
_LABELS_MOST: Final = 600
_PPI: Final = 200
_TEMPLATE: Final = Path(__file__).with_name("sheet.typ")

_WORDS: Final = {
    "title": Words("存量用地处置建议图", "Land stock: advice by parcel"),
    "legend": Words("图例", "Legend"),
    "parcels": Words("宗", "parcels"),
    "mu": Words("亩", "mu"),
    "total": Words("合计", "Total"),
    "others": Words("筛选之外", "not in the filter"),
    "filter": Words("筛选条件", "Filter"),
    "all": Words("全部地块", "all parcels"),
    "on": Words("数据日期", "Data as of"),
    "run": Words("评估编号", "Run"),
    "rules": Words("评估依据", "Rulesets"),
    "made": Words("评估时间", "Assessed"),
    "secrecy": Words("密级", "Classification"),
    "approval": Words("审图号", "Map approval no."),
    "system": Words("坐标系 CGCS2000；图上距离按比例尺量取。", "CGCS2000; distances by the scale."),
    "north": Words("北", "N"),
    "note": Words(
        "“疑似”与处置建议是线索和初筛，不是认定；以调查核实为准。图例数为图幅内地块。",
        "Suspicions and advice are leads, not verdicts; an investigation decides. The legend counts the parcels on the sheet.",
    ),
}


@dataclass(frozen=True)
class Sheet:
    """What is to be drawn.

    ``parcels`` has ``parcel_no, answer, area_m2, is_shown`` (does the filter show it) and its shape (EPSG:4490); ``bbox`` is what must be
    on the sheet, west, south, east, north in degrees.
    """

    parcels: gpd.GeoDataFrame
    bbox: Box
    run: int
    on: date
    made_at: datetime
    rulesets: Sequence[str]
    parks: Sequence[str]
    paper: Paper = "a4"
    language: Language = "zh"
    title: str = ""
    wanted: str = ""
    secrecy: str = ""
    approval: str = ""


@dataclass(frozen=True)
class Frame:
    """The map's place on paper: its size in mm, the scale's denominator, and the ground it shows, in degrees."""

    width_mm: float
    height_mm: float
    scale: float
    plane: pyproj.Transformer
    middle: tuple[float, float]

    def on_paper(self, lonlat: Any) -> Any:  # noqa: ANN401  arrays of shapely's own
        """Bring places (degrees, shape (n, 2)) to millimetres right of and below the frame's corner."""
        x, y = self.plane.transform(lonlat[:, 0], lonlat[:, 1])
        mm = 1000 / self.scale
        return np.column_stack(
            [self.width_mm / 2 + (x - self.middle[0]) * mm, self.height_mm / 2 - (y - self.middle[1]) * mm]
        )

    def bounds(self) -> Box:
        """Give the ground that the frame shows: west, south, east, north in degrees."""
        half = np.array([self.width_mm, self.height_mm]) / 2000 * self.scale
        low, high = np.array(self.middle) - half, np.array(self.middle) + half
        west, south, east, north = self.plane.transform_bounds(
            low[0], low[1], high[0], high[1], direction=TransformDirection.INVERSE
        )
        return float(west), float(south), float(east), float(north)


def frame_of(bbox: Box, paper: Paper) -> Frame:
    """Lay an extent out on paper, at the largest scale that shows all of it.

    Raises
    ------
    InputError
        The extent is empty, turned round, or larger than a sheet can show.
    """
    west, south, east, north = bbox
    if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):
        raise InputError(
            Words("图幅范围不对。", "The extent of the sheet is wrong."),
            at=",".join(map(str, bbox)),
            mend=Words("写作 西,南,东,北（度）。", "Write it as west,south,east,north in degrees."),
        )
    plane = pyproj.Transformer.from_crs(
        STORED,
        pyproj.CRS.from_proj4(
            f"+proj=tmerc +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +k=1 +ellps=GRS80 +units=m"
        ),
        always_xy=True,
    )
    left, bottom, right, top = plane.transform_bounds(*bbox)
    width, height = _PAPERS[paper]
    width_mm, height_mm = width - 2 * _MARGIN - _PANEL - 4, height - 2 * _MARGIN - _HEAD - _FOOT
    least = max((right - left) / width_mm, (top - bottom) / height_mm) * 1000
    scale = next((one for one in _SCALES if one >= least), None)
    if scale is None:
        raise InputError(
            Words("图幅范围太大。", "The extent is too large for a sheet."),
            at=f"1:{least:,.0f}",
            mend=Words("放大地图，或选一个园区。", "Zoom in, or choose a park."),
        )
    return Frame(width_mm, height_mm, scale, plane, ((left + right) / 2, (bottom + top) / 2))


def render_sheet(sheet: Sheet, form: Form, *, fonts: typst.Fonts | None = None) -> bytes:
    """Draw a sheet.

    Parameters
    ----------
    sheet
        What is to be drawn.
    form
        ``pdf``, or ``png`` of 200 dots an inch.
    fonts
        The fonts of this machine unless others are given.

    Raises
    ------
    InputError
        The extent cannot be laid out.
    SetupError
        This machine has no font that holds Chinese.
    """
    known = fonts or typst.Fonts()
    font = _font(known.families())
    frame = frame_of(sheet.bbox, sheet.paper)
    data = json.dumps(_laid_out(sheet, frame, font), ensure_ascii=False)
    made, warnings = typst.compile_with_warnings(
        _TEMPLATE.read_bytes(),
        format=form,
        ppi=_PPI,
        font_paths=known,
        sys_inputs={"data": data},
        timestamp=0,  # the same run makes the same sheet
    )
    if any("font" in warning.message for warning in warnings):
        raise _no_font("; ".join(warning.message for warning in warnings))
    return made if isinstance(made, bytes) else made[0]


def _font(families: Iterable[str]) -> str:
    there = set(families)
    for name in _FONTS:
        if name in there:
            return name
    raise _no_font(", ".join(sorted(there)[:12]))


def _no_font(at: str) -> SetupError:
    return SetupError(
        Words("这台机器没有中文字体，图纸上的汉字会是空白。", "This machine has no font that holds Chinese: the sheet would have blanks."),
        at=at,
        why=Words("PDF 与 PNG 由服务器绘制，用的是服务器的字体。", "PDF and PNG are drawn by the server, with the server's fonts."),
        mend=Words(
            "安装 fonts-noto-cjk 或 fonts-wqy-microhei（apt-get install fonts-noto-cjk），或把字体文件放进 ~/.local/share/fonts。",
            "Install fonts-noto-cjk or fonts-wqy-microhei (apt-get install fonts-noto-cjk), or put a font into ~/.local/share/fonts.",
        ),
    )  # fmt: skip


def _laid_out(sheet: Sheet, frame: Frame, font: str) -> dict[str, Any]:
    """Bring everything into the form in which typst reads it: words, numbers and the drawing."""
    say = {name: getattr(words, sheet.language) for name, words in _WORDS.items()}
    width, height = _PAPERS[sheet.paper]
    shown = sheet.parcels[sheet.parcels["is_shown"].to_numpy(dtype=bool)]
    west, south, east, north = frame.bounds()
    legend = [
        {
            "name": getattr(ANSWER[answer], sheet.language),
            "swatch": _swatch(answer),
            "parcels": f"{int((shown['answer'] == answer).sum()):,}",
            "mu": f"{mu(float(shown.loc[shown['answer'] == answer, 'area_m2'].sum())):,.1f}",
        }
        for answer in PAINTS
    ]
    return {
        "width": width, "height": height, "margin": _MARGIN, "head": _HEAD, "panel": _PANEL, "foot": _FOOT,
        "font": font, "lang": sheet.language, "say": say, "title": sheet.title or say["title"],
        "parks": ("、" if sheet.language == "zh" else ", ").join(sheet.parks),
        "map": {"width": frame.width_mm, "height": frame.height_mm, "svg": _drawing(sheet, frame)},
        "labels": _labels(shown, frame),
        "legend": legend,
        "total": {"parcels": f"{len(shown):,}", "mu": f"{mu(float(shown['area_m2'].sum())):,.1f}"},
        "others": _box(_GREY, "") if len(shown) < len(sheet.parcels) else None,
        "wanted": sheet.wanted or say["all"],
        "facts": [
            [say["on"], sheet.on.isoformat()], [say["run"], str(sheet.run)],
            [say["rules"], ("；" if sheet.language == "zh" else "; ").join(sheet.rulesets)],
            [say["made"], f"{sheet.made_at:%Y-%m-%d %H:%M}"], [say["approval"], sheet.approval],
        ],
        "secrecy": sheet.secrecy,
        "scale": {"text": f"1 : {frame.scale:,.0f}", **_bar(frame.scale)},
        "edges": {"west": _degrees(west, "EW"), "east": _degrees(east, "EW"), "south": _degrees(south, "NS"),
                  "north": _degrees(north, "NS")},
    }  # fmt: skip


def _degrees(value: float, signs: str) -> str:
    return f"{abs(value):.4f}°{signs[value < 0]}"


def _bar(scale: float) -> dict[str, Any]:
    """Give a scale bar of a round length between 20 and 50 mm: its length in mm and its words."""
    metres = next(m for k in range(0, 7) for m in (n * 10**k for n in (1, 2, 5)) if 20 <= m * 1000 / scale <= 50)
    return {"mm": metres * 1000 / scale, "words": f"{metres:,} m" if metres < 1000 else f"{metres / 1000:g} km"}


_GREY: Final = ("#f1f3f3", "#aab3b7")
_STROKES: Final = {
    "rising": "M0 2 2 0M-.5 .5 .5-.5M1.5 2.5 2.5 1.5",
    "falling": "M0 0 2 2M-.5 1.5 .5 2.5M1.5-.5 2.5 .5",
    "upright": "M.5 0V2M1.5 0V2",
    "dots": "M.5 .5h.01M1.5 1.5h.01",
}


def _patterns() -> str:
    """Hatch every answer, 2 mm a tile, so that the sheet can be read in black and white."""
    return "".join(
        f'<pattern id="{answer}" width="2" height="2" patternUnits="userSpaceOnUse"><path d="{_STROKES[paint.pattern]}" '
        f'stroke="{paint.ink}" stroke-opacity=".55" stroke-width="{0.5 if paint.pattern == "dots" else 0.22}" '
        f'stroke-linecap="{"round" if paint.pattern == "dots" else "butt"}" fill="none"/></pattern>'
        for answer, paint in PAINTS.items()
        if paint.pattern != "plain"
    )


def _box(colours: tuple[str, str], hatch: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="7mm" height="4mm" viewBox="0 0 7 4"><defs>{_patterns()}</defs>'
        f'<path d="M.1 .1H6.9V3.9H.1z" fill="{colours[0]}" stroke="{colours[1]}" stroke-width=".2"/>'
        f'{f"""<path d="M.1 .1H6.9V3.9H.1z" fill="url(#{hatch})"/>""" if hatch else ""}</svg>'
    )


def _swatch(answer: str) -> str:
    paint = PAINTS[answer]
    return _box((paint.fill, paint.ink), "" if paint.pattern == "plain" else answer)


def _drawing(sheet: Sheet, frame: Frame) -> str:
    """Draw the parcels as SVG in millimetres of paper: those the filter shows in colour and hatched, the others in grey."""
    shown = sheet.parcels["is_shown"].to_numpy(dtype=bool)
    paths = _paths(np.asarray(sheet.parcels.geometry, dtype=object), frame)
    answers = sheet.parcels["answer"].to_numpy(dtype=object)
    grey, ink = _GREY
    groups = [_group(paths[~shown], grey, ink, 0.1, None)]
    for answer, paint in PAINTS.items():
        hatch = None if paint.pattern == "plain" else answer
        groups.append(_group(paths[shown & (answers == answer)], paint.fill, paint.ink, 0.18, hatch))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width_mm}mm" height="{frame.height_mm}mm" '
        f'viewBox="0 0 {frame.width_mm} {frame.height_mm}"><defs>{_patterns()}</defs>{"".join(groups)}</svg>'
    )


def _group(paths: Any, fill: str, ink: str, width: float, hatch: str | None) -> str:  # noqa: ANN401  array of texts
    if not len(paths):
        return ""
    shapes = "".join(f'<path d="{escape(path)}"/>' for path in paths)
    drawn = f'<g fill="{fill}" stroke="{ink}" stroke-width="{width}" stroke-linejoin="round" fill-rule="evenodd">{shapes}</g>'
    return drawn + (f'<g fill="url(#{hatch})" fill-rule="evenodd">{shapes}</g>' if hatch else "")


def _paths(shapes: Any, frame: Frame) -> Any:  # noqa: ANN401  arrays of shapes and of texts
    """Write shapes as SVG paths in millimetres, to a hundredth."""
    moved = shapely.transform(shapes, frame.on_paper)
    found = np.empty(len(shapes), dtype=object)
    for at, shape in enumerate(moved):
        rings = shapely.get_rings(shapely.get_parts(shape))
        found[at] = "".join(
            "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in shapely.get_coordinates(ring)[:-1]) + "Z" for ring in rings
        )
    return found


def _labels(shown: gpd.GeoDataFrame, frame: Frame) -> list[dict[str, Any]]:
    """Give the numbers that fit into their parcels on paper: text, and its middle in mm; the largest parcels first."""
    shapes = shapely.transform(np.asarray(shown.geometry, dtype=object), frame.on_paper)
    west, north, east, south = shapely.bounds(shapes).T if len(shapes) else np.empty((4, 0))
    seats = shapely.get_coordinates(shapely.point_on_surface(shapes)) if len(shapes) else np.empty((0, 2))
    wide, high = east - west, south - north
    inside = (seats > 2).all(axis=1) & (seats[:, 0] < frame.width_mm - 2) & (seats[:, 1] < frame.height_mm - 2)
    fits = np.flatnonzero(inside & (wide > _LABEL_MM[0]) & (high > _LABEL_MM[1]))
    largest = fits[np.argsort(-(wide * high)[fits], kind="stable")][:_LABELS_MOST]
    numbers = shown["parcel_no"].to_numpy(dtype=object)
    return [{"text": str(numbers[at]), "x": float(seats[at, 0]), "y": float(seats[at, 1])} for at in largest]
