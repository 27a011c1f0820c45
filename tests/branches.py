"""``coverage json -o - | python -m tests.branches``: how many branches of the core its own tests take; below 95 % it fails.

`coverage report` weighs lines and branches together, and lines are the easier ones.
"""

import json
import sys

LEAST = 95.0


def main() -> int:
    """Read the report, say the figure."""
    totals = json.load(sys.stdin)["totals"]
    taken, of = totals["covered_branches"], totals["num_branches"]
    sys.stdout.write(f"{taken} of {of} branches taken, {100 * taken / of:.1f} %\n")
    return int(100 * taken < LEAST * of)


if __name__ == "__main__":
    sys.exit(main())
