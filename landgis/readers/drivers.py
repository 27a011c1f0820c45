"""One driver of GDAL at a time: the one that the file's name and first bytes call for, so that no other can take the file."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pyogrio


@contextmanager
def only(driver: str) -> Iterator[bool]:
    """Leave GDAL nothing but one driver.

    Yields
    ------
    bool
        Whether that was possible; where GDAL's library cannot be found, the driver that opened a file is to be looked at instead.
    """
    gdal = library()
    if gdal is None:
        yield False
        return
    others = [
        pointer
        for pointer in map(gdal.GDALGetDriver, range(gdal.GDALGetDriverCount()))
        if gdal.GDALGetDescription(pointer) != driver.encode()
    ]
    for pointer in others:
        gdal.GDALDeregisterDriver(pointer)
    try:
        yield True
    finally:
        for pointer in others:
            gdal.GDALRegisterDriver(pointer)


@cache
def library() -> ctypes.CDLL | None:
    """Find the library that pyogrio has loaded: there may be another on the machine."""
    pyogrio.list_drivers()
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8")
    except OSError:
        return None
    found = {line.split(maxsplit=5)[-1] for line in maps.splitlines() if "/libgdal" in line}
    if len(found) != 1:
        return None
    gdal = ctypes.CDLL(found.pop())
    gdal.GDALGetDriver.restype = ctypes.c_void_p
    gdal.GDALGetDescription.restype = ctypes.c_char_p
    for function in (gdal.GDALGetDescription, gdal.GDALDeregisterDriver, gdal.GDALRegisterDriver):
        function.argtypes = [ctypes.c_void_p]
    return gdal
