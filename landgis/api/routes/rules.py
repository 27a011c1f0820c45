"""Rulesets: which there are, and all that one says."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel

from landgis.api.context import Here
from landgis.api.problems import BothWords
from landgis.workflows import rulebooks

router = APIRouter(prefix="/api/rules", tags=["rules"])

_HEAD: dict[str, Any] = {
    "code": "cn-idle-2012", "title": {"zh": "闲置土地认定（全国，2012）", "en": "Idle land, national rule of 2012"},
    "kinds": ["idle"], "region": "CN", "document": "国土资源部令第53号 闲置土地处置办法", "effective_from": "2012-07-01",
    "effective_to": None, "status": "in_force", "confidence": "H", "supersedes": [], "needs": [], "sha256": "6f65…",
    "is_packaged": True,
}  # fmt: skip


class RulesetHead(BaseModel):
    """What a ruleset is: its document, region and days, whether it is in force, and how sure its text is."""

    model_config = {"json_schema_extra": {"examples": [_HEAD]}}

    code: str
    title: BothWords
    kinds: list[str]
    region: str
    document: str
    effective_from: date
    effective_to: date | None
    status: str
    confidence: str
    supersedes: list[str]
    needs: list[str]
    sha256: str
    is_packaged: bool


class RulesetInFull(RulesetHead):
    """All that a ruleset says: numbers with unit, article and confidence; lists, tables, tests, scheme, gates; and its very text.

    A number is exact: 0.25, or "1/3" where no decimal says it.
    """

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    **_HEAD,
                    "note": None,
                    "numbers": {
                        "developed_share_min": {
                            "value": "1/3",
                            "unit": "ratio",
                            "article": "第2条第2款",
                            "note": "",
                            "confidence": None,
                        }
                    },
                    "lists": {}, "tables": {}, "derived": [], "tests": [], "scheme": None, "gates": [], "standings": [], "zone": [],
                    "text": "[ruleset]…",
                }
            ]
        },
        "extra": "allow",
    }  # fmt: skip

    note: BothWords | None
    numbers: dict[str, Any]
    lists: dict[str, Any]
    tables: dict[str, Any]
    derived: list[dict[str, Any]]
    tests: list[dict[str, Any]]
    scheme: dict[str, Any] | None
    gates: list[dict[str, Any]]
    standings: list[dict[str, Any]]
    zone: list[dict[str, Any]]
    text: str


@router.get("")
def rules(here: Here) -> list[RulesetHead]:
    """List the packaged rulesets, then those of another text that runs have used."""
    with here.reading() as conn:
        return [RulesetHead(**found) for found in rulebooks.known(conn)]


@router.get("/{code}")
def ruleset(
    here: Here,
    code: Annotated[
        str,
        Path(
            min_length=1,
            max_length=100,
            description="Its code, or the hash of a text that a run has used.",
            examples=["cn-idle-2012"],
        ),
    ],
) -> RulesetInFull:
    """Give a ruleset in full: the packaged one of this code, else the latest that a run has used."""
    with here.reading() as conn:
        return RulesetInFull(**rulebooks.find(conn, code))
