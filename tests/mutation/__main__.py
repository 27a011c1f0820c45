"""``python -m tests.mutation [idle …] [--jobs N] [--lines 40-90]``: change, test, list what no test noticed.

The tests of the room and the worked cases of the law are collected once and run once, to see which functions of the room each of them
enters; then each change gets a fork of that process, in which the functions of the room take their changed code and the tests that enter
the changed one run until one fails, those first that noticed most changes for their time. Hypothesis draws the same examples every time.
"""

import argparse
import ast
import gc
import importlib
import os
import re
import signal
import sys
import time
from collections import Counter
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import coverage
import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, list_mutants

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/mutation.md"
#: A change may make an endless loop: after so many times the usual seconds of a test, and a few more, it counts as noticed.
PATIENCE, GRACE_S = 8, 20
#: Of a property that hypothesis draws for, so many examples are tried: fewer than in its own run, so that the score is rather too low.
EXAMPLES = 5
UNNOTICED, NOTICED = 0, 1


class Mutating:
    """A pytest plugin that runs the collected tests once as they are, then once for every change."""

    def __init__(self, room: str, jobs: int, lines: range, every: int, again: Container[str] | None) -> None:
        self.room, self.jobs, self.lines, self.every, self.again = room, jobs, lines, every, again
        self.module = importlib.import_module(".".join(_module(room).relative_to(ROOT).with_suffix("").parts))
        self.survivors: list[Mutant] = []
        self.noticed = 0
        self.noticed_by: Counter[int] = Counter()

    def pytest_configure(self) -> None:
        """Let hypothesis draw the same examples for every change; a change that is noticed needs no smaller example."""
        hypothesis = importlib.import_module("hypothesis")  # not before pytest has found its plugin
        phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
        hypothesis.settings.register_profile("mutation", derandomize=True, database=None, deadline=None, phases=phases)
        hypothesis.settings.load_profile("mutation")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of the usual loop."""
        for item in session.items:
            _draw_fewer(item)
            item.repr_failure = lambda failed, style=None: ""  # type: ignore[method-assign]  nobody reads how it failed
        file = str(self.module.__file__)
        tree = ast.parse(Path(file).read_text(encoding="utf-8"))
        mutants = [mutant for mutant in list_mutants(tree) if mutant.line in self.lines][:: self.every]
        if self.again is not None:
            mutants = [mutant for mutant in mutants if str(mutant) in self.again]
        seconds, entered = _run_as_it_stands(session.items, file)
        self.news, tell = os.pipe()
        running: dict[int, Mutant] = {}
        gc.freeze()  # what stands is shared by all forks
        for mutant in mutants:
            if len(running) == self.jobs:
                self._wait(running)
            child = os.fork()
            if not child:
                lines = _function_lines(tree, mutant.line)
                reach = {
                    place: item
                    for place, item in enumerate(session.items)
                    if lines is None or not entered[item].isdisjoint(lines)
                }
                order = sorted(reach, key=lambda place: -(self.noticed_by[place] + 0.1) / seconds[reach[place]])
                _judge(mutant, tree, self.module, {place: reach[place] for place in order}, seconds, tell)
            running[child] = mutant
        while running:
            self._wait(running)
        return True

    def _wait(self, running: dict[int, Mutant]) -> None:
        child, status = os.wait()
        mutant = running.pop(child)
        if status == UNNOTICED:
            self.survivors.append(mutant)
            _say(f"  {self.room}.py:{mutant}")
        else:
            self.noticed += 1
            if os.WIFEXITED(status):
                self.noticed_by[int.from_bytes(os.read(self.news, 4))] += 1
        if not (judged := self.noticed + len(self.survivors)) % 50:
            _say(f"  {self.room}.py: {self.noticed} of {judged} noticed so far")


def _draw_fewer(item: pytest.Item) -> None:
    hypothesis = importlib.import_module("hypothesis")
    test = getattr(item, "obj", None)
    if hypothesis.is_hypothesis_test(test):
        drawn = test._hypothesis_internal_use_settings
        fewer = hypothesis.settings(
            drawn,
            max_examples=min(drawn.max_examples, EXAMPLES),
            derandomize=True,
            database=None,
            phases=hypothesis.settings().phases,
        )
        test._hypothesis_internal_use_settings = fewer


def _run_as_it_stands(
    items: Sequence[pytest.Item], file: str
) -> tuple[dict[pytest.Item, float], dict[pytest.Item, set[int]]]:
    """Run the tests as the code stands; they must pass. Give the seconds of each, and the lines of the file it runs."""
    seen = coverage.Coverage(data_file=None, config_file=False, include=[file])
    seconds: dict[pytest.Item, float] = {}
    with seen.collect():
        for item in items:
            seen.switch_context(item.nodeid)
            started = time.perf_counter()
            if not _passes(item):
                raise SystemExit(f"{item.nodeid} fails as the code stands")
            seconds[item] = time.perf_counter() - started
    by_line = seen.get_data().contexts_by_lineno(file)
    lines = {item: {line for line, tests in by_line.items() if item.nodeid in tests} for item in items}
    return seconds, lines


def _function_lines(tree: ast.Module, line: int) -> range | None:
    """Give the lines of the body of the function around a line: who enters it runs one of them. None outside of functions."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.lineno <= line <= (node.end_lineno or line):
            return range(node.body[0].lineno, (node.end_lineno or line) + 1)
    return None


def _passes(item: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False))


