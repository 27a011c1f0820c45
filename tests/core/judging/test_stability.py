"""How often a grade and an answer hold: against a plain reference, at the limits, and to the last bit."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from landgis.core.judging.inefficient import low_efficiency
from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.performance import grade, grade_subjects
from landgis.core.judging.stability import GRADE_SHARES, RANKS, parcel_stability, stability
from landgis.core.judging.triage import parcel_grades, triage
from landgis.terms.draws import Draws
from landgis.terms.errors import InputError
from landgis.terms.frames import ANSWER, GRADE
from landgis.terms.rulereader import load_ruleset
from landgis.terms.rules import Number, Ruleset

HUANGYAN = load_ruleset("huangyan-2022")
NYC = load_ruleset("nyc-ibz")
ON = date(2026, 6, 30)


def firms(*given: tuple[float | None, float | None], park: str = "P1") -> pd.DataFrame:
    """Firms below designated size by their tax per mu and per kWh, in bases."""
    frame = pd.DataFrame(
        {"tax_wan_per_mu": [a for a, _ in given], "tax_yuan_per_kwh": [b for _, b in given]}, dtype=float
    )
    frame = frame * [11.5932, 0.2352]
    frame = frame.assign(
        park_code=park,
        uscc=[f"U{n}" for n in range(len(frame))],
        scale="below",
        revenue_wan=900.0,
        years_in_production=9.0,
    )
    frame["is_utility"] = pd.array([False] * len(frame), dtype="boolean")
    for item in HUANGYAN.scheme.populations[0].indicators:
        frame[item.measure] = frame.get(item.measure, np.nan)
    frame.index = pd.Index(range(101, 101 + len(frame)), name="enterprise_id")
    return frame


def graded(frame: pd.DataFrame, rules: Ruleset = HUANGYAN) -> pd.DataFrame:
    return grade_subjects(frame, rules, 2025)


TEN = [(n / 10 + 0.05 * (n % 3) + 0.003 * n**2, 1.5 - n / 10) for n in range(10)]


def test_who_leads_in_everything_leads_in_every_draw() -> None:
    found = stability(
        graded(firms((3, 3), (2, 2), (1.5, 1.5), (1, 1), (0.5, 0.5))), HUANGYAN, Draws(count=200, noise=0.0)
    )
    assert found.loc[101, [*GRADE_SHARES]].tolist() == [1, 0, 0, 0, 0, 0]
    assert found[list(RANKS)].to_numpy().tolist() == [[n, n] for n in range(1, 6)]


def test_very_near_to_the_weights_it_says_what_the_grades_say() -> None:
    frame = pd.concat([firms(*TEN), firms((1, None), (None, 1), (0.2, 0.9), (0.4, 0.45), (0.7, 0.1), park="P2")])
    frame.index = pd.Index(range(len(frame)), name="enterprise_id")
    legal = graded(frame)
    found = stability(legal, HUANGYAN, Draws(count=20, concentration=1e15, noise=0.0))
    for place, row in found.iterrows():
        assert row[GRADE_SHARES[list(GRADE).index(legal.loc[place, "grade"])]] == 1.0
        assert row["rank_p05"] == row["rank_p95"] == legal.loc[place, "rank"]


@pytest.mark.parametrize("missing", ["zero", "exclude_and_rescale", "population_mean_score"])
@pytest.mark.parametrize(("noise", "cap"), [(0.0, ""), (0.2, ""), (0.2, "cap")])
def test_it_counts_what_a_plain_loop_counts(missing: str, noise: float, cap: str) -> None:
    """One weighting after another, scored, ranked and cut by the engine of the legal grade itself."""
    frame = firms(*TEN, (1.2, None), (None, 0.9))
    population = replace(
        HUANGYAN.scheme.populations[1],
        indicators=tuple(replace(item, missing=missing) for item in HUANGYAN.scheme.populations[1].indicators),
    )
    scheme = replace(HUANGYAN.scheme, cap=cap, populations=(HUANGYAN.scheme.populations[0], population))
    rules = replace(
        HUANGYAN, scheme=scheme, numbers=dict(HUANGYAN.numbers) | {"cap": Number(Fraction(6, 5), "ratio", "x")}
    )
    draws = Draws(count=40, seed=5, concentration=8.0, noise=noise)  # fewer than a block: one stream of noise
    found = stability(graded(frame, rules), rules, draws)

    from zlib import crc32

    weights = np.random.default_rng([5, crc32(b"below")]).dirichlet(np.array([4.0, 4.0]), 40) * 100
    source = np.random.default_rng([5, crc32(b"P1/below"), 0])
    moved = [1 + noise * source.standard_normal((40, 12)) for _ in range(2)] if noise else [np.ones((40, 12))] * 2
    seen, ranks = [], []
    for draw in range(40):
        drawn = frame.assign(
            tax_wan_per_mu=frame["tax_wan_per_mu"] * moved[0][draw],
            tax_yuan_per_kwh=frame["tax_yuan_per_kwh"] * moved[1][draw],
        )
        weighed = tuple(
            replace(item, weight=Fraction(weights[draw][n])) for n, item in enumerate(population.indicators)
        )
        one = replace(
            scheme,
            populations=(scheme.populations[0], replace(population, indicators=weighed)),
            known_weight_min="none",
        )
        loose = replace(rules, scheme=one, numbers=dict(rules.numbers) | {"none": Number(Fraction(0), "ratio", "x")})
        legal = graded(drawn, loose)
        seen.append(legal["grade"].tolist())
        ranks.append(legal["rank"].tolist())
    for place in range(12):
        had = [line[place] for line in seen]
        assert found.iloc[place][list(GRADE_SHARES)].tolist() == pytest.approx(
            [had.count(grade) / 40 for grade in GRADE] + [0.0]
        )
        stood = sorted(line[place] for line in ranks)
        assert found.iloc[place][list(RANKS)].tolist() == [stood[1], stood[37]]  # 2 of 40 are 5 %, 38 of 40 are 95 %
    assert found[list(GRADE_SHARES)].sum(axis=1).tolist() == pytest.approx([1.0] * 12)


def test_what_a_fact_fixed_stays_and_who_is_not_ranked_has_no_band() -> None:
    frame = firms(*TEN, (None, None), (5, 5), (9, 9))
    frame.loc[112, "is_utility"] = True
    frame["is_gone"] = [False] * 12 + [True]
    found = stability(graded(frame), HUANGYAN, Draws(count=10))
    assert found.loc[111, "grade_none"] == found.loc[112, "grade_t"] == found.loc[113, "grade_none"] == 1.0
    assert found.loc[111:, list(RANKS)].isna().all(axis=None)
    veto = replace(HUANGYAN.scheme.overrides[0], grade="D", is_ranked=True)
    rules = replace(HUANGYAN, scheme=replace(HUANGYAN.scheme, overrides=(veto,)))
    vetoed = stability(graded(frame, rules), rules, Draws(count=10, noise=0.0)).loc[112]
    assert (vetoed["grade_d"], vetoed["rank_p05"], vetoed["rank_p95"]) == (1.0, 1, 1)


def test_among_too_few_there_is_a_band_but_no_grade() -> None:
    found = stability(graded(firms((1, 1), (2, 2))), HUANGYAN, Draws(count=10))
    assert found["grade_none"].tolist() == [1.0, 1.0] and found["rank_p05"].notna().all()


def test_ties_are_kept_together_in_every_draw() -> None:
    found = stability(graded(firms(*[(1, 1)] * 6)), HUANGYAN, Draws(count=10, noise=0.0))
    assert found["grade_a"].tolist() == [1.0] * 6 and found["rank_p95"].tolist() == [1] * 6


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    legal = graded(firms(*TEN))
    one, again, other = (stability(legal, HUANGYAN, Draws(count=300, seed=seed)) for seed in (7, 7, 8))
    assert one.to_numpy(dtype=float).tobytes() == again.to_numpy(dtype=float).tobytes()
    assert not one.equals(other)


def test_a_park_does_not_move_another_s_draws() -> None:
    both = pd.concat([firms(*TEN), firms(*TEN[::-1], park="P2")]).reset_index(drop=True)
    alone = stability(graded(both.iloc[:10]), HUANGYAN, Draws(count=60))
    pd.testing.assert_frame_equal(stability(graded(both), HUANGYAN, Draws(count=60)).iloc[:10], alone)


def test_percentile_ranks_are_weighed_without_noise() -> None:
    frame = pd.DataFrame(
        {
            "park_code": "P1",
            "landuse_code": "06",
            "far_share": np.arange(1, 7) / 10,
            "value_per_m2": np.arange(6, 0, -1) * 10.0,
            "building_age_years": 50.0,
        },
        index=pd.Index(range(1, 7), name="parcel_id"),
    )
    frame.loc[3, "value_per_m2"] = np.nan
    legal = grade_subjects(frame, NYC, 2025)
    near = stability(legal, NYC, Draws(count=10, concentration=1e15))
    assert near["rank_p05"].tolist() == near["rank_p95"].tolist() == legal["rank"].tolist()
    assert stability(legal, NYC, Draws(count=50, noise=0.0)).equals(stability(legal, NYC, Draws(count=50, noise=0.9)))


def test_the_answers_are_weighed_by_the_grades_and_sum_to_one(city) -> None:
    stock = city.stock()
    measures = parcel_measures(stock, ON, load_ruleset("cn-industries"))
    found = low_efficiency(measures, load_ruleset("dongyang-2021"), None)
    legal = grade(stock, HUANGYAN, ON)
    rules = load_ruleset("cn-triage")
    drawn = stability(legal, HUANGYAN, Draws(count=50, concentration=3.0, noise=0.3))
    shares = parcel_stability(drawn, legal, measures, found, rules)

    assert shares[list(ANSWER)].sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert shares[list(GRADE_SHARES)].sum(axis=1).to_numpy() == pytest.approx(1.0)
    said = triage(measures, found, rules, grades=parcel_grades(legal, measures))
    sure = shares.index[(shares[list(GRADE_SHARES)] == 1.0).any(axis=1)]
    assert len(sure) > 10
    assert all(shares.loc[place, said.loc[place, "answer"]] == 1.0 for place in sure)
    moved = shares.index[(shares[list(GRADE_SHARES)] < 0.9).all(axis=1)][::60]
    assert len(moved) > 2
    for place in moved:  # by hand: the answer with each grade, by the share of that grade
        by_hand = dict.fromkeys(ANSWER, 0.0)
        for letter, name in zip((*GRADE, None), GRADE_SHARES, strict=True):
            given = pd.DataFrame({"grade": [letter], "reason": [None]}, index=[place], dtype="object")
            mine = found[found["parcel_id"] == place]
            by_hand[triage(measures.loc[[place]], mine, rules, grades=given)["answer"].item()] += shares.loc[
                place, name
            ]
        assert shares.loc[place, list(ANSWER)].to_dict() == pytest.approx(by_hand)


@pytest.mark.parametrize(
    "wrong", [{"count": 0}, {"count": 100_001}, {"seed": -1}, {"concentration": 0.0}, {"noise": 1.0}, {"noise": -0.1}]
)
def test_what_cannot_be_drawn_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Draws(**wrong)
