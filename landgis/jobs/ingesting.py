"""A job that takes files in."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from landgis.store.database import Connection
from landgis.terms.errors import Words
from landgis.workflows.drafts import keep_findings
from landgis.workflows.ingest import ingest
from landgis.workflows.steps import Tell


def _ingest(conn: Connection, asked: Mapping[str, Any], scope: Sequence[str], tell: Tell) -> dict[str, Any]:
    done = ingest(
        conn,
        [Path(path) for path in asked["paths"]],
        asked["profile"],
        park=asked.get("park"),
        park_name=asked.get("park_name"),
        crs=asked.get("crs"),
        encoding=asked.get("encoding"),
        is_dry=asked.get("is_dry", False),
        is_full=asked.get("is_full", False),
        units=asked.get("units"),
        repairs=asked.get("repairs") or (),
        parks=scope,
        tell=tell,
    )
    if asked.get("findings"):
        with tell(Words("写下问题清单", "Writing down what was found")):
            keep_findings(done, Path(asked["findings"]))
    return done.as_dict()


#: What is done for a kind of job; the answer is plain data.
WORK: Final = {"ingest": _ingest}
