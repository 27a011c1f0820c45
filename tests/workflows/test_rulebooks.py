"""Rulesets in use: one's own beside the packaged, a used one that was edited, and two of them on the same stock."""

from datetime import date
from pathlib import Path

import pytest
from conftest import RULES, SAMPLE_DAY

from landgis.store import database
from landgis.terms.errors import ConflictError, InputError, NotFoundError, RuleError
from landgis.terms.rulereader import load_ruleset, parse_ruleset
from landgis.terms.rules import Ruleset
from landgis.workflows import rulebooks
from landgis.workflows.assess import assess
from landgis.workflows.compare import compare
from landgis.workflows.ingest import ingest

DONGYANG = load_ruleset("dongyang-2021").text
LINE = "[tax_line_wan_per_mu]\nvalue = 5"


def own(old: str, new: str) -> Ruleset:
    assert old in DONGYANG
    return parse_ruleset(DONGYANG.replace(old, new, 1), "my-town.toml")


@pytest.fixture
def parcel(conn, tmp_path: Path) -> str:
    """One park with one parcel."""
    path = tmp_path / "parcel.csv"
    path.write_text(
        'park_code,parcel_no,WKT\np1,P-1,"POLYGON((117 33,117.001 33,117.001 33.001,117 33))"\n', encoding="utf-8"
    )
    (tmp_path / "park.csv").write_text("park_code,name\np1,示例园区 01\n", encoding="utf-8")
    ingest(conn, [tmp_path / "park.csv", path], "landgis-template", crs="EPSG:4490")
    return "p1"


def test_a_ruleset_that_a_run_used_and_somebody_edited_is_refused(conn, parcel):
    assess(conn, [parcel], ["cn-triage", own("dongyang-2021", "my-town")], SAMPLE_DAY)

    edited = parse_ruleset(DONGYANG.replace("dongyang-2021", "my-town").replace(LINE, LINE[:-1] + "6"), "my-town.toml")
    with pytest.raises(ConflictError) as refused:
        assess(conn, [parcel], ["cn-triage", edited], SAMPLE_DAY)

    assert refused.value.at == "my-town [numbers.tax_line_wan_per_mu.value] 5 → 6"
    assert 'supersedes = ["my-town"]' in refused.value.mend.en


def test_a_new_code_or_a_word_or_a_last_day_is_no_edit(conn, parcel):
    first = assess(conn, [parcel], ["cn-triage", own("dongyang-2021", "my-town")], SAMPLE_DAY)["run"]
    named = DONGYANG.replace("dongyang-2021", "my-town")
    for text in (
        named.replace(LINE, LINE[:-1] + "6").replace('"my-town"', '"my-town-2"\nsupersedes = ["my-town"]', 1),
        named.replace("上年度亩均税收低于5万元", "上年度亩均税收不足5万元", 1),
        named.replace("effective_from = 2021-01-01", "effective_from = 2021-01-01\neffective_to = 2027-12-31"),
    ):
        ruleset = parse_ruleset(text, "my-town.toml")
        assert assess(conn, [parcel], ["cn-triage", ruleset], SAMPLE_DAY)["run"] > first


@pytest.mark.parametrize("on", [date(1949, 9, 30), date(2151, 1, 1), date.max])
def test_a_day_that_no_calendar_of_ours_holds_is_refused(conn, parcel, on):
    with pytest.raises(InputError) as refused:
        assess(conn, [parcel], ["cn-triage"], on)
    assert refused.value.at == on.isoformat() and "2150-12-31" in refused.value.mend.en


def test_ones_own_ruleset_is_read_by_its_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my-town.toml").write_text(
        "﻿" + DONGYANG.replace("dongyang-2021", "my-town"), encoding="utf-8"
    )  # Notepad's mark
    assert rulebooks.choose("my-town.toml").code == rulebooks.choose("./my-town.toml").code == "my-town"
    assert rulebooks.choose("cn-triage").code == "cn-triage"
    with pytest.raises(InputError, match="cannot be opened"):
        rulebooks.choose("./your-town.toml")
    Path("gbk.toml").write_bytes("# 低效".encode("gbk"))
    with pytest.raises(InputError, match="UTF-8"):
        rulebooks.choose("gbk.toml")


