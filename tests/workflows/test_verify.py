"""A run made again gives the same bytes; where it does not, it is said what differs, on which parcel, and why."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import RULES, SAMPLE_DAY
from psycopg.types.json import Jsonb

from landgis.sample import make_city, write_city
from landgis.store import database
from landgis.store.migrate import migrate
from landgis.store.results import read_results, seal
from landgis.store.runs import RESULTS, read_seal
from landgis.terms.rulereader import load_ruleset, parse_ruleset
from landgis.workflows import assess as assessing
from landgis.workflows.assess import assess
from landgis.workflows.ingest import ingest
from landgis.workflows.verify import verify

#: What an older program left of the small city: its version and commit, the stock and the texts of the rules it read, its seal.
OLDER = json.loads((Path(__file__).parent / "sealed.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def judged(databases, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """Give a small city, ingested and assessed in a database nobody is connected to: ``name, city, run``."""
    name, made = databases.copy("landgis")
    city = make_city(parcels=400, parks=1, seed=3, on=SAMPLE_DAY, origin=(115.2, 33.0))
    path = tmp_path_factory.mktemp("city") / "city.gpkg"
    write_city(city, path)
    with database.connect(made.app_url) as conn:
        ingest(conn, [path], "landgis-template")
        run = assess(conn, None, RULES, SAMPLE_DAY)["run"]
    yield SimpleNamespace(name=name, city=city, run=run)
    databases.drop(name)


@pytest.fixture
def small(databases, judged) -> Iterator[SimpleNamespace]:
    """Give a test its own copy of the city and its database: ``conn, admin_url, city, run``."""
    name, made = databases.copy(judged.name)
    with database.connect(made.app_url) as conn:
        yield SimpleNamespace(conn=conn, admin_url=made.admin_url, city=deepcopy(judged.city), run=judged.run)
    databases.drop(name)


def change(small: SimpleNamespace, statement: str, *values: object) -> None:
    with database.connect(small.admin_url) as admin:
        admin.execute(statement, values)


def test_the_same_bytes_after_newer_batches_and_under_another_packaged_text(small, tmp_path, monkeypatch):
    """A year later: parcels grew, firms paid more tax, and the file of the ruleset says something else."""
    made = verify(small.conn, small.run)
    assert made["same"] and made["why"]["code"] == "same" and made["stock_same"]
    assert all(one["sealed"] == one["stored"] == one["again"] and one["rows"] for one in made["tables"].values())

    small.city.frames["enterprise_year"]["tax_wan"] *= 3
    small.city.frames["parcel"]["plan_far_max"] = 9.0
    write_city(small.city, tmp_path / "later.gpkg")
    later = ingest(small.conn, [tmp_path / "later.gpkg"], "landgis-template")
    assert later.stored.tables["enterprise_year"] and later.stored.tables["parcel"]
    newer = assess(small.conn, None, RULES, SAMPLE_DAY)["run"]
    monkeypatch.setattr(assessing, "load_ruleset", lambda code: pytest.fail(f"{code} was read from today's files"))

    again = verify(small.conn, small.run)
    assert again["same"] and again["tables"] == made["tables"]
    assert (
        newer != small.run
        and verify(small.conn, newer)["tables"]["triage"]["again"] != made["tables"]["triage"]["again"]
    )


def test_the_same_bytes_after_a_migration_and_a_new_version_of_its_rules(small, monkeypatch):
    """Three years on: what a run says has a column more, and a new ruleset asks 8 万元/亩 where the old one asked 5."""
    made = verify(small.conn, small.run)
    text = load_ruleset("dongyang-2021").text
    newer = parse_ruleset(
        text.replace('code = "dongyang-2021"', 'code = "dongyang-2024"\nsupersedes = ["dongyang-2021"]').replace(
            "[tax_line_wan_per_mu]\nvalue = 5", "[tax_line_wan_per_mu]\nvalue = 8"
        ),
        "dongyang-2024.toml",
    )
    rules = [newer if code == "dongyang-2021" else code for code in RULES]
    later = assess(small.conn, None, rules, SAMPLE_DAY)["run"]

    change(small, "ALTER TABLE land.triage ADD COLUMN confidence double precision")
    change(small, "UPDATE land.triage SET confidence = 0.5")
    with database.connect(small.admin_url) as admin:
        migrate(admin)  # the schema api is made again over the table as it is now
    monkeypatch.setitem(RESULTS, "triage", (*RESULTS["triage"], ("confidence", "number")))

    again = verify(small.conn, small.run)
    assert again["same"] and again["tables"] == made["tables"]
    by_new_rules = verify(small.conn, later)
    assert by_new_rules["same"] and by_new_rules["tables"]["finding"]["stored"] != made["tables"]["finding"]["stored"]


def test_a_run_that_an_older_program_sealed_is_given_again_byte_for_byte(small):
    """The seal stands where the older program would have left it; what does not match it is today's doing, and has to be declared."""
    with database.scoped(small.conn, database.ALL_PARKS):
        assert read_seal(small.conn, small.run)["snapshot"] == OLDER["snapshot"], (
            "This is not the stock that was sealed: the small city or the way it is read was changed."
            " Record the seal anew with a program that answers as the older one did."
        )
    assert {code: load_ruleset(code).sha256 for code in RULES} == OLDER["rulesets"], (
        "A ruleset that was used was edited."
    )
    change(small, "UPDATE land.run SET version = %s, result = %s", OLDER["version"], Jsonb(OLDER["result"]))
    found = verify(small.conn, small.run)

    again = {table: one["again"] for table, one in found["tables"].items()}
    assert again == {table: one["sealed"] for table, one in found["tables"].items()}, (
        f"Today's program does not answer as that of commit {OLDER['commit']} did, for the same stock and rules. If that is meant, name"
        f" it under Results in CHANGELOG.md, and put these hashes and your commit into tests/workflows/sealed.json: {again}"
    )
    assert found["same"] and found["why"]["code"] == "same"


