"""What was worked out last, held ready: a run never changes, so what is told of it stays true."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Held(Generic[Key, Value]):
    """The values asked for last, at most so many; a service keeps one for its one scope."""

    def __init__(self, most: int) -> None:
        self._most, self._held, self._lock = most, OrderedDict[Key, Value](), Lock()

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Give the value of a key, made where it is not held; two who ask at once may both make it."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
        made = make()
        with self._lock:
            self._held[key] = made
            while len(self._held) > self._most:
                self._held.popitem(last=False)
        return made
