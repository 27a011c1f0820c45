"""What of the rows that are kept somebody should look at again."""

from typing import Any

import pandas as pd
import pytest
import shapely
from drawing import draw
from given import checked, codes, found, looked_through, parcels, park, rows

from landgis.core.checking.doubts import doubts
from landgis.terms.frames import ISSUE_COLUMNS

CODE = "914403001922038216"  # a real one, checked by hand: its last character is 6
WRONG = "914403001922038217"
FOUR = """
    AAB
    AAB
    .CD
"""
DRAWN = draw(FOUR)


@pytest.mark.parametrize(
    ("given_m2", "doubted"),
    [
        (10_000, False),
        (10_099, False),  # 0.99 %
        (10_102, True),  # 1.02 % and 102 m²
        (9_850, True),
    ],
)
def test_registered_against_drawn_area(given_m2: float, doubted: bool) -> None:
    drawn = draw("\n".join(["A" * 10] * 10))  # 100 m x 100 m
    answer = checked(parcel=parcels(drawn, A={"cert_area_m2": given_m2}))
    assert codes(answer) == ({"318-area-differs"} if doubted else set())


def test_a_small_parcel_may_differ_by_fifty_square_metres() -> None:
    assert len(checked(parcel=parcels(draw("A"), A={"cert_area_m2": 149.9})).issues) == 0
    answer = checked(parcel=parcels(draw("A"), A={"cert_area_m2": 150.1}))
    assert "150.1 m²" in answer.issues["en"][0] and "100.0 m²" in answer.issues["en"][0]


@pytest.mark.parametrize(
    ("dates", "doubted"),
    [
        ({"agreed_start_on": "2021-01-01", "agreed_finish_on": "2023-01-01"}, None),
        ({"agreed_start_on": "2023-01-01", "agreed_finish_on": "2023-01-01"}, None),
        ({"agreed_start_on": "2023-01-02", "agreed_finish_on": "2023-01-01"}, "agreed_start_on"),
        ({"started_on": "2023-01-02", "finished_on": "2023-01-01"}, "started_on"),
        ({"started_on": "2023-01-02", "finished_on": None}, None),
        ({"started_on": "2019-01-01", "agreed_start_on": "2020-01-01"}, None),  # early is no mistake
    ],
)
def test_dates_in_order(dates: dict[str, str | None], doubted: str | None) -> None:
    contract = {
        "park_code": "p1",
        "contract_no": "c",
        "parcel_no": "A",
        **{name: pd.Timestamp(day) for name, day in dates.items()},
    }
    answer = checked(parcel=parcels(draw("A")), contract=rows("contract", contract))
    assert [field for _, _, field in found(answer)] == ([doubted] if doubted else [])


def test_an_overlap_is_told_at_both_parcels_with_its_area_and_the_other() -> None:
    frame = parcels(DRAWN)
    # A and B share a border of 20 m; B moved 1 m west lies on 20 m² of A, and leaves 1 m to nobody.
    frame.loc[1, "geom"] = shapely.transform(frame.loc[1, "geom"], lambda xy: xy - [1 / 93_456, 0])
    answer = checked(parcel=frame)
    assert codes(answer) == {"406-overlap"}
    told = answer.issues.set_index("row")
    assert "“B”" in told.loc[1, "zh"] and "“A”" in told.loc[2, "zh"]
    assert [float(raw) for raw in told["raw"]] == pytest.approx([20.0, 20.0], abs=0.1)


def test_parcels_of_two_parks_may_lie_on_each_other() -> None:
    frame = pd.concat([parcels(draw("A")), parcels(draw("A"), "p2")], ignore_index=True)
    answer = looked_through({"park": rows("park", park("p1"), park("p2")), "parcel": frame})
    assert len(answer.issues) == 0


