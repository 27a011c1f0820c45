"""A workflow's steps are told as they begin, to whoever waits."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from landgis.terms.errors import Words

#: Told before each step what it is; the step runs inside the context that is given back.
Tell = Callable[[Words], AbstractContextManager[None]]


def quietly(step: Words) -> AbstractContextManager[None]:
    """Tell nobody."""
    return nullcontext()
