"""Coroutines that tests ask something of."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def ask_apart(question: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Run a coroutine to its end on a thread of its own: in the main one the browser's tests may have left their loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(question())).result()
