"""The sample city: is it a city, is it the same city every time, and is everything found that was planted, and nothing else?"""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from landgis.core.judging.activity import activity
from landgis.core.judging.idle import idle_by_parcel, idle_findings, idle_land
from landgis.core.judging.inefficient import low_efficiency
from landgis.core.judging.measure import parcel_measures
from landgis.core.judging.performance import grade
from landgis.core.judging.triage import parcel_grades, triage
from landgis.sample import City, make_city, write_city
from landgis.sample.__main__ import main
from landgis.sample.columns import credit_codes
from landgis.sample.fabric import Fabric, draw_fabric
from landgis.sample.records import IN_FULL
from landgis.terms.codes import is_credit_code, is_parcel_code, is_unit_code
from landgis.terms.crs import ellipsoid_area_m2
from landgis.terms.errors import InputError
from landgis.terms.frames import STOCK, Stock, Table
from landgis.terms.rulereader import load_ruleset
from landgis.terms.units import hectares

ON = date(2026, 11, 23)
PLACE = (115.2, 33.0)
TYPES = {
    "text": "str",
    "number": "float64",
    "integer": "Int64",
    "date": "datetime64[s]",
    "boolean": "boolean",
    "texts": "object",
}


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(seed=1, on=ON, origin=PLACE)


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return draw_fabric(np.random.default_rng(1), 600, 4, PLACE)


def test_the_same_seed_makes_the_same_city_and_another_seed_another(city: City) -> None:
    again, other = make_city(seed=1, on=ON, origin=PLACE), make_city(seed=2, on=ON, origin=PLACE)
    for table in STOCK:
        pd.testing.assert_frame_equal(city.frames[table.name], again.frames[table.name])
    pd.testing.assert_frame_equal(city.answers, again.answers)
    assert not city.frames["parcel"]["geom_area_m2"].equals(other.frames["parcel"]["geom_area_m2"])


def test_it_has_as_many_parcels_as_asked_for_in_four_parks(city: City) -> None:
    parcels = city.frames["parcel"]
    assert len(parcels) == 600
    assert sorted(parcels["park_code"].unique()) == ["S01", "S02", "S03", "S04"]
    assert not parcels.duplicated(["park_code", "parcel_no"]).any()


@pytest.mark.parametrize("parcels", [401, 997, 3000])
def test_any_number_of_parcels_is_met_exactly(parcels: int) -> None:
    assert len(draw_fabric(np.random.default_rng(3), parcels, 4, PLACE).parcels) == parcels


def test_parcels_do_not_overlap_and_fill_their_blocks(fabric: Fabric) -> None:
    left, right = shapely.STRtree(fabric.parcels).query(fabric.parcels, predicate="intersects")
    pairs = left < right
    shared = shapely.intersection(fabric.parcels[left[pairs]], fabric.parcels[right[pairs]])
    assert ellipsoid_area_m2(shared).max() < 0.001
    filled = np.bincount(fabric.pieces.block, ellipsoid_area_m2(fabric.parcels))
    blocks = ellipsoid_area_m2(fabric.blocks)
    # A block's side is one long geodesic, its parcels' sides are many short ones: the sliver between them is all that may be left.
    assert (np.abs(filled - blocks) / blocks).max() < 3e-6


def test_blocks_are_apart_by_a_road(fabric: Fabric) -> None:
    east_west_m = 111_320 * np.cos(np.radians(PLACE[1]))
    flat = shapely.transform(fabric.blocks, lambda lonlat: lonlat * [east_west_m, 110_900])
    tree = shapely.STRtree(flat)
    nearest = [
        min(flat[b].distance(flat[c]) for c in tree.query(flat[b].buffer(200)) if c != b) for b in range(len(flat))
    ]
    assert min(nearest) > 19
    assert max(nearest) < 42


def test_corners_that_meet_a_long_side_lie_on_it(fabric: Fabric) -> None:
    """A T-junction: the neighbour's corner is on our side, though we have no corner there."""
    corners = np.unique(shapely.get_coordinates(fabric.parcels[fabric.pieces.block == 0]), axis=0)
    points, rings = shapely.points(corners), shapely.boundary(fabric.parcels[fabric.pieces.block == 0])
    apart = shapely.distance(points[:, None], rings[None, :])
    meets, touches = apart == 0, apart < 1e-12  # degrees; 1e-12 is a ten-thousandth of a millimetre
    assert (touches | (apart > 1e-6)).all()
    assert meets.sum() <= touches.sum()


def test_sizes_and_forms_are_those_of_a_park(fabric: Fabric) -> None:
    area_ha = hectares(1.0) * ellipsoid_area_m2(fabric.parcels)
    assert shapely.is_valid(fabric.parcels).all()
    assert area_ha.min() > 0.3
    assert area_ha.max() < 12
    assert np.mean(area_ha) > np.median(area_ha)  # skewed to the right
    corners = shapely.get_num_coordinates(fabric.parcels) - 1
    assert 0.02 < np.mean(fabric.pieces.notch >= 0) < 0.10  # L
    assert 0.10 < np.mean(corners == 5) < 0.40  # a corner cut off where roads meet


