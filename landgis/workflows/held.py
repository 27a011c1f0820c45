"""What was worked out last, held ready: a run never changes, so what is told of it stays true."""

import copy
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, Self, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Held(Generic[Key, Value]):
    """The values asked for last, together of at most so much weight, each for the scope it was made in.

    A value weighs 1, so that `most` is how many are held, unless `weigh` says otherwise; the last one is held whatever it weighs.
    """

    def __init__(self, most: int, weigh: Callable[[Value], int] = lambda _: 1) -> None:
        self._most, self._weigh = most, weigh
        self._held, self._lock = OrderedDict[tuple[Hashable, Key], Value](), Lock()
        self._scope: Hashable = None

    def within(self, scope: Hashable) -> Self:
        """Give the same room to another scope, which is never given what was made in this one."""
        other = copy.copy(self)
        other._scope = scope
        return other

    def get(self, key: Key, make: Callable[[], Value]) -> Value:
        """Give the value of a key, made where it is not held; two who ask at once may both make it."""
        place = self._scope, key
        with self._lock:
            if place in self._held:
                self._held.move_to_end(place)
                return self._held[place]
        made = make()
        with self._lock:
            self._held[place] = made
            while len(self._held) > 1 and sum(map(self._weigh, self._held.values())) > self._most:
                self._held.popitem(last=False)
        return made
