"""Classes of a number for a map's colours: quantiles, natural breaks, equal steps."""

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Method = Literal["quantile", "jenks", "equal"]
METHODS: Final[tuple[Method, ...]] = ("quantile", "jenks", "equal")

#: Natural breaks of more values are sought in so many of them, taken evenly from the sorted ones.
_SAMPLED: Final = 1_500


def upper_bounds(values: Sequence[float | None], method: Method, count: int) -> list[float]:
    """Cut numbers into classes.

    Parameters
    ----------
    values
        The numbers; None and NaN are unknown and in no class.
    method
        Equal counts, natural breaks (least squares inside the classes), or equal steps.
    count
        So many classes, fewer where there are fewer different values.

    Returns
    -------
    list of float
        The upper bound of each class, growing, the last the largest value; a value belongs to the first class whose bound is not
        below it. Empty where nothing is known.

    Notes
    -----
    As mapclassify's Quantiles, FisherJenks and EqualInterval, which tests hold beside it; that library takes ten seconds to load,
    which nobody waits for who changes a colour. Source of the natural breaks: Fisher 1958, doi:10.1080/01621459.1958.10501479.

    >>> upper_bounds([1, 2, 3, 4, None], "quantile", 2)
    [2.5, 4.0]
    """
    known = np.sort(np.array([value for value in values if value is not None], dtype=float))
    known = known[np.isfinite(known)]
    different = np.unique(known)
    if len(different) <= count:
        return [float(value) for value in different]
    if method == "quantile":
        shares = np.arange(1, count + 1) / count
        bounds = np.quantile(known, shares)
        if bounds[0] == known[-1]:  # nearly all are the largest: one class would show nothing
            bounds = np.quantile(different, shares)
    elif method == "equal":
        bounds = np.linspace(known[0], known[-1], count + 1)[1:]
    else:
        chosen = known
        if len(known) > _SAMPLED:
            chosen = known[np.linspace(0, len(known) - 1, _SAMPLED).round().astype(int)]
        bounds = _natural_breaks(chosen, count)
    bounds[-1] = known[-1]
    return [float(bound) for bound in np.unique(bounds)]


def _natural_breaks(values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Give the last value of each class of sorted values, the squares inside the classes least in sum."""
    n = len(values)
    centred = values - values.mean()  # squares of large numbers would lose their last figures
    sums = np.concatenate(([0.0], np.cumsum(centred)))
    squares = np.concatenate(([0.0], np.cumsum(centred**2)))

    def spread(first: NDArray[np.int64] | int, last: NDArray[np.int64] | int) -> NDArray[np.float64]:
        size = np.asarray(last) - first + 1
        return np.asarray(
            squares[np.asarray(last) + 1] - squares[first] - (sums[np.asarray(last) + 1] - sums[first]) ** 2 / size
        )

    best = spread(0, np.arange(n))
    begins = []
    for _ in range(1, count):
        following, begin = np.full(n, np.inf), np.zeros(n, dtype=np.int64)
        for last in range(1, n):
            first = np.arange(1, last + 1)
            cost = best[first - 1] + spread(first, last)
            place = int(cost.argmin())
            following[last], begin[last] = cost[place], first[place]
        best = following
        begins.append(begin)
    bounds, last = [values[-1]], n - 1
    for begin in reversed(begins):
        last = int(begin[last]) - 1
        bounds.append(values[max(last, 0)])
    return np.array(bounds[::-1])
