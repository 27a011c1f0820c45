"""How tables and columns of the stock are called on the screen."""

from landgis.terms.frames import STOCK


def named(table: str, column: str = "") -> str:
    """Write a table or column of the stock with its Chinese word; what a file itself names stays as it is.

    >>> named("parcel"), named("parcel", "build_status"), named("parcel", "不在我们表中")
    ('宗地 parcel', '建设状况 build_status', '不在我们表中')
    """
    found = next((one for one in STOCK if one.name == table), None)
    if found is None or not column:
        return column or (f"{found.zh} {table}" if found else table)
    return f"{found.by_name[column].zh} {column}" if column in found.by_name else column
