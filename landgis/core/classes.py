"""Classes of a number for a map's colours: quantiles, natural breaks, equal steps."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, Final, Literal

import numpy as np

Method = Literal["quantile", "jenks", "equal"]
METHODS: Final[tuple[Method, ...]] = ("quantile", "jenks", "equal")

#: Natural breaks of more values are sought in so many of them, taken evenly from the sorted ones.
_SAMPLED: Final = 2_000


@cache
def _mapclassify() -> Any:  # noqa: ANN401  a module
    """Give the library, read when classes are first asked for: it brings half of the scientific stack along."""
    return import_module("mapclassify")


def upper_bounds(values: Sequence[float | None], method: Method, count: int) -> list[float]:
    """Cut numbers into classes.

    Parameters
    ----------
    values
        The numbers; None and NaN are unknown and in no class.
    method
        Equal counts, natural breaks (Fisher-Jenks), or equal steps.
    count
        So many classes, fewer where there are fewer different values.

    Returns
    -------
    list of float
        The upper bound of each class, growing, the last the largest value; a value belongs to the first class whose bound is not
        below it. Empty where nothing is known.

    Notes
    -----
    Source: mapclassify (PySAL).

    >>> upper_bounds([1, 2, 3, 4, None], "quantile", 2)
    [2.5, 4.0]
    """
    known = np.sort(np.array([value for value in values if value is not None], dtype=float))
    known = known[np.isfinite(known)]
    different = np.unique(known)
    if len(different) <= count:
        return [float(value) for value in different]
    cut = _mapclassify()
    if method == "quantile":
        bounds = cut.Quantiles(known, k=count).bins
    elif method == "equal":
        bounds = cut.EqualInterval(known, k=count).bins
    else:
        drawn = known
        if len(known) > _SAMPLED:
            drawn = known[np.linspace(0, len(known) - 1, _SAMPLED).round().astype(int)]
            count = min(count, len(np.unique(drawn)))
        bounds = cut.FisherJenks(drawn, k=count).bins
    return [float(bound) for bound in np.unique(np.append(np.asarray(bounds)[:-1], known[-1]))]
