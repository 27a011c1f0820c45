"""A file of contracts is screened without a database: counts, words, and what is refused."""

import csv
from datetime import date
from pathlib import Path

import pytest

from landgis.terms.errors import InputError, RuleError
from landgis.terms.rulereader import load_ruleset
from landgis.workflows.screen import screen

ON = date(2024, 3, 1)
LEDGER = """\
园区代码,合同编号,地块编号,合同价款,约定动工日期,实际动工日期
P1,C-1,A,1000,2022-03-01,
P1,C-2,B,500,2022-12-01,
P1,C-3,C,,,
P1,C-4,D,,2022-12-01,2022-12-01
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "出让合同.csv"
    path.write_text(LEDGER, encoding="utf-8")
    return path


def test_every_contract_is_judged_counted_and_written(ledger: Path, tmp_path: Path) -> None:
    found = screen([ledger], "landgis-template", load_ruleset("cn-idle-2012"), ON)
    assert found.as_dict() == {
        "file": "出让合同.csv",
        "rules": "cn-idle-2012",
        "on": "2024-03-01",
        "contracts": 4,
        "judged": 3,
        "findings": {"suspected": 2, "clear": 1, "unknown": 1},
        "states": {"clear": 1, "unknown": 1, "agreement": 0, "fee": 1, "take_back": 1},
        "missing": {"contract.agreed_start_on + contract.delivered_on": 1},
        "remarks": {"start_unproved": 1},
    }
    found.write(tmp_path / "idle.csv", "en")
    with (tmp_path / "idle.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["contract_no"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["C-1", "C-2", "C-3", "C-4"]
    assert rows["C-2"]["changes_on"] == "2024-12-01" and rows["C-2"]["fee_high_wan"] == "100.0"
    assert rows["C-1"]["state"] == "suspected: take-back without compensation"


def test_a_ruleset_of_another_kind_or_another_day_is_refused(ledger: Path) -> None:
    with pytest.raises(RuleError, match="no ruleset for idle land"):
        screen([ledger], "landgis-template", load_ruleset("dongyang-2021"), ON)
    with pytest.raises(RuleError, match="not in force"):
        screen([ledger], "landgis-template", load_ruleset("cn-idle-2012"), date(2012, 6, 30))


def test_a_file_without_contracts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "企业.csv"
    path.write_text("园区代码,统一社会信用代码,名称\nP1,X,示例企业\n", encoding="utf-8")
    with pytest.raises(InputError, match="no contract"):
        screen([path], "landgis-template", load_ruleset("cn-idle-2012"), ON)
