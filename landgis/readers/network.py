"""The way out of the network: a process leaves it for good, as far as the kernel lets it."""

import ctypes
import os
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

_NEWUSER, _NEWNET, _NEWIPC = 0x10000000, 0x40000000, 0x08000000
_NO_NEW_PRIVILEGES: Final = 38


def how_without_network() -> str:
    """Tell how a reader is kept from the network on this machine, as `without_network` does: asked of a process of its own."""
    ask = "from landgis.readers.network import without_network; print(without_network())"
    return subprocess.run([sys.executable, "-c", ask], check=False, capture_output=True, text=True).stdout.strip()


def without_network() -> str:
    """Leave the network for good.

    Returns
    -------
    str
        How far the kernel let this process do it: "namespace" (there is none in which it could speak), "filter" (it may make no
        socket, nor start a program), or "" (neither).
    """
    if sys.platform != "linux":
        return ""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    user, group = os.geteuid(), os.getegid()
    alone = libc.unshare(_NEWNET | _NEWIPC) == 0
    if not alone and libc.unshare(_NEWUSER | _NEWNET | _NEWIPC) == 0:
        alone = True
        # Without a map of its own the process would be nobody, and own nothing that it writes.
        with suppress(OSError):
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
    filtered = _without_calls(libc)
    return "namespace" if alone else "filter" if filtered else ""


# Audit number of the architecture, and there: socket, connect, execve, execveat, ptrace.
_CALLS: Final = {"x86_64": (0xC000003E, (41, 42, 59, 322, 101)), "aarch64": (0xC00000B7, (198, 203, 221, 281, 117))}
_SECCOMP, _FILTER = 22, 2
_LOAD, _EQUAL, _ABOVE, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _DENY, _X32 = 0x7FFF0000, 0x00050000 | 1, 0x40000000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def _without_calls(libc: ctypes.CDLL) -> bool:
    """Forbid the system calls that reach another host or another program; containers allow this where they allow no namespace."""
    known = _CALLS.get(os.uname().machine)
    if known is None:
        return False
    architecture, numbers = known
    count = len(numbers)
    # Each step: its code, how many steps to skip where it holds and where not, its value. Any other architecture is denied throughout.
    steps = [
        (_LOAD, 0, 0, 4),
        (_EQUAL, 0, count + 3, architecture),
        (_LOAD, 0, 0, 0),
        (_ABOVE, count + 1, 0, _X32),
        *((_EQUAL, count - place, 0, number) for place, number in enumerate(numbers)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    ]
    program = _Program(len(steps), b"".join(struct.pack("HBBI", *step) for step in steps))
    return bool(libc.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)
