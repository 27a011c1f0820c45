"""Credit code, real-estate unit code, (land-use code, scheme), industry code."""

import re
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from stdnum.cn import uscc

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
