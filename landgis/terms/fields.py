"""The fields of a judged parcel that a filter may name, a table may be sorted by, and a map may be coloured by.

They are the columns of the database's ``api.judged`` and the measures a run kept; nothing else can be asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from landgis.terms.disposal import URGENCY
from landgis.terms.errors import Words
from landgis.terms.frames import ANSWER, GRADE, IDLE_STATE, STOCK_CLASS, TRACK
from landgis.terms.measures import MEASURES

FieldKind = Literal["number", "text", "place"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, kind, unit and words; ``codes`` where its texts are codes of a domain; ``at`` its place among the measures."""

    name: str
    kind: FieldKind
    words: Words
    unit: str = ""
    codes: Mapping[str, Words] | None = None
    at: int | None = None


#: The fields that every run has, in the order in which they are offered.
FIELDS: Final[Mapping[str, Field]] = {
    field.name: field
    for field in (
        Field("parcel_id", "number", Words("地块序号", "number in the database")),
        Field("parcel_no", "text", Words("地块编号", "parcel")),
        Field("park_code", "text", Words("园区", "park")),
        Field("answer", "text", Words("处置建议", "advice"), codes=ANSWER),
        Field("grade", "text", Words("评价等级", "grade"), codes=GRADE),
        Field("idle_state", "text", Words("闲置状态", "idle state"), codes=IDLE_STATE),
        Field("urgency", "text", Words("紧迫程度", "urgency"), codes=URGENCY),
        Field("track", "text", Words("法定路径", "statutory track"), codes=TRACK),
        Field("stock_class", "text", Words("存量分类", "class of stock"), codes=STOCK_CLASS),
        Field("gate", "number", Words("判定关口", "gate")),
        Field("suspected", "number", Words("疑似项数", "tests that suspect it"), "count"),
        Field("tests", "text", Words("疑似项", "suspected by")),
        Field("total", "number", Words("评价总分", "total score"), "score"),
        Field("rank", "number", Words("名次", "rank")),
        Field("reliability", "number", Words("可信度", "reliability"), "ratio"),
        Field("area_m2", "number", Words("图形面积", "drawn area"), "m²"),
        Field("cert_area_m2", "number", Words("登记面积", "registered area"), "m²"),
        Field("freeable_m2", "number", Words("可腾出面积", "area that could be freed"), "m²"),
        Field("upgrade_m2", "number", Words("提容潜力", "area that could be won by building up"), "m²"),
        Field("landuse_code", "text", Words("现状用途", "land use")),
        Field("owner_name", "text", Words("土地使用权人", "holder of the right")),
        Field("enterprises", "text", Words("用地企业", "enterprises")),
        Field("uscc", "text", Words("统一社会信用代码", "credit code")),
        Field("location", "text", Words("坐落", "location")),
        Field("search_text", "text", Words("编号、企业、信用代码、拼音", "number, firm, credit code, initials")),
        Field("place", "place", Words("位置", "place")),
    )
}

#: The fields of a run whose stability was drawn: between which ranks the draws put the one who speaks for the parcel.
DRAWN_FIELDS: Final[Mapping[str, Field]] = {
    field.name: field
    for field in (
        Field("rank_p05", "number", Words("抽样名次 5%", "rank that 5 % of the draws do not exceed")),
        Field("rank_p95", "number", Words("抽样名次 95%", "rank that 95 % of the draws do not exceed")),
        Field("rank_spread", "number", Words("名次区间宽度", "width of the rank band")),
    )
}

#: Measures that a run keeps of every parcel to look by: numbers, but for those that are fields already.
KEPT_MEASURES: Final = tuple(
    measure.name
    for measure in MEASURES.values()
    if measure.kind == "number" and "parcel" in measure.subjects and measure.name not in (*FIELDS, "area_mu")
)


def fields_of(measures: Sequence[str], *, is_drawn: bool = False) -> dict[str, Field]:
    """Give the fields of a run that kept these measures, by name; `is_drawn`: its stability was drawn."""
    found = {**FIELDS, **(DRAWN_FIELDS if is_drawn else {})}
    for at, name in enumerate(measures):
        measure = MEASURES.get(name)
        if measure is not None and name not in found:
            found[name] = Field(name, "number", measure.words, measure.unit, at=at)
    return found
