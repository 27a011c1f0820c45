"""What can become of a parcel: the modes of disposal M01-M14, and the scores that put parcels in order.

Which mode is open to which parcel is for the ruleset to say, with article and confidence; here stand their names, their source and the
heading under which national statistics count them.
"""

from dataclasses import dataclass
from typing import Final, Literal

from landgis.terms.errors import Words

StatCategory = Literal["acquired", "transferred", "optimised"]

#: The three routes that the national statistics of redeveloped low-efficiency land know (新华网 2025-08-12).
STAT_CATEGORY: Final[dict[str, Words]] = {
    "acquired": Words("政府收回收购", "taken back or bought by government"),
    "transferred": Words("市场转让合作", "transferred or shared on the market"),
    "optimised": Words("企业优化开发", "improved by the enterprise"),
}


@dataclass(frozen=True, slots=True)
class Mode:
    """One mode of disposal: its words, the route it counts as, and where the list has it from."""

    code: str
    words: Words
    stat_category: StatCategory
    source: str
    confidence: Literal["H", "M", "L", "source"]


#: The modes by code. Source: the order on idle land (令第53号), 国土资发〔2016〕147号, and the practice of Shanghai and Wuxi.
MODES: Final[dict[str, Mode]] = {
    mode.code: mode
    for mode in (
        Mode("M01", Words("无偿收回", "take back without compensation"), "acquired", "令第53号 第14条", "H"),
        Mode(
            "M02",
            Words("协议有偿收回、收储", "buy back by agreement"),
            "acquired",
            "令第53号 第12条；自然资发〔2023〕171号",
            "H",
        ),
        Mode("M03", Words("土地置换", "exchange of land"), "acquired", "令第53号 第12条", "H"),
        Mode(
            "M04",
            Words("限期开发、补充协议", "a dated supplement to the contract"),
            "optimised",
            "令第53号 第12条",
            "H",
        ),
        Mode(
            "M05",
            Words("增容技改（零增地）、提容增效", "build up on the same land"),
            "optimised",
            "国土资发〔2016〕147号；国发〔2008〕3号",
            "H",
        ),
        Mode("M06", Words("分割转让、分割登记", "divide and transfer a part"), "transferred", "各地细则", "M"),
        Mode(
            "M07",
            Words("兼并重组、股权转让、司法处置", "merger, sale of shares, sale by a court"),
            "transferred",
            "国办发〔2019〕34号",
            "M",
        ),
        Mode(
            "M08", Words("厂房回购、国企收购改造", "buy the buildings and refit them"), "acquired", "合同回购条款", "M"
        ),
        Mode(
            "M09",
            Words("统租统管、长租自管", "lease as a whole and manage"),
            "transferred",
            "无锡钱桥（规划师 2025-07）",
            "source",
        ),
        Mode(
            "M10",
            Words("功能转换：工改M0、退二进三", "another use by a change of plan"),
            "optimised",
            "国土资发〔2016〕147号；各地 M0 办法",
            "M",
        ),
        Mode("M11", Words("合作入股、联营", "develop with a partner"), "transferred", "国土资发〔2016〕147号", "H"),
        Mode(
            "M12", Words("减量化、复垦", "give the land back to nature or tillage"), "acquired", "上海减量化", "source"
        ),
        Mode("M13", Words("倒逼整改、转型帮扶", "improve by a deadline"), "optimised", "亩均评价差别化政策", "H"),
        Mode("M14", Words("临时利用", "temporary use"), "optimised", "令第53号 第12条（不超过二年）", "H"),
    )
}

#: The scores that a ruleset may define, each between 0 and 1.
SCORES: Final[dict[str, Words]] = {
    "urgency": Words("紧迫程度", "urgency"),
    "shortfall": Words("低效程度", "shortfall"),
    "exit_ease": Words("退出可行性", "ease of exit"),
}
URGENCY: Final[dict[str, Words]] = {
    "high": Words("紧迫", "urgent"),
    "middle": Words("关注", "to be watched"),
    "low": Words("一般", "not urgent"),
}
