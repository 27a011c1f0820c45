"""Connected sets of parcels under a bound: the loop that assembly and plan stand on, compiled.

Every connected set has one *root*, its member with the lowest price per m²; sets are grown from the root by depth-first search that
never meets a set twice (a neighbour once tried is closed to its younger siblings). A branch is left when, for every demand still
open, price so far plus the cheapest area that could complete it (a fractional knapsack over what the root can reach) is no better
than what is asked for. What the root can reach follows from the same argument: with ρ the root's price per m², a set of at least A m²
costs at least ρ·A plus the sum of (price − ρ·area) over its members, and none of these terms is negative.

Where a demand asks for compactness, a set of at most A m² has an outline of at most so many metres. What of the members' outline faces
no parcel that could still join stays open, and so does a least part of every parcel's own: when that is too long already, the branch
is left; and for any charge per metre, price plus charge is never below price alone plus charge times what is too long (Lagrange).

Only sets from which no member can be dropped are reported: with prices that are not negative and a value that depends on the demand
alone, any other answer is beaten by a part of itself. A root that was not finished is never silently lost: what it could still hold
is in ``pending``.

This room needs numba, the extra ``plan``. `landgis.core.planning.sites` loads it when it is needed.
"""

import math

import numpy as np

from landgis.core.planning.compiled import compiled

#: Prices nearer than this are equal: rounding must not cut an optimum off.
SLACK = 1e-7
_FREE, _OPEN, _CLOSED, _MEMBER = 0, 1, 2, 3
#: Numbers that functions are handed are given their type: a literal one would have them compiled once more for it alone.
_NONE, _ZERO = np.int64(-1), np.int64(0)
#: A root's sets of more members than this are parted by their first so many: finely enough that no part is much larger than the rest.
_PARTED_AT = 3


