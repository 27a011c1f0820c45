"""Cells put right by hand: registered for good, applied to the stock at once, and to every import while the old value still stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd

from landgis.core.checking.corrections import TABLES, corrected, own_key, read_value, value_text
from landgis.core.checking.quality import check
from landgis.exports.ledger import write_list
from landgis.readers.files import read_layers
from landgis.readers.mended import KEY_SIGN, corrections_in
from landgis.store import corrections as register
from landgis.store.batches import behind
from landgis.store.database import ALL_PARKS, Connection, scoped
from landgis.store.stock import Source, add_batch, known_keys, read_rows, source_rows
from landgis.terms.errors import InputError, LandgisError, NotFoundError, Words
from landgis.terms.frames import ISSUE_COLUMNS, empty
from landgis.terms.issues import Issues


@dataclass(frozen=True)
class Registered:
    """What became of corrections: their numbers, the batch that applied them (None: none applied), and those that wait for their row.

    ``refused`` names those that were not taken (`ISSUE_COLUMNS`).
    """

    numbers: list[int]
    batch: int | None
    waiting: int
    refused: pd.DataFrame = field(default_factory=lambda: empty(ISSUE_COLUMNS))

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data."""
        return {
            "corrections": self.numbers,
            "batch": self.batch,
            "waiting": self.waiting,
            "refused": [
                {"row": None if pd.isna(one["row"]) else int(one["row"]), "zh": one["zh"], "en": one["en"]}
                for one in self.refused.to_dict("records")
            ],
        }


def add(conn: Connection, given: Mapping[str, Any], *, parks: Sequence[str] = ALL_PARKS) -> Registered:
    """Register one correction and apply it to the stock.

    Parameters
    ----------
    given
        ``park_code, table_name, key`` (list), ``field, old, new`` (text in our unit, None is unknown), ``reason, evidence``.

    Raises
    ------
    InputError
        No such table or field, a key or a shape, a value that the field cannot have, or another value stands there than ``old``.
    """
    one = {"evidence": None} | dict(given)
    with scoped(conn, parks):
        made, problem = _judged(one, parks)
        if problem is not None:
            raise problem
        done = _registered(conn, [made], [], parks)
        if len(done.refused):
            first = done.refused.iloc[0]
            raise InputError(
                Words("原值不符，没有登记。", "Another value stands there; nothing was registered."),
                at=f"{one['table_name']}.{one['field']}",
                why=Words(str(first["zh"]), str(first["en"])),
                mend=Words("按库中现值填写原值。", "Give the value that stands in the stock as the old one."),
            )
        return done


def add_many(
    conn: Connection, items: pd.DataFrame, *, parks: Sequence[str] = ALL_PARKS, is_dry: bool = False
) -> Registered:
    """Register many corrections, as `readers.mended` reads them; those that cannot be are named by row, the others applied."""
    taken, problems = [], Issues()
    with scoped(conn, parks):
        for place, row in enumerate(items.to_dict("records")):
            made, problem = _judged({str(name): value for name, value in row.items()}, parks)
            if problem is None:
                taken.append(made)
                continue
            why = problem.why or problem.what
            problems.add(
                "604-not-correctable",
                items.iloc[[place]],
                table=str(row["table_name"]),
                column=str(row["field"]),
                raw=row["new"],
                value=row["new"],
                why_zh=f"{problem.what.zh}{why.zh if problem.why else ''}",
                why_en=f"{problem.what.en} {why.en if problem.why else ''}".strip(),
            )
        return _registered(conn, taken, [problems.frame()], parks, is_dry=is_dry)


def import_list(conn: Connection, path: Path, *, parks: Sequence[str] = ALL_PARKS) -> Registered:
    """Register the corrections of a list (``.csv``, ``.xlsx``) as `export_list` writes one; those that stand already are passed over."""
    items = corrections_in(read_layers(path))
    with scoped(conn, parks):
        standing = register.list_corrections(conn)
    same = ["park_code", "table_name", "field", "old", "new"]
    there = {
        (*one[:-1], KEY_SIGN.join(one[-1]))
        for one in standing[[*same, "row_key"]].astype(object).itertuples(index=False, name=None)
    }
    new = [
        (*one[:-1], KEY_SIGN.join(one[-1])) not in there
        for one in items[[*same, "key"]].astype(object).itertuples(index=False, name=None)
    ]
    return add_many(conn, items[new].reset_index(drop=True), parks=parks)


def export_list(conn: Connection, path: Path, *, parks: Sequence[str] = ALL_PARKS) -> int:
    """Write the corrections that stand to ``.csv`` or ``.xlsx``; give how many."""
    with scoped(conn, parks):
        found = register.list_corrections(conn)
    found.insert(3, "key", [KEY_SIGN.join(key) for key in found["row_key"]])
    found["made_at"] = [str(one) for one in found["made_at"]]
    write_list(found.drop(columns="row_key"), path, "更正登记")
    return len(found)


def list_all(conn: Connection, *, parks: Sequence[str] = ALL_PARKS) -> list[dict[str, Any]]:
    """List the corrections that stand, oldest first."""
    with scoped(conn, parks):
        return [
            {str(name): value for name, value in row.items()}
            for row in register.list_corrections(conn).to_dict("records")
        ]


def withdraw(conn: Connection, number: int, reason: str, *, parks: Sequence[str] = ALL_PARKS) -> Registered:
    """Take a correction back; the stock gets its old value again where the new one still stands.

    Raises
    ------
    NotFoundError, ConflictError
        There is no such correction in this scope, or it is withdrawn already.
    """
    with scoped(conn, parks):
        was = register.withdraw(conn, number, reason)
        back = was | {"old": was["new"], "new": was["old"], "reason": reason}
        batch, _ = _apply(conn, pd.DataFrame([back]), parks, f"correction {number} withdrawn")
    return Registered([number], batch, 0)


