"""Who should supply what is missing: for every column of the stock, the office or firm that keeps it.

Advice, to be fitted to the division of work of the place; a measure asks those who keep the columns it needs.
"""

from typing import Final

from landgis.terms.errors import Words
from landgis.terms.measures import MEASURES

SUPPLIERS: Final[dict[str, Words]] = {
    "natural_resources": Words("自然资源部门", "natural resources office"),
    "housing": Words("住建部门", "housing and construction office"),
    "industry": Words("工信部门", "industry office"),
    "tax": Words("税务部门", "tax office"),
    "statistics": Words("统计部门", "statistics office"),
    "power": Words("供电公司", "electricity supplier"),
    "water": Words("供水公司", "water supplier"),
    "environment": Words("生态环境部门", "environment office"),
    "emergency": Words("应急管理部门", "emergency and safety office"),
    "market": Words("市场监管部门", "market regulator"),
    "social_security": Words("人社部门", "social security office"),
    "park": Words("园区管委会", "park administration"),
    "enterprise": Words("企业", "the enterprise"),
}

#: Table, or ``table.column`` where one column has another keeper than its table.
_KEEPERS: Final[dict[str, str]] = {
    "park": "park",
    "parcel": "natural_resources",
    "parcel.built_area_m2": "park",
    "parcel.build_status": "park",
    "parcel.stock_class": "park",
    "parcel.assessed_value": "tax",
    "parcel.assessed_currency": "tax",
    "contract": "natural_resources",
    "contract.started_on": "park",
    "contract.start_evidence": "housing",
    "contract.finished_on": "housing",
    "contract.stopped_since": "park",
    "contract.developed_m2": "park",
    "contract.total_invest_wan": "enterprise",
    "contract.invested_wan": "enterprise",
    "contract_delay": "natural_resources",
    "building": "housing",
    "building.vacancy": "park",
    "enterprise": "market",
    "enterprise.industry_code": "statistics",
    "enterprise.industry_scheme": "statistics",
    "enterprise.scale": "statistics",
    "enterprise.production_since": "enterprise",
    "enterprise.stopped_since": "park",
    "enterprise.tags": "industry",
    "enterprise.is_utility": "park",
    "enterprise.is_safety_failed": "emergency",
    "enterprise.is_environment_failed": "environment",
    "parcel_use": "park",
    "enterprise_year": "statistics",
    "enterprise_year.tax_wan": "tax",
    "enterprise_year.profit_wan": "enterprise",
    "enterprise_year.liabilities_wan": "enterprise",
    "enterprise_year.assets_wan": "enterprise",
    "enterprise_year.ebit_wan": "enterprise",
    "enterprise_year.interest_wan": "enterprise",
    "enterprise_year.power_kwh": "power",
    "enterprise_year.water_t": "water",
    "enterprise_year.emission_t": "environment",
    "enterprise_year.employees": "social_security",
    "enterprise_year.land_used_m2": "park",
    "enterprise_year.is_in_arrears": "tax",
    "enterprise_month": "power",
    "enterprise_month.tax_wan": "tax",
    "enterprise_month.insured": "social_security",
    "zone": "natural_resources",
    "zone.renewal_area": "park",
    "demand": "park",
    "evidence": "natural_resources",
    "grade": "park",
    "grade_before": "park",
}


def suppliers_of(name: str) -> tuple[str, ...]:
    """Give the codes of those who keep a column (``table.column``), a layer (``zone.layer``), a table, or what a measure needs.

    >>> suppliers_of("enterprise_year.tax_wan"), suppliers_of("zone.farmland"), suppliers_of("far")
    (('tax',), ('natural_resources',), ('housing',))

    What nobody is known to keep is the park's to find out.

    >>> suppliers_of("something_else")
    ('park',)
    """
    table = name.partition(".")[0]
    found = _KEEPERS.get(name) or _KEEPERS.get(table)
    if found:
        return (found,)
    needs = MEASURES[name].needs if name in MEASURES else ()
    keepers = dict.fromkeys(keeper for need in needs if need != name for keeper in suppliers_of(need))
    return tuple(keepers) or ("park",)
