"""Loops that are compiled when they are first called, and what was compiled is kept where anything can be written.

This room needs numba, the extra ``plan``.
"""

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Any:  # noqa: ANN401  numba gives it its types
    """Have a function compiled; where numba finds no folder to keep the result in, each process compiles it anew."""
    try:
        return njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        return njit(nogil=True, error_model="numpy")(function)
