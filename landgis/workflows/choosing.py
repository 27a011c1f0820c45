"""The profile of an import: the one that is named, or the one that the file calls for; with the units that somebody said."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from landgis.readers.files import Layer
from landgis.readers.profiles import Profile, load_profile, parse_profile, with_units
from landgis.readers.suggest import FITS, OWN_NAMES, SURE, Suggestion, as_toml, fitting_profiles, suggest
from landgis.terms.errors import InputError, Words

#: In the place of a profile's name: choose one by the file.
AUTO: Final = "auto"


def choose(name: str, layers: Sequence[Layer], units: Mapping[str, str]) -> Profile:
    """Load a profile, or with `AUTO` choose by the file: a shipped one that fits, else one made of what is sure.

    Raises
    ------
    InputError
        No layer can be told for sure: the message says what came nearest; or a unit does not fit.
    """
    profile = load_profile(name) if name != AUTO else _chosen(layers)
    return with_units(profile, units) if units else profile


def _chosen(layers: Sequence[Layer]) -> Profile:
    fits = fitting_profiles(layers)
    suggestions = suggest(layers)
    sure = [one for one in suggestions if one.is_sure]
    if fits and fits[0].share >= FITS:
        profile = load_profile(fits[0].name)
        rest = [one for one in sure if one.layer.name not in fits[0].layers]
        if not rest or profile.name not in OWN_NAMES:
            return profile
        # One sheet of somebody's workbook may be called like a table of ours: the others are not left out for it.
        more = parse_profile(as_toml(rest, AUTO, least=SURE), AUTO)
        own = [replace(one, layers=tuple(filter(one.reads, fits[0].layers))) for one in profile.targets]
        return replace(more, targets=(*(one for one in own if one.layers), *more.targets))
    if sure:
        return parse_profile(as_toml(sure, AUTO, least=SURE), AUTO)
    near = [f"{one.layer.name}: {_nearest(one)}" for one in suggestions]
    raise InputError(
        Words("认不出这个文件的字段。", "The columns of this file cannot be told."),
        at="; ".join(near)[:500],
        why=Words(
            "没有一个图层有确定的编号列：地块要有不重复的“地块编号”，企业要有“统一社会信用代码”。",
            "Of no layer the key is certain: the parcels' own number (地块编号) or the enterprises' credit code (统一社会信用代码).",
        ),
        mend=Words(
            "在表里补上编号列，或把表头改成这两个名称；也可用 landgis profile suggest FILE -o my.toml 写出字段方案，改好后与文件一起选入。",
            "Add that column or call it so; or run `landgis profile suggest FILE -o my.toml`, look it through, then use --profile my.toml.",
        ),
    )


def _nearest(suggestion: Suggestion) -> str:
    if suggestion.table is None:
        return ", ".join(map(str, suggestion.layer.rows.columns))
    said = ", ".join(f"{one.column}={one.header} {one.score:.2f}" for one in suggestion.proposals[:5])
    return f"{suggestion.table.name} ({said})"
