"""Sites and swaps for the projects that need land: on the sample city, whose planted answer is two chains of three."""

import itertools
import threading
from types import SimpleNamespace

import pandas as pd
import pytest
from shapely.geometry import shape

from landgis.store import database
from landgis.store import plans as store
from landgis.terms.crs import ellipsoid_area_m2
from landgis.terms.errors import AccessError, ConflictError, InputError, NotFoundError
from landgis.workflows import plans, reallocate
from landgis.workflows.asked import Asked, forbidding, pinning
from landgis.workflows.demands import add_demands
from tests.conftest import SAMPLE_DAY

TWO = Asked(parks=("S01", "S02"))


@pytest.fixture(scope="module")
def town(sample, city):
    """Give the sample city, assessed, with one plan of two of its parks: ``url, conn, plan, city``."""
    with database.connect(sample.app_url) as conn:
        yield SimpleNamespace(url=sample.app_url, conn=conn, plan=reallocate.make(conn, TWO), city=city)


def planted(city) -> pd.DataFrame:
    return city.chains.set_index("demand_no")


def sites_of(plan) -> dict[str, tuple[str, ...]]:
    names = {one["site"]: one["demand_no"] for one in plan["sites"]}
    members = pd.DataFrame(plan["members"])
    return {names[site]: tuple(sorted(rows["parcel_no"])) for site, rows in members.groupby("site")}


def test_the_planted_demands_are_served_by_exactly_the_chains_of_three_that_were_planted(town) -> None:
    assert len(town.city.chains) == 2
    for demand, answer in planted(town.city).iterrows():
        assert sites_of(town.plan)[demand] == answer["site"]
        freed = next(
            m
            for m in town.plan["moved"]
            if (m["parcel_no"], m["park_code"]) == (answer["moves"][2][0], answer["park_code"])
        )
        chain = [
            m
            for m in town.plan["moved"]
            if m["park_code"] == freed["park_code"] and m["frees_parcel_no"] == freed["parcel_no"]
        ]
        chain = sorted(chain, key=lambda move: move["step"])
        assert [(move["parcel_no"], move["to_parcel_no"]) for move in chain] == list(answer["moves"])
        assert {move["deed"] for move in chain} == {"swap"}
        for before, after in itertools.pairwise(chain):  # B is out before A goes in
            assert before["left_on"] <= after["enter_on"]
        wanted = next(one for one in town.plan["sites"] if one["demand_no"] == demand)
        assert chain[-1]["left_on"] <= wanted["ready_on"]


def test_the_demand_that_only_spare_land_serves_gets_it_and_the_firm_stays(town) -> None:
    """Half of a firm's parcel and the empty one beside it: the half alone is had, drawn and promised, and nobody moves."""
    answer = town.city.spare.iloc[0]
    made = reallocate.make(town.conn, Asked(parks=(answer["park_code"],)))
    assert sites_of(made)[answer["demand_no"]] == answer["site"]
    site = next(one for one in made["sites"] if one["demand_no"] == answer["demand_no"])
    own = {one["parcel_no"]: one for one in made["members"] if one["site"] == site["site"]}
    part = own[answer["divided"]]
    # The plane in which the city is drawn is not quite the ground.
    assert part["deed"] == "upgrade" and part["area_m2"] == pytest.approx(answer["part_m2"], rel=5e-3)
    assert "to_be_divided" in site["remarks"] and made["parcels_by_deed"]["upgrade"] >= 1
    assert answer["divided"] not in {one["parcel_no"] for one in made["moved"]}
    drawn = {
        one["properties"]["parcel_no"]: shape(one["geometry"])
        for one in plans.features(town.conn, made["plan"])["features"]
        if one["properties"]["kind"] == "member"
    }
    assert ellipsoid_area_m2([drawn[answer["divided"]]])[0] == pytest.approx(part["area_m2"], rel=1e-4)
    without = reallocate.change(town.conn, made["plan"], forbidding([(answer["park_code"], answer["divided"])]))
    reasons = {one["demand_no"]: one["reason"] for one in without["demand_states"]}
    assert reasons[answer["demand_no"]] == "no_site"  # nothing else serves it


