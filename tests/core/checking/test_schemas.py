"""One description, and the schema that is made of it: what every table may hold."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from drawing import draw
from given import TABLES, checked, found, parcels, park, rows
from pandera.config import config_context
from pandera.errors import SchemaErrors

from landgis.core.checking.schemas import KEY_MOST, failures, schema
from landgis.sample import City, make_city
from landgis.terms.frames import DTYPES, STOCK, Table
from landgis.terms.issues import CHECKS

EACH = pytest.mark.parametrize("table", STOCK, ids=lambda table: table.name)


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(parcels=400, seed=1, on=date(2026, 6, 30), origin=(115.2, 33.0))


@EACH
def test_a_table_of_the_sample_city_is_what_its_schema_says(city: City, table: Table) -> None:
    assert len(schema(table).validate(city.frames[table.name], lazy=True)) == len(city.frames[table.name])


@EACH
def test_a_schema_has_the_columns_types_words_and_key_of_its_table(table: Table) -> None:
    made = schema(table)
    said = [(name, one.nullable, one.title, one.description, one.metadata) for name, one in made.columns.items()]
    assert said == [(one.name, not one.required, one.zh, one.en, {"unit": one.unit}) for one in table.columns]
    # Shapes are a column of objects or of geopandas; that they are shapes the checks of the ground say.
    of_type = {name: one.dtype for name, one in made.columns.items() if one.dtype is not None}
    blank = rows(table.name)
    assert {name: str(blank[name].dtype) for name in of_type} == {
        one.name: DTYPES[one.kind] for one in table.columns if one.kind != "geometry"
    }
    assert all(one.check(one, blank[name]) is not False for name, one in of_type.items())
    assert made.unique == list(table.key)


@EACH
def test_every_check_bears_the_code_of_an_issue_that_says_how_it_was_asked(table: Table) -> None:
    checks = [(column, check) for column in table.columns for check in schema(table).columns[column.name].checks]
    assert {check.error for _, check in checks} <= set(CHECKS)
    assert all(check.description for _, check in checks if "{test}" in CHECKS[check.error].test)
    bounded = {column.name for column, check in checks if check.error == "305-out-of-bounds"}
    coded = {column.name for column, check in checks if check.error == "306-not-in-domain"}
    assert bounded == {column.name for column in table.columns if column.kind in ("number", "integer")}
    assert coded == {column.name for column in table.columns if column.domain}


@pytest.mark.parametrize(
    ("name", "value", "code", "test"),
    [
        ("cert_area_m2", 0.0, "305-out-of-bounds", "> 0"),
        ("plan_far_max", 50.1, "305-out-of-bounds", ">= 0, <= 50"),
        ("assessed_value", -0.1, "305-out-of-bounds", ">= 0"),
        ("assessed_value", np.inf, "305-out-of-bounds", ">= 0"),
        ("tenure", "rented", "306-not-in-domain", None),
        ("term_end", pd.Timestamp(1899, 12, 30), "304-placeholder", "placeholder date"),
        ("term_end", pd.Timestamp(1599, 12, 31), "304-placeholder", "placeholder date"),
        ("term_end", pd.Timestamp(2200, 1, 1), "304-placeholder", "date < 2200"),
        ("owner_name", "甲\ufffd", "320-broken-text", None),
        ("owner_name", "甲\x07", "307-text-cleaned", None),
        ("owner_name", "甲" * 4001, "308-text-too-long", None),
        ("parcel_no", "A" * 201, "308-text-too-long", None),
    ],
)
def test_the_second_of_three_values_fails(name: str, value: object, code: str, test: str | None) -> None:
    given = rows("parcel", {"parcel_no": "A"}, {"parcel_no": "B", name: value}, {"parcel_no": "C"})
    (failure,) = failures(given, TABLES["parcel"], "values")
    assert (failure.code, failure.column.name, failure.test) == (code, name, test)
    assert failure.rows.tolist() == [False, True, False]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cert_area_m2", 1e-9),
        ("plan_far_max", 50.0),
        ("term_end", pd.Timestamp(1600, 1, 1)),
        ("term_end", pd.Timestamp(2199, 12, 31)),
        ("owner_name", "行一\n行二\t"),
        ("owner_name", "甲" * 4000),
        ("parcel_no", "A" * KEY_MOST),
        ("parcel_no", "A" * KEY_MOST + "\x07"),
    ],
)
def test_what_is_just_allowed_is_allowed(name: str, value: object) -> None:
    found = failures(rows("parcel", {"parcel_no": "A", name: value}), TABLES["parcel"], "values")
    assert [one.code for one in found if one.code != "307-text-cleaned"] == []


def test_what_a_row_lacks_and_which_key_stands_there_before() -> None:
    given = rows("demand", {"park_code": "p1", "demand_no": "1"}, {"park_code": "p1", "demand_no": "1", "name": "甲"})
    (lacks,) = failures(given, TABLES["demand"], "required")
    assert (lacks.code, lacks.column.name, lacks.rows.tolist()) == ("301-missing", "name", [True, False])
    (twice,) = failures(given, TABLES["demand"], "key")
    assert (twice.code, twice.column.name, twice.rows.tolist()) == ("316-duplicate", "demand_no", [False, True])


def test_no_setting_of_pandera_turns_a_check_off() -> None:
    with config_context(validation_enabled=False):
        answer = checked(parcel=parcels(draw("A"), A={"cert_area_m2": -1.0}))
    assert found(answer) == [("305-out-of-bounds", "changed", "cert_area_m2")]


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda frame: frame.assign(name=1.0),
        lambda frame: frame.assign(approved_area_ha="12"),
        lambda frame: frame.drop(columns="level"),
    ],
    ids=["numbers for texts", "texts for numbers", "a column that is not there"],
)
def test_a_frame_of_other_columns_is_an_error_of_ours_and_no_issue(spoilt) -> None:
    with pytest.raises(SchemaErrors):
        failures(spoilt(rows("park", park())), TABLES["park"], "values")
