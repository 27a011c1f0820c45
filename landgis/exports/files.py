"""A file is written whole or not at all."""

import os
from pathlib import Path

from landgis.terms.errors import SetupError, Words


def write_whole(path: Path, content: bytes) -> int:
    """Write a file beside its place and move it there; give its size in bytes.

    Raises
    ------
    SetupError
        The folder cannot be written to, or the disk is full; nothing is left behind.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SetupError(
            Words("文件写不出来。", "The file cannot be written."),
            at=str(path),
            why=Words(str(error), str(error)),
            mend=Words(
                "换一个可写的位置，或腾出磁盘空间。", "Choose a place that can be written to, or free some space."
            ),
        ) from error
    return len(content)