def test_the_plan_is_within_its_bound_and_adds_up(town) -> None:
    plan = town.plan
    assert plan["bound"] >= plan["objective"] and plan["gap"] <= 1e-4 and plan["is_proved"]
    assert plan["objective"] == pytest.approx(sum(one["worth_wan"] - one["cost_wan"] for one in plan["sites"]))
    members = pd.DataFrame(plan["members"])
    assert not members.duplicated("parcel_id").any()
    for one in plan["sites"]:
        own = members[members["site"] == one["site"]]
        assert one["cost_wan"] == pytest.approx(own["cost_wan"].sum() + one["links_wan"])
        assert one["area_m2"] == pytest.approx(own["area_m2"].sum())
        assert one["cost_low_wan"] <= one["cost_wan"] <= one["cost_high_wan"]
    states = pd.DataFrame(plan["demand_states"])
    assert len(states) == plan["demands"] == states["state"].isin(["served", "unserved"]).sum()  # nothing vanishes
    assert (states["state"] == "served").sum() == plan["demands_served"] == len(plan["sites"])
    keys = {"plan", "objective", "bound", "gap", "demands_served", "demands", "moves", "freed_m2", "seconds"}
    assert keys <= plan.keys()


def test_without_chains_of_three_the_planted_demands_are_not_served(town, monkeypatch) -> None:
    rules = reallocate.load_ruleset("cn-planning")
    text = rules.text.replace("[longest_chain]              # so many", "[longest_chain] #").replace(
        "value = 3\nunit = \"count\"", "value = 2\nunit = \"count\""
    ).replace('code = "cn-planning"', 'code = "two-links"')  # fmt: skip
    shorter = reallocate.make(town.conn, TWO, rules=[reallocate.parse_ruleset(text, "two-links")])
    assert planted(town.city).index.intersection(list(sites_of(shorter))).empty
    reasons = {one["demand_no"]: one["reason"] for one in shorter["demand_states"]}
    assert reasons["D101"] == reasons["D102"] == "no_site"
    assert shorter["objective"] < town.plan["objective"]


def test_a_pinned_parcel_is_in_a_forbidden_one_out_and_the_parent_stays(town) -> None:
    site = sites_of(town.plan)["D101"]
    firm = planted(town.city).loc["D101", "moves"][2][0]
    without = reallocate.change(town.conn, town.plan["plan"], forbidding([("S01", firm)]))
    assert without["parent"] == town.plan["plan"] and "D101" not in sites_of(without)
    assert without["objective"] < town.plan["objective"]
    back = reallocate.change(town.conn, without["plan"], pinning([("S01", firm)]))
    assert sites_of(back)["D101"] == site
    assert sites_of(plans.show(town.conn, town.plan["plan"])) == sites_of(town.plan)


def test_a_settled_site_stays_whatever_else_and_a_forbidden_one_is_not_offered_again(town) -> None:
    number = next(one["site"] for one in town.plan["sites"] if one["demand_no"] == "D102")
    settled = reallocate.change(town.conn, town.plan["plan"], pinning(sites=[number]))
    assert sites_of(settled)["D102"] == sites_of(town.plan)["D102"]
    assert settled["objective"] == pytest.approx(town.plan["objective"])
    barred = reallocate.change(town.conn, town.plan["plan"], forbidding(sites=[number]))
    assert not set(sites_of(barred).get("D102", ())) & set(sites_of(town.plan)["D102"])
    with pytest.raises(NotFoundError):
        reallocate.change(town.conn, town.plan["plan"], pinning(sites=[99]))


def test_a_forbidden_move_is_not_made(town) -> None:
    move = next(
        one for one in town.plan["moved"] if one["frees_parcel_no"] == one["parcel_no"] and one["deed"] == "swap"
    )
    other = reallocate.change(town.conn, town.plan["plan"], forbidding(moves=[move["place"]]))
    made = {(one["park_code"], one["parcel_no"], one["to_parcel_no"]) for one in other["moved"]}
    assert (move["park_code"], move["parcel_no"], move["to_parcel_no"]) not in made