def test_buildings_stand_inside_their_parcels(city: City) -> None:
    buildings, parcels = city.frames["building"], city.frames["parcel"]
    ours = parcels.set_index(["park_code", "parcel_no"])["geom"]
    grounds = ours.loc[list(zip(buildings["park_code"], buildings["parcel_no"], strict=True))].to_numpy()
    assert shapely.covers(grounds, buildings["geom"].to_numpy()).all()


def test_codes_are_right_in_form_and_belong_to_no_county(city: City) -> None:
    codes = city.frames["enterprise"]["uscc"]
    assert codes.is_unique
    assert all(map(is_credit_code, codes))
    assert (codes.str[2:8] == "000000").all()
    parcels = city.frames["parcel"]
    assert all(map(is_parcel_code, parcels["zddm"]))
    assert all(map(is_unit_code, parcels["bdcdyh"]))
    assert parcels["zddm"].is_unique
    assert (parcels["bdcdyh"].str[:19] == parcels["zddm"]).all()
    assert (parcels["zddm"].str[:6] == "000000").all()


def test_both_check_characters_are_made_for_any_serial() -> None:
    assert all(map(is_credit_code, credit_codes(np.array([0, 1, 7, 12_345_678, 99_999_999]))))


@pytest.mark.parametrize("table", STOCK, ids=lambda table: table.name)
def test_frames_are_what_the_terms_say(city: City, table: Table) -> None:
    frame = city.frames[table.name]
    assert list(frame.columns) == [column.name for column in table.columns]
    assert not frame.duplicated(list(table.key)).any()
    for column in table.columns:
        values = frame[column.name]
        known = values.dropna()
        if column.kind == "geometry":
            assert shapely.is_valid(known.to_numpy()).all()
        else:
            assert str(values.dtype) == TYPES[column.kind], column.name
        assert not (column.required and len(known) < len(values)), column.name
        assert not column.domain or set(known) <= set(column.domain), column.name
        for bound, holds in (
            (column.minimum, lambda b, k=known: (k >= b).all()),
            (column.maximum, lambda b, k=known: (k <= b).all()),
            (column.above, lambda b, k=known: (k > b).all()),
        ):
            assert bound is None or holds(bound), column.name


def test_rows_refer_to_what_is_there(city: City) -> None:
    stock = city.stock()
    for rows in (stock.contract, stock.building, stock.parcel_use):
        assert rows["parcel_id"].isin(stock.parcel.index).all()
    for rows in (stock.parcel_use, stock.enterprise_year, stock.enterprise_month):
        assert rows["enterprise_id"].isin(stock.enterprise.index).all()


def test_money_and_people_fit_each_other(city: City) -> None:
    years = city.frames["enterprise_year"]
    assert (years["tax_wan"].isna() | (years["tax_wan"] < years["revenue_wan"])).all()
    assert (years["value_added_wan"].isna() | (years["value_added_wan"] < years["revenue_wan"])).all()
    assert (years["energy_tce"].dropna() > 0).all()
    assert years.groupby("uscc").size().max() == 10
    assert city.frames["enterprise_month"].groupby("uscc").size().max() == 24


def test_who_uses_the_land_is_mostly_one_firm_sometimes_several_and_some_firms_have_several_parcels() -> None:
    city = make_city(parcels=4000, seed=5, on=ON, origin=PLACE)
    uses, parcels = city.frames["parcel_use"], city.frames["parcel"]
    several = uses.groupby(["park_code", "parcel_no"]).size().gt(1).sum() / len(parcels)
    of_a_pair = parcels.duplicated(["park_code", "owner_uscc"], keep=False).mean()
    assert 0.07 < several < 0.13
    assert 0.03 < of_a_pair < 0.08
    rented = uses[uses["role"] == "tenant"].groupby(["park_code", "parcel_no"])["area_m2"].sum()
    owned = uses[uses["role"] == "owner"].set_index(["park_code", "parcel_no"])["area_m2"].reindex(rented.index)
    assert (rented < owned).all()


def test_everything_is_visibly_made(city: City) -> None:
    assert city.frames["park"]["name"].str.startswith("示例园区").all()
    planted = city.answers["uscc"]
    others = city.frames["enterprise"][~city.frames["enterprise"]["uscc"].isin(planted)]
    assert others["name"].str.startswith("示例企业").all()


def test_the_file_holds_a_layer_for_every_table(city: City, tmp_path: Path) -> None:
    path = tmp_path / "城市.gpkg"
    write_city(city, path)
    assert sorted(name for name, _ in pyogrio.list_layers(path)) == sorted(table.name for table in STOCK)
    for table in STOCK:
        info = pyogrio.read_info(path, layer=table.name)
        assert info["features"] == len(city.frames[table.name])
        assert list(info["fields"]) == [column.name for column in table.columns if column.kind != "geometry"]
        assert info["crs"] in (None, "EPSG:4490")
    assert [item.name for item in tmp_path.iterdir()] == ["城市.gpkg"]