def test_results_that_were_changed_since_are_found_out(small):
    change(small, "UPDATE land.triage SET answer = 'leave', gate = 6 WHERE answer = 'swap'")
    found = verify(small.conn, small.run)

    assert not found["same"] and found["why"]["code"] == "rows" and found["stock_same"]
    assert (
        found["tables"]["triage"]["sealed"] == found["tables"]["triage"]["again"] != found["tables"]["triage"]["stored"]
    )
    assert found["tables"]["finding"]["sealed"] == found["tables"]["finding"]["stored"]
    cells = {(one["column"], one["stored"], one["again"]) for one in found["differences"]}
    assert ("answer", "leave", "swap") in cells and {column for column, *_ in cells} == {"answer", "gate"}
    with database.connect(small.admin_url) as admin:
        swapped = admin.execute(
            "SELECT count(*) FROM land.triage WHERE answer = 'leave' AND freeable_m2 > 0"
        ).fetchone()[0]
    assert found["parcels"] == swapped > 0 and all(one["parcel_no"] for one in found["differences"])


def test_another_version_of_the_program_is_named_with_the_parcels_it_changed(small):
    """What an earlier program would have left: one answer otherwise, sealed as it stood."""
    change(
        small,
        "UPDATE land.triage SET reason = 'poor_once grade=D' WHERE parcel_id ="
        " (SELECT min(parcel_id) FROM land.triage WHERE answer = 'exit')",
    )
    with database.connect(small.admin_url) as admin, database.scoped(admin, database.ALL_PARKS):
        sealed = {
            table: seal(table, read_results(admin, table, small.run, columns), columns).as_dict()
            for table, columns in RESULTS.items()
        }
        admin.execute("UPDATE land.run SET version = '0.0.9', result = %s", [Jsonb(sealed)])
    found = verify(small.conn, small.run)

    assert (found["why"]["code"], found["version"], found["differ"], found["parcels"]) == ("version", "0.0.9", 1, 1)
    (one,) = found["differences"]
    assert (one["table"], one["column"], one["stored"]) == ("triage", "reason", "poor_once grade=D") and one[
        "parcel_no"
    ]


def test_a_run_from_before_the_seal_is_compared_by_its_rows(small):
    change(small, "UPDATE land.run SET result = NULL")
    change(small, "UPDATE land.triage SET modes = NULL, urgency = NULL, urgency_low = NULL, urgency_high = NULL")
    found = verify(small.conn, small.run)
    assert found["same"] and {one["sealed"] for one in found["tables"].values()} == {None}


def test_a_stock_that_is_not_the_one_that_was_read_is_said(small):
    change(small, "UPDATE land.parcel SET during = 'empty' WHERE id = (SELECT min(id) FROM land.parcel)")
    found = verify(small.conn, small.run)
    assert not found["stock_same"] and found["why"]["code"] == "stock"
    assert {one["column"] for one in found["differences"]} >= {"row"}


def test_the_order_in_which_rows_were_found_is_no_part_of_the_hash(small):
    columns = RESULTS["finding"]
    with database.scoped(small.conn, database.ALL_PARKS):
        rows = read_results(small.conn, "finding", small.run, columns)
    shuffled = rows.sample(frac=1, random_state=1)
    assert seal("finding", rows, columns) == seal("finding", shuffled, columns)
    assert seal("finding", rows, columns) != seal("finding", rows.assign(value=rows["value"] + 1e-12), columns)