def test_a_budget_and_a_staff_bind(town) -> None:
    budget = town.plan["cost_wan"] * 0.6
    bound = reallocate.make(town.conn, Asked(parks=TWO.parks, budget_wan=budget, staff_days=300.0))
    limits = {one["name"]: one for one in bound["limits"]}
    assert bound["cost_wan"] <= budget + 1e-6 and limits["cost_wan"]["most"] == budget
    assert limits["staff_days"]["used"] <= 300.0
    assert bound["objective"] < town.plan["objective"] and bound["objective"] > 0


def test_plans_are_held_side_by_side_with_doing_nothing_among_them(town) -> None:
    cheap = reallocate.make(town.conn, Asked(parks=TWO.parks, budget_wan=town.plan["cost_wan"] * 0.6))
    told = plans.compare(town.conn, [town.plan["plan"], cheap["plan"]])
    nothing, first, second = told["scenarios"]
    assert (nothing["plan"], nothing["objective"], nothing["demands_served"]) == (0, 0, 0)
    assert (first["plan"], second["plan"]) == (town.plan["plan"], cheap["plan"])
    assert first["break_even_year"] > SAMPLE_DAY.year and first["tax_gained_wan"] > second["tax_gained_wan"]
    for flip in told["flips"]:  # at that price of land both are worth the same
        one, other = ({row["plan"]: row for row in told["scenarios"]}[plan] for plan in flip["plans"])
        factor = flip["flip_cost_factor"]
        if factor is not None:
            assert one["worth_wan"] - factor * one["cost_wan"] == pytest.approx(
                other["worth_wan"] - factor * other["cost_wan"]
            )
    assert {row["parcel_no"] for row in told["parcels"]}


def test_a_plan_goes_on_from_another_s_sites_and_a_spent_clock_gives_the_best_so_far(town) -> None:
    stopped = reallocate.make(town.conn, TWO, stop=lambda: True)
    assert stopped["demands_served"] == 0 and not stopped["is_proved"] and stopped["gap"] is None
    resumed = reallocate.make(town.conn, TWO, resume=town.plan["plan"])
    assert resumed["objective"] == pytest.approx(town.plan["objective"]) and resumed["parent"] is None


def test_the_features_are_the_plan(town) -> None:
    told = plans.features(town.conn, town.plan["plan"])["features"]
    kinds = pd.Series([one["properties"]["kind"] for one in told]).value_counts()
    assert kinds.to_dict() == {
        "site": len(town.plan["sites"]), "member": len(town.plan["members"]), "move": len(town.plan["moved"]),
    }  # fmt: skip
    for one in told:
        geometry, kind = shape(one["geometry"]), one["properties"]["kind"]
        assert (geometry.is_valid and kind != "site") or geometry.geom_type in ("Polygon", "MultiPolygon")
        if kind == "move" and one["properties"]["to_parcel_no"]:
            assert geometry.geom_type == "LineString"


def test_one_demand_gets_its_site_the_next_best_and_the_price_of_a_refusal(town) -> None:
    found = reallocate.site(town.conn, "D101", park="S01")
    assert found["is_proved"] and tuple(sorted(found["sites"][0]["parcels"])) == planted(town.city).loc["D101", "site"]
    assert {one["parcel_no"] for one in found["members"]} == set(found["sites"][0]["parcels"])
    assert all(one["refusal_wan"] is None or one["refusal_wan"] >= 0 for one in found["members"])
    assert [one["cost_wan"] for one in found["sites"]] == sorted(one["cost_wan"] for one in found["sites"])


def test_where_nothing_fits_the_least_to_give_up_is_told(town) -> None:
    found = reallocate.site(town.conn, "D009")
    assert not found["sites"] and found["is_proved"] and found["relaxations"]
    least = found["relaxations"][0]
    assert least["conditions"] == ["area_min"] and least["given"] < least["asked"][0]
    assert least["condition_titles"] == [{"zh": "面积下限", "en": "least area"}]
    numbers = town.city.frames["parcel"].groupby("park_code")["parcel_no"].agg(set)
    assert set(least["parcels"]) <= numbers[least["park_code"]]


