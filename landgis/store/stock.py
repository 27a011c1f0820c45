"""The stock in and out of the database, as frames."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from psycopg import sql
from psycopg.types.json import Jsonb

from landgis.store import database, reading
from landgis.store.audit import add_audit
from landgis.store.database import Connection
from landgis.store.loading import Wire, insert_rows, pieces, plainly, row_hashes, rows_as_bytes
from landgis.terms.crs import STORED
from landgis.terms.errors import NotFoundError, Words
from landgis.terms.frames import DEMAND, ISSUE_COLUMNS, STOCK, Kind, Stock, Table, empty
from landgis.terms.issues import Issues

_ISSUE_WIRE: Final[Mapping[str, Wire]] = {"row": "integer", "year": "integer", "lon": "number", "lat": "number"}
_ISSUE_KINDS: Final[tuple[tuple[str, Wire], ...]] = (
    ("issue", "integer"),
    *((name, _ISSUE_WIRE.get(name, "text")) for name in ISSUE_COLUMNS),
)
_HEAD: Final[tuple[tuple[str, Wire], ...]] = (
    ("row_hash", "bigint"), ("source_file", "text"), ("source_layer", "text"), ("source_row", "integer"),
)  # fmt: skip
_BY_NAME: Final = {table.name: table for table in STOCK}


@dataclass(frozen=True)
class Source:
    """Where a batch came from: the file's name and hash, the profile it was read by, and how many rows it held.

    A row of the file may feed several tables; it counts once. ``fields`` says table by table from which of the file's columns, in which
    unit, each of ours was read: with the row that every version of the stock remembers, any number leads back to its cell.
    """

    file: str
    sha256: str
    profile: str
    rows_in: int
    fields: Sequence[Mapping[str, Any]] = ()
    kind: str = "import"


@dataclass(frozen=True)
class Stored:
    """What became of a file's rows: each was stored, refused, or stands unchanged.

    ``batch`` is an earlier one where nothing had changed, None where there never was one. ``tables`` gives the versions added to each.
    ``absent`` counts by table what stands in the parks of the file without being in it, and ``gone`` names those of a full import, which
    end with it (`ISSUE_COLUMNS`).
    """

    batch: int | None
    stored: int
    refused: int
    unchanged: int
    tables: dict[str, int]
    absent: dict[str, int] = field(default_factory=dict)
    gone: pd.DataFrame = field(default_factory=lambda: empty(ISSUE_COLUMNS))


def list_parks(conn: Connection) -> list[str]:
    """List the codes of the parks in the caller's scope."""
    return [found["park_code"] for found in database.rows(conn, "parks_now")]


def park_sizes(conn: Connection) -> list[dict[str, Any]]:
    """List the parks in the caller's scope: ``park_code, name, parcels``."""
    return database.rows(conn, "park_sizes")


