"""Real supply results of Guangdong, screened by the national rule for the day on which they were collected, and twelve checked by hand."""

import csv
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from landgis.terms.rulereader import load_ruleset
from landgis.workflows.screen import Screened, screen

FILE = Path(__file__).parents[3] / "shared/data/guangdong-land-supply/DataSupplyResultDetail.csv"
ON = date(2020, 4, 15)
pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="the notices lie beside the checkout, in ../shared/data, and are not there"
)


@pytest.fixture(scope="module")
def found() -> Screened:
    return screen([FILE], "guangdong-supply", load_ruleset("cn-idle-2012"), ON)


def test_how_many_could_be_judged_and_why_the_rest_could_not(found: Screened) -> None:
    assert found.as_dict() | {"file": ""} == {
        "file": "",
        "rules": "cn-idle-2012",
        "on": "2020-04-15",
        "contracts": 1838,
        "judged": 1678,
        "findings": {"suspected": 192, "clear": 1486, "unknown": 160},
        "states": {"clear": 1486, "unknown": 160, "agreement": 0, "fee": 84, "take_back": 108},
        "missing": {"contract.agreed_start_on + contract.delivered_on": 160},
        "remarks": {"delivered_after_start": 6, "start_unproved": 578},
    }
    # Of those suspected 60 have their start from the delivery: a reading of confidence L.
    suspected = found.contracts[found.contracts["finding"] == "suspected"]
    assert suspected["start_basis"].value_counts().to_dict() == {"agreed": 132, "delivered": 60}


#: Row of the file; agreed delivery, agreed start, actual start, actual end and price as they stand in it; what the articles make of them.
BY_HAND = [
    # 2019-04-20 and a year is 2020-04-20: five days to go; suspected from the day after it (第2条第1款).
    (255, ("2016-01-11", "2019-04-20", "", "", "5555"), "clear", "2020-04-21", "fee", None),
    # 2019-04-08 and a year is 2020-04-08, a week ago: fee, no price told; two years are full on 2021-04-08 (第14条).
    (276, ("2018-04-08", "2019-04-08", "", "", ""), "fee", "2021-04-08", "take_back", None),
    # 19 days over the year; a fifth of 361 is 72.2.
    (343, ("2015-01-23", "2019-03-27", "", "", "361"), "fee", "2021-03-27", "take_back", 72.2),
    # Eleven days before two years: the last fee.
    (321, ("2016-04-26", "2018-04-26", "", "", "674.2226"), "fee", "2020-04-26", "take_back", 134.84452),
    # Ten years to the day.
    (13, ("2010-04-15", "2010-04-15", "", "", "0.2984"), "take_back", None, None, None),
    # No agreed start: a year after 2017-06-19 it was due, a year later fee, two years are full on 2020-06-19 (confidence L).
    (316, ("2017-06-19", "", "", "", "5.0972"), "fee", "2020-06-19", "take_back", 1.01944),
    # The same with 2017-04-06: two years were full on 2020-04-06, nine days ago.
    (275, ("2017-04-06", "", "", "", "2.33334"), "take_back", None, None, None),
    # Neither a start nor a delivery: unknown, and nothing recorded could change that.
    (20, ("", "", "", "", "34.176"), "unknown", None, None, None),
    # Finished without a day of start: what is finished was started.
    (245, ("2009-04-20", "2010-04-20", "", "2012-04-20", "577"), "clear", None, None, None),
    # Started nine months before it was due.
    (2, ("2017-09-21", "2018-09-21", "2017-12-27", "", "0"), "clear", None, None, None),
    # Started a year and eight days after it was due: late, but started.
    (9, ("2016-08-05", "2017-08-05", "2018-08-13", "", ""), "clear", None, None, None),
    # Due in eight months; a year and a day later the fee.
    (3, ("2015-08-20", "2020-12-27", "", "", "93.6"), "clear", "2021-12-28", "fee", None),
]


@pytest.mark.parametrize(
    ("row", "says", "state", "turns", "to", "fee_wan"), BY_HAND, ids=[str(one[0]) for one in BY_HAND]
)
def test_by_hand(found: Screened, row, says, state, turns, to, fee_wan) -> None:
    with FILE.open(encoding="gb18030", newline="") as file:
        raw = list(csv.DictReader(file))[row - 2]  # the heads are row 1
    told = ("agreedDeliveryTime", "agreedStartTime", "actualStartTime", "actualCompletionTime", "transferPrice")
    assert tuple(raw[name] for name in told) == says
    said = found.contracts.set_index("source_row").loc[row]
    assert said["state"] == state
    assert (None if pd.isna(said["changes_on"]) else str(said["changes_on"].date()), said["changes_to"]) == (turns, to)
    assert (None if pd.isna(said["fee_high_wan"]) else said["fee_high_wan"]) == pytest.approx(fee_wan)


def test_the_list_is_written_with_the_gravest_first_and_in_words(found: Screened, tmp_path: Path) -> None:
    path = tmp_path / "idle.csv"
    found.write(path, "zh")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1838
    assert [row["state"] for row in rows[:109]] == ["疑似闲置满两年，无偿收回"] * 108 + ["疑似闲置满一年，闲置费"]
    unknown = next(row for row in rows if row["state"].startswith("不明"))
    assert unknown["missing"] == "出让合同的约定动工日期；出让合同的交地日期"
