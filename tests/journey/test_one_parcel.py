"""One parcel from a workbook to the map. Read this first: every room of the house is passed once, and each number can be checked by eye.

A firm holds 30 mu (200 m by 100 m). It stopped in January 2025 and paid 60 万元 of tax in that year: 2 万元 per mu, where Dongyang's
line is 5. It is built, so it is not idle land; it has stood still for more than a year, so the advice is exit.
"""

from datetime import date
from pathlib import Path

import openpyxl
import pytest
from drawing import draw

from landgis.store import runs
from landgis.store.database import ALL_PARKS, scoped
from landgis.terms.tiles import tile_at
from landgis.workflows import publish
from landgis.workflows.assess import assess
from landgis.workflows.explain import explain
from landgis.workflows.ingest import ingest

ON = date(2026, 6, 30)
RULES = ("cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage")
NAME, CODE = "示例企业 017", "91000000000000051U"
CORNER = (117.0, 33.0)


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Write the workbook an office would: a sheet a table, Chinese heads, a unit in brackets where it is not ours."""
    shape = draw("\n".join(["A" * 20] * 10), corner=CORNER)["geom"].iloc[0].wkt  # 20 x 10 squares of 10 m
    sheets = {
        "园区": {"园区代码": "p1", "名称": "示例园区 01"},
        "宗地": {
            "园区代码": "p1", "地块编号": "P-204", "坐落": "示例路 14 号", "土地使用权人": NAME, "登记面积（亩）": 30.6,
            "现状用途": "1001", "用途分类标准": "ydyh-2023", "规划用途": "1001", "规划分类标准": "ydyh-2023", "建设状况": "已建",
            "图形": shape,
        },
        "企业": {
            "园区代码": "p1", "统一社会信用代码": CODE, "名称": NAME, "行业代码": "3484", "行业标准版本": "gbt4754-2017",
            "经营状态": "停产", "停产日期": date(2025, 1, 15), "安全不达标": "否", "环保不达标": "否",
        },
        "用地关系": {"园区代码": "p1", "地块编号": "P-204", "统一社会信用代码": CODE, "角色": "产权人"},
        "年度指标": {"园区代码": "p1", "统一社会信用代码": CODE, "年度": 2025, "评价税收": 60},
    }  # fmt: skip
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, row in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(list(row))
        sheet.append(list(row.values()))
    path = tmp_path / "存量用地.xlsx"
    book.save(path)
    return path


def test_one_parcel(conn, workbook, tmp_path):
    # The file becomes stock: five rows, one per sheet, all stored; the certificate says 2 % more land than is drawn.
    ingested = ingest(conn, [workbook], "landgis-template", crs="EPSG:4490")
    assert (ingested.rows_in, ingested.stored.stored, ingested.stored.refused) == (5, 5, 0)
    (issue,) = ingested.issues.to_dict("records")
    assert (issue["code"], issue["severity"], issue["layer"], issue["row"]) == (
        "318-area-differs",
        "doubted",
        "宗地",
        2,
    )

    # The stock becomes findings and an answer.
    assessed = assess(conn, ["p1"], RULES, ON)
    assert assessed["triage"]["exit"]["parcels"] == 1
    assert assessed["triage"]["exit"]["area_m2"] == pytest.approx(20_000, abs=0.5)

    with scoped(conn, ALL_PARKS):
        (found,) = runs.search(conn, assessed["run"], "P-204", 10)
        why = explain(conn, assessed["run"], found["parcel_id"])
        ledger = publish.ledger(conn, assessed["run"], tmp_path / "台账.xlsx", language="zh")
        column, row = tile_at(*(degree + 0.0005 for degree in CORNER), 16)
        tile = runs.read_tile(conn, assessed["run"], 16, column, row)

    # Why: every test says value, threshold, unit and article.
    tests = {finding["test"]: finding for finding in why["findings"]}
    low_tax = tests["low_tax"]
    assert low_tax["finding"] == "suspected"
    assert (low_tax["value"], low_tax["threshold"], low_tax["unit"]) == (pytest.approx(60 / 30, abs=1e-4), 5, "万元/亩")
    assert low_tax["article"] == "上年度亩产税收低于5万元/亩"
    assert tests["not_started"]["finding"] == "clear"  # 令第53号 第2条第1款: what is built was started
    assert tests["key_below_industry"]["finding"] == "clear"  # below 5 it is the other test's

    # The gate that decided, before the grade, which one firm alone does not get.
    assert (why["triage"]["answer"], why["triage"]["gate"], why["triage"]["grade"]) == ("exit", 5, None)
    assert why["triage"]["reason"]["zh"].startswith("停产一年以上（停产月数 17")  # 15 January 2025 to 30 June 2026
    assert why["triage"]["freeable_m2"] == pytest.approx(20_000, abs=0.5)

    # Where it came from.
    source = {name: why["source"][name] for name in ("file", "layer", "row")}
    assert source == {"file": "存量用地.xlsx", "layer": "宗地", "row": 2}

    # ... and every number back to its cell: tax of the firm, in the file's own column and unit.
    facts = {fact["name"]: fact for fact in why["facts"]}
    (tax,) = facts["tax_wan_per_mu"]["cells"]
    assert (tax["table"], tax["column"], tax["value"], tax["batch"]) == (
        "enterprise_year",
        "tax_wan",
        60,
        ingested.stored.batch,
    )
    assert (tax["file"], tax["layer"], tax["row"]) == ("存量用地.xlsx", "年度指标", 2) and tax["field"]
    (decided,) = [gate for gate in why["gates"] if gate["decided"]]
    assert decided["code"] == "long_stopped" and why["agrees"]

    # The ledger people send on, and the tile the map draws.
    assert ledger["parcels"] == 1
    heads, line = openpyxl.load_workbook(tmp_path / "台账.xlsx")["台账"].iter_rows(values_only=True)
    told = dict(zip(heads, line, strict=True))
    assert (told["地块编号"], told["处置建议"], told["用地企业"]) == ("P-204", "退出", NAME)
    assert told["图形面积（亩）"] == pytest.approx(30, abs=0.001)
    assert told["登记面积（㎡）"] == pytest.approx(20_400, abs=0.5)  # 30.6 mu
    assert all(text.encode() in tile for text in ("P-204", "exit", "|low_tax|key_low_tax|"))