def known_keys(conn: Connection, parks: Sequence[str], codes: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Give, for each table, the keys that now stand in these parks: what rows of a new file may refer to and are held against.

    Returns
    -------
    dict
        Of ``park``, ``parcel``, ``enterprise`` and ``contract`` the key's columns; of parks and parcels also ``geom`` (EPSG:4490; None
        where a park has none), of parcels ``geom_area_m2``.
    """
    more: dict[str, dict[str, Kind]] = {
        "park": {"geom": "geometry"},
        "parcel": {"geom_area_m2": "number", "geom": "geometry"},
        "enterprise": {},
        "contract": {},
    }
    found = {}
    with database.scoped(conn, parks):
        for name, kinds in more.items():
            table = _BY_NAME[name]
            wanted: dict[str, Kind] = {one: table.by_name[one].kind for one in table.key} | kinds
            columns = [sql.Identifier(one) for one in wanted]
            found[name] = reading.frame(conn, _select(table, columns, codes), wanted)
    return found


def park_outlines(conn: Connection, parks: Sequence[str], codes: Sequence[str]) -> dict[str, shapely.Geometry]:
    """Give the shape of each of these parks that stands in scope, or the box of its parcels (degrees), if there are any."""
    with database.scoped(conn, parks):
        found = database.rows(conn, "park_outlines", codes=list(codes))
    return {one["park_code"]: shapely.from_wkb(one["geom"]) for one in found if one["geom"] is not None}


def add_batch(
    conn: Connection,
    frames: Mapping[str, pd.DataFrame],
    issues: "pd.DataFrame | Future[pd.DataFrame]",
    source: Source,
    parks: Sequence[str] = database.ALL_PARKS,
    *,
    is_dry: bool = False,
    present: Mapping[str, pd.DataFrame] | None = None,
    is_full: bool = False,
) -> Stored:
    """Store what is new or changed as one batch, or nothing at all.

    A row that stands already with the same content is left alone; a changed one is closed and followed by its new version. Rows
    that the file does not mention stay as they are, since a file may hold a part; they are counted. In a full import they end.

    Parameters
    ----------
    frames
        Table name to rows that passed the checks: all columns of the table, ``source_layer``, ``source_row``.
    issues
        Columns `ISSUE_COLUMNS`; stored with the batch. Those still looked for are waited for when all rows are written: should the
        search fail, nothing is stored.
    parks
        The scope of the one who imports; a row outside it is refused by the database and with it the whole batch.
    is_dry
        Only say what would be stored.
    present
        By table the rows of the file before the checks refused any: a row that is refused is not absent. None: as `frames`.
    is_full
        The file holds all there is: of each table in it, in each park it has rows of, what it does not mention ends with this batch.
        The parks themselves stay.

    Raises
    ------
    ConflictError
        Somebody else is writing to one of these parks.
    StoreError
        The database refused; nothing is left behind.
    """
    codes = sorted({code for rows in frames.values() for code in rows["park_code"].unique()})
    with database.scoped(conn, parks):
        for code in codes:
            conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('landgis.park.' || %s, 0))", [code])
        given = present if present is not None else frames
        changes = [
            _changes(conn, _BY_NAME[name], rows, given[name], codes)
            for name, rows in frames.items()
            if len(rows) or (is_full and len(given[name]))
        ]
        absent = {change.table.name: len(change.absent) for change in changes if len(change.absent)}
        gone = _gone(changes, source) if is_full else empty(ISSUE_COLUMNS)
        kept = source_rows(frames.values())
        stored = source_rows(change.rows for change in changes)
        refused, unchanged = source.rows_in - kept, kept - stored
        tables = {change.table.name: len(change.rows) for change in changes if len(change.rows)}
        if not tables and gone.empty:
            same = database.row(conn, "batch_of_file", sha256=source.sha256, profile=source.profile)
            return Stored(same["batch"] if same else None, 0, refused, unchanged, {}, absent)
        if is_dry:
            return Stored(None, stored, refused, unchanged, tables, absent, gone)
        made = database.row(
            conn,
            "batch_add",
            file=source.file,
            sha256=source.sha256,
            profile=source.profile,
            park_codes=codes,
            rows_in=source.rows_in,
            stored=stored,
            refused=refused,
            unchanged=unchanged,
            fields=Jsonb(list(source.fields)),
            kind="full" if is_full else source.kind,
            undoes=None,
            ended=len(gone),
        )
        assert made is not None
        batch = int(made["batch"])
        for change in changes:
            _write(conn, change if is_full else replace(change, absent=change.absent.iloc[:0]), batch)
        found = issues.result() if isinstance(issues, Future) else issues
        _write_issues(conn, pd.concat([found, gone], ignore_index=True) if len(gone) else found, batch)
        add_audit(
            conn, "ingest", codes, {"batch": batch, "file": source.file, "sha256": source.sha256, "stored": stored}
        )
    return Stored(batch, stored, refused, unchanged, tables, absent, gone)


def read_rows(conn: Connection, table: Table, codes: Sequence[str], keys: Sequence[Sequence[str]]) -> pd.DataFrame:
    """Read standing rows by their keys inside the park (as text), inside the transaction of the caller.

    Returns
    -------
    DataFrame
        The table's columns, then ``source_file``, ``source_layer``, ``source_row`` and ``batch``, with which the version began.
    """
    kinds: dict[str, Kind] = dict(_kinds(table))
    kinds |= {"source_file": "text", "source_layer": "text", "source_row": "integer", "batch": "integer"}
    columns = [
        sql.SQL("lower(during)")
        if name == "batch"
        else sql.SQL("to_json({})" if kind == "texts" else "{}").format(sql.Identifier(name))
        for name, kind in kinds.items()
    ]
    own = [name for name in table.key if name != "park_code"] or ["park_code"]
    query = sql.SQL("SELECT {} FROM {} WHERE upper_inf(during) AND park_code = ANY({}) AND {} ORDER BY id").format(
        sql.SQL(", ").join(columns),
        sql.Identifier("land", table.name),
        sql.Literal(list(codes)),
        sql.SQL(" AND ").join(
            sql.SQL("{}::text = ANY({})").format(sql.Identifier(name), sql.Literal([key[place] for key in keys]))
            for place, name in enumerate(own)
        ),
    )
    return reading.frame(conn, query, kinds)


def read_stock(conn: Connection, codes: Sequence[str], batch: int | None = None) -> tuple[Stock, int]:
    """Read the stock of some parks, inside the transaction of the caller: as it stands now, or as it stood at a batch.

    Returns
    -------
    Stock, int
        The frames, and the number of the last batch in them.

    Raises
    ------
    NotFoundError
        There is no parcel in these parks, or they lie outside the scope: the answer is the same.
    """
    last = {"batch": batch} if batch is not None else database.row(conn, "batch_last", park_codes=list(codes))
    frames = {table.name: _read(conn, table, codes, batch) for table in STOCK}
    if last is None or last["batch"] is None or frames["parcel"].empty:
        raise NotFoundError(
            Words("没有可评估的地块。", "There is no parcel to assess."),
            at=", ".join(codes),
            mend=Words("先用 landgis ingest 导入该园区。", "Import the park with `landgis ingest` first."),
        )
    parcel_id = _numbers(frames["parcel"], "parcel_no")
    enterprise_id = _numbers(frames["enterprise"], "uscc")
    for name in ("contract", "building", "parcel_use"):
        frames[name]["parcel_id"] = _look_up(frames[name], "parcel_no", parcel_id)
    for name in ("parcel_use", "enterprise_year", "enterprise_month"):
        frames[name]["enterprise_id"] = _look_up(frames[name], "uscc", enterprise_id)
    for name in ("park", "parcel", "building", "zone", "evidence"):
        frames[name] = gpd.GeoDataFrame(frames[name], geometry="geom", crs=STORED)
    frames["parcel"].index.name = "parcel_id"
    frames["enterprise"].index.name = "enterprise_id"
    return Stock(**frames), int(last["batch"])


def read_demands(conn: Connection, codes: Sequence[str]) -> tuple[pd.DataFrame, int | None]:
    """Read the demands that now stand in some parks, inside the transaction of the caller.

    Returns
    -------
    DataFrame, int
        Columns of ``DEMAND``, indexed by id; and the last batch that brought one of them, None where there is none.
    """
    found = _read(conn, DEMAND, codes, None)
    last = database.row(conn, "demand_batch", park_codes=list(codes))
    return found, last["batch"] if last else None


@dataclass(frozen=True)
class Origins:
    """Where every row of a stock came from: ``rows`` by table and id (batch, file, layer, row), ``batches`` by number."""

    rows: Mapping[str, Mapping[int, tuple[int, str | None, str | None, int | None]]]
    batches: Mapping[int, Mapping[str, Any]]

    def cell(self, table: str, row_id: int, column: str) -> dict[str, Any]:
        """Lead one number back to its cell: ``batch, file, sha256, layer, row``; ``field`` and ``unit`` as in the file, where kept."""
        number, file, layer, row = self.rows[table][row_id]
        batch = self.batches.get(number, {})
        file = file or batch.get("file")
        entry: Mapping[str, Any] = next(
            (
                one
                for one in batch.get("fields", ())
                if (one["table"], one["file"], one["layer"]) == (table, file, layer)
            ),
            {},
        )
        read: Mapping[str, str] = entry.get("columns", {}).get(column, {})
        return {
            "batch": entry.get("batch", number),
            "file": file,
            "sha256": entry.get("sha256", batch.get("sha256")),
            "layer": layer,
            "row": row,
            "field": read.get("field"),
            "unit": read.get("unit"),
        }


def read_origins(conn: Connection, codes: Sequence[str], batch: int) -> Origins:
    """Read where the rows of some parks came from, as the stock stood at a batch."""
    kinds: dict[str, Kind] = {"id": "integer", "batch": "integer", "file": "text", "layer": "text", "row": "integer"}
    columns = [
        sql.Identifier("id"),
        sql.SQL("lower(during)"),
        *map(sql.Identifier, ("source_file", "source_layer", "source_row")),
    ]
    rows: dict[str, dict[int, tuple[int, str | None, str | None, int | None]]] = {}
    for table in STOCK:
        found = reading.frame(conn, _select(table, columns, codes, batch), kinds).astype(object)
        found = found.where(found.notna(), None)
        rows[table.name] = {key: (number, *place) for key, number, *place in found.itertuples(index=False, name=None)}
    batches = sorted({number for of_table in rows.values() for number, *_ in of_table.values()})
    return Origins(rows, {one["batch"]: one for one in database.rows(conn, "batch_fields", batches=batches)})


def snapshot(stock: Stock) -> str:
    """Hash the very versions that were read: equal hashes mean the same stock."""
    digest = hashlib.sha256()
    for table in STOCK:
        ids = np.sort(np.asarray(getattr(stock, table.name).index, dtype=np.int64))
        digest.update(table.name.encode() + ids.tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class _Changes:
    """The rows of one table that a batch adds, the versions it closes, and those that stand without being in the file (key, ``id``)."""

    table: Table
    rows: pd.DataFrame
    closed: list[int]
    absent: pd.DataFrame


def source_rows(frames: Iterable[pd.DataFrame]) -> int:
    """Count the rows of files behind these rows; what the profile added of itself has none behind it."""
    behind = pd.concat(
        [rows[["source_file", "source_layer", "source_row"]] for rows in frames]
        or [pd.DataFrame(columns=["source_file", "source_layer", "source_row"])]
    )
    row = behind["source_row"].to_numpy(dtype=np.int64, na_value=-1)
    (file, _), (layer, layers) = pd.factorize(behind["source_file"]), pd.factorize(behind["source_layer"])
    # One number for the three: rows of a file are counted by 32 bits.
    return len(pd.unique(((file * (len(layers) + 1) + layer) << 32 | row)[row >= 0]))


def _kinds(table: Table) -> list[tuple[str, Kind]]:
    return [(column.name, column.kind) for column in table.columns]


def _changes(
    conn: Connection, table: Table, rows: pd.DataFrame, present: pd.DataFrame, codes: Sequence[str]
) -> _Changes:
    standing = _keys(conn, table, codes)
    if standing.empty:
        return _Changes(table, rows, [], standing)
    key = list(table.key)
    absent = _absent(table, standing, present)
    if rows.empty:
        return _Changes(table, rows, [], absent)
    hashes = np.concatenate([row_hashes(rows_as_bytes(piece, _kinds(table))) for piece in pieces(rows)])
    ours = rows[key].assign(place=np.arange(len(rows)))
    met = ours.astype(standing[key].dtypes.to_dict()).merge(standing, on=key, how="left").sort_values("place")
    same = (met["row_hash"] == pd.Series(hashes, index=met.index)).fillna(False).to_numpy(dtype=bool)
    closed = met.loc[~same & met["id"].notna().to_numpy(), "id"].astype(np.int64).tolist()
    return _Changes(table, rows[~same], closed, absent)


def _absent(table: Table, standing: pd.DataFrame, present: pd.DataFrame) -> pd.DataFrame:
    """Give what stands in the parks of a file's rows and is not among them; a park is never absent."""
    if table.name == "park":
        return standing.iloc[:0]
    key = list(table.key)
    there = present[key].dropna().astype(standing[key].dtypes.to_dict())
    asked = standing[standing["park_code"].isin(there["park_code"].unique())]
    return asked[~pd.MultiIndex.from_frame(asked[key]).isin(pd.MultiIndex.from_frame(there))]


