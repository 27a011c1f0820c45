"""The words of the record."""

from typing import get_args

from landgis.terms.audit import NOTED, Noted, what_is_noted


def test_every_act_that_may_be_noted_has_words() -> None:
    assert tuple(NOTED) == get_args(Noted)


def test_what_is_noted_is_read_in_one_order_and_unknown_parts_are_not_read_out() -> None:
    # jsonb keeps no order; a hash is kept for whoever compares it, and says nothing to a reader.
    said = what_is_noted({"stored": 8, "sha256": "0a", "file": "台账.xlsx", "batch": 3, "parent": None})
    assert (said.zh, said.en) == ("批次 3；文件 台账.xlsx；写入行数 8", "batch 3; file 台账.xlsx; rows stored 8")
    assert what_is_noted({"disabled": True, "role": "checker", "account": "li"}).zh == "账号 li；角色 复核；停用 是"
    assert what_is_noted({}).zh == ""
