"""One batch looked at afterwards: its head, what it changed, and the way back."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from landgis.api.context import Here
from landgis.api.problems import refusals
from landgis.api.routes.jobs import may_ask
from landgis.api.routes.parks import EXAMPLE, Batch
from landgis.workflows import batches as workflow

router = APIRouter(prefix="/api/batches", tags=["stock"])

Number = Annotated[int, Path(ge=1, le=2**62, examples=[1], description="The batch's number.")]


class BatchShown(Batch):
    """One batch with its issues counted by code. ``kind``: import, full, undo, correction."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**EXAMPLE, "undone_by": None, "issues": {"3105": 1}}]})

    undone_by: int | None
    issues: dict[str, int]


class Change(BaseModel):
    """A row added or gone, or one field that changed; of a shape ``moved_m2`` is the ground only one of the two covers."""

    table_name: str
    park_code: str
    key: str
    what: str = Field(description="added, gone, changed")
    field: str | None
    before: str | None
    after: str | None
    moved_m2: float | None


class Kin(BaseModel):
    """A parcel that came from another. ``kind``: split, merged, renumbered, rearranged."""

    park_code: str
    from_no: str
    to_no: str
    kind: str
    common_m2: float
    share_of_from: float
    share_of_to: float


class BatchDifference(BaseModel):
    """What a batch changed; page on through ``changes`` with ``after``."""

    batch: int
    kind: str
    file: str
    counts: dict[str, dict[str, int]]
    moved_m2: float
    total: int
    changes: list[Change]
    lineage: list[Kin]


class Undone(BaseModel):
    """The new batch that put back what stood before."""

    batch: int
    undoes: int
    parks: list[str]
    restored: dict[str, int]
    ended: dict[str, int]


@router.get("/{batch}")
def show(here: Here, batch: Number) -> BatchShown:
    """Give one batch, its issues counted by code."""
    with here.connection() as conn:
        return BatchShown(**workflow.show(conn, batch, parks=here.scope))


@router.get("/{batch}/diff")
def difference(
    here: Here,
    batch: Number,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="So many changes are passed over.")] = 0,
) -> BatchDifference:
    """Say what a batch changed: rows added and gone, fields, borders in m², parcels that came from others."""
    with here.connection() as conn:
        found = workflow.diff(conn, batch, parks=here.scope)
    return BatchDifference(**found.as_dict(after=after, limit=limit))


_REFUSED: dict[int | str, dict[str, Any]] = refusals(
    {
        403: "Asked by a page of somebody else, or parks outside the scope.",
        409: "Later batches touched the same rows, or it is undone already.",
    }
)


@router.post("/{batch}/undo", dependencies=[Depends(may_ask)], responses=_REFUSED)
def undo(here: Here, batch: Number) -> Undone:
    """Put back what stood before a batch, as a new batch; nothing is deleted, runs keep the stock they judged."""
    with here.connection() as conn:
        return Undone(**workflow.undo(conn, batch, parks=here.scope))
