"""What a page looks at a run by, over the wire: columns, filters that mean the same everywhere, classes, weights, scenarios."""

import csv
import gzip
import io
import json
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from collections import Counter
from email.message import Message
from pathlib import Path
from typing import Any

import geopandas as gpd
import openpyxl
import pytest

from landgis.store import database
from landgis.terms.codes import landuse_words
from landgis.terms.initials import initials

WANTED = (
    "answer IN ('exit', 'swap') AND area_m2 BETWEEN 5000 AND 40000 OR CASEI(search_text) LIKE '%slqy%' AND far < 0.5"
)


def ask(service, path: str, *, sent: Any = None, **headers: str) -> tuple[int, Message, bytes]:
    body = None if sent is None else json.dumps(sent).encode()
    kind = {} if sent is None else {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{service.url}{path}", body, {**kind, **headers})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def told(service, path: str, **asked: Any) -> Any:
    status, _, body = ask(service, f"{path}?{urllib.parse.urlencode(asked)}")
    assert status == 200, body.decode()
    return json.loads(body)


def opened(column: dict[str, Any]) -> list[Any]:
    """Unpack a column as a page does."""
    if "steps" in column:
        found, last = [], 0
        for step in column["steps"]:
            last += step
            found.append(last)
        return found
    if "texts" in column:
        return [None if at < 0 else column["texts"][at] for at in column["at"]]
    return column["values"]


def shown(service, wanted: str) -> list[dict[str, Any]]:
    return told(service, "/api/runs/1/parcels", filter=wanted, limit=1_000)["items"]


def test_columns_are_the_run(service) -> None:
    asked = "parcel_id,parcel_no,park_code,answer,grade,idle_state,suspected,tests,total,rank,area_m2,place,enterprises"
    answer = told(service, "/api/runs/1/columns", names=asked)
    items = shown(service, "")
    columns = {name: opened(column) for name, column in answer["columns"].items() if name != "place"}
    assert answer["parcels"] == len(items) == 600
    for name, values in columns.items():
        assert values == [item[name] for item in items], name
    assert set(told(service, "/api/runs/1/columns")["columns"]) == {"parcel_id", "park_code", "answer", "area_m2"}
    lon, lat = (opened(answer["columns"]["place"][name]) for name in ("lon", "lat"))
    for x, y, item in zip(lon, lat, items, strict=True):
        west, south, east, north = item["bbox"]
        assert west - 1e-6 <= x / 1e6 <= east + 1e-6 and south - 1e-6 <= y / 1e6 <= north + 1e-6


def test_columns_come_compressed_and_once(service) -> None:
    status, headers, body = ask(service, "/api/runs/1/columns", **{"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert json.loads(gzip.decompress(body))["parcels"] == 600
    assert len(body) / 600 < 50, "bytes a parcel: 20 000 of them stay under 1 MB"
    status, _, body = ask(service, "/api/runs/1/columns", **{"If-None-Match": headers["ETag"]})
    assert (status, body) == (304, b"")


def test_a_field_nobody_has_is_refused(service) -> None:
    for path in (
        "columns?names=answer,password",
        "parcels?sort=password",
        "classes?field=password",
        "parcels?filter=password=1",
    ):
        status, _, body = ask(service, f"/api/runs/1/{path}")
        assert status == 422 and json.loads(body)["what"]["zh"], path


def test_one_filter_means_the_same_in_the_answer_and_in_every_file(service, tmp_path: Path) -> None:
    items = shown(service, WANTED)
    numbers = sorted((item["park_code"], item["parcel_no"]) for item in items)
    assert 0 < len(numbers) < 600
    query = urllib.parse.urlencode({"filter": WANTED})

    def file(kind: str) -> bytes:
        status, _, body = ask(service, f"/api/runs/1/ledger.{kind}?{query}")
        assert status == 200
        return body

    rows = list(csv.reader(io.StringIO(file("csv").decode("utf-8-sig"))))
    assert sorted((row[0], row[1]) for row in rows[1:]) == numbers
    book = openpyxl.load_workbook(io.BytesIO(file("xlsx")), read_only=True)
    assert sorted((row[0], row[1]) for row in book["台账"].iter_rows(min_row=2, values_only=True)) == numbers
    assert WANTED in [row[1] for row in book["说明"].iter_rows(values_only=True)]
    for kind in ("gpkg", "gdb.zip", "zip"):
        path = tmp_path / f"ledger.{kind}"
        path.write_bytes(file(kind))
        read = gpd.read_file(path)
        park = "park" if kind == "zip" else "park_code"
        assert sorted(zip(read[park], read["parcel_no"], strict=True)) == numbers
        assert read.geometry.is_valid.all() and read.crs.to_epsg() == 4490
    with zipfile.ZipFile(tmp_path / "ledger.zip") as packed:
        assert WANTED in packed.read("fields.txt").decode()
        assert packed.read("ledger.cpg") == b"UTF-8"


def test_a_filter_is_narrowed_by_park_and_answer(service) -> None:
    every = Counter((item["park_code"], item["answer"]) for item in shown(service, ""))
    (park, answer), count = every.most_common(1)[0]
    found = told(service, "/api/runs/1/parcels", park=park, answer=answer, filter="gate >= 0 OR gate < 0", limit=1_000)
    assert len(found["items"]) == count


def test_pages_follow_each_other(service) -> None:
    found, after = [], None
    while True:
        page = told(service, "/api/runs/1/parcels", sort="-area_m2", limit=250, **({"after": after} if after else {}))
        found += [item["area_m2"] for item in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(found) == 600 and found == sorted(found, reverse=True)


def test_search_knows_initials_and_credit_codes(service) -> None:
    item = next(one for one in shown(service, "") if one["uscc"] and one["enterprises"])
    code = item["uscc"].split("；")[0]
    hits = told(service, "/api/runs/1/search", q=code)["items"]
    assert item["parcel_id"] in {hit["parcel_id"] for hit in hits}
    typed = initials(item["enterprises"].split("；")[0])
    hits = told(service, "/api/runs/1/search", q=typed, limit=100)["items"]
    assert item["parcel_id"] in {hit["parcel_id"] for hit in hits}


def test_classes_part_the_known_values(service) -> None:
    for method in ("quantile", "jenks", "equal"):
        found = told(service, "/api/runs/1/classes", field="area_m2", method=method, count=5)
        areas = [item["area_m2"] for item in shown(service, "")]
        assert len(found["bounds"]) == 5 and found["bounds"][-1] == max(areas) and found["least"] == min(areas)
    assert ask(service, "/api/runs/1/classes?field=answer")[0] == 422


def test_weights_give_back_the_official_totals(service) -> None:
    found = told(service, "/api/runs/1/weights")
    subjects = found["subjects"]
    for row, total in enumerate(subjects["total"]):
        scores = [column[row] for column in subjects["scores"] if column[row] is not None]
        assert sum(scores) + subjects["extra"][row] == pytest.approx(total, abs=1e-4)
    by_id = told(service, "/api/runs/1/columns", names="parcel_id,total,rank")["columns"]
    totals = opened(by_id["total"])
    for place, subject in enumerate(found["parcels"]):
        assert (totals[place] is None) == (subject < 0)
        if subject >= 0:
            assert totals[place] == pytest.approx(subjects["total"][subject], abs=1e-4)
    assert any(subject >= 0 for subject in found["parcels"])


def test_a_scenario_is_kept_once_and_only_of_what_there_is(service) -> None:
    population = next(one for one in told(service, "/api/runs/1/weights")["populations"])
    first = population["indicators"][0]["measure"]
    path = "/api/runs/1/scenarios"
    good = {"name": "税收优先", "weights": {population["code"]: {first: 1.0}}}
    status, _, body = ask(service, path, sent=good)
    assert status == 201 and json.loads(body)["name"] == "税收优先"
    assert ask(service, path, sent=good)[0] == 409
    assert [one["weights"] for one in told(service, path)] == [good["weights"]]
    for weights in (
        {"nobody": {first: 1}},
        {population["code"]: {"nothing": 1}},
        {population["code"]: {first: -1}},
        {},
    ):
        assert ask(service, path, sent={"name": "x", "weights": weights})[0] == 422
    assert ask(service, path, sent=good | {"name": " "})[0] == 422
    assert ask(service, path, sent=good | {"name": "y"}, Origin="http://elsewhere.example")[0] == 403
    assert ask(service, "/api/runs/77/scenarios", sent=good)[0] == 404


def test_land_uses_that_occur_are_told_in_the_words_of_their_scheme(service, sample):
    def uses():
        return next(one for one in told(service, "/api/runs/1/fields") if one["name"] == "landuse_code")["codes"]

    found = uses()
    assert set(found) == {"1001", "100101", "100102", "100103"}
    assert found["1001"]["zh"] == "1001 铁路用地"  # planted: the parcel's scheme is GB/T 21010
    assert found["100102"] == {"zh": "100102 二类工业用地", "en": "100102 industrial, class 2"}
    with database.connect(sample.admin_url) as sql:
        one, other = sql.execute("SELECT id FROM land.parcel ORDER BY id LIMIT 2").fetchall()
    for language, words in (("zh", "类工业用地"), ("en", "industrial, class")):
        why = told(service, f"/api/runs/1/parcels/{one[0]}")["parcel"]
        assert words in why["landuse_title"][language] and why["landuse_scheme_title"]["zh"] == "用地用海分类"
        _, _, paper = ask(service, f"/api/runs/1/parcels/{other[0]}/dossier.html?lang={language}")
        assert paper.decode().count(words) >= 2  # the present use and the planned one


def test_a_cell_with_a_code_says_it_in_words(service) -> None:
    whole = told(service, "/api/runs/1/parcels/1")
    cells = {cell["column"]: cell for fact in whole["facts"] for cell in fact["cells"]}
    assert (
        cells["plan_code"]["said"]["zh"]
        == f"{cells['plan_code']['value']} {landuse_words(cells['plan_code']['value'], 'ydyh-2023').zh}"
    )
    assert (cells["build_status"]["value"], cells["build_status"]["said"]) == ("built", {"zh": "已建", "en": "built"})
    assert cells["industry_scheme"]["said"]["en"] == "GB/T 4754-2017"
    assert cells["geom"]["said"]["en"] and "_" not in cells["geom"]["key"], "a zone is called by its layer's words"
    assert cells["tax_wan"]["said"] is None