def test_a_sheet_in_the_wrong_place_is_doubted_and_does_not_move_the_middle() -> None:
    near = [parcels(draw("A", corner=(117.0 + step / 100, 33.0))).assign(parcel_no=f"N{step}") for step in range(5)]
    far = [parcels(draw("A", corner=(117.0 + step / 100, 31.7))).assign(parcel_no=f"F{step}") for step in range(4)]
    answer = checked(parcel=pd.concat([*near, *far], ignore_index=True))
    assert answer.issues["code"].tolist() == ["407-far-away"] * 4
    assert "145 km" in answer.issues["en"][0], "1.3 degrees of latitude"


def test_a_doubt_changes_and_refuses_nothing() -> None:
    frames = {
        "parcel": parcels(DRAWN, A={"owner_uscc": WRONG, "zddm": "1", "plan_far_min": 2.0, "plan_far_max": 1.0}),
        "parcel_use": rows("parcel_use", use("Z")),
    }
    before = {name: rows.copy(deep=True) for name, rows in frames.items()}
    found = doubts(frames, {})
    assert list(found.columns) == list(ISSUE_COLUMNS)
    assert set(found["code"]) == {
        "309-credit-code", "311-parcel-code", "321-bounds-crossed", "501-parcel-unknown", "502-enterprise-unknown",
    }  # fmt: skip
    assert set(found["severity"]) == {"doubted"}
    for name, rows_ in frames.items():
        pd.testing.assert_frame_equal(rows_, before[name])


# --- between tables ---------------------------------------------------------------------------------------------------


def use(parcel_no: str = "A", uscc: str = CODE, **differs: Any) -> dict[str, Any]:
    return {"park_code": "p1", "parcel_no": parcel_no, "uscc": uscc, "role": "user", **differs}


FIRM = rows("enterprise", {"park_code": "p1", "uscc": CODE, "name": "示例企业 001"})


def test_rows_that_point_to_nobody_are_doubted_and_kept() -> None:
    answer = checked(
        parcel=parcels(draw("A")), enterprise=FIRM, parcel_use=rows("parcel_use", use(), use("Z"), use(uscc="LS-1"))
    )
    assert found(answer) == [
        ("501-parcel-unknown", "doubted", "parcel_no"),
        ("502-enterprise-unknown", "doubted", "uscc"),
    ]
    assert len(answer.frames["parcel_use"]) == 3


def test_what_the_stock_knows_need_not_be_in_the_batch() -> None:
    known = {
        "park": pd.DataFrame({"park_code": ["p1"]}),
        "parcel": pd.DataFrame({"park_code": ["p1"], "parcel_no": ["A"]}),
        "enterprise": pd.DataFrame({"park_code": ["p1"], "uscc": [CODE]}),
    }
    assert len(looked_through({"parcel_use": rows("parcel_use", use())}, known).issues) == 0


@pytest.mark.parametrize(
    ("areas", "doubted"),
    [
        ([60.0, 44.9], False),  # 104.9 of 100 m²: 5 % is allowed
        ([60.0, 45.1], True),
        ([60.0, None], False),
    ],
)
def test_the_users_of_a_parcel_cannot_have_more_than_the_parcel(areas: list[float | None], doubted: bool) -> None:
    users = rows("parcel_use", *(use(uscc=f"LS-{number}", area_m2=area) for number, area in enumerate(areas)))
    firms = rows(
        "enterprise", *({"park_code": "p1", "uscc": f"LS-{number}", "name": "示例企业"} for number in range(2))
    )
    answer = checked(parcel=parcels(draw("A")), enterprise=firms, parcel_use=users)
    assert codes(answer) == ({"503-users-over-parcel"} if doubted else set())


def test_an_owner_who_lets_and_those_who_have_left_are_not_counted() -> None:
    users = rows(
        "parcel_use",
        use(area_m2=100.0, role="owner"),
        use(uscc="LS-1", area_m2=100.0, role="tenant"),
        use(uscc="LS-2", area_m2=100.0, to_on=pd.Timestamp(2020, 1, 1)),
    )
    firms = rows(
        "enterprise", *({"park_code": "p1", "uscc": code, "name": "示例企业"} for code in (CODE, "LS-1", "LS-2"))
    )
    assert len(checked(parcel=parcels(draw("A")), enterprise=firms, parcel_use=users).issues) == 0
