"""Demands come in like every other table: every row is stored or in the issue list."""

import pytest

from landgis.store import database
from landgis.terms.errors import InputError
from landgis.workflows.demands import DEMAND_PROFILE, add_demands, list_demands
from landgis.workflows.ingest import ingest

LIST = """\
园区代码,项目编号,项目名称,用地需求下限（亩）,用地需求上限（亩）,最小宽度（m）,最小进深（m）,污染等级,产业链环节,最迟供地日期,可落园区,优先级,状态
p1,D1,冲压线,30,45,60,120,2,补链,2027-06-30,p1;p2,1,洽谈
p1,D2,仓库,30,20,,,,,,,2,签约
p1,D3,,30,45,,,,,,,2,签约
p1,D4,涂装,-5,45,,,4,,,,2,签约
p9,D5,不知园区,30,45,,,,,,,2,签约
"""


@pytest.fixture
def park(conn, tmp_path):
    path = tmp_path / "park.csv"
    path.write_text("园区代码,名称\np1,一号园\n", encoding="utf-8")
    ingest(conn, [path], "landgis-template")
    return conn


def test_each_row_of_a_list_is_stored_or_refused_with_an_issue(park, tmp_path) -> None:
    path = tmp_path / "项目.csv"
    path.write_text(LIST, encoding="utf-8")
    done = ingest(park, [path], DEMAND_PROFILE)

    assert (done.rows_in, done.stored.stored, done.stored.refused) == (5, 3, 2)
    refused = done.issues[done.issues["severity"] == "refused"]
    assert set(zip(refused["row"], refused["field"], strict=True)) == {(4, "name"), (6, "park_code")}

    first, second, fourth = list_demands(park, None)
    assert first["demand_no"] == "D1" and first["area_min_m2"] == pytest.approx(20_000)  # 30 mu
    assert (first["width_min_m"], first["depth_min_m"], first["pollution_class"]) == (60, 120, 2)
    assert (first["chain_link"], first["ready_by"], first["allowed_parks"]) == ("fill", "2027-06-30", ["p1", "p2"])
    # Twisted bounds are doubted and stored; what no area can be is unknown.
    assert "area_min_m2" in done.issues.loc[done.issues["row"] == 3, "field"].tolist() and second["demand_no"] == "D2"
    assert fourth["area_min_m2"] is None and fourth["pollution_class"] is None


def test_demands_given_as_values_meet_the_same_checks_and_a_second_time_changes_nothing(park) -> None:
    rows = [
        {"park_code": "p1", "demand_no": "D1", "name": "甲", "area_min_m2": 20000.0, "allowed_parks": ["p1"], "jobs": 12.0},
        {"park_code": "p1", "demand_no": "D2", "name": "乙", "compactness_min": 7},
        {"park_code": "p9", "demand_no": "D3", "name": "丙"},
    ]  # fmt: skip
    dry = add_demands(park, rows, is_dry=True)
    assert dry.stored.stored == 2 and list_demands(park, None) == []
    done = add_demands(park, rows)
    again = add_demands(park, rows)

    assert (done.stored.stored, done.stored.refused) == (2, 1)
    assert (again.stored.stored, again.stored.unchanged) == (0, 2)
    one, two = list_demands(park, None)
    assert (one["jobs"], one["allowed_parks"], two["compactness_min"]) == (12, ["p1"], None)  # 7 is no compactness
    assert done.issues.loc[done.issues["field"] == "compactness_min", "raw"].tolist() == ["7"]


def test_a_demand_outside_the_scope_is_refused_and_not_seen(park) -> None:
    add_demands(park, [{"park_code": "p1", "demand_no": "D1", "name": "甲"}])
    assert list_demands(park, None, ("p2",)) == []
    refused = add_demands(park, [{"park_code": "p1", "demand_no": "D2", "name": "乙"}], parks=("p2",))
    assert refused.stored.refused == 1  # to p2 there is no park p1
    with database.scoped(park, database.ALL_PARKS):
        assert park.execute("SELECT count(*) FROM land.demand").fetchone() == (1,)


def test_a_column_nobody_knows_is_refused(park) -> None:
    with pytest.raises(InputError, match="NUL"):
        add_demands(park, [{"park_code": "p1", "demand_no": "D\x001", "name": "甲"}])
    with pytest.raises(InputError, match="area"):
        add_demands(park, [{"park_code": "p1", "demand_no": "D1", "name": "甲", "area": 3}])
