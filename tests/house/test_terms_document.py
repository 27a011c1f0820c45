"""docs/terms.md says of every table, column and code what landgis/terms/frames.py says."""

import re
from collections.abc import Iterator
from pathlib import Path

from landgis.terms import frames
from landgis.terms.audit import NOTED
from landgis.terms.cases import ACT
from landgis.terms.disposal import MODES, SCORES, STAT_CATEGORY, URGENCY
from landgis.terms.errors import Domain
from landgis.terms.frames import STOCK

DOCUMENT = Path(__file__).parents[2] / "docs/terms.md"
MARK = "<!-- From here on: landgis/terms/frames.py, by tests/house/test_terms_document.py -->\n\n"
CODES = {
    "Answers 处置建议": frames.ANSWER,
    "Findings 结论": frames.FINDING,
    "Tracks of idle land 闲置土地的法定路径": frames.TRACK,
    "States of a contract by the idle-land rule 闲置状态": frames.IDLE_STATE,
    "Proof of a start 动工证据": frames.START_PROOF,
    "Basis of the start that was due 应动工日依据": frames.START_BASIS,
    "Remarks on idle land 闲置提示": frames.IDLE_REMARK,
    "Clocks of the procedure 程序期限": frames.PROCEDURE,
    "Grades 评价等级": frames.GRADE,
    "Issues 问题": frames.SEVERITY,
    "Modes of disposal 处置方式": {code: mode.words for code, mode in MODES.items()},
    "Routes of the national statistics 统计口径": STAT_CATEGORY,
    "Scores 评分": SCORES,
    "Urgency 紧迫程度": URGENCY,
    "Acts on a case 处置任务事项": ACT,
    "What is noted of people 操作记录事项": NOTED,
}


def codes(domain: Domain) -> Iterator[str]:
    yield from ("| code | 中文 | English |", "|---|---|---|")
    yield from (f"| `{code}` | {words.zh} | {words.en} |" for code, words in domain.items())


def rendered() -> str:
    """Write what the document has to say: the answers' codes, then table by table its columns, then the columns' codes."""
    lines: list[str] = []
    for title, domain in CODES.items():
        lines += [f"## {title}", "", *codes(domain), ""]
    for table in STOCK:
        key = ", ".join(f"`{name}`" for name in table.key)
        lines += [f"## {table.zh} {table.en} `{table.name}`", "", f"One row per {key}.", ""]
        lines += ["| column | 中文 | English | type | unit | needed |", "|---|---|---|---|---|---|"]
        lines += [
            f"| `{column.name}` | {column.zh} | {column.en} | {column.kind} | {column.unit} | {'yes' if column.required else ''} |"
            for column in table.columns
        ]
        lines.append("")
        for column in table.columns:
            if column.domain:
                lines += [f"`{column.name}` {column.zh}:", "", *codes(column.domain), ""]
    return "\n".join(lines)


def test_the_glossary_is_the_code() -> None:
    said = DOCUMENT.read_text(encoding="utf-8").partition(MARK)[2]
    assert said == rendered(), f"After the mark, docs/terms.md has to say:\n{rendered()}"


def test_every_word_in_code_is_in_the_code() -> None:
    """The hand-written half names tables, columns and codes that exist."""
    by_hand = DOCUMENT.read_text(encoding="utf-8").partition(MARK)[0]
    third = [row.split("|")[3] for row in by_hand.splitlines() if row.startswith("|")]
    named = {word for cell in third for word in re.findall(r"`([\w.-]+)`", cell)}
    package = DOCUMENT.parents[1] / "landgis"
    code = "\n".join(path.read_text(encoding="utf-8") for path in (*package.rglob("*.py"), *package.rglob("*.toml")))
    assert len(named) > 30
    assert {word for word in named if not re.search(rf"\b{re.escape(word)}\b", code)} == set()
    assert set(frames.ANSWER) <= named
