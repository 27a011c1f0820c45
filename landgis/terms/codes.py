"""Credit code, real-estate unit code, (land-use code, scheme), industry code."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from stdnum.cn import uscc

from landgis.terms.errors import Words

_UNIT_CODE: Final = re.compile(r"\d{6}\d{3}\d{3}[GJZ][ABSXCDEFHGWY]\d{5}(?:[FLQ]\d{8}|W0{8})")
_PARCEL_CODE: Final = re.compile(r"\d{6}\d{3}\d{3}[GJZ][ABSXCDEFHGWY]\d{5}")
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_CREDIT_SIGNS: Final = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_SIGNS: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

#: Industrial and warehouse codes of each scheme. The scheme is part of the code: 1001 is industrial in ``ydyh-2023``
#: and a railway in ``gbt21010-2017``. Sources: 自然资发〔2023〕234号; GB/T 21010-2017; 三调工作分类; GB 50137-2011.
INDUSTRIAL: Final[dict[str, tuple[str, ...]]] = {
    "ydyh-2023": ("1001", "1101", "1102"),
    "gbt21010-2017": ("0601", "0604"),
    "sandiao-2019": ("0601", "0508"),
    "gb50137-2011": ("M1", "M2", "M3", "M0", "W1", "W2", "W3"),
}

#: The schemes in which we know what a code means.
SCHEME: Final[Mapping[str, Words]] = {
    "ydyh-2023": Words("用地用海分类", "land and sea use 2023"),
    "gbt21010-2017": Words("GB/T 21010-2017", "GB/T 21010-2017"),
    "sandiao-2019": Words("三调工作分类", "third land survey"),
    "gb50137-2011": Words("GB 50137-2011", "GB 50137-2011"),
    "nyc-landuse": Words("MapPLUTO LandUse", "MapPLUTO LandUse"),
}
#: The editions of the national classification of industries.
EDITION: Final[Mapping[str, Words]] = {
    f"gbt4754-{year}": Words(f"国民经济行业分类 GB/T 4754-{year}", f"GB/T 4754-{year}") for year in (2011, 2017)
}
_INDUSTRY_3: Final = (
    Words("一类工业用地", "industrial, class 1"), Words("二类工业用地", "industrial, class 2"),
    Words("三类工业用地", "industrial, class 3"),
)  # fmt: skip
_STORAGE_3: Final = (
    Words("一类物流仓储用地", "logistics and storage, class 1"), Words("二类物流仓储用地", "logistics and storage, class 2"),
    Words("三类物流仓储用地", "logistics and storage, class 3"),
)  # fmt: skip
#: What the classes of GB/T 21010-2017 and those of the third survey made from them have in common.
_OF_2017: Final[Mapping[str, Words]] = {
    "01": Words("耕地", "arable land"), "03": Words("林地", "forest land"), "04": Words("草地", "grassland"),
    "0601": Words("工业用地", "industrial"), "0602": Words("采矿用地", "mining"), "0603": Words("盐田", "salt fields"),
    "07": Words("住宅用地", "residential"), "08": Words("公共管理与公共服务用地", "public administration and services"),
    "09": Words("特殊用地", "special use"), "10": Words("交通运输用地", "transport"), "1001": Words("铁路用地", "railway"),
    "11": Words("水域及水利设施用地", "waters and waterworks"), "12": Words("其他土地", "other land"),
}  # fmt: skip
#: What land-use codes mean, scheme by scheme: the classes, and below them what industrial parks are made of. Sources as of `INDUSTRIAL`;
#: MapPLUTO data dictionary.
LANDUSE: Final[Mapping[str, Mapping[str, Words]]] = {
    "ydyh-2023": {
        "01": Words("耕地", "arable land"), "02": Words("园地", "orchards and plantations"), "03": Words("林地", "forest land"),
        "04": Words("草地", "grassland"), "05": Words("湿地", "wetland"), "06": Words("农业设施建设用地", "agricultural facilities"),
        "07": Words("居住用地", "residential"), "08": Words("公共管理与公共服务用地", "public administration and services"),
        "09": Words("商业服务业用地", "commercial and services"), "10": Words("工矿用地", "industrial and mining"),
        "1001": Words("工业用地", "industrial"),
        **{f"10010{place}": words for place, words in enumerate(_INDUSTRY_3, 1)},
        "1002": Words("采矿用地", "mining"), "1003": Words("盐田", "salt fields"), "11": Words("仓储用地", "storage"),
        "1101": Words("物流仓储用地", "logistics and storage"),
        **{f"11010{place}": words for place, words in enumerate(_STORAGE_3, 1)},
        "1102": Words("储备库用地", "reserve depots"), "12": Words("交通运输用地", "transport"),
        "13": Words("公用设施用地", "public utilities"), "14": Words("绿地与开敞空间用地", "green and open space"),
        "15": Words("特殊用地", "special use"), "16": Words("留白用地", "left open by the plan"), "17": Words("陆地水域", "inland waters"),
        "23": Words("其他土地", "other land"),
    },
    "gbt21010-2017": {
        **_OF_2017, "02": Words("园地", "orchards and plantations"), "05": Words("商服用地", "commercial and services"),
        "06": Words("工矿仓储用地", "industrial, mining and storage"), "0604": Words("仓储用地", "storage"),
    },
    "sandiao-2019": {
        **_OF_2017, "00": Words("湿地", "wetland"), "02": Words("种植园用地", "orchards and plantations"),
        "05": Words("商业服务业用地", "commercial and services"), "0508": Words("物流仓储用地", "logistics and storage"),
        "06": Words("工矿用地", "industrial and mining"),
    },
    "gb50137-2011": {
        "R": Words("居住用地", "residential"), "A": Words("公共管理与公共服务用地", "public administration and services"),
        "B": Words("商业服务业设施用地", "commercial and services"), "M": Words("工业用地", "industrial"),
        "M0": Words("新型产业用地", "new industry"),
        **{f"M{place}": words for place, words in enumerate(_INDUSTRY_3, 1)},
        "W": Words("物流仓储用地", "logistics and storage"),
        **{f"W{place}": words for place, words in enumerate(_STORAGE_3, 1)},
        "S": Words("道路与交通设施用地", "roads and transport"), "U": Words("公用设施用地", "public utilities"),
        "G": Words("绿地与广场用地", "green space and squares"),
    },
    "nyc-landuse": {
        "01": Words("一、二户住宅", "one- and two-family buildings"), "02": Words("多户无电梯住宅", "multi-family walk-up buildings"),
        "03": Words("多户电梯住宅", "multi-family elevator buildings"),
        "04": Words("商住混合", "mixed residential and commercial buildings"),
        "05": Words("商业与办公", "commercial and office buildings"), "06": Words("工业与制造", "industrial and manufacturing"),
        "07": Words("交通与公用设施", "transportation and utility"),
        "08": Words("公共设施与机构", "public facilities and institutions"),
        "09": Words("开敞空间与户外游憩", "open space and outdoor recreation"), "10": Words("停车设施", "parking facilities"),
        "11": Words("空地", "vacant land"),
    },
}  # fmt: skip

#: What a code of each scheme looks like: its first-level classes, then pairs of digits (numbers 1-9 in GB 50137).
#: Sources: 自然资发〔2023〕234号 (01-24); GB/T 21010-2017 (01-12); 三调工作分类 (00-12 and the towns' 20x); GB 50137-2011.
_OF_SCHEME: Final = {
    "ydyh-2023": r"(?:0[1-9]|1\d|2[0-4])(?:\d{2}){0,2}",
    "gbt21010-2017": r"(?:0[1-9]|1[0-2])(?:\d{2})?",
    "sandiao-2019": r"(?:(?:0\d|1[0-2])(?:\d{2})?[A-Z]?\d?|20[1-5]A?\d?)",
    "gb50137-2011": r"[RABMWSUGEH]\d{0,2}",
}
_INDUSTRY: Final = r"[A-T]?(?:0[1-9]|[1-8]\d|9[0-8])\d{0,2}|[A-T]"


def is_credit_code(code: str) -> bool:
    """Tell whether an 18-character unified social credit code is right, its inner organisation code included.

    Source: GB 32100-2015 (last character, mod 31); GB 11714-1997 (inner nine characters, mod 11).

    >>> is_credit_code("914403001922038216"), is_credit_code("914403001922038217")
    (True, False)
    """
    return bool(uscc.is_valid(code)) and len(code) == 18 and _is_organisation_code(code[8:17])


def _is_organisation_code(code: str) -> bool:
    values = [int(sign, 36) for sign in code[:8]]
    check = (11 - sum(v * w for v, w in zip(values, _ORGANISATION_WEIGHTS, strict=True)) % 11) % 11
    return code[8] == ("X" if check == 10 else str(check))


def are_credit_codes(codes: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Tell for a whole column what `is_credit_code` tells for one code; unknown is False.

    >>> are_credit_codes(pd.Series(["914403001922038216", "914403001922038217", "9144", None])).tolist()
    [True, False, False, False]
    """
    texts = codes.fillna("").to_numpy(dtype=str)
    right = np.char.str_len(texts) == 18
    signs = np.where(right, texts, "0" * 18).astype("U18").view(np.uint32).reshape(-1, 18)
    credit, organisation = _values(_CREDIT_SIGNS, signs), _values(_ORGANISATION_SIGNS, signs[:, 8:17])
    right &= (credit >= 0).all(axis=1) & (credit[:, 2:8] < 10).all(axis=1)
    right &= (credit[:, :17] @ np.array([3**place % 31 for place in range(17)]) + credit[:, 17]) % 31 == 0
    check = (11 - organisation[:, :8] @ np.array(_ORGANISATION_WEIGHTS) % 11) % 11
    right &= np.where(check == 10, ord("X"), ord("0") + check) == signs[:, 16]
    return np.asarray(right)


