"""The words of a plan: deeds, states of a demand, reasons, remarks."""

from typing import Final

from landgis.terms.errors import Domain, Words

#: How a parcel of a site is had.
DEED: Final[Domain] = {
    "reserve": Words("储备空地", "reserve land"),
    "exit": Words("补偿退出", "paid out"),
    "swap": Words("等值置换", "swapped for a plot of equal value"),
    "factory": Words("迁入标准厂房", "moved to a standard factory"),
    "upgrade": Words("就地提升（分割）", "built up in place, a part divided off"),
}
STATE: Final[Domain] = {
    "served": Words("已落地", "served"),
    "unserved": Words("未落地", "not served"),
    "left_out": Words("未纳入", "left out"),
}
#: Why a demand is not served, or left out.
DEMAND_REASON: Final[Domain] = {
    "": Words("", ""),
    "not_chosen": Words("有合适地块，但成本高于价值或让给了别的项目", "there is a site, but it does not pay, or others pay better"),
    "no_site": Words("没有找到符合条件的成片地块", "no site meets its conditions"),
    "no_area": Words("没有用地面积", "it says no area"),
    "no_tax": Words("没有达产税收，无法折算价值", "it says no tax, so its worth is unknown"),
    "closed": Words("已供地、已投产或已退出", "it has its land already, or has left"),
    "promised": Words("已有采纳的方案供地", "an adopted plan serves it"),
}  # fmt: skip
#: What a plan is held to.
LIMIT: Final[Domain] = {
    "cost_wan": Words("资金（万元）", "money (10k)"),
    "staff_days": Words("人力（人日）", "staff (days)"),
}
#: What a project asks of its site, and of each parcel in it.
CONDITION: Final[Domain] = {
    "area_min": Words("面积下限", "least area"),
    "area_max": Words("面积上限", "most area"),
    "width": Words("最窄宽度", "least width"),
    "compactness": Words("紧凑度", "compactness"),
    "owners": Words("涉及户数", "number of holders"),
    "cost": Words("成本上限", "most cost"),
    "park": Words("限定园区", "parks it may be in"),
    "kind": Words("规划用途类型", "kind of use in the plan"),
    "class": Words("规划工业类别（污染等级）", "class of industry in the plan (pollution)"),
    "use": Words("规划为工业仓储", "planned for industry or storage"),
    "boundary": Words("城镇开发边界", "urban boundary"),
    "farmland": Words("永久基本农田", "basic farmland"),
    "ecology": Words("生态保护红线", "ecological red line"),
    "distance": Words("与敏感目标的距离", "distance from sensitive places"),
    "date": Words("最迟供地日期", "day it must be free"),
}
#: Why a parcel is not to be had.
LEFT_OUT: Final[Domain] = {
    "leave": Words("保留", "to be left as it is"),
    "upgrade": Words("就地提升", "to be upgraded in place"),
    "data_first": Words("先补数据", "data first"),
    "not_judged": Words("本次评估未判", "not judged by the run"),
    "promised": Words("已承诺给别的项目", "promised to somebody"),
    "cost_unknown": Words("腾退成本不明", "what it would cost is unknown"),
    "no_place": Words("应置换，但没有可去之处", "to be swapped, and there is nowhere to go"),
}
#: What must still be looked at before a site is offered.
REMARK: Final[Domain] = {
    "depth_short": Words("进深不足", "not deep enough"),
    "far_not_allowed": Words("规划容积率低于项目要求", "the plan allows less floor area than the project needs"),
    "class_unknown": Words(
        "规划未分工业类别，须核对污染等级", "the plan names no class of industry: check the pollution class"
    ),
    "to_be_divided": Words(
        "待分割：须权利人同意，核对出入口、消防、管线",
        "to be divided off: its holder's consent, gates, fire lanes, pipes",
    ),
    "title_not_clean": Words("有抵押、查封或不明", "mortgaged, seized, or not known to be free of it"),
}
