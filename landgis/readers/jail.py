"""Have a file read in a process without network and with limits, and take what it hands back; its death is a refusal."""

import atexit
import fcntl
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from landgis.readers.limits import allowed
from landgis.readers.sheets import Sheet, read_sheets
from landgis.terms.errors import InputError, SetupError, Words

#: What any file may take, and what each byte of it adds: a bomb is small, a province's cadastre is not.
MEMORY: Final = 768 * 1024**2  # what a reader holds before it reads anything comes to this: 1 GB in all
MEMORY_PER_BYTE: Final = 16
MEMORY_MOST: Final = 8 * 1024**3
CPU_S: Final = 8
BYTES_PER_CPU_S: Final = 1_000_000
#: What a megabyte adds by the clock.
_WALL_S_PER_MEGABYTE: Final = 4
_TRIES: Final = 2
_PIPE: Final = 1 << 20


@dataclass(frozen=True)
class Ended:
    """How a reader ended: its exit code (a signal is negative), and what it took at most, in bytes of memory and seconds of a processor."""

    code: int
    peak: int
    cpu_s: float


def read_in_jail(path: Path, file: str, encoding: str | None, size: int) -> Iterator[Sheet]:
    """Read a file in a process of its own.

    Parameters
    ----------
    path, file
        Where it lies and what it is called.
    encoding
        As the user says, or None.
    size
        Its bytes, by which its limits grow.

    Yields
    ------
    Sheet
        In the order of the file; the batches of one are to be read before the next is asked for.

    Raises
    ------
    InputError
        The reader refused the file, ran into a limit, or died of it.
    SetupError
        The reader cannot be started.
    """
    memory = min(MEMORY + MEMORY_PER_BYTE * size, MEMORY_MOST)
    cpu_s = CPU_S + size // BYTES_PER_CPU_S
    wall_s = allowed.wall_s and allowed.wall_s + _WALL_S_PER_MEGABYTE * (size // BYTES_PER_CPU_S)
    with tempfile.TemporaryDirectory(prefix="landgis-") as room:
        asked = {
            "path": str(path.absolute()),
            "file": file,
            "encoding": encoding,
            "room": room,
            "memory": memory,
            "cpu_s": cpu_s,
            "wall_s": wall_s,
        }
        data, status = _NURSERY.ask(json.dumps(asked).encode())
        with open(status, "rb", buffering=0) as ending:
            try:
                with open(data, "rb", buffering=1 << 20) as source:
                    yield from read_sheets(source)
            except EOFError:
                raise _death(file, _ended(ending.read()), memory, cpu_s, wall_s) from None
            except InputError:
                _ended(ending.read())
                raise
            _ended(ending.read())


def _ended(told: bytes) -> Ended | None:
    """Take how a reader ended; None where the process that forks them went with it."""
    return Ended(**json.loads(told)) if told else None


def _death(file: str, ended: Ended | None, memory: int, cpu_s: int, wall_s: float) -> InputError | SetupError:
    """Say of what a reader died: it ended without having said that it had read everything."""
    if ended is None:
        return SetupError(
            Words("读取进程无法启动。", "The reading process cannot be started."),
            at=file,
            why=Words(
                "它没有应答便结束了，原因在程序的错误输出里。", "It ended without an answer; see the program's stderr."
            ),
            mend=Words("运行 landgis doctor；必要时重新安装。", "Run landgis doctor; install again where it says so."),
        )
    code = ended.code
    mend = Words("拆成较小的文件，或用原软件重新导出。", "Split the file, or export it again from its program.")
    if code in (-24, -9):  # SIGXCPU; SIGKILL follows at the hard limit
        why = Words(f"读取超过 {cpu_s} 秒处理器时间。", f"It needs more than {cpu_s} s of the processor.")
    elif code == -14:  # SIGALRM
        why = Words(
            f"读取超过 {wall_s:g} 秒（只用了 {ended.cpu_s:.1f} 秒处理器时间）：磁盘太慢，或机器太忙。",
            f"It takes more than {wall_s:g} s, of which {ended.cpu_s:.1f} s of the processor: a slow disk, or a busy machine.",
        )
        mend = Words(
            "复制到本机磁盘后再读，或调大 LANDGIS_READ_TIMEOUT_S。",
            "Copy it to a disk of this machine, or raise LANDGIS_READ_TIMEOUT_S.",
        )
    elif code in (3, -6):  # MemoryError, or a native library's abort when it gets no memory
        megabytes = memory >> 20
        why = Words(f"读取需要的内存超过 {megabytes:,} MB。", f"It needs more than {megabytes:,} MB of memory.")
    else:
        why = Words(f"读取进程因该文件异常结束（{code}）。", f"The reading process died of it (exit code {code}).")
    return InputError(
        Words(
            "文件太大、太复杂或已损坏，停止读取。",
            "The file is too large, too involved or damaged: reading was stopped.",
        ),
        at=file,
        why=why,
        mend=mend,
    )


class _Nursery:
    """The one process that forks readers for this one; started when first needed, and again when it has gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._asking: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, asked: bytes) -> tuple[int, int]:
        """Have a reader forked; give the ends of the pipes on which it answers and on which its exit code is told."""
        data, data_in = os.pipe()
        status, status_in = os.pipe()
        if hasattr(fcntl, "F_SETPIPE_SZ"):
            # A reader that waits for room after every 64 KB is woken a thousand times.
            with suppress(OSError):
                fcntl.fcntl(data_in, fcntl.F_SETPIPE_SZ, _PIPE)
        try:
            with self._lock:
                for left in reversed(range(_TRIES)):
                    try:
                        socket.send_fds(self._line(), [asked], [data_in, status_in])
                        break
                    except OSError:
                        self.close()
                        if not left:
                            raise
        finally:
            os.close(data_in)
            os.close(status_in)
        return data, status

    def _line(self) -> socket.socket:
        if self._owner != os.getpid():  # a fork of ours must not speak on our line
            self._asking = self._process = None
        if self._asking is None or self._process is None or self._process.poll() is not None:
            self.close()
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "landgis.readers.inside", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                )
            self._asking, self._owner = ours, os.getpid()
        return self._asking

    def close(self) -> None:
        """Hang up, which ends it."""
        if self._asking is not None:
            with closing(self._asking):
                self._asking = None
        if self._process is not None and self._owner == os.getpid():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process = None


_NURSERY: Final = _Nursery()
atexit.register(_NURSERY.close)
