"""Rulesets for people: which there are, what one says, whether it is sound, and in what two differ."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from landgis.readers.rulefile import read_rule_text
from landgis.store.database import Connection
from landgis.store.runs import list_stored_rulesets
from landgis.terms.errors import NotFoundError, Words
from landgis.terms.rulediff import differences, plain
from landgis.terms.rulereader import find_faults, list_rulesets, load_ruleset, parse_ruleset
from landgis.terms.rules import Ruleset


def choose(name: str) -> Ruleset:
    """Give a packaged ruleset by its code, or one's own by its path: a name with ``/`` in it, or that ends in ``.toml``.

    Only for names that the owner of this machine writes: a path is opened.

    Raises
    ------
    RuleError
        There is no such code, or the text is malformed.
    InputError
        The file cannot be read.
    """
    if "/" in name or name.endswith(".toml"):
        path = Path(name)
        return parse_ruleset(read_rule_text(path), path.name)
    return load_ruleset(name)


def overview(ruleset: Ruleset) -> dict[str, Any]:
    """Sum a ruleset up: what it is, since when, how sure, and how much it holds."""
    return {
        "code": ruleset.code,
        "title": plain(ruleset.title),
        "kinds": list(ruleset.kinds),
        "region": ruleset.region,
        "document": ruleset.document,
        "effective_from": plain(ruleset.effective_from),
        "effective_to": plain(ruleset.effective_to),
        "status": ruleset.status,
        "confidence": ruleset.confidence,
        "supersedes": list(ruleset.supersedes),
        "sha256": ruleset.sha256,
        "needs": list(ruleset.needs),
    }


def packaged() -> list[dict[str, Any]]:
    """Sum up every packaged ruleset."""
    return [overview(load_ruleset(code)) for code in list_rulesets()]


def known(conn: Connection) -> list[dict[str, Any]]:
    """Sum up every packaged ruleset, then those of another text that runs have used; ``is_packaged`` tells which."""
    shipped = [{**item, "is_packaged": True} for item in packaged()]
    hashes = {item["sha256"] for item in shipped}
    stored = [item for item in list_stored_rulesets(conn) if item["sha256"] not in hashes]
    return shipped + [
        {**overview(parse_ruleset(item["content"], item["code"])), "is_packaged": False} for item in stored
    ]


def find(conn: Connection, code: str) -> dict[str, Any]:
    """Lay out a packaged ruleset, else the latest text that a run has used under this code, or under this hash.

    Raises
    ------
    NotFoundError
        There is none.
    """
    if code in list_rulesets():
        return {**lay_out(load_ruleset(code)), "is_packaged": True}
    for item in list_stored_rulesets(conn):
        if code in (item["code"], item["sha256"]):
            return {**lay_out(parse_ruleset(item["content"], item["code"])), "is_packaged": False}
    raise NotFoundError(
        Words("没有这个规则集。", "There is no such ruleset."),
        at=code,
        mend=Words("用 GET /api/rules 查看现有规则集。", "GET /api/rules lists those there are."),
    )


def lay_out(ruleset: Ruleset) -> dict[str, Any]:
    """Lay a ruleset out in full as plain data: head, numbers, lists, tables, tests, scheme, gates, and its text."""
    return {**plain(ruleset), **overview(ruleset)}


def check(path: Path) -> dict[str, Any]:
    """Check a ruleset file and list everything that is wrong with it.

    Returns
    -------
    dict
        ``file, ok, code, sha256`` (of a sound one, else None), ``faults`` (as `LandgisError.as_dict`), ``unsure``: the names of its
        numbers, lists and tables marked M or L, to be held against the official text.
    """
    text = read_rule_text(path)
    faults = find_faults(text, path.name)
    sound = None if faults else parse_ruleset(text, path.name)
    sourced = {} if sound is None else {**sound.numbers, **sound.lists, **sound.tables}
    unsure = [name for name, item in sourced.items() if getattr(item, "confidence", None) in ("M", "L")]
    return {
        "file": path.name,
        "ok": sound is not None,
        "code": sound.code if sound else None,
        "sha256": sound.sha256 if sound else None,
        "faults": [fault.as_dict() for fault in faults],
        "unsure": unsure,
    }


def diff(before: Ruleset, after: Ruleset) -> dict[str, Any]:
    """Say in what two rulesets differ: ``before, after`` (codes), ``counts`` by change, ``differences`` entry by entry."""
    found = differences(before, after)
    return {
        "before": before.code,
        "after": after.code,
        "counts": dict(Counter(item.change for item in found)),
        "differences": [asdict(item) for item in found],
    }
