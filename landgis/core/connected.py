"""Connected sets of parcels under a bound: the loop that assembly and plan stand on, compiled.

Every connected set has one *root*, its member with the lowest price per m²; sets are grown from the root by depth-first search that
never meets a set twice (a neighbour once tried is closed to its younger siblings). A branch is left when, for every demand still
open, price so far plus the cheapest area that could complete it (a fractional knapsack over what the root can reach) is no better
than what is asked for. What the root can reach follows from the same argument: with ρ the root's price per m², a set of at least A m²
costs at least ρ·A plus the sum of (price − ρ·area) over its members, and none of these terms is negative.

Only sets from which no member can be dropped are reported: with prices that are not negative and a value that depends on the demand
alone, any other answer is beaten by a part of itself. A root that was not finished is never silently lost: what it could still hold
is in ``pending``.

This room needs numba, the extra ``plan``. `landgis.core.solver` loads it when it is needed.
"""

import math

import numpy as np
from numba import njit

#: Prices nearer than this are equal: rounding must not cut an optimum off.
SLACK = 1e-7
_FREE, _OPEN, _CLOSED, _MEMBER = 0, 1, 2, 3


@njit(cache=True, nogil=True, inline="never")
def _reach(
    root, rho, budget, rank, ptr, nb, area, price, eligible, alive, count_alive, usable, distance, local, queue, waits
):
    """Collect what the root can reach within a budget of (price − ρ·area); give how many, the root first, not yet sorted.

    Only parcels that some open demand may use count; ``usable`` remembers them (0 not asked, 1 yes, 2 no) until the next root.
    """
    count = 1
    local[0] = root
    distance[root] = 0.0
    head, tail, size = 0, 1, len(queue)
    queue[0] = root
    waits[root] = 1
    held = 1
    while held > 0:
        i = queue[head]
        head = head + 1 if head + 1 < size else 0
        held -= 1
        waits[i] = 0
        for at in range(ptr[i], ptr[i + 1]):
            j = nb[at]
            if rank[j] <= rank[root] or usable[j] == 2:
                continue
            if usable[j] == 0:
                usable[j] = 2
                for q in range(count_alive):
                    if eligible[alive[q], j]:
                        usable[j] = 1
                        break
                if usable[j] == 2:
                    continue
            further = distance[i] + max(price[j] - rho * area[j], 0.0)
            if further > budget + SLACK:
                continue
            if distance[j] < 0:
                local[count] = j
                count += 1
            elif further >= distance[j]:
                continue
            distance[j] = further
            if waits[j] == 0:
                waits[j] = 1
                queue[tail] = j
                tail = tail + 1 if tail + 1 < size else 0
                held += 1
    return count


@njit(cache=True, nogil=True, inline="never")
def _bridges(members, k, without, place, lptr, lnb, llink):
    """Give the least cost of links that hold a set together (0 where borders do), -1 where nothing does. Prim."""
    first = 1 if without == 0 else 0
    n = k if without < 0 else k - 1
    if n <= 1:
        return 0.0
    best = np.full(k, np.inf)
    done = np.zeros(k, np.uint8)
    at = first
    done[at] = 1
    total = 0.0
    for _ in range(n - 1):
        u = members[at]
        for e in range(lptr[u], lptr[u + 1]):
            p = place[lnb[e]]
            if p >= 0 and p != without and done[p] == 0 and llink[e] < best[p]:
                best[p] = llink[e]
        at = -1
        for p in range(k):
            if p != without and done[p] == 0 and best[p] < np.inf and (at < 0 or best[p] < best[at]):
                at = p
        if at < 0:
            return -1.0
        done[at] = 1
        total += best[at]
    return total


@njit(cache=True, nogil=True, inline="never")
def _is_wide(width, members, k, without, ids, count, place, where, core_of, core_ptr, core_nodes):
    """Say whether a set without one of its members holds a core of a width: parcels that together hold the circle."""
    for p in range(k):
        if p == without:
            continue
        node = ids[members[p]]
        for core in range(core_of[width, node], core_of[width, node + 1]):
            whole = True
            for at in range(core_ptr[core], core_ptr[core + 1]):
                here = where[core_nodes[at]]
                if here < 0 or place[here] < 0 or place[here] == without:
                    whole = False
                    break
            if whole:
                return True
    return False


