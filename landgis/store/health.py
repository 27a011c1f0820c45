"""Is the database as we left it: version, roles, row-level security, index use."""

from dataclasses import dataclass
from typing import Any

from landgis.store.database import Connection, refusals, rows, scoped
from landgis.store.migrate import pending


@dataclass(frozen=True)
class Check:
    """One thing looked at: is it as it should be, and what was seen."""

    name: str
    is_ok: bool
    detail: str

    def as_dict(self) -> dict[str, Any]:
        """Give the check as plain data."""
        return {"name": self.name, "ok": self.is_ok, "detail": self.detail}


def examine(conn: Connection) -> list[Check]:
    """Look at a database through a connection of the application's role."""
    with refusals():
        missing = pending(conn)
        checks = [
            Check(
                "migrations", not missing, f"{', '.join(missing)}: run landgis migrate" if missing else "none pending"
            )
        ]
        if missing:
            return checks
        with scoped(conn, ()):
            seen = {found["name"]: found for found in rows(conn, "health")}
            checks += [Check(name, found["is_ok"], found["detail"]) for name, found in seen.items()]
            plan = "\n".join(line for (line,) in conn.execute(_TILE_PLAN).fetchall())
        uses_index = "parcel_geom" in plan
        checks.append(Check("tile index under row-level security", uses_index, "parcel_geom" if uses_index else plan))
    return checks


_TILE_PLAN = b"""
EXPLAIN SELECT id FROM land.parcel WHERE geom && ST_MakeEnvelope(115, 33, 115.01, 33.01, 4490)
"""
