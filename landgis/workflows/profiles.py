"""Profiles looked at and proposed: what a source calls its columns, where nobody has said so yet."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from landgis.exports.files import write_whole
from landgis.readers.profiles import list_profiles, load_profile
from landgis.readers.suggest import Suggestion, as_toml, fitting_profiles, suggest
from landgis.workflows.ingest import named_layers
from landgis.workflows.steps import Tell, quietly


def packaged() -> list[dict[str, Any]]:
    """List the profiles that come with the package: name, words, tables."""
    found = []
    for name in list_profiles():
        profile = load_profile(name)
        tables = list(dict.fromkeys(target.table.name for target in profile.targets))
        found.append({"name": name, "zh": profile.words.zh, "en": profile.words.en, "tables": tables})
    return found


def lay_out(name: str) -> dict[str, Any]:
    """Give all a profile says: by table its layers, and of each of our columns the source's names, unit and meaning."""
    profile = load_profile(name)
    tables = [
        {
            "table": target.table.name,
            "layers": list(target.layers),
            "own_names": target.own_names,
            "columns": [
                {
                    "column": column,
                    "zh": target.table.by_name[column].zh,
                    "from": [one for source in (origin, *origin.also) for one in source.names],
                    "value": origin.value if origin.value is not None else origin.pattern,
                    "unit": origin.unit or origin.unit_from,
                }
                for column, origin in target.columns.items()
            ],
        }
        for target in profile.targets
    ]
    return {"name": profile.name, "zh": profile.words.zh, "en": profile.words.en, "crs": profile.crs, "tables": tables}


def propose(
    paths: Sequence[Path],
    *,
    crs: str | None = None,
    encoding: str | None = None,
    output: Path | None = None,
    tell: Tell = quietly,
) -> dict[str, Any]:
    """Propose a profile for files, for somebody to look through: shipped ones that fit, and a proposal for every column.

    Returns
    -------
    dict
        ``files``; ``fits`` (shipped profiles, best first: ``name, share, missing``); ``layers``: of each its ``name``, ``rows``, ``table``,
        ``is_sure``, ``left`` (headers nobody claims) and ``columns``: ``column, zh, header, score`` (0-1), ``reason`` (both languages),
        ``unit``, ``unit_from``, ``asks_unit``, ``hint``, ``examples``; and ``toml``, the proposal as a profile.
    """
    called, layers = named_layers(paths, crs=crs, encoding=encoding, is_asking=False, tell=tell)
    suggestions = suggest(layers)
    text = as_toml(suggestions, Path(called[0]).stem or "proposed")
    if output is not None:
        write_whole(output, text.encode())
    return {
        "files": called,
        "fits": [
            {"name": one.name, "share": round(one.share, 2), "missing": list(one.missing)}
            for one in fitting_profiles(layers)
        ],
        "layers": [_laid_out(one) for one in suggestions],
        "toml": text,
    }


def _laid_out(one: Suggestion) -> dict[str, Any]:
    rows, table = one.layer.rows, one.table
    return {
        "name": one.layer.name,
        "file": one.layer.file,
        "rows": len(rows),
        "table": None if table is None else table.name,
        "is_sure": one.is_sure,
        "left": list(one.left),
        "columns": [
            {
                "column": proposal.column,
                "zh": table.by_name[proposal.column].zh,
                "en": table.by_name[proposal.column].en,
                "header": proposal.header,
                "score": proposal.score,
                "reason": {"zh": proposal.reason.zh, "en": proposal.reason.en},
                "unit": proposal.unit,
                "unit_from": proposal.unit_from,
                "asks_unit": proposal.asks_unit,
                "hint": None if proposal.hint is None else {"zh": proposal.hint.zh, "en": proposal.hint.en},
                "examples": [str(value)[:60] for value in rows[proposal.header].dropna().head(3)]
                if proposal.header in rows
                else [],
            }
            for proposal in one.proposals
            if table is not None
        ],
    }
