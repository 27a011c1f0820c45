"""Is the service alive, is it ready."""

from fastapi import APIRouter
from pydantic import BaseModel

from landgis.api.context import Here
from landgis.store.migrate import pending
from landgis.terms.errors import StoreError, Words

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The service's own word for how it is."""

    model_config = {"json_schema_extra": {"examples": [{"status": "ready"}]}}

    status: str


@router.get("/healthz")
async def live() -> Health:  # without a thread: those may all be busy, and it lives
    """Liveness: the process answers."""
    return Health(status="alive")


@router.get("/readyz")
def ready(here: Here) -> Health:
    """Readiness: the database answers and has the tables of this version."""
    with here.reading() as conn:
        missing = pending(conn)
    if missing:
        raise StoreError(
            Words("数据库还没有升级到本版本。", "The database has not been brought to this version."),
            at=", ".join(missing),
            mend=Words("运行 landgis migrate。", "Run `landgis migrate`."),
        )
    return Health(status="ready")