def _gone(changes: Sequence[_Changes], source: Source) -> pd.DataFrame:
    """Name each row that ends because a full import does not hold it."""
    issues = Issues()
    for change in changes:
        rows, table = change.absent, change.table
        if rows.empty:
            continue
        key = [name for name in table.key if name != "park_code"]
        words = rows[key].astype("str").agg(" ".join, axis=1)
        issues.add(
            "901-gone",
            rows.assign(source_file=source.file),
            table=table.name,
            column=key[-1],
            raw=words,
            table_zh=table.zh,
            table_en=table.en,
        )
    return issues.frame()


def _keys(conn: Connection, table: Table, codes: Sequence[str]) -> pd.DataFrame:
    kinds: dict[str, Kind] = {"id": "integer", "row_hash": "integer"}
    kinds |= {name: table.by_name[name].kind for name in table.key}
    return reading.frame(conn, _select(table, [sql.Identifier(name) for name in kinds], codes), kinds)


def _read(conn: Connection, table: Table, codes: Sequence[str], batch: int | None) -> pd.DataFrame:
    selected = [
        sql.SQL("to_json({})").format(sql.Identifier(column.name))
        if column.kind == "texts"
        else sql.Identifier(column.name)
        for column in table.columns
    ]
    kinds: dict[str, Kind] = {"id": "integer", **dict(_kinds(table))}
    found = reading.frame(conn, _select(table, [sql.Identifier("id"), *selected], codes, batch), kinds)
    return found.set_index(found.pop("id").astype(np.int64))


