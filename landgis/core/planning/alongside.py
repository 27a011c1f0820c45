"""Straight sides that run along each other, looked up in a grid: the loop that borders stand on, compiled.

Every side is entered into the cells it passes; sides that meet in a cell are compared. The grid is rolled up, so that land far apart
takes no more room than land close by: cells that share a slot only bring a few comparisons more.

This room needs numba, the extra ``plan``; without it `landgis.core.planning.adjacency` asks an index of boxes, which takes longer.
"""

import math

import numpy as np

from landgis.core.planning.compiled import compiled

#: Metres a degree of latitude; only the size of a cell hangs on it.
_DEGREE_M = 110_600.0
#: A side shorter than this runs along nothing.
_LEAST_M = 1e-6


@compiled
def _enter(begin, end, cell, reach, bits, count, latest, entries, fill):
    """Walk every side through its cells: count the entries of each slot, or with ``fill`` write them; once in each slot."""
    mask = (1 << bits) - 1
    latest[:] = -1
    for at in range(len(begin)):
        x0, y0, x1, y1 = begin[at, 0], begin[at, 1], end[at, 0], end[at, 1]
        if x0 > x1:
            x0, y0, x1, y1 = x1, y1, x0, y0
        first, last = math.floor((x0 - reach) / cell), math.floor((x1 + reach) / cell)
        slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
        for column in range(first, last + 1):
            if x1 > x0:
                left = y0 + slope * (min(max(column * cell - reach, x0), x1) - x0)
                right = y0 + slope * (min(max((column + 1) * cell + reach, x0), x1) - x0)
            else:
                left, right = y0, y1
            low, high = min(left, right) - reach, max(left, right) + reach
            for row in range(math.floor(low / cell), math.floor(high / cell) + 1):
                slot = (row & mask) << bits | column & mask
                if latest[slot] == at:
                    continue
                latest[slot] = at
                if fill:
                    count[slot] -= 1
                    entries[count[slot]] = at
                else:
                    count[slot] += 1


@compiled
def alongside(parcel, begin, end, scale, along_m):
    """Find pairs of sides of different parcels that run along each other at most so many metres apart.

    ``begin`` and ``end`` are degrees, shape (n, 2), ``scale`` metres a degree at each side's middle. Gives first and second of each pair,
    each pair once, and for how many metres they do.
    """
    n = len(parcel)
    unit, length = np.empty((n, 2)), np.empty(n)
    for at in range(n):
        x, y = (end[at, 0] - begin[at, 0]) * scale[at, 0], (end[at, 1] - begin[at, 1]) * scale[at, 1]
        length[at] = math.hypot(x, y)
        unit[at, 0], unit[at, 1] = x / length[at], y / length[at]
    bits = 1
    while 1 << 2 * bits < n:
        bits += 1
    size, mask = 1 << 2 * bits, (1 << bits) - 1
    # Cells somewhat longer than the sides are: few entries each, and few sides in a cell.
    cell = max(length.sum() / max(n, 1) * 1.5, 20 * along_m, 1.0) / _DEGREE_M
    reach = 2 * along_m / scale.min() if n else 0.0
    count = np.zeros(size + 1, np.int64)
    latest = np.empty(size, np.int32)
    _enter(begin, end, cell, reach, bits, count, latest, latest, False)
    for at in range(1, size + 1):
        count[at] += count[at - 1]
    entries = np.empty(count[size], np.int32)
    _enter(begin, end, cell, reach, bits, count, latest, entries, True)
    room = max(n, 16)
    first, second, overlap = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room)
    found = 0
    for slot in range(size):
        for p in range(count[slot], count[slot + 1]):
            for q in range(p + 1, count[slot + 1]):
                i, j = entries[p], entries[q]
                if parcel[i] == parcel[j] or min(length[i], length[j]) <= _LEAST_M:
                    continue
                if length[i] < length[j]:
                    i, j = j, i
                # How far the shorter one turns away from the longer over its whole length says most of what there is to say.
                if abs(unit[i, 0] * unit[j, 1] - unit[i, 1] * unit[j, 0]) > 0.5:
                    continue
                dx, dy = (begin[j, 0] - begin[i, 0]) * scale[i, 0], (begin[j, 1] - begin[i, 1]) * scale[i, 1]
                ex, ey = (end[j, 0] - begin[i, 0]) * scale[i, 0], (end[j, 1] - begin[i, 1]) * scale[i, 1]
                forth0, forth1 = dx * unit[i, 0] + dy * unit[i, 1], ex * unit[i, 0] + ey * unit[i, 1]
                start, stop = max(min(forth0, forth1), 0.0), min(max(forth0, forth1), length[i])
                if stop - start <= along_m:
                    continue
                aside0, aside1 = dy * unit[i, 0] - dx * unit[i, 1], ey * unit[i, 0] - ex * unit[i, 1]
                turn = (aside1 - aside0) / (forth1 - forth0)
                if abs(aside0 + turn * (start - forth0)) > along_m or abs(aside0 + turn * (stop - forth0)) > along_m:
                    continue
                # They meet in several cells: the one counts in which the middle of their common piece lies.
                share = (start + stop) / 2 / length[i]
                column = math.floor((begin[i, 0] + (end[i, 0] - begin[i, 0]) * share) / cell)
                row = math.floor((begin[i, 1] + (end[i, 1] - begin[i, 1]) * share) / cell)
                if slot != ((row & mask) << bits | column & mask):
                    continue
                if found == room:
                    room *= 2
                    first, second, overlap = _more(first, room), _more(second, room), _more(overlap, room)
                first[found], second[found], overlap[found] = i, j, stop - start
                found += 1
    return first[:found].astype(np.int64), second[:found].astype(np.int64), overlap[:found]


@compiled
def _more(values, room):
    out = np.empty(room, values.dtype)
    out[: len(values)] = values
    return out
