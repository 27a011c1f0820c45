"""In which encoding a text is written: as it says, else as its bytes tell, else the user is asked."""

from pathlib import Path

import numpy as np

from landgis.terms.errors import InputError, Words


def dbf_encoding(dbf: Path, cpg: Path | None, file: str) -> str:
    """Tell the encoding of a DBF: as its .cpg says, else UTF-8 where all bytes are, else GB18030, which holds GBK and GB 2312."""
    stated = cpg.read_bytes()[:64].decode("ascii", errors="ignore").strip() if cpg else ""
    if stated:
        stated = {"936": "GB18030", "CP936": "GB18030", "GBK": "GB18030", "GB2312": "GB18030", "65001": "UTF-8"}.get(
            stated.upper(), stated
        )
        return f"CP{stated}" if stated.isdigit() else stated
    return told_by_bytes(dbf.read_bytes()[32:], file)


def told_by_bytes(content: bytes, at: str) -> str:
    """UTF-8 where (nearly) all of it is; a value cut at 254 bytes may end within a sign, so a few broken ones prove nothing."""
    try:
        content.decode("utf-8")
        return "UTF-8"
    except UnicodeDecodeError:
        pass
    beyond_ascii = int((np.frombuffer(content, np.uint8) > 127).sum())
    broken = {name: content.decode(name, errors="replace").count("\ufffd") for name in ("UTF-8", "GB18030")}
    if broken["UTF-8"] * 100 <= beyond_ascii:
        return "UTF-8"
    if broken["GB18030"] * 100 <= beyond_ascii:
        return "GB18030"
    raise InputError(
        Words("文字编码无法判断。", "The text encoding cannot be told."),
        at=at,
        why=Words(
            "既不是 UTF-8，也不是 GB18030；猜错会使地名和企业名成为乱码。",
            "It is neither UTF-8 nor GB18030; a guess would garble the names.",
        ),
        mend=Words(
            "选出文字编码（命令行为 --encoding，如 --encoding BIG5）。",
            "Choose which it is (--encoding on the command line, e.g. --encoding BIG5).",
        ),
    )


def known_encoding(name: str, at: str) -> str:
    """Refuse an encoding that nobody knows."""
    try:
        "".encode(name)
    except LookupError:
        raise InputError(
            Words(f"不认识的编码“{name}”。", f"The encoding {name!r} is not known."),
            at=at,
            mend=Words("常用：UTF-8、GB18030、BIG5。", "Common ones: UTF-8, GB18030, BIG5."),
        ) from None
    return name


def text_of(content: bytes, encoding: str | None, at: str) -> tuple[str, str]:
    """Decode a text file; give the text and the encoding it was in."""
    if encoding:
        known_encoding(encoding, at)
    elif content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "UTF-16"
    else:
        encoding = told_by_bytes(content, at)
    if encoding.upper().replace("-", "").replace("_", "") == "UTF8":
        return content.decode("utf-8-sig", errors="replace"), "UTF-8"
    return content.decode(encoding, errors="replace"), encoding