def _select(
    table: Table, columns: Sequence[sql.Composable], codes: Sequence[str], batch: int | None = None
) -> sql.Composed:
    then = sql.SQL("upper_inf(during)") if batch is None else sql.SQL("during @> {}::bigint").format(sql.Literal(batch))
    return sql.SQL("SELECT {} FROM {} WHERE {} AND park_code = ANY({}) ORDER BY id").format(
        sql.SQL(", ").join(columns), sql.Identifier("land", table.name), then, sql.Literal(list(codes))
    )


def _write(conn: Connection, change: _Changes, batch: int) -> None:
    table = change.table
    closed = change.closed + change.absent["id"].astype(np.int64).tolist()
    if closed:
        conn.execute(
            sql.SQL("UPDATE {} SET during = int8range(lower(during), %s) WHERE id = ANY(%s)").format(
                sql.Identifier("land", table.name)
            ),
            [batch, closed],
        )
    kinds = _kinds(table)

    def encode(rows: pd.DataFrame) -> list[pa.LargeBinaryArray]:
        content = rows_as_bytes(rows, kinds)
        return [rows_as_bytes(rows.assign(row_hash=row_hashes(content)), _HEAD), content]

    names = [name for name, _ in (*_HEAD, *kinds)]
    insert_rows(conn, table.name, names, change.rows, encode, {"during": sql.SQL("int8range({}, NULL)").format(batch)})


def _write_issues(conn: Connection, issues: pd.DataFrame, batch: int) -> None:
    numbered = issues.assign(issue=np.arange(1, len(issues) + 1))
    names = [name for name, _ in _ISSUE_KINDS]
    insert_rows(conn, "issue", names, numbered, plainly(_ISSUE_KINDS), {"batch": sql.Literal(batch)})


def _numbers(rows: pd.DataFrame, key: str) -> "pd.Series[Any]":
    """Give the id of each row by park and `key`."""
    return pd.Series(rows.index, index=pd.MultiIndex.from_frame(rows[["park_code", key]]), dtype="Int64")


def _look_up(rows: pd.DataFrame, key: str, numbers: "pd.Series[Any]") -> "pd.Series[Any]":
    found = numbers.reindex(pd.MultiIndex.from_frame(rows[["park_code", key]]))
    return pd.Series(found.to_numpy(), index=rows.index, dtype="Int64")
