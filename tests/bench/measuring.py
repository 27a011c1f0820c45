"""Contestants in processes of their own, one after the other in every round, and the medians of what they tell."""

import importlib
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[2]


def run_alone(work: str, *given: object) -> dict[str, Any] | None:
    """Run ``module:function`` in a process of its own; give what it returned, with ``peak_mb``. None: it stepped aside, and said why."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.bench.measuring", work, *map(str, given)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(made.stdout.splitlines()[-1])


def in_rounds(contestants: Mapping[str, Callable[[], dict[str, Any] | None]], rounds: int) -> dict[str, dict[str, Any]]:
    """Let every contestant run once a round; give the median of each number it told."""
    told: dict[str, list[dict[str, Any]]] = {name: [] for name in contestants}
    absent: set[str] = set()
    for number in range(rounds):
        for name, run in contestants.items():
            if name in absent:
                continue
            started = time.perf_counter()
            one = run()
            if one is None:
                absent.add(name)
                continue
            told[name].append(one)
            seconds = one.get("seconds", time.perf_counter() - started)
            rate = f" {one['answers'] / one['seconds']:.0f} a second" if "answers" in one else f" {seconds:.2f} s"
            say(f"  round {number + 1} of {rounds}: {name}{rate}")
    return {name: {key: median(one[key] for one in each) for key in each[0]} for name, each in told.items() if each}


@contextmanager
def timed(seconds: dict[str, Any], name: str = "seconds") -> Iterator[None]:
    """Put the seconds a block took into a dict."""
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started


@contextmanager
def measured(told: dict[str, Any]) -> Iterator[None]:
    """Put the seconds a block took into a dict, and the processor seconds that this process and those it started took for it."""
    began = processor_s(os.getpid())
    with timed(told):
        yield
    told["processor_s"] = processor_s(os.getpid()) - began


def processor_s(process: int) -> float:
    """Give the processor seconds that a process and all it started have used so far, those that have ended too."""
    found: dict[int, tuple[int, int]] = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError):  # it may end while it is asked
            if entry.name.isdigit():
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                found[int(entry.name)] = int(fields[1]), sum(map(int, fields[11:15]))
    wanted = {process}
    while more := {one for one, (parent, _) in found.items() if parent in wanted} - wanted:
        wanted |= more
    return sum(found[one][1] for one in wanted if one in found) / os.sysconf("SC_CLK_TCK")


def say(line: str) -> None:
    """Tell how far it is, beside the tables."""
    sys.stderr.write(f"{line}\n")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def machine() -> str:
    """Say on what it ran."""
    with open("/proc/meminfo", encoding="ascii") as memory:
        total_gb = int(memory.readline().split()[1]) / 1e6
    return f"{os.cpu_count()} cores, {total_gb:.0f} GB, Python {platform.python_version()}"


def memory_mb(process: int | str, line: str) -> float:
    """Give a line of a process's own account of its memory: ``VmHWM`` is the most it ever held, ``RssAnon`` what it holds alone."""
    with open(f"/proc/{process}/status", encoding="ascii") as status:
        return next(int(each.split()[1]) for each in status if each.startswith(line)) / 1024


def forget_peak(process: int) -> None:
    """Let a process of ours count its peak anew from what it holds now."""
    with open(f"/proc/{process}/clear_refs", "w", encoding="ascii") as clear:
        clear.write("5")


def peak_mb() -> float:
    """Give the most memory this process and those it started ever held, each by itself."""
    return max(memory_mb("self", "VmHWM"), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)


if __name__ == "__main__":
    module, function = sys.argv[1].split(":")
    result = getattr(importlib.import_module(f"tests.bench.{module}"), function)(*sys.argv[2:])
    sys.stdout.write(json.dumps(None if result is None else result | {"peak_mb": peak_mb()}))