def test_a_demand_that_cannot_be_planned_for_is_told_with_the_reason(town) -> None:
    add_demands(
        town.conn,
        [
            {"park_code": "S03", "demand_no": "X1", "name": "无税", "area_min_m2": 9000},
            {"park_code": "S03", "demand_no": "X2", "name": "无面积", "tax_wan": 100},
            {"park_code": "S03", "demand_no": "X3", "name": "已投产", "area_min_m2": 9000, "tax_wan": 1, "status": "producing"},
        ],
    )  # fmt: skip
    made = reallocate.make(town.conn, Asked(parks=("S03",)))
    reasons = {one["demand_no"]: (one["state"], one["reason"]) for one in made["demand_states"]}
    assert reasons["X1"] == ("left_out", "no_tax")
    assert reasons["X2"] == ("left_out", "no_area")
    assert reasons["X3"] == ("left_out", "closed")
    with pytest.raises(InputError):
        reallocate.site(town.conn, "X2")
    with pytest.raises(NotFoundError):  # of another park's demands there is none in this scope
        reallocate.make(town.conn, Asked(parks=("S03",)), parks=("S01",))


def test_two_users_at_once_never_get_the_same_parcel(town) -> None:
    """Two connections adopt plans that share parcels; the second waits for the first and is refused whole."""
    one, other = town.plan["plan"], reallocate.make(town.conn, TWO)["plan"]
    outcome: dict[int, object] = {}
    first_is_in, go = threading.Event(), threading.Event()

    def first() -> None:
        with database.connect(town.url) as conn, database.scoped(conn, database.ALL_PARKS):
            outcome[one] = store.adopt_plan(conn, one)
            first_is_in.set()
            assert go.wait(20)  # its transaction is still open

    def second() -> None:
        with database.connect(town.url) as conn:
            try:
                outcome[other] = plans.adopt(conn, other)
            except ConflictError as refusal:
                outcome[other] = refusal

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert first_is_in.wait(20)
    threads[1].start()
    threads[1].join(0.5)
    assert threads[1].is_alive()  # it waits, and is not told yes
    go.set()
    for thread in threads:
        thread.join(20)
    assert outcome[one] > 0 and isinstance(outcome[other], ConflictError)
    assert f"plan {one}" in outcome[other].at

    with database.scoped(town.conn, database.ALL_PARKS):
        promised = store.list_promised(town.conn)
    assert {row["plan"] for row in promised} == {one}
    assert len({(row["park_code"], row["parcel_no"]) for row in promised}) == len(promised) == outcome[one]
    # What is promised is neither planned with again nor asked for again.
    later = reallocate.make(town.conn, TWO)
    members = {(row["park_code"], row["parcel_no"]) for row in later["members"]}
    assert not members & {(row["park_code"], row["parcel_no"]) for row in promised}
    assert {row["demand_no"] for row in later["demand_states"] if row["reason"] == "promised"} >= {"D101", "D102"}

    with pytest.raises(ConflictError):
        plans.adopt(town.conn, one)  # not twice by the same either
    assert plans.withdraw(town.conn, one)["released"] == outcome[one]
    assert plans.adopt(town.conn, other)["promised"] > 0
    plans.withdraw(town.conn, other)
    with pytest.raises(ConflictError):
        plans.withdraw(town.conn, other)


def test_who_sees_one_park_sees_its_part_and_cannot_promise_or_release_the_whole(town) -> None:
    told = plans.show(town.conn, town.plan["plan"], parks=("S01",))
    assert {one["park_code"] for one in told["members"]} <= {"S01"} < {one["park_code"] for one in town.plan["members"]}
    with pytest.raises(AccessError):
        plans.adopt(town.conn, town.plan["plan"], parks=("S01",))
    with pytest.raises(AccessError):
        plans.withdraw(town.conn, town.plan["plan"], parks=("S01",))
    with pytest.raises(NotFoundError):
        plans.show(town.conn, town.plan["plan"], parks=("S04",))