def _judged(given: dict[str, Any], parks: Sequence[str]) -> tuple[dict[str, Any], LandgisError | None]:
    """Judge one correction and bring its values to the register's form; give it, or why it cannot be taken."""
    park = given.get("park_code")
    if park and park not in parks and "*" not in parks:
        # As for whoever asks for it: a park outside the scope is not there.
        return given, NotFoundError(Words("没有这个园区。", "There is no such park."), at=str(park))
    try:
        return _as_registered(given), None
    except InputError as problem:
        return given, problem


def _as_registered(given: Mapping[str, Any]) -> dict[str, Any]:
    at = f"{given['table_name']}.{given['field']}"
    table = TABLES.get(str(given["table_name"]))
    column = table.by_name.get(str(given["field"])) if table else None
    if table is None or column is None:
        raise InputError(
            Words("没有这个表或字段。", "There is no such table or field."),
            at=at,
            mend=Words("表和字段的代码见 docs/terms.md。", "docs/terms.md has the names of both."),
        )
    if column.name in table.key or column.kind == "geometry" or column.name == "geom_area_m2":
        raise InputError(
            Words("编号和图形不能这样更正。", "Keys and shapes are not corrected this way."),
            at=at,
            why=Words("编号是行的身份，图形须随文件导入。", "A key is the row itself; a shape comes with a file."),
        )
    key = [str(part) for part in given["key"] if part]
    if len(key) != len(own_key(table)) or not given.get("park_code"):
        raise InputError(
            Words("行的编号不全。", "The row's key is not complete."),
            at=f"{at}: {KEY_SIGN.join(key)}",
            mend=Words(f"需要：{'、'.join(own_key(table))}。", f"It takes: {', '.join(own_key(table))}."),
        )
    if not (given.get("reason") or "").strip():
        raise InputError(Words("没有写更正理由。", "The correction has no reason."), at=at)
    if column.required and not (given.get("new") or "").strip():
        raise InputError(Words("必填项不能改为不明。", "What is required cannot become unknown."), at=at)
    old, new = (value_text(column, read_value(column, given.get(name))) for name in ("old", "new"))
    if old == new:
        raise InputError(Words("更正值与原值相同。", "The new value is the old one."), at=at)
    return {
        "park_code": str(given["park_code"]), "table_name": table.name, "row_key": key, "field": column.name, "old": old, "new": new,
        "reason": str(given["reason"]).strip(), "evidence": given.get("evidence") or None,
    }  # fmt: skip


def _registered(
    conn: Connection,
    taken: list[dict[str, Any]],
    problems: list[pd.DataFrame],
    parks: Sequence[str],
    *,
    is_dry: bool = False,
) -> Registered:
    """Register corrections and apply them, in one transaction; those whose old value does not stand are left out and named."""
    if not taken:
        return Registered([], None, 0, _together(problems))
    wanted = pd.DataFrame(taken).assign(correction=range(len(taken)))
    tried = corrected(_standing(conn, wanted), wanted)
    kept = [one for number, one in enumerate(taken) if number not in tried.stale]
    refused = _together([*problems, tried.issues[tried.issues["code"] != "601-corrected"]])
    if not kept or is_dry:
        return Registered([], None, len(kept) - len(tried.applied), refused)
    numbers = register.add_corrections(conn, kept)
    wanted = pd.DataFrame(kept).assign(correction=numbers)
    batch, applied = _apply(conn, wanted, parks, f"corrections {numbers[0]}–{numbers[-1]}")
    return Registered(numbers, batch, len(kept) - applied, refused)


def _together(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    some = [part for part in parts if len(part)]
    return pd.concat(some, ignore_index=True) if some else empty(ISSUE_COLUMNS)


def _standing(conn: Connection, wanted: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {
        str(table): read_rows(conn, TABLES[str(table)], sorted(cells["park_code"].unique()), cells["row_key"].tolist())
        for table, cells in wanted.groupby("table_name", sort=False)
    }


def _apply(conn: Connection, wanted: pd.DataFrame, parks: Sequence[str], name: str) -> tuple[int | None, int]:
    """Apply corrections to the standing rows as one batch; give its number, and how many were applied."""
    codes = sorted(wanted["park_code"].unique())
    done = corrected(_standing(conn, wanted), wanted)
    if not done.changed:
        return None, 0
    changed = {table: done.frames[table].iloc[places].reset_index(drop=True) for table, places in done.changed.items()}
    checked = check(changed, known_keys(conn, parks, codes))
    if len(checked.issues):
        first = checked.issues.iloc[0]
        raise InputError(
            Words("更正后的行通不过检查。", "The corrected row does not pass the checks."),
            at=f"{first['table_name']}.{first['field']}",
            why=Words(str(first["zh"]), str(first["en"])),
        )
    batches = sorted({int(number) for frame in changed.values() for number in frame["batch"]})
    cells = wanted[["park_code", "table_name", "row_key", "field", "old", "new"]].to_dict("records")
    digest = sha256(repr(cells).encode()).hexdigest()
    source = Source(name, digest, "-", source_rows(changed.values()), behind(conn, batches), "correction")
    issues = done.issues.assign(file=done.issues["file"].fillna(name))
    return add_batch(conn, checked.frames, issues, source, parks).batch, len(done.applied)
