"""The initials by which people type a Chinese name: 北京高新区 is bjgxq."""

import re
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, Final

_CHINESE: Final = re.compile(r"[\u3400-\u9fff]+")


@cache
def _pinyin() -> Any:  # noqa: ANN401  a module
    """Give the dictionaries, read at the first name and not when a program starts: they take most of a second."""
    return import_module("pypinyin")


@lru_cache(maxsize=1 << 16)
def _first_letters(run: str) -> str:
    if all(len(_readings(sign)) <= 1 for sign in run):
        return "".join(_readings(sign) for sign in run)
    pinyin = _pinyin()
    return "".join(pinyin.lazy_pinyin(run, style=pinyin.Style.FIRST_LETTER, errors="ignore")).lower()


@lru_cache(maxsize=1 << 15)
def _readings(sign: str) -> str:
    """Give the first letters a sign can have, each once; most have one."""
    pinyin = _pinyin()
    (found,) = pinyin.pinyin(sign, style=pinyin.Style.FIRST_LETTER, heteronym=True, errors=lambda _: [[""]])
    return "".join(dict.fromkeys(letter.lower() for letter in found if letter))


def initials(name: str) -> str:
    """Give the initials of a name; what is not Chinese stays, in small letters and without spaces.

    Signs of several readings are read by the words they stand in (重庆 cq, 重量 zl). Source of the readings: pypinyin.

    >>> initials("重庆长寿经开区 3号")
    'cqcsjkq3h'
    """
    return _CHINESE.sub(lambda run: _first_letters(run[0]), name).lower().replace(" ", "")
