"""Lists that people send on: what stands in the cells of a workbook is what a CSV says."""

from datetime import date

import openpyxl
import pandas as pd

from landgis.exports.ledger import write_list


def test_a_day_in_a_workbook_is_a_day_and_a_name_no_formula(tmp_path):
    rows = [
        {"no": 7, "due": date(2026, 7, 2), "area": 1.5, "name": "=1+1"},
        {"no": 8, "due": None, "area": None, "name": "x"},
    ]
    path = tmp_path / "list.xlsx"
    write_list(pd.DataFrame(rows, dtype=object), path, "list")
    cells = [[cell.value for cell in row] for row in openpyxl.load_workbook(path)["list"].rows]
    assert cells == [["no", "due", "area", "name"], [7, "2026-07-02", 1.5, "=1+1"], [8, None, None, "x"]]
    assert openpyxl.load_workbook(path)["list"]["D2"].data_type == "s"
