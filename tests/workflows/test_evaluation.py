"""A run's evaluation as a whole, on the sample city: shares, stability that is kept, and exploratory scores that are not."""

from datetime import date

import pytest
from conftest import RULES, SAMPLE_DAY

from landgis.store import database
from landgis.terms.draws import Draws
from landgis.terms.errors import ConflictError, InputError, NotFoundError, RuleError
from landgis.terms.frames import ANSWER
from landgis.workflows import evaluation, looking
from landgis.workflows.assess import assess
from landgis.workflows.explain import explain
from landgis.workflows.ingest import ingest


@pytest.fixture
def asked(conn, city_file):
    """Assess the city, its stability drawn forty times."""
    ingest(conn, [city_file], "landgis-template")
    return assess(conn, None, RULES, SAMPLE_DAY, draws=Draws(count=40))


def test_a_run_keeps_how_stable_it_is_and_gives_it_parcel_by_parcel(conn, asked):
    with database.scoped(conn, database.ALL_PARKS):
        first = evaluation.stability(conn, asked["run"], limit=400)
        rest = evaluation.stability(conn, asked["run"], after=first["next"], limit=400)
        items = first["items"] + rest["items"]
        answers = dict(conn.execute("SELECT parcel_id, answer FROM land.triage").fetchall())
        why = explain(conn, asked["run"], items[0]["parcel_id"])
    assert (first["draws"], first["seed"], first["concentration"], first["noise"]) == (40, 1, 50.0, 0.05)
    assert [item["parcel_id"] for item in items] == sorted(answers) and rest["next"] is None
    for item in items:
        assert sum(item["grades"].values()) == pytest.approx(1.0)
        assert sum(item["answers"].values()) == pytest.approx(1.0) and set(item["answers"]) == set(ANSWER)
        if 1.0 in item["grades"].values():  # the grade never moves, nor does the answer
            assert item["answers"][answers[item["parcel_id"]]] == 1.0
    assert why["stability"]["answers"] == items[0]["answers"] and why["stability"]["draws"] == 40


def test_a_drawn_run_can_be_looked_at_by_how_steady_its_ranks_are(conn, asked):
    with database.scoped(conn, database.ALL_PARKS):
        known = looking.fields(conn, asked["run"])
        wide = looking.parcels(conn, asked["run"], "rank_spread > 20", sort="-rank_spread", limit=600)
        held = dict(
            conn.execute(
                "SELECT parcel_id, rank_p95 - rank_p05 FROM land.stability_parcel WHERE rank_p05 > 0"
            ).fetchall()
        )
    assert {"rank_p05", "rank_p95", "rank_spread"} <= set(known)
    assert {one["parcel_id"] for one in wide} == {number for number, spread in held.items() if spread > 20} != set()
    spreads = [one["rank_p95"] - one["rank_p05"] for one in wide]
    assert spreads == sorted(spreads, reverse=True) == [held[one["parcel_id"]] for one in wide]


def test_the_same_draws_are_there_already_and_others_are_refused(conn, asked):
    again = assess(conn, None, RULES, SAMPLE_DAY, draws=Draws(count=40))
    assert again["run"] == asked["run"]
    with pytest.raises(ConflictError) as refusal:
        assess(conn, None, RULES, SAMPLE_DAY, draws=Draws(count=40, seed=2))
    assert "seed=1" in str(refusal.value)
    with database.scoped(conn, database.ALL_PARKS):
        assert conn.execute("SELECT count(*) FROM land.stability_parcel").fetchone() == (600,)


def test_without_being_asked_there_is_none(sample):
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        with pytest.raises(NotFoundError, match="stability"):
            evaluation.stability(conn, 1)
        with pytest.raises(InputError, match="field"):  # and no answer that a later draw would make untrue
            looking.columns(conn, 1, ["rank_spread"])
        parcel = conn.execute("SELECT min(parcel_id) FROM land.triage").fetchone()[0]
        assert explain(conn, 1, parcel)["stability"] is None


def test_shares_count_what_the_tables_hold(sample):
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        told = evaluation.shares(conn, 1)["shares"]
        held = conn.execute(
            "SELECT year, population, grade, count(*)::int FROM land.grade WHERE grade IS NOT NULL GROUP BY 1, 2, 3"
        ).fetchall()
    assert {(row["year"], row["population"], row["grade"], row["subjects"]) for row in told if row["subjects"]} == set(
        held
    )
    for row in told:
        if row["grade"] == "A" and not row["by_ties"]:
            assert row["share"] <= 0.2


@pytest.mark.parametrize("method", ["entropy", "critic"])
def test_exploratory_scores_stand_beside_the_legal_ones_and_are_not_kept(sample, method):
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        before = conn.execute("SELECT count(*), max(total) FROM land.grade").fetchone()
        made = evaluation.explored(conn, None, method, park="S01", limit=5)
        assert conn.execute("SELECT count(*), max(total) FROM land.grade").fetchone() == before
    assert made["is_exploratory"] and made["caution"]["zh"].startswith("探索性")
    assert {one["population"] for one in made["populations"]} == {"S01/above", "S01/below"}
    for one in made["populations"]:
        assert sum(one["weights"].values()) == pytest.approx(1.0)
        assert [item["rank"] for item in one["items"]] == sorted(item["rank"] for item in one["items"])
        assert len(one["items"]) == 5 and one["scored"] <= one["subjects"]
        assert 0.3 < one["kendall"] <= 1 and 0.3 < one["spearman"] <= 1  # the made city is good or bad in everything


def test_one_s_own_weights_and_what_is_refused(sample):
    with database.connect(sample.app_url) as conn, database.scoped(conn, database.ALL_PARKS):
        made = evaluation.explored(conn, 1, "user", weights={"tax_wan_per_mu": 1.0}, park="S01")
        by_tax = conn.execute(
            "SELECT uscc FROM land.grade WHERE run = 1 AND population = 'S01/above' AND year = 2025 AND measured IS NOT NULL"
            " ORDER BY measured[1] DESC NULLS LAST LIMIT 40"
        ).fetchall()
        mine = next(one for one in made["populations"] if one["population"] == "S01/above")["items"]
        with pytest.raises(InputError):
            evaluation.explored(conn, 1, "vikor")
        with pytest.raises(RuleError):
            evaluation.explored(conn, 1, "user", weights={"happiness": 1.0})
    # The best hundredth is drawn in to one value: the order below it is the order by tax.
    assert [item["uscc"] for item in mine[3:20]] == [uscc for (uscc,) in by_tax[3:20]]


def test_a_scheme_without_weights_sorts_and_measures_and_can_be_explored(conn, city_file):
    ingest(conn, [city_file], "landgis-template")
    made = assess(conn, None, ["shandong-2019", "cn-triage"], date(2026, 6, 30))
    with database.scoped(conn, database.ALL_PARKS):
        reasons = dict(conn.execute("SELECT reason, count(*)::int FROM land.grade GROUP BY 1").fetchall())
        looked = evaluation.explored(conn, made["run"], "critic")
    assert set(reasons) <= {"not_published", "outside", "utility", "gone"} and reasons["not_published"] > 100
    assert looked["populations"] and all(one["kendall"] is None for one in looked["populations"])
    assert len(looked["populations"][0]["weights"]) == 5
