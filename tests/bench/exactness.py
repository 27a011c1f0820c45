"""Whether the searches are exact: all the random cases of which the tests take some."""

from time import process_time

from tests.bench.measuring import table
from tests.given_sets import is_the_cheapest, proves_the_same


def report(parcels: int, rounds: int) -> str:
    """Try every case under every numbering, beside brute force and beside a flow formulation with HiGHS."""
    rows = []
    for name, check, cases in (
        ("brute force over all sets, at most 16 parcels, three numberings", is_the_cheapest, 500),
        ("flow formulation, at most 80 parcels", proves_the_same, 50),
    ):
        spent = process_time()
        differ = sum(not check(seed) for seed in range(cases))
        rows.append([name, f"{cases}", f"{differ}", f"{process_time() - spent:.0f}"])
    return table(["beside", "cases", "differ", "CPU seconds"], rows)
