"""A file of contracts is screened for suspected idle land: no parcels, no database, nothing stored."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from landgis.core.checking.quality import check
from landgis.core.judging.idle import idle_land
from landgis.exports.ledger import Language, write_list
from landgis.readers.conform import conform
from landgis.readers.profiles import load_profile
from landgis.terms.errors import InputError, RuleError, Words
from landgis.terms.frames import CONTRACT_DELAY, IDLE_REMARK, IDLE_STATE, empty
from landgis.terms.reasons import name_words
from landgis.terms.rules import Ruleset
from landgis.workflows.ingest import named_layers
from landgis.workflows.steps import Tell, quietly

#: What is written of each contract, in this order: the record that decided, then what is said of it.
_FACTS = (
    "source_row",
    "contract_no",
    "parcel_no",
    "agreed_start_on",
    "delivered_on",
    "started_on",
    "finished_on",
    "stopped_since",
)
_SAID = ("state", "start_due", "start_basis", "overdue_days", "changes_on", "changes_to", "fee_low_wan", "fee_high_wan", "remarks",
         "missing", "asks")  # fmt: skip


@dataclass(frozen=True)
class Screened:
    """What is said of the contracts of a file: ``contracts`` holds a row each, what the file says and `idle_land`'s columns."""

    file: str
    rules: Ruleset
    on: date
    contracts: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Count what was found: by finding, by state, and the unknown by what is missing."""
        found = self.contracts["finding"].value_counts()
        unknown = self.contracts.loc[self.contracts["finding"] == "unknown", "missing"]
        return {
            "file": self.file,
            "rules": self.rules.code,
            "on": self.on.isoformat(),
            "contracts": len(self.contracts),
            "judged": int(found.get("suspected", 0) + found.get("clear", 0)),
            "findings": {name: int(found.get(name, 0)) for name in ("suspected", "clear", "unknown")},
            "states": {state: int((self.contracts["state"] == state).sum()) for state in IDLE_STATE},
            "missing": dict(sorted(Counter(" + ".join(names) for names in unknown).items())),
            "remarks": dict(sorted(Counter(one for names in self.contracts["remarks"] for one in names).items())),
        }

    def write(self, path: Path, language: Language) -> None:
        """Write the contracts as ``.xlsx`` or ``.csv``, the gravest first, in words."""
        order = {state: -place for place, state in enumerate(IDLE_STATE)}
        rows = self.contracts.sort_values(
            ["state", "source_row"], key=lambda column: column.map(order) if column.name == "state" else column
        )
        table = pd.DataFrame(index=rows.index)
        for name in (*_FACTS, *_SAID):
            column = rows[name]
            if pd.api.types.is_datetime64_any_dtype(column):
                column = column.dt.strftime("%Y-%m-%d")
            elif name in ("state", "changes_to"):
                column = column.map(lambda code: getattr(IDLE_STATE[code], language), na_action="ignore")
            elif name == "remarks":
                column = column.map(lambda codes: "；".join(getattr(IDLE_REMARK[code], language) for code in codes))
            elif name in ("missing", "asks"):
                column = column.map(lambda names: "；".join(getattr(name_words(one), language) for one in names))
            table[name] = column
        write_list(table, path, "疑似闲置" if language == "zh" else "Suspected idle land")


def screen(
    paths: Sequence[Path],
    profile_name: str,
    rules: Ruleset,
    on: date,
    *,
    park: str | None = None,
    encoding: str | None = None,
    tell: Tell = quietly,
) -> Screened:
    """Say of every contract in some files where it stands by the idle-land rule on a day.

    Parameters
    ----------
    paths, profile_name, park, encoding
        As `landgis.workflows.ingest.ingest`.
    rules
        A ruleset of the kind "idle", in force on the day.

    Raises
    ------
    InputError
        A file cannot be taken as it is, or there is no contract in them.
    RuleError
        The ruleset is of another kind, or not in force on the day.
    """
    if "idle" not in rules.kinds:
        raise RuleError(
            Words("不是闲置土地规则集。", "This is no ruleset for idle land."),
            at=rules.code,
            mend=Words("例如 --rules cn-idle-2012。", "For example --rules cn-idle-2012."),
        )
    rules.require_force(on)
    names, layers = named_layers(paths, encoding=encoding, tell=tell)
    with tell(Words("按方案对应字段，逐行检查", "Bringing the columns to ours, checking every row")):
        given = conform(layers, load_profile(profile_name), park=park).frames
        # Whatever parks the file names are taken as they are: there is no stock that could know them.
        named = pd.concat([rows["park_code"].dropna() for rows in given.values()]).unique()
        frames = check(given, {"park": pd.DataFrame({"park_code": named})}).frames
    contracts = frames.get("contract")
    if contracts is None or contracts.empty:
        raise InputError(
            Words("文件中没有合同。", "There is no contract in the file."),
            at=" + ".join(names),
            mend=Words("换一个字段方案 --profile。", "Use another --profile."),
        )
    with tell(Words("疑似闲置", "Suspected idle land")):
        parcels = frames.get("parcel", pd.DataFrame(columns=["park_code", "parcel_no", "build_status"]))
        key = ["park_code", "parcel_no"]
        numbers = pd.MultiIndex.from_frame(parcels[key]).get_indexer(pd.MultiIndex.from_frame(contracts[key]))
        delays = frames.get("contract_delay", empty(tuple(CONTRACT_DELAY.by_name)))
        found = idle_land(
            contracts.assign(parcel_id=numbers), rules, on, build_status=parcels["build_status"], delays=delays
        )
    return Screened(" + ".join(names), rules, on, contracts.join(found.drop(columns="contract_no")))