@compiled
def _sort(order, n, keys):
    """Put the first so many in the order of their keys, by a heap: NumPy's sorts take ten times as long to be compiled."""
    for step in range(n // 2 + n):
        at, size = n // 2 - 1 - step, n
        if at < 0:  # the heap stands: its greatest goes behind it
            at, size = 0, n + n // 2 - 1 - step
            order[0], order[size] = order[size], order[0]
        moved = order[at]
        child = 2 * at + 1
        while child < size:
            if child + 1 < size and keys[order[child]] < keys[order[child + 1]]:
                child += 1
            if keys[moved] >= keys[order[child]]:
                break
            order[at] = order[child]
            at, child = child, 2 * child + 1
        order[at] = moved


@compiled
def _reach(root, rho, budget, rank, ptr, nb, of, eligible, alive, count_alive, usable, distance, local, queue, waits):
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
                    if eligible[j, alive[q]]:
                        usable[j] = 1
                        break
                if usable[j] == 2:
                    continue
            further = distance[i] + max(of[j, 2] - rho * of[j, 0], 0.0)
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


@compiled
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


@compiled
def _is_wide(width, members, k, without, ids, place, where, core_of, core_ptr, core_nodes):
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


@compiled
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


@compiled
def _can_be_compact(A, P, lo, hi, compact, tight, b, growth, larea, state):
    """Say whether a set could still become compact enough within its area.

    A parcel lengthens the outline by at least its own less twice all the borders it has here (``growth``); taken in the order of that
    per m² (``tight``) and by parts, no completion of an area has a shorter outline.
    """
    if A >= lo and compact * P * P <= 4 * math.pi * A:
        return True
    least, most = max(lo - A, 0.0), hi - A
    area, outline = 0.0, P
    for at in range(b):
        j = tight[at]
        if state[j] > 1:
            continue
        begin, end = max(area, least), min(area + larea[j], most)
        if end >= begin:
            each = growth[j] / larea[j]
            shortest = max(min(outline + each * (begin - area), outline + each * (end - area)), 0.0)
            if compact * shortest * shortest <= 4 * math.pi * (A + end) * (1 + 1e-9):
                return True
        area += larea[j]
        outline += growth[j]
        if area >= most:
            break
    return False


@compiled
def _outline(area, compact):
    """Give the longest outline that an area may have for its compactness."""
    return math.sqrt(4 * math.pi * area / compact) * (1 + 1e-9)


@compiled
def _charge_for_outline(b, need, start, open_m, shortest, longest, most_charge, larea, lprice, bare, tries, joint):
    """Choose what a metre of outline that stays open is charged with, so that the root's bound for a demand is the highest.

    ``joint`` becomes the order of the parcels by (price + charge·bare) per m², ``bare`` being what each leaves open at least. A charge of
    at most ``most_charge`` is measured by ``shortest``, a higher one by ``longest``.
    """
    total, metres = 0.0, 0.0
    for i in range(b):
        total += lprice[i]
        metres += bare[i]
    if metres <= 0 or total <= 0:
        return 0.0
    best, charge = -np.inf, 0.0
    order = np.empty(b, np.int64)
    for step in range(4):
        mu = total / metres * 0.1 * 3.0**step
        for i in range(b):
            tries[i] = (lprice[i] + mu * bare[i]) / larea[i]
            order[i] = i
        _sort(order, b, tries)
        area, bound = 0.0, start + mu * (open_m - (shortest if mu <= most_charge else longest))
        for at in range(b):
            i = order[at]
            if i == 0:
                continue
            if area + larea[i] >= need:
                bound += (need - area) * tries[i]
                area = need
                break
            area += larea[i]
            bound += larea[i] * tries[i]
        if bound > best:
            best, charge = bound, mu
            for i in range(b):
                joint[i] = order[i]
    return charge


@compiled
def _is_known(reduced, k, members, ids, numbers, sizes, sets):
    """Say whether a set was kept already, from when its root was looked at before; it is reached by the same way each time."""
    for s in range(len(sizes)):
        if sizes[s] == k and abs(numbers[s, 0] - reduced) <= SLACK:
            same = True
            for p in range(k):
                if sets[s, p] != ids[members[p]]:
                    same = False
                    break
            if same:
                return True
    return False


@compiled
def _part(members, level, w, ids):
    """Give sets that begin with these members and this one a number: whatever is asked for, a set is reached by one way only.

    By their own numbers: those here depend on what the root reaches, and that on what is asked for.
    """
    number = ids[w]
    for at in range(1, level + 1):
        number = number * 7 + ids[members[at]]
    return number


@compiled
def search(
    tasks, rank, ptr, nb, edge, of, owner, park, eligible, asks, width, core_of, core_ptr, core_nodes,
    cut_of, cut_nodes, cut_price, worth, least, link_factor, node_limit, halt, keep, found_num, found_size, found_set,
    flat, flat_end, flat_demand, flat_num, used, done, pending,
):  # fmt: skip
    """Search the sets of some roots for every demand; see `landgis.core.planning.sites.Search` for what goes in and out.

    ``tasks`` holds roots, which part of their sets is searched, and in how many parts they are; ``done`` says which were finished. Parts of
    a root differ in the first members that its sets take in (`_part`); the sets of fewer members are found by its first part.

    ``of`` holds area, cost, price and outline of every parcel, ``edge`` border and link of every pair, ``asks`` of every demand least
    and most area, compactness, most owners and most cost. Demands are sorted by their least area. ``worth[d, park]`` is what a demand
    brings there, ``least[d]`` the reduced cost below which nothing is wanted; with ``keep`` it rises to the worst of the best so many.
    ``keep`` 0 writes every set to ``flat``. A set with two parcels of a cut pays its ``cut_price``; ``cut_nodes`` are each parcel's cuts.
    """
    n, m = len(of), len(asks)
    deepest = found_set.shape[2]
    has_links = link_factor >= 0
    distance = np.full(n, -1.0)
    where = np.full(n, -1, np.int64)
    waits = np.zeros(n, np.uint8)
    usable = np.zeros(n, np.uint8)
    found, queue = np.empty(n, np.int64), np.empty(n + 1, np.int64)
    state, place = np.empty(n, np.uint8), np.full(n, -1, np.int64)
    larea, lprice = np.empty(n), np.empty(n)
    lptr = np.empty(n + 1, np.int64)
    lnb, lborder, llink = np.empty(len(nb), np.int64), np.empty(len(nb)), np.empty(len(nb))
    ids = np.empty(n, np.int64)
    brings = np.empty(m)
    root_room = np.empty(m)
    most_owner = -1
    for i in range(n):
        most_owner = max(most_owner, owner[i])
    owned = np.zeros(most_owner + 1, np.int64)
    cut_held = np.zeros(len(cut_price), np.int64)
    alive = np.empty((deepest + 1, m), np.int64)
    open_count = np.zeros(deepest + 1, np.int64)
    members = np.empty(deepest + 1, np.int64)
    # Of every level: area, price, cost, outline of the set; how many owners.
    sums = np.empty((deepest + 1, 4))
    owners = np.zeros(deepest + 1, np.int64)
    # The cheapest that is still to be had, of the level at hand: area and price added up.
    fill_area, fill_price = np.empty(n + 1), np.empty(n + 1)
    extension = np.empty(65536 + 64 * deepest + 4 * n, np.int64)
    e_start, e_end = np.zeros(deepest + 2, np.int64), np.zeros(deepest + 2, np.int64)
    e_inherited, e_at = np.zeros(deepest + 2, np.int64), np.zeros(deepest + 2, np.int64)
    e_last = np.zeros(deepest + 2, np.int64)
    fresh = np.empty(n, np.int64)
    drop_area, drop_compact, drop_cost = np.empty(deepest + 1), np.empty(deepest + 1), np.empty(deepest + 1)
    # For demands that ask for compactness: what parcels lengthen the outline by, what of it they leave open, and orders by that.
    tight, growth, joint, bare, tries = (
        np.empty(n, np.int64),
        np.empty(n),
        np.empty(n, np.int64),
        np.empty(n),
        np.empty(n),
    )
    joint_area, joint_price = np.empty(n + 1), np.empty(n + 1)
    longest = np.empty(m)
    open_m = np.empty(deepest + 1)
    total_nodes = 0
    # Of the best so many only what is truly better is wanted; of all, also what is just as good.
    margin = SLACK if keep else -SLACK

    for task in range(len(tasks)):
        root, part, parts = tasks[task, 0], tasks[task, 1], tasks[task, 2]
        zone = park[root]
        rho = of[root, 2] / of[root, 0]
        # Which demands could this root serve at all, and how much dearer than its own price may the rest be?
        count_alive, budget = _ZERO, -1.0
        for d in range(m):
            brings[d] = worth[d, zone]
            root_room[d] = -np.inf
            if eligible[root, d] == 0 or of[root, 0] > asks[d, 1] or of[root, 1] > asks[d, 4]:
                continue
            room = brings[d] - rho * (asks[d, 0] if rho >= 0 else asks[d, 1]) - least[d]
            if room < margin:
                continue
            alive[0, count_alive] = d
            count_alive += 1
            budget = max(budget, room)
        if count_alive == 0:
            done[task] = 1
            continue
        if halt[0]:
            for q in range(count_alive):
                d = alive[0, q]
                pending[d] = max(pending[d], brings[d] - rho * (asks[d, 0] if rho >= 0 else asks[d, 1]))
            continue
        usable[:] = 0
        b = _reach(
            root, rho, budget, rank, ptr, nb, of, eligible, alive[0], count_alive, usable, distance, found, queue, waits
        )
        _sort(found, b, rank)
        pins = 0
        for i in range(b):
            node = found[i]
            ids[i] = node
            where[node] = i
            larea[i], lprice[i], state[i] = of[node, 0], of[node, 2], _FREE
            if lprice[i] < 0:
                pins = i + 1
        edges = 0
        for i in range(b):
            lptr[i] = edges
            for at in range(ptr[ids[i]], ptr[ids[i] + 1]):
                if where[nb[at]] >= 0:
                    lnb[edges], lborder[edges], llink[edges] = where[nb[at]], edge[at, 0], edge[at, 1]
                    edges += 1
        lptr[b] = edges
        compact_at, charge, per_m2 = -1, 0.0, 0.0
        most_charge = np.inf
        for q in range(count_alive):
            d = alive[0, q]
            longest[d] = _outline(asks[d, 1], asks[d, 2]) if asks[d, 2] > 0 else np.inf
            if asks[d, 2] > 0:
                per_m2 = max(per_m2, _outline(asks[d, 0], asks[d, 2]) / (2 * asks[d, 0]))
            if asks[d, 2] > 0 and (
                compact_at < 0 or brings[d] - rho * asks[d, 0] > brings[compact_at] - rho * asks[compact_at, 0]
            ):
                compact_at = d
        if compact_at >= 0:
            for i in range(b):
                shared = 0.0
                for at in range(lptr[i], lptr[i + 1]):
                    shared += lborder[at]
                bare[i] = max(of[ids[i], 3] - shared, 0.0)
                growth[i] = of[ids[i], 3] - 2 * shared
                # With the area the outline may grow, by less and less. While no parcel costs less, outline charged, than what that is
                # worth, more area than is needed never pays: the charge then is measured by the outline of the least area.
                if i > 0 and per_m2 * larea[i] > bare[i]:
                    most_charge = min(most_charge, lprice[i] / (per_m2 * larea[i] - bare[i]))
                tight[i], tries[i] = i, growth[i] / larea[i]
            _sort(tight, b, tries)
            if pins == 0 and longest[compact_at] < np.inf:
                charge = _charge_for_outline(
                    b, asks[compact_at, 0] - larea[0], lprice[0], bare[0],
                    _outline(asks[compact_at, 0], asks[compact_at, 2]), longest[compact_at], most_charge,
                    larea, lprice, bare, tries, joint,
                )  # fmt: skip
            open_m[0] = bare[0]

        for at in range(cut_of[root], cut_of[root + 1]):
            cut_held[cut_nodes[at]] += 1
        level = _ZERO
        members[0] = 0
        state[0] = _MEMBER
        place[0] = 0
        sums[0, 0], sums[0, 1], sums[0, 2], sums[0, 3] = of[root, 0], of[root, 2], of[root, 1], of[root, 3]
        owners[0] = 0
        if owner[root] >= 0:
            owners[0] = 1
            owned[owner[root]] += 1
        open_count[0] = count_alive
        e_start[0] = e_end[0] = e_at[0] = e_last[0] = e_inherited[0] = 0
        entering, nodes, cut, most_nodes = True, 0, False, node_limit // parts
        while level >= 0:
            A, C, T, P = sums[level, 0], sums[level, 1], sums[level, 2], sums[level, 3]
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
                    if A < asks[d, 0]:  # demands stand in the order of their least area
                        for rest in range(q, na):
                            alive[level, kept] = alive[level, rest]
                            kept += 1
                        break
                    if pins == 0 and brings[d] - C < least[d] + margin:
                        continue
                    answers = 4 * math.pi * A >= asks[d, 2] * P * P
                    if answers and width[d] >= 0:
                        if wide_class != width[d]:
                            wide_class = width[d]
                            wide = _is_wide(
                                wide_class, members, k, _NONE, ids, place, where, core_of, core_ptr, core_nodes
                            )
                        answers = wide
                    if not answers:
                        alive[level, kept] = d
                        kept += 1
                        continue
                    if not checked:
                        checked = True
                        if has_links:
                            bridge = _bridges(members, k, _NONE, place, lptr, lnb, llink)
                        for p in range(k):
                            drop_area[p] = -1.0
                            u = members[p]
                            if k == 1 or lprice[u] < 0:  # a negative price is a pin: it is wanted in
                                continue
                            apart = _bridges(members, k, p, place, lptr, lnb, llink)
                            if apart < 0 or T - of[ids[u], 1] + apart > T + bridge:
                                continue
                            shared = 0.0
                            for at in range(lptr[u], lptr[u + 1]):
                                if place[lnb[at]] >= 0:
                                    shared += lborder[at]
                            outline = P - of[ids[u], 3] + 2 * shared
                            drop_area[p] = A - larea[u]
                            drop_compact[p] = 4 * math.pi * drop_area[p] / (outline * outline)
                            drop_cost[p] = apart
                    rc = brings[d] - C - (link_factor * bridge if has_links else 0.0)
                    closed = bridge == 0.0
                    dominated = False
                    for p in range(k):
                        if drop_area[p] >= asks[d, 0] and drop_compact[p] >= asks[d, 2]:
                            if width[d] >= 0 and not _is_wide(
                                width[d], members, k, p, ids, place, where, core_of, core_ptr, core_nodes
                            ):
                                continue
                            dominated = True
                            closed = closed or drop_cost[p] == 0.0
                            break
                    is_ours = part == 0 or level >= _PARTED_AT
                    if is_ours and not dominated and rc >= least[d] + margin and T + bridge <= asks[d, 4]:
                        if keep:
                            worst = 0
                            for s in range(keep):
                                if found_num[d, s, 0] < found_num[d, worst, 0]:
                                    worst = s
                            if rc > found_num[d, worst, 0] and not _is_known(
                                rc, k, members, ids, found_num[d], found_size[d], found_set[d]
                            ):
                                found_num[d, worst, 0] = rc
                                found_num[d, worst, 1] = T + bridge
                                found_size[d, worst] = k
                                for p in range(k):
                                    found_set[d, worst, p] = ids[members[p]]
                                lowest = found_num[d, 0, 0]
                                for s in range(keep):
                                    lowest = min(lowest, found_num[d, s, 0])
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
                                flat_num[at, 0], flat_num[at, 1] = rc, T + bridge
                                used[0] = at + 1
                    if closed:  # a pin that is still out keeps the demand open
                        for j in range(pins):
                            if state[j] == _FREE or state[j] == _OPEN:
                                closed = False
                                break
                    if not closed:
                        alive[level, kept] = d
                        kept += 1
                na = kept
            # 2. Which demands can still be met well enough, with what is not closed?
            kept, j, fills = 0, pins, 0
            joint_at, joints = 0, 0
            fill_area[0], fill_price[0] = 0.0, 0.0
            joint_area[0], joint_price[0] = 0.0, 0.0
            for i in range(pins):
                if state[i] == _FREE or state[i] == _OPEN:
                    fill_area[0] += larea[i]
                    fill_price[0] += lprice[i]
            for q in range(na):
                d = alive[level, q]
                need = asks[d, 0] - A
                while fill_area[fills] < need and j < b:
                    if state[j] == _FREE or state[j] == _OPEN:
                        fills += 1
                        fill_area[fills] = fill_area[fills - 1] + larea[j]
                        fill_price[fills] = fill_price[fills - 1] + lprice[j]
                    j += 1
                if fill_area[fills] < need:
                    break
                bound = C + fill_price[fills]
                if fills > 0:  # the last one only as far as it is needed
                    over = (fill_area[fills] - need) / (fill_area[fills] - fill_area[fills - 1])
                    bound -= over * (fill_price[fills] - fill_price[fills - 1])
                if asks[d, 2] > 0:
                    # What no parcel can close any more stays open.
                    if open_m[level] > longest[d] or (
                        entering
                        and not _can_be_compact(
                            A, P, asks[d, 0], asks[d, 1], asks[d, 2], tight, b, growth, larea, state
                        )
                    ):
                        continue
                    if charge > 0:
                        while joint_area[joints] < need and joint_at < b:
                            i = joint[joint_at]
                            if state[i] == _FREE or state[i] == _OPEN:
                                joints += 1
                                joint_area[joints] = joint_area[joints - 1] + larea[i]
                                joint_price[joints] = joint_price[joints - 1] + lprice[i] + charge * bare[i]
                            joint_at += 1
                        most = _outline(max(asks[d, 0], A), asks[d, 2]) if charge <= most_charge else longest[d]
                        both = C + charge * (open_m[level] - most) + joint_price[joints]
                        if joints > 0:
                            over = (joint_area[joints] - need) / (joint_area[joints] - joint_area[joints - 1])
                            both -= max(over, 0.0) * (joint_price[joints] - joint_price[joints - 1])
                        bound = max(bound, both)
                if need <= 0 and width[d] >= 0:
                    bound = max(
                        bound,
                        C + _core_price(width[d], ids, b, state, lprice, where, core_of, core_ptr, core_nodes),
                    )
                room = brings[d] - bound
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
                    i = lnb[at]
                    if state[i] == _FREE:
                        state[i] = _OPEN
                        to = new
                        while to > 0 and fresh[to - 1] > i:
                            fresh[to] = fresh[to - 1]
                            to -= 1
                        fresh[to] = i
                        new += 1
                if begin + inherited + new > len(extension) - n:
                    cut = True
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
                e_end[level] = e_last[level] = begin + inherited + new
                e_at[level] = begin
            elif entering:
                e_end[level] = e_start[level] + e_inherited[level]
                e_at[level] = e_last[level] = e_end[level]
            sifting, entering = entering, False
            if nodes & 1023 == 0 and halt[0]:
                cut = True
            if nodes > most_nodes or cut:
                cut = True
                break
            # 4. Take the next neighbour in that could lead anywhere, or go back. First sift: who leads nowhere now never will, is closed
            # for all that comes after, and lies behind the others until the way back.
            went = False
            if kept:
                while sifting or e_at[level] < e_last[level]:
                    if e_at[level] >= e_last[level]:
                        sifting = False
                        e_at[level] = e_start[level]
                        continue
                    w = extension[e_at[level]]
                    if w < 0:
                        w = -w - 1
                    e_at[level] += 1
                    node = ids[w]
                    before = state[w]
                    state[w] = _CLOSED
                    if level + 1 >= deepest:
                        cut = True
                        break
                    own = owner[node]
                    next_owners = owners[level] + (1 if own >= 0 and owned[own] == 0 else 0)
                    next_area, next_price, next_cost = A + larea[w], C + lprice[w], T + of[node, 1]
                    for at in range(cut_of[node], cut_of[node + 1]):
                        if cut_held[cut_nodes[at]] == 1:
                            next_price += cut_price[cut_nodes[at]]
                    shared, bare_w = 0.0, of[node, 3]
                    if compact_at >= 0:
                        for at in range(lptr[w], lptr[w + 1]):
                            if state[lnb[at]] == _MEMBER:
                                shared += lborder[at]
                            if state[lnb[at]] != _CLOSED:
                                bare_w -= lborder[at]
                        next_open = open_m[level] + max(bare_w, 0.0)
                    new, j, jj = 0, 0, 0
                    for q in range(kept):
                        d = alive[level, q]
                        if (
                            not eligible[node, d]
                            or next_area > asks[d, 1]
                            or next_cost > asks[d, 4]
                            or next_owners > asks[d, 3]
                            or (compact_at >= 0 and next_open > longest[d])
                        ):
                            continue
                        need = asks[d, 0] - next_area
                        while fill_area[j] < need and j < fills:
                            j += 1
                        bound = next_price + fill_price[j]
                        if j > 0:
                            over = (fill_area[j] - need) / (fill_area[j] - fill_area[j - 1])
                            bound -= over * (fill_price[j] - fill_price[j - 1])
                        if charge > 0 and asks[d, 2] > 0:
                            while joint_area[jj] < need and jj < joints:
                                jj += 1
                            most = longest[d]
                            if charge <= most_charge:
                                most = _outline(max(asks[d, 0], next_area), asks[d, 2])
                            both = next_price + charge * (next_open - most) + joint_price[jj]
                            if jj > 0:
                                over = (joint_area[jj] - need) / (joint_area[jj] - joint_area[jj - 1])
                                both -= max(over, 0.0) * (joint_price[jj] - joint_price[jj - 1])
                            bound = max(bound, both)
                        if brings[d] - bound >= least[d] + margin:
                            alive[level + 1, new] = d
                            new += 1
                            if sifting:  # one is enough
                                break
                    if sifting:
                        if new:
                            state[w] = before
                            continue
                        open_m[level] += shared
                        e_at[level] -= 1
                        e_last[level] -= 1
                        x = extension[e_at[level]]
                        for to in range(e_at[level], e_last[level]):
                            extension[to] = extension[to + 1]
                        extension[e_last[level]] = x
                        continue
                    open_m[level] += shared  # for those that come after: it is closed to them
                    if new == 0:
                        continue
                    if level + 1 == _PARTED_AT and parts > 1 and _part(members, level, w, ids) % parts != part:
                        continue
                    if compact_at < 0:
                        for at in range(lptr[w], lptr[w + 1]):
                            if state[lnb[at]] == _MEMBER:
                                shared += lborder[at]
                    left = e_last[level] - e_at[level]
                    start = e_end[level]
                    for at in range(left):
                        x = extension[e_at[level] + at]
                        extension[start + at] = -x - 1 if x < 0 else x
                    sums[level + 1, 0], sums[level + 1, 1], sums[level + 1, 2] = next_area, next_price, next_cost
                    sums[level + 1, 3] = P + of[node, 3] - 2 * shared
                    level += 1
                    if compact_at >= 0:
                        open_m[level] = next_open
                    state[w] = _MEMBER
                    members[level] = w
                    place[w] = level
                    open_count[level] = new
                    owners[level] = next_owners
                    if own >= 0:
                        owned[own] += 1
                    for at in range(cut_of[node], cut_of[node + 1]):
                        cut_held[cut_nodes[at]] += 1
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
                u = members[level]
                state[u] = _CLOSED
                place[u] = -1
                if owner[ids[u]] >= 0:
                    owned[owner[ids[u]]] -= 1
                for at in range(cut_of[ids[u]], cut_of[ids[u] + 1]):
                    cut_held[cut_nodes[at]] -= 1
                level -= 1
        total_nodes += nodes
        if cut:
            for d in range(m):
                if root_room[d] >= least[d] + margin:
                    pending[d] = max(pending[d], root_room[d])
        else:
            done[task] = 1
        for p in range(level + 1):  # where it was cut short
            node = ids[members[p]]
            if owner[node] >= 0:
                owned[owner[node]] -= 1
            for at in range(cut_of[node], cut_of[node + 1]):
                cut_held[cut_nodes[at]] -= 1
        for i in range(b):
            where[ids[i]] = -1
            distance[ids[i]] = -1.0
            place[i] = -1
    return total_nodes