def test_a_check_tells_all_faults_or_what_is_not_sure(tmp_path):
    path = tmp_path / "my-town.toml"
    path.write_text(
        DONGYANG.replace('region = "CN-330783"\n', "").replace('unit = "亩"', 'unit = "acre"'), encoding="utf-8"
    )
    checked = rulebooks.check(path)
    assert not checked["ok"] and checked["sha256"] is None
    assert [fault["at"] for fault in checked["faults"]] == [
        "my-town.toml [ruleset.region]",
        "my-town.toml [key_area_mu.unit]",
    ]

    path.write_text(load_ruleset("cn-idle-2012").text, encoding="utf-8")
    checked = rulebooks.check(path)
    assert checked["ok"] and checked["sha256"] == load_ruleset("cn-idle-2012").sha256
    assert "start_after_delivery_years" in checked["unsure"] and "fee_share" not in checked["unsure"]


def test_what_is_known_is_what_is_packaged_and_what_runs_used(conn, parcel):
    assess(conn, [parcel], ["cn-triage", own("dongyang-2021", "my-town")], SAMPLE_DAY)
    with database.scoped(conn, database.ALL_PARKS):
        known = {item["code"]: item["is_packaged"] for item in rulebooks.known(conn)}
        assert known["my-town"] is False and known["dongyang-2021"] is True
        found = rulebooks.find(conn, "my-town")
        assert found["numbers"]["tax_line_wan_per_mu"]["value"] == 5
        assert rulebooks.find(conn, found["sha256"])["code"] == "my-town"
        with pytest.raises(NotFoundError):
            rulebooks.find(conn, "your-town")


def test_a_lower_line_lets_go_whom_it_should_and_says_why(sample, city):
    """The tax line lowered amid those it suspects: every parcel that changes paid between the two, and nothing is stored."""
    with database.connect(sample.app_url) as conn:
        with database.scoped(conn, database.ALL_PARKS):
            rows = conn.execute(
                "SELECT p.park_code, p.parcel_no, f.value FROM land.finding f JOIN land.parcel p ON p.id = f.parcel_id"
                " WHERE f.test = 'low_tax' AND f.finding = 'suspected'"
            ).fetchall()
        paid = sorted(value for *_, value in rows)
        line = round((paid[0] + paid[-1]) / 2, 3)
        between = {(park, number) for park, number, value in rows if value >= line}
        assert 0 < len(between) < len(rows)  # or the test says nothing

        lower = own(LINE, f"{LINE[:-1]}{line}")
        rules = [load_ruleset(code) for code in RULES]
        compared = compare(conn, None, rules, load_ruleset("dongyang-2021"), lower, SAMPLE_DAY, language="zh")
        with database.scoped(conn, database.ALL_PARKS):
            assert conn.execute("SELECT count(*) FROM land.run").fetchone() == (1,)
    changed = compared.parcels
    assert compared.judged == len(city.stock().parcel)
    assert set(zip(changed["park_code"], changed["parcel_no"], strict=True)) == between
    assert changed["tests_before"].str.contains("low_tax").all()
    assert not changed["tests_after"].str.contains("low_tax").any()
    moved = changed[changed["answer_before"] != changed["answer_after"]]
    assert (moved["reason_before"] != moved["reason_after"]).all()
    assert sum(compared.as_dict()["moved"].values()) == len(changed)


def test_only_rulesets_of_the_same_kinds_are_held_against_each_other(sample):
    with database.connect(sample.app_url) as conn, pytest.raises(RuleError, match="different kinds"):
        compare(conn, None, [], load_ruleset("cn-idle-2012"), load_ruleset("cn-triage"), SAMPLE_DAY, language="zh")


def test_a_ruleset_does_not_change_a_stock_against_itself(sample):
    with database.connect(sample.app_url) as conn:
        rules = [load_ruleset(code) for code in RULES]
        same = compare(conn, None, rules, rules[0], rules[0], SAMPLE_DAY, language="en")
    assert same.parcels.empty and same.as_dict()["moved"] == {}
