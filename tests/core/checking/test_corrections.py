"""Corrections applied to rows: only while the old value stands, one after the other, and what is said of the rest."""

import pandas as pd
import pytest
from drawing import draw
from given import TABLES, parcels, rows

from landgis.core.checking.corrections import corrected, read_value, value_text
from landgis.terms.errors import InputError

PARCEL = TABLES["parcel"]


def register(*given: dict) -> pd.DataFrame:
    """Corrections of parcel A's registered area, and what differs."""
    usual = {"park_code": "p1", "table_name": "parcel", "row_key": ["A"], "field": "cert_area_m2", "reason": "抄写错误"}
    return pd.DataFrame([usual | {"correction": number} | one for number, one in enumerate(given, start=1)])


def answered(given: pd.DataFrame, **differs) -> tuple[object, list[tuple[str, str | None, str | None]]]:
    frames = {"parcel": parcels(draw("AB"), **differs)}
    done = corrected(frames, given)
    said = done.issues[["code", "raw", "new"]].to_numpy(dtype=object).tolist()
    return done.frames["parcel"]["cert_area_m2"].iloc[0], [
        tuple(None if pd.isna(x) else x for x in one) for one in said
    ]


@pytest.mark.parametrize(
    ("stands", "value", "said"),
    [
        (100.0, 280.0, [("601-corrected", "100", "280")]),
        (280.0, 280.0, [("603-correction-done", "280", None)]),  # the source has put it right by now
        (90.0, 90.0, [("602-correction-stale", "90", None)]),  # somebody else changed it: our reason may be gone
    ],
)
def test_a_correction_applies_only_while_the_old_value_stands(stands, value, said) -> None:
    assert answered(register({"old": "100", "new": "280"}), A={"cert_area_m2": stands}) == (value, said)


def test_unknown_is_a_value_like_others() -> None:
    assert answered(register({"old": None, "new": "280"}), A={"cert_area_m2": None})[0] == 280.0
    value, said = answered(register({"old": "100", "new": None}), A={"cert_area_m2": 100.0})
    assert pd.isna(value) and said == [("601-corrected", "100", None)]


def test_corrections_of_one_cell_go_on_from_each_other() -> None:
    chain = register({"old": "100", "new": "200"}, {"old": "200", "new": "300"})
    assert answered(chain, A={"cert_area_m2": 100.0}) == (300.0, [("601-corrected", "100", "300")])
    assert answered(chain, A={"cert_area_m2": 200.0}) == (300.0, [("601-corrected", "200", "300")])
    assert answered(chain, A={"cert_area_m2": 300.0}) == (300.0, [("603-correction-done", "300", None)])


def test_only_its_own_row_in_its_own_park() -> None:
    given = register({"old": "100", "new": "280", "park_code": "p2"}, {"old": "100", "new": "280", "row_key": ["Z"]})
    assert answered(given, A={"cert_area_m2": 100.0}) == (100.0, [])  # no such row: a file may hold a part


def test_a_key_of_several_columns_and_dates_and_lists() -> None:
    year = rows("enterprise_year", {"park_code": "p1", "uscc": "U", "year": 2024, "tax_wan": 5.0})
    month = rows(
        "enterprise_month", {"park_code": "p1", "uscc": "U", "month": pd.Timestamp(2024, 3, 1), "tax_wan": 1.0}
    )
    firm = rows("enterprise", {"park_code": "p1", "uscc": "U", "name": "甲", "tags": ["listed"]})
    given = register(
        {"table_name": "enterprise_year", "row_key": ["U", "2024"], "field": "tax_wan", "old": "5", "new": "50"},
        {"table_name": "enterprise_month", "row_key": ["U", "2024-03-01"], "field": "tax_wan", "old": "1", "new": "-1"},
        {"table_name": "enterprise", "row_key": ["U"], "field": "tags", "old": "listed", "new": "listed;hightech"},
        {"table_name": "enterprise", "row_key": ["U"], "field": "founded_on", "old": None, "new": "2001-02-03"},
    )
    done = corrected({"enterprise_year": year, "enterprise_month": month, "enterprise": firm}, given)
    assert done.applied == {1, 2, 3, 4}
    assert done.frames["enterprise_year"]["tax_wan"].tolist() == [50.0]
    assert done.frames["enterprise_month"]["tax_wan"].tolist() == [-1.0]
    assert done.frames["enterprise"]["tags"].tolist() == [["listed", "hightech"]]
    assert done.frames["enterprise"]["founded_on"].tolist() == [pd.Timestamp(2001, 2, 3)]
    assert firm["tags"].tolist() == [["listed"]]  # what was given is not changed


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        ("cert_area_m2", "1,234.50", 1234.5), ("build_status", "在建", "building"), ("is_seized", "是", True),
        ("term_end", "2050/01/31", pd.Timestamp(2050, 1, 31)), ("owner_name", " 甲 ", "甲"), ("owner_name", "  ", None),
    ],
)  # fmt: skip
def test_a_value_is_read_as_its_column_has_it(field: str, text: str, value: object) -> None:
    assert read_value(PARCEL.by_name[field], text) == value


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("cert_area_m2", "-1"),
        ("cert_area_m2", "约12"),
        ("cert_area_m2", "inf"),
        ("build_status", "拆除"),
        ("term_end", "长期"),
    ],
)
def test_what_a_column_cannot_have_is_refused(field: str, text: str) -> None:
    with pytest.raises(InputError, match="cannot be"):
        read_value(PARCEL.by_name[field], text)


def test_what_is_written_is_read_back() -> None:
    for name, value in {"cert_area_m2": 0.1 + 0.2, "is_seized": False, "term_end": pd.Timestamp(2030, 1, 2)}.items():
        column = PARCEL.by_name[name]
        text = value_text(column, value)
        assert value_text(column, read_value(column, text)) == text


def test_a_file_without_the_table_leaves_a_correction_alone() -> None:
    frames = {"contract": rows("contract")}
    done = corrected(frames, register({"old": "100", "new": "280"}))
    assert done.issues.empty and list(done.frames) == ["contract"]