def _judge(
    mutant: Mutant,
    tree: ast.Module,
    module: ModuleType,
    tests: Mapping[int, pytest.Item],
    seconds: Mapping[pytest.Item, float],
    tell: int,
) -> None:
    """Run the tests against one change in a process of its own; the exit says whether one of them noticed, and the pipe which."""
    signal.alarm(GRACE_S)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    place, code = 0, NOTICED
    try:
        mutant.make()
        _take(module, compile(ast.fix_missing_locations(tree), str(module.__file__), "exec"))
        for place, item in tests.items():  # noqa: B007  the last place is what is told
            signal.alarm(round(PATIENCE * seconds[item] + GRACE_S))
            if not _passes(item):
                break
        else:
            code = UNNOTICED
    finally:
        if code == NOTICED:
            os.write(tell, place.to_bytes(4))
        os._exit(code)


def _take(module: ModuleType, changed: Any) -> None:
    """Give the functions and constants of a module those of its changed source, wherever they are known already."""
    fresh: dict[str, Any] = {"__name__": module.__name__, "__file__": module.__file__}
    exec(changed, fresh)
    for name, new in fresh.items():
        old = vars(module).get(name)
        if old is None or name.startswith("__") or getattr(new, "__module__", module.__name__) != module.__name__:
            continue
        if isinstance(new, FunctionType):
            _graft(old, new)
        elif isinstance(new, type):
            for member, made in vars(new).items():
                if isinstance(made, FunctionType):
                    _graft(vars(old)[member], made)
        else:
            for known in list(sys.modules.values()):
                if vars(known).get(name) is old:
                    setattr(known, name, new)


def _graft(old: FunctionType, new: FunctionType) -> None:
    old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _module(room: str) -> Path:
    """Find a module of the core by its name alone, in whichever of the core's folders it stands."""
    found = next((ROOT / "landgis/core").glob(f"*/{room}.py"), None)
    if found is None:
        raise SystemExit(f"{room}: there is no such module in landgis/core")
    return found


def mutate(room: str, given: argparse.Namespace) -> int:
    """Mutate one room; give the share of noticed changes in percent, rounded down."""
    started = time.perf_counter()
    again = (
        None if given.again is None else re.findall(rf"^  {room}\.py:(\d+: .*)$", given.again.read_text(), re.MULTILINE)
    )
    plugin = Mutating(room, given.jobs, given.lines, given.every, again)
    own = f"tests/core/{_module(room).parent.name}/test_{room}.py"
    where = [path for path in (own, "tests/law", *given.tests) if (ROOT / path).exists()]
    quietly = [
        "--assert=plain",
        "-p",
        "no:terminal",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:capture",
        "-p",
        "no:logging",
    ]
    if pytest.main([*quietly, "-k", given.only, *where], plugins=[plugin]) != pytest.ExitCode.OK:
        raise SystemExit(f"{room}: the tests could not be run: {' '.join(where)}")
    made = plugin.noticed + len(plugin.survivors)
    score = 100 * plugin.noticed // max(made, 1)
    said = f"{room}.py: {plugin.noticed} of {made} changes noticed, {score} %, {time.perf_counter() - started:.0f} s"
    _say(said)
    if given.keep:
        keep(room, said, [str(mutant) for mutant in plugin.survivors])
    return score


def keep(room: str, said: str, survivors: Sequence[str]) -> None:
    """Put a room's score and what no test noticed into the document.

    A reason stays with the change of its line, or with a change that has moved where no other looks like it.
    """
    before, after = PAGE.read_text(encoding="utf-8").split(f"<!-- mutation {room} -->\n")
    block, rest = after.split("<!-- end -->", 1)
    reasons = dict(re.findall(r"^- `(\d+: .*)`: (.*)$", block, re.MULTILINE))
    looks = {one: one.split(": ", 1)[1] for one in (*reasons, *survivors)}
    then, now = (Counter(looks[one] for one in some) for some in (reasons, survivors))
    moved = {looks[one]: why for one, why in reasons.items() if then[looks[one]] == now[looks[one]] == 1}
    told = [f"- `{one}`: {reasons.get(one) or moved.get(looks[one], 'not studied')}" for one in survivors]
    made = "\n".join([f"`{said}`", "", *told])
    PAGE.write_text(f"{before}<!-- mutation {room} -->\n{made}\n<!-- end -->{rest}", encoding="utf-8")


def main() -> int:
    """Mutate the rooms that are named; fail below the score that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="List the changes no test notices.")
    parser.add_argument("room", nargs="*", default=["idle", "performance", "triage"], help="a module of landgis/core")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), metavar="N")
    parser.add_argument("--lines", type=_lines, default=range(1, 100_000), metavar="A-B", help="only these lines")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth change: a sample")
    parser.add_argument("--again", type=Path, metavar="FILE", help="only the changes that an earlier run listed")
    parser.add_argument("--tests", nargs="*", default=[], metavar="PATH", help="more tests than those of the room")
    parser.add_argument("-k", dest="only", default="", metavar="EXPRESSION", help="only these tests, as pytest has it")
    parser.add_argument("--keep", action="store_true", help="write score and survivors into docs/mutation.md")
    parser.add_argument("--least", type=int, default=90, metavar="%", help="the score that is asked for")
    given = parser.parse_args()
    if given.keep and (given.again or given.only or given.every > 1 or given.lines.start > 1):
        parser.error("--keep takes a whole run")
    return int(any([mutate(room, given) < given.least for room in given.room]))


def _lines(text: str) -> range:
    first, last = re.fullmatch(r"(\d+)-(\d+)", text).groups()  # type: ignore[union-attr]
    return range(int(first), int(last) + 1)


if __name__ == "__main__":
    sys.exit(main())
