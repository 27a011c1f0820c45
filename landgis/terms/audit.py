"""The record of who did what: its acts and what is noted of them, in words."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from landgis.terms.accounts import ROLE
from landgis.terms.cases import ACT
from landgis.terms.errors import Domain, Words

Noted = Literal[
    "ingest", "undo", "correct", "assess", "stability", "plan", "adopt", "withdraw", "case", "job", "job_cancel", "take_out",
    "account_add", "account_change", "token_add", "token_end",
]  # fmt: skip
#: What is noted.
NOTED: Final[Domain] = {
    "ingest": Words("导入", "import"),
    "undo": Words("撤销导入", "import undone"),
    "correct": Words("登记更正", "correction"),
    "assess": Words("评估", "assessment"),
    "stability": Words("稳定性抽样", "stability drawn"),
    "plan": Words("制定方案", "plan made"),
    "adopt": Words("采纳方案", "plan adopted"),
    "withdraw": Words("撤回方案", "plan withdrawn"),
    "case": Words("登记处置任务", "act on a case"),
    "job": Words("提交任务", "work asked for"),
    "job_cancel": Words("取消任务", "work given up"),
    "take_out": Words("取走台账", "ledger taken out"),
    "account_add": Words("开立账号", "account made"),
    "account_change": Words("变更账号", "account changed"),
    "token_add": Words("发放令牌", "token given"),
    "token_end": Words("终止令牌", "token ended"),
}

#: What may be noted of an act, in the order in which it is read. A file's hash is kept beside its name and is nothing to read.
_PARTS: Final[Domain] = {
    "account": Words("账号", "account"),
    "role": Words("角色", "role"),
    "parks": Words("园区", "parks"),
    "password": Words("重设口令", "password set"),
    "disabled": Words("停用", "disabled"),
    "label": Words("名称", "label"),
    "batch": Words("批次", "batch"),
    "undoes": Words("被撤销的批次", "batch undone"),
    "file": Words("文件", "file"),
    "stored": Words("写入行数", "rows stored"),
    "run": Words("评估", "run"),
    "rulesets": Words("规则集", "rulesets"),
    "draws": Words("抽样次数", "draws"),
    "plan": Words("方案", "plan"),
    "parent": Words("源自方案", "from plan"),
    "parcels": Words("地块数", "parcels"),
    "case": Words("任务", "case"),
    "place": Words("步骤", "step"),
    "act": Words("事项", "act"),
    "job": Words("任务", "job"),
    "kind": Words("种类", "kind"),
    "format": Words("格式", "format"),
    "filter": Words("筛选", "filter"),
    "correction": Words("更正", "correction"),
    "field": Words("字段", "field"),
    "ended": Words("终止版本", "versions ended"),
}
_CODES: Final[Mapping[str, Domain]] = {
    "act": ACT,
    "role": ROLE,
    "kind": {
        "ingest": Words("导入", "import"),
        "assess": Words("评估", "assessment"),
        "plan": Words("规划", "plan"),
        "site": Words("选址", "site"),
    },
}
_YES_NO: Final = {True: Words("是", "yes"), False: Words("否", "no")}


def what_is_noted(detail: Mapping[str, Any]) -> Words:
    """Say what is noted of an act, part by part; what has no name here is not read out.

    >>> what_is_noted({"case": 5, "act": "closed"}).en
    'case 5; act closed'
    """
    said = [(part, _value(name, detail[name])) for name, part in _PARTS.items() if detail.get(name) is not None]
    return Words(
        "；".join(f"{part.zh} {value.zh}" for part, value in said),
        "; ".join(f"{part.en} {value.en}" for part, value in said),
    )


def _value(name: str, value: object) -> Words:
    if isinstance(value, bool):
        return _YES_NO[value]
    if isinstance(value, list | tuple):
        return Words("、".join(map(str, value)), ", ".join(map(str, value)))
    known = _CODES.get(name, {}).get(str(value))
    return Words(known.zh, known.en.partition(":")[0]) if known else Words(str(value), str(value))
