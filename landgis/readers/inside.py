"""The reader's process: started once, it forks for every file, and each fork reads one file within its limits and ends.

It is the only place where a file of a user meets GDAL, a workbook's parser or any other native code. It has no network where the kernel
lets it go without, no more memory, processor time and file size than the file deserves, and hands back frames, never objects.
"""

import os
import sys
from typing import Any, Final


class _NotHere:
    """Finds no pandas and no pyproj: a process that only hands on Arrow starts in a fraction of the time without them."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Refuse these, and leave all others to the next finder."""
        if name in ("pandas", "geopandas", "pyproj"):
            raise ModuleNotFoundError(name)


if __name__ == "__main__":
    sys.meta_path.insert(0, _NotHere())
    # Read by the libraries when they are loaded: one file is read by one thread and a helper of GDAL's. Arrow's own pool would reserve
    # a gigabyte of addresses at once, which are what is limited.
    os.environ.update(
        OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1", MALLOC_ARENA_MAX="1", CPL_VSIL_CURL_ALLOWED_EXTENSIONS="{none}",
        GML_FIELDTYPES="ALWAYS_STRING", GML_SKIP_RESOLVE_ELEMS="ALL", DXF_CLOSED_LINE_AS_POLYGON="TRUE", LIBKML_RESOLVE_STYLE="NO",
        GDAL_PAM_ENABLED="NO", ARROW_DEFAULT_MEMORY_POOL="system",
    )  # fmt: skip

import json  # noqa: E402
import resource  # noqa: E402
import select  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import tempfile  # noqa: E402
from contextlib import suppress  # noqa: E402
from pathlib import Path  # noqa: E402

import pyogrio  # noqa: E402

from landgis import GDAL_DRIVERS  # noqa: E402
from landgis.readers.curves import straightened  # noqa: E402
from landgis.readers.formats import sheets_of  # noqa: E402
from landgis.readers.network import without_network  # noqa: E402
from landgis.readers.sheets import write_end, write_refusal, write_sheet  # noqa: E402
from landgis.terms.errors import InputError, Words  # noqa: E402

#: So long it waits for the next file before it ends; whoever needs it then starts another.
_IDLE_S: Final = 120
_FILES_OPEN: Final = 128
_WRITTEN_MOST: Final = 2 * 1024**3


def main() -> None:
    """Wait for files, fork for each, tell how each fork ended."""
    _only_our_drivers()
    asking = socket.socket(fileno=int(sys.argv[1]))
    ended, ends = os.pipe()
    for end in (ended, ends):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(ends, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer; it then hangs up
    running: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([asking.fileno(), ended], [], [], None if running else _IDLE_S)
        if not ready:
            return
        if ended in ready:
            os.read(ended, 4096)
            _reap(running)
        if asking.fileno() in ready:
            asked, handles, _, _ = socket.recv_fds(asking, 1 << 16, 2)
            if not asked:
                return
            data, status = handles
            child = os.fork()
            if child == 0:
                signal.set_wakeup_fd(-1)
                asking.close()
                for one in (status, ended, ends, *running.values()):
                    os.close(one)
                os._exit(_read(json.loads(asked), data))
            os.close(data)
            running[child] = status


def _reap(running: dict[int, int]) -> None:
    while running:
        child, state, used = os.wait4(-1, os.WNOHANG)
        if child == 0:
            return
        status = running.pop(child)
        told = {
            "code": os.waitstatus_to_exitcode(state),
            "peak": used.ru_maxrss * 1024,
            "cpu_s": used.ru_utime + used.ru_stime,
        }
        # Whoever asked may be gone.
        with suppress(OSError):
            os.write(status, json.dumps(told).encode())
        os.close(status)


def _only_our_drivers() -> None:
    """Keep GDAL to the drivers that are allowed: one that a newer GDAL brings is switched off by starting again without it."""
    strange = set(pyogrio.list_drivers()) - GDAL_DRIVERS
    if not strange:
        return
    if "LANDGIS_DRIVERS_TRIED" in os.environ:
        raise SystemExit(f"GDAL keeps the drivers {', '.join(sorted(strange))} although GDAL_SKIP names them.")
    skip = os.environ.get("GDAL_SKIP", "")
    os.environ["GDAL_SKIP"] = ",".join([*filter(None, [skip]), *sorted(strange)])
    os.environ["LANDGIS_DRIVERS_TRIED"] = "1"
    os.set_inheritable(int(sys.argv[1]), True)
    os.execv(sys.executable, [sys.executable, "-m", "landgis.readers.inside", *sys.argv[1:]])


def _read(asked: dict[str, Any], data: int) -> int:
    """Read one file in this fork and send what is in it; give the exit code."""
    with open(data, "wb", buffering=1 << 20) as sink:
        try:
            _lock_in(asked)
            tempfile.tempdir = asked["room"]
            with tempfile.TemporaryDirectory(prefix="file-") as room:
                for sheet in sheets_of(Path(asked["path"]), asked["file"], asked["encoding"], Path(room)):
                    write_sheet(sink, straightened(sheet))
            write_end(sink)
        except InputError as refusal:
            write_refusal(sink, refusal)
        except MemoryError:
            return 3
        except BrokenPipeError:
            return 0
        except Exception as error:  # noqa: BLE001  whatever a parser throws at a file is about the file
            write_refusal(sink, _gave_up(asked["file"], error))
    return 0


def _gave_up(file: str, error: Exception) -> InputError:
    said = f"{type(error).__name__}: {error}"[:300]
    return InputError(
        Words("文件损坏或无法读取。", "The file is damaged or cannot be read."),
        at=file,
        why=Words(f"读取时出错：{said}", f"While reading: {said}"),
        mend=Words("用原软件打开检查，再重新导出。", "Open it in the program it comes from and export it again."),
    )


def _lock_in(asked: dict[str, Any]) -> None:
    """Give up what reading a file does not need, for good."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if asked["wall_s"]:
        signal.setitimer(
            signal.ITIMER_REAL, asked["wall_s"]
        )  # nobody catches it: it ends the process, whatever it waits for
    cpu_s, memory = asked["cpu_s"], asked["memory"]
    for what, most in (
        (resource.RLIMIT_CPU, cpu_s),
        (resource.RLIMIT_AS, memory + _held()),
        (resource.RLIMIT_FSIZE, _WRITTEN_MOST),
        (resource.RLIMIT_NOFILE, _FILES_OPEN),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))
    without_network()


def _held() -> int:
    """Give the bytes of address space that this process has taken before it reads anything: mostly libraries."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