@njit(cache=True, nogil=True, inline="never")
def _core_price(width, ids, count, state, lprice, where, core_of, core_ptr, core_nodes):
    """Give the least price that still completes a core of a width; infinite where none can be."""
    least = np.inf
    for b in range(count):
        node = ids[b]
        for core in range(core_of[width, node], core_of[width, node + 1]):
            total = 0.0
            for at in range(core_ptr[core], core_ptr[core + 1]):
                here = where[core_nodes[at]]
                if here < 0 or state[here] == 2:
                    total = np.inf
                    break
                if state[here] != 3:
                    total += max(lprice[here], 0.0)
            least = min(least, total)
    return least


@njit(cache=True, nogil=True)
def search(
    roots, rank, ptr, nb, border, link, area, cost, price, outline, owner, park, eligible,
    lo, hi, compact, owners_max, cost_max, width, core_of, core_ptr, core_nodes,
    worth, least, link_factor, node_limit, halt,
    keep, deepest, found_rc, found_size, found_cost, found_set,
    flat, flat_end, flat_demand, flat_rc, flat_cost, used, done, pending,
):  # fmt: skip
    """Search the sets of some roots for every demand; see `landgis.core.solver.Search` for what goes in and out.

    Demands are sorted by ``lo``. ``worth[d, park]`` is what a demand brings there, ``least[d]`` the reduced cost below which nothing
    is wanted; with ``keep`` it rises to the worst of the best so many. ``keep`` 0 writes every set to ``flat``.
    """
    n, m = len(area), len(lo)
    has_links = link_factor >= 0
    distance = np.full(n, -1.0)
    where = np.full(n, -1, np.int64)
    waits = np.zeros(n, np.uint8)
    usable = np.zeros(n, np.uint8)
    found, queue = np.empty(n, np.int64), np.empty(n + 1, np.int64)
    state, place = np.empty(n, np.uint8), np.full(n, -1, np.int64)
    larea, lprice, lcost, lout = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    lptr = np.empty(n + 1, np.int64)
    lnb, lborder, llink = np.empty(len(nb), np.int64), np.empty(len(nb)), np.empty(len(nb))
    ids = np.empty(n, np.int64)
    alive = np.empty((deepest + 1, m), np.int64)
    open_count = np.zeros(deepest + 1, np.int64)
    members = np.empty(deepest + 1, np.int64)
    sum_area, sum_price = np.empty(deepest + 1), np.empty(deepest + 1)
    sum_cost, sum_out = np.empty(deepest + 1), np.empty(deepest + 1)
    owners = np.zeros(deepest + 1, np.int64)
    extension = np.empty(65536 + 64 * deepest + 4 * n, np.int64)
    e_start, e_end = np.zeros(deepest + 2, np.int64), np.zeros(deepest + 2, np.int64)
    e_inherited, e_at = np.zeros(deepest + 2, np.int64), np.zeros(deepest + 2, np.int64)
    fresh = np.empty(n, np.int64)
    drop_area, drop_compact, drop_cost = np.empty(deepest + 1), np.empty(deepest + 1), np.empty(deepest + 1)
    total_nodes = 0
    # Of the best so many only what is truly better is wanted; of all, also what is just as good.
    margin = SLACK if keep else -SLACK

    for root_at in range(len(roots)):
        root = roots[root_at]
        zone = park[root]
        rho = price[root] / area[root]
        # Which demands could this root serve at all, and how much dearer than its own price may the rest be?
        count_alive, budget = 0, -1.0
        for d in range(m):
            if eligible[d, root] == 0 or area[root] > hi[d] or cost[root] > cost_max[d]:
                continue
            room = worth[d, zone] - rho * (lo[d] if rho >= 0 else hi[d]) - least[d]
            if room < margin:
                continue
            alive[0, count_alive] = d
            count_alive += 1
            budget = max(budget, room)
        if count_alive == 0:
            done[root] = 1
            continue
        if halt[0]:
            for q in range(count_alive):
                d = alive[0, q]
                pending[d] = max(pending[d], worth[d, zone] - rho * (lo[d] if rho >= 0 else hi[d]))
            continue
        usable[:] = 0
        b = _reach(
            root, rho, budget, rank, ptr, nb, area, price, eligible, alive[0], count_alive, usable, distance, found,
            queue, waits,
        )  # fmt: skip
        order = np.argsort(rank[found[:b]])
        for i in range(b):
            ids[i] = found[order[i]]
            where[ids[i]] = i
        edges = 0
        for i in range(b):
            node = ids[i]
            lptr[i] = edges
            larea[i], lprice[i], lcost[i], lout[i] = area[node], price[node], cost[node], outline[node]
            state[i] = _FREE
            for at in range(ptr[node], ptr[node + 1]):
                if where[nb[at]] >= 0:
                    lnb[edges], lborder[edges], llink[edges] = where[nb[at]], border[at], link[at]
                    edges += 1
        lptr[b] = edges

        level = 0
        members[0] = 0
        state[0] = _MEMBER
        place[0] = 0
        sum_area[0], sum_price[0], sum_cost[0], sum_out[0] = larea[0], lprice[0], lcost[0], lout[0]
        owners[0] = 1 if owner[root] >= 0 else 0
        open_count[0] = count_alive
        e_start[0] = e_end[0] = e_at[0] = e_inherited[0] = 0
        entering, nodes, cut = True, 0, False
        root_room = np.full(m, -np.inf)
        while level >= 0:
            A, C, T, P = sum_area[level], sum_price[level], sum_cost[level], sum_out[level]
            k = level + 1
            na = open_count[level]
            if entering:
                nodes += 1
                # 1. Is the set an answer? Then report it; and unless a link could still be saved, its supersets are worse.
                checked = False
                bridge = 0.0
                wide_class, wide = -2, False
                kept = 0
                for q in range(na):
                    d = alive[level, q]
                    answers = A >= lo[d] and 4 * math.pi * A >= compact[d] * P * P
                    if answers and width[d] >= 0:
                        if wide_class != width[d]:
                            wide_class = width[d]
                            wide = _is_wide(
                                wide_class, members, k, -1, ids, b, place, where, core_of, core_ptr, core_nodes
                            )
                        answers = wide
                    if not answers:
                        alive[level, kept] = d
                        kept += 1
                        continue
                    if not checked:
                        checked = True
                        if has_links:
                            bridge = _bridges(members, k, -1, place, lptr, lnb, llink)
                        for p in range(k):
                            drop_area[p] = -1.0
                            u = members[p]
                            if k == 1 or lprice[u] < 0:  # a negative price is a pin: it is wanted in
                                continue
                            apart = _bridges(members, k, p, place, lptr, lnb, llink)
                            if apart < 0 or T - lcost[u] + apart > T + bridge:
                                continue
                            shared = 0.0
                            for at in range(lptr[u], lptr[u + 1]):
                                if place[lnb[at]] >= 0:
                                    shared += lborder[at]
                            rest = P - lout[u] + 2 * shared
                            drop_area[p] = A - larea[u]
                            drop_compact[p] = 4 * math.pi * drop_area[p] / (rest * rest)
                            drop_cost[p] = apart
                    rc = worth[d, zone] - C - (link_factor * bridge if has_links else 0.0)
                    closed = bridge == 0.0
                    dominated = False
                    for p in range(k):
                        if drop_area[p] >= lo[d] and drop_compact[p] >= compact[d]:
                            if width[d] >= 0 and not _is_wide(
                                width[d], members, k, p, ids, b, place, where, core_of, core_ptr, core_nodes
                            ):
                                continue
                            dominated = True
                            closed = closed or drop_cost[p] == 0.0
                            break
                    if not dominated and rc >= least[d] + margin and T + bridge <= cost_max[d]:
                        if keep:
                            worst = 0
                            for s in range(keep):
                                if found_rc[d, s] < found_rc[d, worst]:
                                    worst = s
                            if rc > found_rc[d, worst]:
                                found_rc[d, worst] = rc
                                found_size[d, worst] = k
                                found_cost[d, worst] = T + bridge
                                for p in range(k):
                                    found_set[d, worst, p] = ids[members[p]]
                                lowest = found_rc[d, 0]
                                for s in range(keep):
                                    lowest = min(lowest, found_rc[d, s])
                                least[d] = max(least[d], lowest)
                        else:
                            at = used[0]
                            begin = flat_end[at]
                            if at + 1 >= len(flat_end) or begin + k > len(flat):
                                used[1] = 1  # no room: the caller comes again with more
                                halt[0] = 1
                            else:
                                for p in range(k):
                                    flat[begin + p] = ids[members[p]]
                                flat_end[at + 1] = begin + k
                                flat_demand[at] = d
                                flat_rc[at] = rc
                                flat_cost[at] = T + bridge
                                used[0] = at + 1
                    if closed:  # a pin that is still out keeps the demand open
                        for j in range(b):
                            if lprice[j] >= 0:
                                break
                            if state[j] == _FREE or state[j] == _OPEN:
                                closed = False
                                break
                    if not closed:
                        alive[level, kept] = d
                        kept += 1
                na = kept
            # 2. Which demands can still be met well enough, with what is not closed?
            kept, j = 0, 0
            have, paid, last = 0.0, 0.0, 0.0
            while j < b and lprice[j] < 0:
                if state[j] == _FREE or state[j] == _OPEN:
                    have += larea[j]
                    paid += lprice[j]
                j += 1
            for q in range(na):
                d = alive[level, q]
                need = lo[d] - A
                while have < need and j < b:
                    if state[j] == _FREE or state[j] == _OPEN:
                        have += larea[j]
                        paid += lprice[j]
                        last = lprice[j] / larea[j]
                    j += 1
                if have < need:
                    break
                spare = have - max(need, 0.0)
                bound = C + paid - (spare * last if last > 0 else 0.0)
                if need <= 0 and width[d] >= 0:
                    bound = max(
                        bound,
                        C + _core_price(width[d], ids, b, state, lprice, where, core_of, core_ptr, core_nodes),
                    )
                room = worth[d, zone] - bound
                if room >= least[d] + margin:
                    alive[level, kept] = d
                    kept += 1
                    if level == 0 and entering:
                        root_room[d] = room
            open_count[level] = kept
            if entering and kept:
                # 3. Open the neighbours, cheapest area first.
                begin = e_start[level]
                inherited = e_inherited[level]
                u = members[level]
                new = 0
                for at in range(lptr[u], lptr[u + 1]):
                    if state[lnb[at]] == _FREE:
                        state[lnb[at]] = _OPEN
                        fresh[new] = lnb[at]
                        new += 1
                if begin + inherited + new > len(extension) - n:
                    cut = True
                fresh[:new] = np.sort(fresh[:new])
                # Those handed down lie at begin …; merge from the back. A new one is marked by a negative sign.
                a_at, b_at, to = begin + inherited - 1, new - 1, begin + inherited + new - 1
                while b_at >= 0:
                    if a_at >= begin and extension[a_at] > fresh[b_at]:
                        extension[to] = extension[a_at]
                        a_at -= 1
                    else:
                        extension[to] = -fresh[b_at] - 1
                        b_at -= 1
                    to -= 1
                e_end[level] = begin + inherited + new
                e_at[level] = begin
            elif entering:
                e_end[level] = e_start[level] + e_inherited[level]
                e_at[level] = e_end[level]
            entering = False
            if nodes & 1023 == 0 and halt[0]:
                cut = True
            if nodes > node_limit or cut:
                cut = True
                break
            # 4. Take the next neighbour in, or go back.
            went = False
            if kept:
                while e_at[level] < e_end[level]:
                    w = extension[e_at[level]]
                    if w < 0:
                        w = -w - 1
                    e_at[level] += 1
                    node = ids[w]
                    state[w] = _CLOSED
                    if level + 1 >= deepest:
                        cut = True
                        break
                    has_owner = owner[node] < 0
                    if not has_owner:
                        for p in range(k):
                            if owner[ids[members[p]]] == owner[node]:
                                has_owner = True
                                break
                    next_owners = owners[level] + (0 if has_owner else 1)
                    new = 0
                    for q in range(kept):
                        d = alive[level, q]
                        if (
                            eligible[d, node]
                            and A + larea[w] <= hi[d]
                            and T + lcost[w] <= cost_max[d]
                            and next_owners <= owners_max[d]
                        ):
                            alive[level + 1, new] = d
                            new += 1
                    if new == 0:
                        continue
                    shared = 0.0
                    for at in range(lptr[w], lptr[w + 1]):
                        if state[lnb[at]] == _MEMBER:
                            shared += lborder[at]
                    left = e_end[level] - e_at[level]
                    start = e_end[level]
                    for at in range(left):
                        x = extension[e_at[level] + at]
                        extension[start + at] = -x - 1 if x < 0 else x
                    level += 1
                    state[w] = _MEMBER
                    members[level] = w
                    place[w] = level
                    open_count[level] = new
                    owners[level] = next_owners
                    sum_area[level], sum_price[level] = A + larea[w], C + lprice[w]
                    sum_cost[level], sum_out[level] = T + lcost[w], P + lout[w] - 2 * shared
                    e_start[level], e_inherited[level] = start, left
                    entering = True
                    went = True
                    break
                if cut:
                    break
            if not went:
                if level == 0:
                    break
                for at in range(e_start[level], e_end[level]):
                    x = extension[at]
                    if x < 0:
                        state[-x - 1] = _FREE
                    else:
                        state[x] = _OPEN
                state[members[level]] = _CLOSED
                place[members[level]] = -1
                level -= 1
        total_nodes += nodes
        if cut:
            for d in range(m):
                if root_room[d] >= least[d] + margin:
                    pending[d] = max(pending[d], root_room[d])
        else:
            done[root] = 1
        for i in range(b):
            where[ids[i]] = -1
            distance[ids[i]] = -1.0
            place[i] = -1
    return total_nodes
