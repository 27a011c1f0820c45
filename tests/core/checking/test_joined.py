"""A parcel outlined in one layer and described in another is one parcel; nothing is lost, and what differs is told."""

import pandas as pd
import shapely
from given import rows

from landgis.core.checking.joined import joined, without_shape

SQUARE, OTHER = (
    shapely.MultiPolygon([shapely.box(117, 33, 117.001, 33.001)]),
    shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]),
)


def parcels(layer: str, *given: dict) -> pd.DataFrame:
    return rows("parcel", *({"park_code": "p1", **one} for one in given)).assign(source_layer=layer)


def firms(layer: str, *given: dict) -> pd.DataFrame:
    return rows("enterprise", *({"park_code": "p1", **one} for one in given)).assign(source_layer=layer)


def together(*of: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(of, ignore_index=True)


def test_figures_go_to_the_outline_of_their_number_whichever_was_read_first() -> None:
    figures = parcels("台账", {"parcel_no": "A", "cert_area_m2": 10_000, "town": "东镇"})
    outlines = parcels(
        "红线", {"parcel_no": "A", "geom": SQUARE, "owner_name": "甲"}, {"parcel_no": "B", "geom": SQUARE}
    )
    for both in (together(figures, outlines), together(outlines, figures)):
        found = joined({"parcel": both})
        one = found.frames["parcel"].set_index("parcel_no").loc["A"]
        assert (one["cert_area_m2"], one["town"], one["owner_name"], one["geom"]) == (10_000, "东镇", "甲", SQUARE)
        assert (len(found.frames["parcel"]), found.rows_joined) == (2, 1)
        assert [(issue.code, issue.layer) for issue in found.issues.itertuples()] == [("507-rows-joined", "台账")]
    assert both["cert_area_m2"].tolist()[0] != 10_000, "the frames that were given are as they were"


def test_where_two_know_it_and_differ_the_outline_is_kept_and_that_is_told() -> None:
    outlines = parcels("红线", {"parcel_no": "A", "geom": SQUARE, "cert_area_m2": 10_000, "owner_name": "甲"})
    figures = parcels("台账", {"parcel_no": "A", "cert_area_m2": 10_050, "owner_name": "乙"})  # 0.5 %: rounded
    found = joined({"parcel": together(outlines, figures)})
    assert found.frames["parcel"]["owner_name"].tolist() == ["甲"]
    told = found.issues[found.issues["code"] == "508-layers-differ"]
    assert told[["field", "raw"]].to_numpy().tolist() == [["owner_name", "甲"]] and "乙" in told["zh"].iloc[0]


def test_two_shapes_and_two_rows_of_one_layer_are_left_for_the_checks() -> None:
    shapes = together(
        parcels("红线", {"parcel_no": "A", "geom": SQUARE}), parcels("旧红线", {"parcel_no": "A", "geom": OTHER})
    )
    bare = parcels("台账", {"parcel_no": "B", "town": "东镇"}, {"parcel_no": "B", "town": "西镇"})
    for frame in (shapes, bare):
        found = joined({"parcel": frame})
        assert (len(found.frames["parcel"]), found.rows_joined, len(found.issues)) == (2, 0, 0)


def test_figures_alone_keep_the_shape_that_stands_and_all_they_do_not_tell() -> None:
    figures = parcels("台账", {"parcel_no": "A", "owner_name": "乙"}, {"parcel_no": "Z", "owner_name": "丙"})
    assert without_shape(figures)["parcel_no"].tolist() == ["A", "Z"]
    standing = parcels("红线", {"parcel_no": "A", "geom": SQUARE, "owner_name": "甲", "cert_area_m2": 10_000})
    found = joined({"parcel": figures}, {"parcel": standing})
    one, unknown = found.frames["parcel"].itertuples()
    assert (one.owner_name, one.cert_area_m2, one.geom, one.source_layer) == ("乙", 10_000, SQUARE, "台账")
    assert unknown.geom is None, "no outline anywhere: the checks refuse it"
    assert found.issues["code"].tolist() == ["509-shape-of-stock"] and "1 行" in found.issues["zh"].iloc[0]


def test_an_outline_or_a_name_alone_takes_nothing_away_from_what_stands() -> None:
    ledger = parcels("台账", {"parcel_no": "B", "geom": OTHER})  # it has a column of owners, and B's cell is empty
    outlines = together(parcels("红线", {"parcel_no": "A", "geom": OTHER}), ledger)
    old = parcels("旧", *({"parcel_no": one, "geom": SQUARE, "owner_name": "甲"} for one in "AB"))
    names = firms("2023年税收", {"uscc": "X", "name": "甲新名"})
    firm = firms("企业", {"uscc": "X", "name": "甲", "status": "stopped"})
    standing, telling = {"parcel": old, "enterprise": firm}, {("drawn.gpkg", "台账", "parcel")}
    found = joined({"parcel": outlines, "enterprise": names}, standing, telling)
    assert found.frames["parcel"][["owner_name", "geom"]].fillna("").to_numpy().tolist() == [["甲", OTHER], ["", OTHER]]
    assert found.frames["enterprise"][["name", "status"]].to_numpy().tolist() == [["甲新名", "stopped"]]
    assert found.issues["code"].tolist() == ["510-rest-stands"] * 2


def test_an_enterprise_of_several_sheets_is_one_and_of_several_rows_is_named_once() -> None:
    list_ = firms("企业", {"uscc": "X", "name": "甲", "status": "normal"})
    years = firms("2023年税收", {"uscc": "X", "name": "甲"}, {"uscc": "Y", "name": "乙"}, {"uscc": "Y", "name": "乙"})
    tax = rows("enterprise_year", *({"park_code": "p1", "uscc": one, "year": 2023} for one in "XYY"))
    frames = {"enterprise": together(list_, years), "enterprise_year": tax.assign(source_layer="2023年税收")}
    found = joined(frames)
    assert found.frames["enterprise"][["uscc", "name", "status"]].fillna("").to_numpy().tolist() == [
        ["X", "甲", "normal"], ["Y", "乙", ""],
    ]  # fmt: skip
    assert found.rows_joined == 0, "their rows still stand in the years"


def test_two_names_for_one_code_in_one_sheet_are_left_for_the_checks() -> None:
    found = joined({"enterprise": firms("企业", {"uscc": "X", "name": "甲"}, {"uscc": "X", "name": "乙"})})
    assert len(found.frames["enterprise"]) == 2
