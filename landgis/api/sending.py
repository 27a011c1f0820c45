"""A file that is made for one answer: written, sent, and gone."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from fastapi.responses import FileResponse
from starlette.background import BackgroundTask


def made_file(name: str, write: Callable[[Path], object], media_type: str | None = None) -> FileResponse:
    """Have a file written and send it under a name; without a type, that of its ending."""
    with ExitStack() as stack:
        path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="landgis-")), name)
        write(path)
        kept = stack.pop_all()  # the folder lives until the file has been sent
    return FileResponse(path, media_type=media_type, filename=name, background=BackgroundTask(kept.close))
