"""What is held ready: so many values, or so much weight, and nothing across scopes."""

from landgis.workflows.held import Held


def test_the_value_asked_for_longest_ago_makes_room() -> None:
    held: Held[str, str] = Held(2)
    for key in ("a", "b", "a", "c"):  # a was asked for again, so b goes
        held.get(key, lambda key=key: f"first {key}")
    assert [held.get(key, lambda: "again") for key in ("a", "c", "b")] == ["first a", "first c", "again"]


def test_weights_are_summed_and_the_last_one_is_held_whatever_it_weighs() -> None:
    held: Held[str, int] = Held(10, weigh=lambda value: value)
    held.get("a", lambda: 4)
    held.get("b", lambda: 6)
    assert held.get("a", lambda: 0) == 4 and held.get("b", lambda: 0) == 6  # together just as much as may be
    held.get("c", lambda: 99)
    assert held.get("c", lambda: 0) == 99 and held.get("a", lambda: 1) == 1


def test_one_room_for_all_scopes_and_no_value_of_another() -> None:
    held: Held[str, str] = Held(2)
    mine, theirs = held.within(("S01",)), held.within(("S02",))
    assert mine.get("a", lambda: "mine") == "mine" and theirs.get("a", lambda: "theirs") == "theirs"
    assert held.within(("S01",)).get("a", lambda: "new") == "mine"
    held.get("b", lambda: "third")  # the room holds two: what S02 asked for goes
    assert theirs.get("a", lambda: "new") == "new"