def test_a_file_is_not_replaced_by_half_a_city(city: City, tmp_path: Path) -> None:
    path = tmp_path / "city.gpkg"
    path.write_text("an older city")
    broken = City(city.frames | {"demand": pd.DataFrame()}, city.answers, ON)
    with pytest.raises(KeyError):
        write_city(broken, path)
    assert path.read_text() == "an older city"
    assert [item.name for item in tmp_path.iterdir()] == ["city.gpkg"]


def test_the_command_makes_a_city_or_says_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "city.gpkg"
    options = ["--seed", "4", "--on", "2026-11-23", "-o", str(path)]
    assert main(["--parcels", "600", *options, "--answers", str(tmp_path / "answers.csv")]) == 0
    assert pyogrio.read_info(path, layer="parcel")["features"] == 600
    assert main(["--parcels", "20", *options]) == 1
    assert "too few parcels" in capsys.readouterr().err


def _assess(stock: Stock, on: date, *, in_full: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Findings, and triage, of a stock: what the workflow does, without a database.

    A city drawn in brief has no months and no balance sheets: whether its firms work is not asked.
    """
    idle_rules, low, performance, gates, industries = map(
        load_ruleset, ("cn-idle-2012", "dongyang-2021", "huangyan-2022", "cn-triage", "cn-industries")
    )
    measures = parcel_measures(stock, on, industries)
    status, delays = stock.parcel["build_status"], stock.contract_delay
    idle = idle_land(stock.contract, idle_rules, on, build_status=status, delays=delays)
    by_parcel = idle_by_parcel(idle, stock.parcel)
    tests = [idle_findings(idle, by_parcel, idle_rules), low_efficiency(measures, low, by_parcel["idle"])]
    if in_full:
        tests.append(activity(stock, measures, load_ruleset("cn-zombie"), on).findings)
    findings = pd.concat(tests, ignore_index=True)
    last, before = (
        parcel_grades(grade(stock, performance, on, year=on.year - ago, measures=measures), measures) for ago in (1, 2)
    )
    return findings, triage(measures, findings, gates, idle=by_parcel, grades=last, grades_before=before)


def _key(rows: pd.DataFrame, parcels: pd.DataFrame) -> list[str]:
    found = parcels.loc[rows["parcel_id"]]
    return (found["park_code"] + " " + found["parcel_no"]).tolist()


@pytest.mark.parametrize(
    ("seed", "parcels", "parks", "on", "origin"),
    [
        (1, 600, 4, ON, PLACE),
        (2, 400, 4, date(2023, 3, 31), (104.0, -30.5)),
        (3, 600, 1, date(2028, 2, 29), PLACE),  # a year from 29 February ends on 28 February
        (4, 25_000, 4, ON, (87.6, 43.8)),  # drawn in brief
    ],
)
def test_every_plant_is_found_and_nothing_else(
    seed: int, parcels: int, parks: int, on: date, origin: tuple[float, float]
) -> None:
    city = make_city(seed=seed, parcels=parcels, parks=parks, on=on, origin=origin)
    stock, answers = city.stock(), city.answers
    in_full = parcels <= IN_FULL
    findings, triaged = _assess(stock, on, in_full=in_full)
    odd = findings[findings["finding"] != "clear"]
    found = set(zip(_key(odd, stock.parcel), odd["test"], odd["finding"], odd["article"], strict=True))
    named = answers[(answers["test"] != "") & (in_full | (answers["ruleset"] != "cn-zombie"))]
    planted = set(
        zip(
            named["park_code"] + " " + named["parcel_no"],
            named["test"],
            named["finding"],
            named["article"],
            strict=True,
        )
    )
    assert found == planted
    expected = {
        f"{row.park_code} {row.parcel_no}": (row.answer, row.gate, row.track) for row in answers.itertuples(index=False)
    }
    answered = zip(triaged["answer"], triaged["gate"], triaged["track"].fillna(""), strict=True)
    given = dict(zip(_key(triaged, stock.parcel), answered, strict=True))
    leave = ("leave", 6, "")
    assert {key: said for key, said in given.items() if said != expected.get(key, leave)} == {}
    assert expected.keys() <= given.keys()


def test_a_park_assessed_alone_gets_the_same_answers(city: City) -> None:
    everywhere, alone = (_assess(stock, ON)[1].set_index("parcel_id") for stock in (city.stock(), city.stock("S02")))
    pd.testing.assert_series_equal(everywhere["answer"].loc[alone.index], alone["answer"])


@pytest.mark.parametrize(
    "name",
    [
        "<img src=x onerror=alert(1)>",
        "示例企业</script><script>alert(1)</script>",
        "示例企业`${alert(1)}`",
        "示例企业𠀀𠮷𪚥",
    ],
)
def test_hostile_names_are_in_the_city(city: City, name: str) -> None:
    assert name in set(city.frames["parcel"]["owner_name"])


def test_one_name_has_a_hundred_characters(city: City) -> None:
    assert city.frames["enterprise"]["name"].str.len().max() == 100


@pytest.mark.parametrize("wrong", [{"parcels": 50}, {"parks": 0}, {"origin": (33.0, 115.2)}])
def test_a_city_that_cannot_be_made_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        make_city(**({"seed": 1, "on": ON, "origin": PLACE} | wrong))
