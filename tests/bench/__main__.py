"""``python -m tests.bench [BENCH …] [--parcels N] [--rounds N] [--write]``: measure, print, write down."""

import argparse
import os
import sys
import time

from tests.bench import assessing, formats, importing, mapping, planning, serving, topology
from tests.bench.databases import versions
from tests.bench.measuring import ROOT, machine

PAGE = ROOT / "docs/performance.md"
#: Of how many parcels each tells, and the median of how many rounds, where nobody says otherwise.
BENCHES = {
    "import": (importing.report, 100_000, 5),
    "formats": (formats.report, 100_000, 3),
    "assess": (assessing.report, 1_000_000, 5),
    "tiles": (serving.report, 1_000_000, 5),
    "plan": (planning.report, 20_000, 5),
    "topology": (topology.report, 20_000, 5),
    "map": (mapping.report, 100_000, 5),
}


def main() -> int:
    """Run the benches that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure, beside named peers.")
    parser.add_argument("bench", nargs="*", choices=[*BENCHES, []], help="which; all where none is named")
    parser.add_argument("--parcels", type=int, metavar="N")
    parser.add_argument("--rounds", type=int, metavar="N")
    parser.add_argument("--write", action="store_true", help="replace the tables in docs/performance.md")
    given = parser.parse_args()
    for name in given.bench or BENCHES:
        report, parcels, rounds = BENCHES[name]
        began, load = time.monotonic(), os.getloadavg()[0]
        found = report(given.parcels or parcels, given.rounds or rounds)
        minutes = (time.monotonic() - began) / 60
        made = f"`make bench ARGS={name}` on {machine()}, {versions()}; {minutes:.0f} minutes, begun under a load of {load:.0f}.\n\n{found}"
        sys.stdout.write(f"{made}\n\n")
        if given.write:
            before, after = PAGE.read_text(encoding="utf-8").split(f"<!-- bench {name} -->\n")
            rest = after.split("<!-- end -->", 1)[1]
            PAGE.write_text(f"{before}<!-- bench {name} -->\n{made}\n<!-- end -->{rest}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