def _values(alphabet: bytes, signs: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    values = np.full(256, -1, dtype=np.int64)
    values[list(alphabet)] = np.arange(len(alphabet))
    return np.asarray(values[np.where(signs < 256, signs, 0)])


def are_unit_codes(codes: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Tell for a whole column what `is_unit_code` tells for one code; unknown is False."""
    return np.asarray(codes.str.contains(f"^{_UNIT_CODE.pattern}$", regex=True).fillna(False), dtype=bool)


def are_parcel_codes(codes: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Tell for a whole column what `is_parcel_code` tells for one code; unknown is False."""
    return np.asarray(codes.str.contains(f"^{_PARCEL_CODE.pattern}$", regex=True).fillna(False), dtype=bool)


def are_industry_codes(codes: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Tell which codes have the form of GB/T 4754: a letter, two to four digits of a division 01-98, or both; unknown is False.

    >>> are_industry_codes(pd.Series(["C3311", "36", "C", "0", "C36111", None])).tolist()
    [True, True, True, False, False, False]
    """
    return np.asarray(codes.str.fullmatch(_INDUSTRY).fillna(False), dtype=bool)


def are_in_scheme(codes: "pd.Series[Any]", schemes: "pd.Series[Any]") -> npt.NDArray[np.bool_]:
    """Tell which land-use codes may be codes of their scheme; unknown, and a scheme we do not know, is True: nothing speaks against it.

    >>> are_in_scheme(pd.Series(["1001", "1401", "M1"]), pd.Series(["ydyh-2023", "gbt21010-2017", "x"])).tolist()
    [True, False, True]
    """
    fine = np.ones(len(codes), dtype=bool)
    for scheme, form in _OF_SCHEME.items():
        mine = (schemes == scheme).fillna(False).to_numpy(dtype=bool) & codes.notna().to_numpy(dtype=bool)
        if mine.any():
            fine[mine] = codes[mine].str.fullmatch(form).fillna(False).to_numpy(dtype=bool)
    return fine


def is_unit_code(code: str) -> bool:
    """Tell whether a 28-character real-estate unit code 不动产单元代码 has the form of GB/T 37346-2019 (it has no check digit).

    >>> is_unit_code("320506001001GB00012W00000000"), is_unit_code("320506001001XB00012W00000000")
    (True, False)
    """
    return _UNIT_CODE.fullmatch(code) is not None


def is_parcel_code(code: str) -> bool:
    """Tell whether a 19-character parcel code 宗地代码 has the form of GB/T 37346-2019.

    >>> is_parcel_code("320506001001GB00012")
    True
    """
    return _PARCEL_CODE.fullmatch(code) is not None


def is_industrial(code: str | None, scheme: str | None) -> bool | None:
    """Tell whether a land-use code means industry or warehousing in its scheme; None where code or scheme is unknown.

    >>> is_industrial("1001", "ydyh-2023"), is_industrial("1001", "gbt21010-2017"), is_industrial("1001", None)
    (True, False, None)
    """
    if not code or not scheme or scheme not in INDUSTRIAL:
        return None
    return code.startswith(INDUSTRIAL[scheme])


@cache
def use_of_words(text: str) -> tuple[str, str] | None:
    """Give code and scheme of a use written in words: of the scheme in force where it has them, else of the next that has.

    A class that holds industry among others (工矿仓储用地) says neither yes nor no, and stays as it is written.

    >>> use_of_words("工业用地"), use_of_words("工业"), use_of_words("仓储用地")
    (('1001', 'ydyh-2023'), ('1001', 'ydyh-2023'), ('0604', 'gbt21010-2017'))
    >>> use_of_words("住宅用地"), use_of_words("工矿用地"), use_of_words("1001")
    (('07', 'gbt21010-2017'), None, None)
    """
    for scheme, industrial in INDUSTRIAL.items():
        for code, words in LANDUSE[scheme].items():
            is_mixed = any(one.startswith(code) and one != code for one in industrial)
            if words.zh in (text, f"{text}用地") and not is_mixed:
                return code, scheme
    return None


def landuse_words(code: str | None, scheme: str | None) -> Words | None:
    """Say what a land-use code means in its scheme: itself, or else the nearest class above it; None where that is not known.

    >>> landuse_words("1001", "ydyh-2023").en, landuse_words("1001", "gbt21010-2017").en, landuse_words("070102", "ydyh-2023").en
    ('industrial', 'railway', 'residential')
    >>> landuse_words("1001", None), landuse_words("Z9", "gb50137-2011")
    (None, None)
    """
    code, known = code or "", LANDUSE.get(scheme or "", {})
    return next((known[code[:size]] for size in range(len(code), 0, -1) if code[:size] in known), None)


def uses_in_words(uses: Iterable[tuple[str, str | None]]) -> dict[str, Words]:
    """Give codes with their words behind them, the codes in order; one that means two things says both, with the schemes.

    Parameters
    ----------
    uses
        The codes that occur, each with its scheme.

    >>> told = uses_in_words([("0601", "gbt21010-2017"), ("1001", "ydyh-2023"), ("1001", "gbt21010-2017"), ("X", None)])
    >>> [words.en for words in told.values()]
    ['0601 industrial', '1001 railway (GB/T 21010-2017) / industrial (land and sea use 2023)', 'X']
    """
    meanings: dict[str, dict[str, Words]] = {}
    for code, scheme in sorted(uses, key=lambda use: (use[0], use[1] or "")):
        words = landuse_words(code, scheme)
        meanings.setdefault(code, {}).update({scheme: words} if scheme and words else {})
    return {
        code: Words(*(_use(code, found, language) for language in ("zh", "en"))) for code, found in meanings.items()
    }


def _use(code: str, meanings: Mapping[str, Words], language: str) -> str:
    said = {scheme: str(getattr(words, language)) for scheme, words in meanings.items()}
    if len(set(said.values())) <= 1:
        return " ".join([code, *dict.fromkeys(said.values())])
    left, right = "（）" if language == "zh" else (" (", ")")
    return f"{code} " + " / ".join(
        f"{text}{left}{getattr(SCHEME[scheme], language)}{right}" for scheme, text in said.items()
    )
