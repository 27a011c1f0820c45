"""Units, codes and refusals: the words everybody speaks."""

from fractions import Fraction

import pandas as pd
import pytest

from landgis.terms.codes import are_credit_codes, is_credit_code, is_industrial, is_parcel_code, is_unit_code
from landgis.terms.errors import InputError, Words
from landgis.terms.units import FACTORS, M2_PER_MU, factor, hectares, mu

CREDIT_CODES = [
    "914403001922038216",
    "9144030071526726XG",
    "91330100799655058B",
    "91440300192317458F",
    "91350900587527783P",
]


def test_a_mu_is_two_thousand_thirds_of_a_square_metre_and_fifteen_make_a_hectare():
    assert Fraction(2000, 3) == M2_PER_MU and M2_PER_MU * 15 == 10_000
    assert mu(77_037) == pytest.approx(115.5555) and hectares(77_037) == pytest.approx(7.7037)


@pytest.mark.parametrize(
    ("unit", "in_ours"),
    [("mu", 2000 / 3), ("ha", 10_000), ("sqft", 0.09290304), ("us_survey_sqft", 0.0929034116), ("yuan", 1e-4)],
)
def test_a_unit_of_a_file_in_ours(unit, in_ours):
    assert factor(unit) == pytest.approx(in_ours, rel=1e-9)


def test_a_unit_we_do_not_know_is_refused_and_never_assumed():
    with pytest.raises(InputError) as refusal:
        factor("acre")
    assert all(unit in str(refusal.value) for unit in FACTORS)


@pytest.mark.parametrize("code", CREDIT_CODES)
def test_real_credit_codes_pass_and_one_changed_sign_fails(code):
    assert is_credit_code(code) and are_credit_codes(pd.Series([code])).tolist() == [True]
    for place, sign in enumerate(code):
        changed = code[:place] + ("1" if sign != "1" else "2") + code[place + 1 :]
        assert not is_credit_code(changed)


@pytest.mark.parametrize("letter", "IOSVZ")
def test_letters_that_look_like_digits_are_in_no_credit_code(letter):
    assert not is_credit_code(CREDIT_CODES[1][:-1] + letter)


@pytest.mark.parametrize(
    ("code", "is_right"),
    [
        ("320506001001GB00012W00000000", True),  # GB/T 37346-2019: nothing stands on it
        ("320506001001GB00012F00010001", True),  # a building
        ("320506001001GB00012W00000001", False),  # W is followed by eight zeros
        ("320506001001GB00012", False),  # that is the parcel code only
        ("320506001001XB00012W00000000", False),  # no such kind of ownership
    ],
)
def test_a_real_estate_unit_code_by_its_form(code, is_right):
    assert is_unit_code(code) is is_right
    assert is_parcel_code(code[:19]) is (code[12] != "X")


@pytest.mark.parametrize(
    ("code", "scheme", "answer"),
    [
        ("1001", "ydyh-2023", True),  # 自然资发〔2023〕234号: industrial ...
        ("1001", "gbt21010-2017", False),  # ... and the same sign is a railway in GB/T 21010-2017
        ("0601", "gbt21010-2017", True),
        ("M1", "gb50137-2011", True),
        ("R2", "gb50137-2011", False),
        ("1001", None, None),  # without its scheme a code says nothing
        ("1001", "nobody's", None),
    ],
)
def test_a_land_use_code_means_something_in_its_scheme_only(code, scheme, answer):
    assert is_industrial(code, scheme) is answer


def test_a_refusal_says_what_where_why_and_how_to_mend_it_in_both_languages():
    refusal = InputError(
        Words("坐标可能属于两个带。", "The coordinates fit two zones."),
        at="GYYD.shp",
        why=Words("缺带号。", "There is no zone prefix."),
        mend=Words("补上 .prj。", "Add the .prj."),
    )
    assert refusal.text("zh").splitlines() == [
        "坐标可能属于两个带。",
        "  位置: GYYD.shp",
        "  原因: 缺带号。",
        "  处理: 补上 .prj。",
    ]
    assert refusal.text("en").splitlines()[0] == "The coordinates fit two zones." and "mend: Add the .prj." in str(
        refusal
    )
    assert refusal.as_dict()["kind"] == "input" and refusal.as_dict()["at"] == "GYYD.shp"
