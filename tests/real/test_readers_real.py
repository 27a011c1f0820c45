"""Real files through reading, conforming and checking: every row is kept or in the list of issues, and the counts are known."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
import shapely
from given import looked_through

from landgis.core.checking.quality import Checked
from landgis.readers.conform import Conformed, conform
from landgis.readers.files import read_layers
from landgis.readers.profiles import load_profile

DATA = Path(__file__).parents[2] / "../shared/data"
NYC = DATA / "nyc-ibz-mappluto"
CAMBRIDGE = DATA / "cambridge-ma-fy2014"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real parcels (../shared/data) are not on this machine"),
]


@dataclass(frozen=True)
class Taken:
    given: Conformed
    checked: Checked

    @property
    def issues(self) -> pd.DataFrame:
        return pd.concat([self.given.issues, self.checked.issues], ignore_index=True)

    def counts(self, table: str) -> dict[str, int]:
        return dict(Counter(self.issues.loc[self.issues["table_name"] == table, "code"]))


def take(profile: str, *files: Path) -> Taken:
    given = conform([layer for file in files for layer in read_layers(file)], load_profile(profile))
    return Taken(given, looked_through(given.frames))


def assert_nothing_lost(taken: Taken, table: str, rows_in: int) -> None:
    stored = set(taken.checked.frames[table]["source_row"])
    issues = taken.issues
    refused = set(issues.loc[(issues["table_name"] == table) & (issues["severity"] == "refused"), "row"])
    assert not stored & refused
    assert len(stored) + len(refused) == rows_in


def test_new_york() -> None:
    taken = take("nyc-pluto", NYC / "nyc_ibz_lots.gpkg")
    assert taken.given.rows_in == 2410
    assert_nothing_lost(taken, "parcel", 2410)
    parcel, building = taken.checked.frames["parcel"], taken.checked.frames["building"]
    assert parcel["park_code"].value_counts().to_dict() == {
        "nyc-north-brooklyn": 1249,
        "nyc-maspeth": 813,
        "nyc-port-morris": 348,
    }
    assert (parcel["build_status"] == "unbuilt").sum() == 141
    assert parcel["landuse_code"].isna().sum() == 154
    assert len(building) == 1996
    # Lots of Shape_Area square feet; the sum of the drawn areas holds the change of system to one part in ten thousand.
    assert parcel["cert_area_m2"].sum() == pytest.approx(30_042.2896 * 2410 * 0.09290304, rel=1e-6)
    assert taken.counts("parcel") == {
        "304-placeholder": 24,
        "318-area-differs": 715,
        "409-sliver": 23,  # lots between 0.1 and 1 m wide
        "410-gap": 6,
    }
    assert taken.counts("building") == {"304-placeholder": 452}


@pytest.mark.parametrize(("name", "lots"), [("nyc_ibz_lots_4326.geojson", 2410), ("port_morris_lots_shp.zip", 348)])
def test_new_york_is_the_same_in_other_formats(name: str, lots: int) -> None:
    taken, other = take("nyc-pluto", NYC / "nyc_ibz_lots.gpkg"), take("nyc-pluto", NYC / name)
    one = taken.checked.frames["parcel"].set_index("parcel_no")
    two = other.checked.frames["parcel"].set_index("parcel_no")
    assert len(two) == lots
    one = one.loc[two.index]
    # The GeoJSON is rounded to a centimetre, which is much for a sliver of a lot.
    apart_m2 = (two["geom_area_m2"] - one["geom_area_m2"]).abs()
    assert ((apart_m2 < 1e-3 * one["geom_area_m2"]) | (apart_m2 < 5)).all()
    same = ["landuse_code", "owner_name", "location", "assessed_value", "cert_area_m2", "plan_far_max", "park_code"]
    pd.testing.assert_frame_equal(one[same], two[same])


def test_cambridge_with_the_assessors_rows() -> None:
    taken = take("cambridge-fy2014", CAMBRIDGE / "ASSESSING_ParcelsFY2014.topojson", CAMBRIDGE / "TaxFY14.csv")
    assert taken.given.rows_in == 13_116 + 27_528
    assert_nothing_lost(taken, "parcel", 13_116)
    assert_nothing_lost(taken, "building", 27_528)
    parcel = taken.checked.frames["parcel"]
    counts = taken.counts("parcel")
    assert counts["301-missing"] == 1, "one parcel has no number"
    assert counts["317-duplicate-differs"] == 79, "80 second rows of a number; one of them is the empty shape"
    assert counts["401-no-shape"] == 1
    assert counts["404-repaired"] + counts["405-not-repairable"] == 37, "37 invalid polygons"
    # 12 983 rows of the layer have a tax row; 8 of them are second rows of a number or without shape.
    assert parcel["landuse_code"].notna().sum() == 12_975
    assert shapely.is_valid(parcel["geom"].to_numpy()).all()


def test_guangdong_has_contracts_without_parcels() -> None:
    taken = take("guangdong-supply", DATA / "guangdong-land-supply/DataSupplyResultDetail.csv")
    assert taken.given.rows_in == 1838
    assert_nothing_lost(taken, "contract", 1838)
    contract = taken.checked.frames["contract"]
    assert contract["started_on"].isna().sum() == 950
    assert contract["agreed_far_min"].max() <= 7.3
    assert taken.counts("contract") == {
        "304-placeholder": 258 + 152,  # prices of 0 to 0.001 万元; floor-area ratios of 0
        "314-date-order": 7,
        "322-crossed": 3,
        "501-parcel-unknown": 1838,
    }


def test_naoshima_has_a_sheet_a_hundred_kilometres_away() -> None:
    taken = take("naoshima", DATA / "kagawa-naoshima-parcels/naoshima_parcels.gpkg")
    assert taken.given.rows_in == 8390
    assert_nothing_lost(taken, "parcel", 8390)
    counts = taken.counts("parcel")
    assert counts["407-far-away"] == 418
    assert counts["404-repaired"] == 46
    assert set(counts) == {"404-repaired", "406-overlap", "407-far-away", "409-sliver", "410-gap"}
    far = taken.issues[taken.issues["code"] == "407-far-away"]
    assert pd.to_numeric(far["raw"]).between(140, 190).all()
