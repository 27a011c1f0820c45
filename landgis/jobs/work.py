"""One job is done, in a process of its own."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from landgis.jobs.inbox import discard_received
from landgis.store import database, queue
from landgis.store.database import ALL_PARKS, scoped
from landgis.terms.errors import LandgisError, Words

#: Where each kind of job is done: a process imports what its job needs.
_ROOM: Final = {"ingest": "ingesting", "assess": "assessing", "plan": "planning", "site": "planning"}


def work(url: str, number: int) -> bool:
    """Do one job, here and now, and note what became of it; False where it was over before.

    The process that does it is ended from outside when the job is given up. Only refusals are caught here: a fault ends the process
    with its traceback in the log, and the worker notes that.
    """
    with database.connect(url) as notes, database.connect(url) as conn:

        def note(state: str, words: Words | None = None, detail: Mapping[str, Any] | None = None) -> bool:
            with scoped(notes, ALL_PARKS):
                return queue.add_event(notes, number, state, words, detail)

        @contextmanager
        def tell(step: Words) -> Iterator[None]:
            note("step", step)
            yield

        with scoped(notes, ALL_PARKS):
            job = queue.read_job(notes, number)
        if not note("running"):
            return False
        database.act_as(conn, job.asked_by)
        try:
            with tell(Words("等待同一园区的其他任务", "Waiting for other work on the same parks")):
                queue.hold_parks(notes, job.park_codes)
            room = import_module(f"landgis.jobs.{_ROOM[job.kind]}")
            answer = room.WORK[job.kind](conn, job.asked, job.scope, tell)
        except LandgisError as refusal:
            discard_received(job)
            note("refused", refusal.what, refusal.as_dict())
        else:
            discard_received(job)
            note("done", detail=answer)
    return True


def end_with_parent() -> None:
    """End this process when the worker that started it is gone: its end of our input closes then."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
