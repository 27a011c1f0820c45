"""Files that were sent for a job: removed when it is over, or when nobody came back for them."""

import logging
import math
import re
import shutil
import time
from pathlib import Path
from typing import Final

from landgis.store import database, queue
from landgis.store.database import ALL_PARKS, scoped
from landgis.store.queue import Job

_log = logging.getLogger(__name__)

_DAY_S: Final = 86_400.0
#: What the service calls a folder of files that were sent.
_SENT: Final = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}")


def discard_received(job: Job) -> None:
    """Remove the file that was sent for a job, before it is said to be over; a file that lay there before stays."""
    if "received" in job.asked:
        shutil.rmtree(job.asked["received"], ignore_errors=True)


def discard_old(url: str, inbox: Path, days: int) -> None:
    """Remove what was sent more than so many days ago and never stored or thrown away; what a job waits for or works on stays."""
    latest = time.time() - days * _DAY_S
    old = [folder for folder in inbox.glob("*") if _SENT.fullmatch(folder.name) and _touched(folder) < latest]
    if not old:
        return
    with database.connect(url) as conn, scoped(conn, ALL_PARKS):
        awaited = {Path(path).parent for path in queue.list_awaited(conn)}
    for folder in old:
        if folder not in awaited:
            _log.info("removed from the inbox: %s", folder.name)
            shutil.rmtree(folder, ignore_errors=True)


def _touched(folder: Path) -> float:
    """Give when something was last put into a folder, in seconds of the clock; one that has just gone is as good as new."""
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return math.inf
