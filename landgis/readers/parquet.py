"""GeoParquet, and Parquet without shapes, through Arrow."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from landgis.readers.refusals import few_enough_columns, few_enough_corners, unreadable
from landgis.readers.sheets import ROWS_AT_ONCE, Sheet
from landgis.terms.errors import InputError, Words

_METADATA_MOST: Final = 64 * 1024**2
_ROWS_MOST: Final = 20_000_000


def read_parquet(path: Path, file: str, encoding: str | None, room: Path) -> Iterator[Sheet]:
    """Read a GeoParquet whose shapes are well-known binary."""
    try:
        with pq.ParquetFile(
            path,
            thrift_string_size_limit=_METADATA_MOST,
            thrift_container_size_limit=1_000_000,
            page_checksum_verification=True,
        ) as source:
            few_enough_columns(file, len(source.schema_arrow))
            if source.metadata.num_rows > _ROWS_MOST:
                raise InputError(
                    Words(f"行数超过 {_ROWS_MOST:,}。", f"There are more than {_ROWS_MOST:,} rows."),
                    at=file,
                    mend=Words("分成几个文件。", "Split the file."),
                )
            yield _sheet(source, file)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise unreadable(file, error) from error


def _sheet(source: pq.ParquetFile, file: str) -> Sheet:
    told: dict[str, Any] = json.loads((source.schema_arrow.metadata or {}).get(b"geo", b"{}"))
    shape = told.get("primary_column")
    columns = told.get("columns", {})
    crs = None
    if shape is not None:
        encoding = columns.get(shape, {}).get("encoding")
        if encoding != "WKB" or shape not in source.schema_arrow.names:
            raise unreadable(file, f"geometry encoding {encoding}")
        # The standard makes an absent CRS OGC:CRS84, and null an unknown one.
        stated = columns[shape].get("crs", "OGC:CRS84")
        crs = json.dumps(stated) if isinstance(stated, dict) else stated
    flat = [
        name
        for name in source.schema_arrow.names
        if name not in columns and not pa.types.is_nested(source.schema_arrow.field(name).type)
    ]
    names = [*flat, shape] if shape is not None else flat
    schema = pa.schema(
        [
            pa.field(name, pa.binary() if name == shape else _plain(source.schema_arrow.field(name).type))
            for name in names
        ]
    )
    sheet = Sheet(file, Path(file).stem, schema, (), crs=crs, encoding="UTF-8", has_shapes=shape is not None)

    def batches() -> Iterator[pa.RecordBatch]:
        row = 1
        for batch in source.iter_batches(ROWS_AT_ONCE, columns=names, use_threads=False):
            one = batch.select(names).cast(schema)
            if shape is not None:
                few_enough_corners(one.column(len(names) - 1), f"{file}: {sheet.name}", row)
            row += one.num_rows
            yield one

    sheet.batches = batches()
    return sheet


def _plain(kind: pa.DataType) -> pa.DataType:
    """Take the dictionary off a text, and the odd widths off numbers."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    return pa.float64() if pa.types.is_decimal(kind) else kind
