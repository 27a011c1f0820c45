"""Is the database as we left it: version, roles, row-level security, index use."""

from dataclasses import dataclass
from typing import Any, Final

from landgis.store.database import Connection, refusals, rows, scoped
from landgis.store.migrate import pending
from landgis.terms.errors import Words


@dataclass(frozen=True)
class Check:
    """One thing looked at: is it as it should be, and what was seen, with what to do where it is not."""

    name: str
    title: Words
    is_ok: bool
    detail: Words

    def as_dict(self) -> dict[str, Any]:
        """Give the check as plain data."""
        title, detail = ({"zh": words.zh, "en": words.en} for words in (self.title, self.detail))
        return {"name": self.name, "title": title, "ok": self.is_ok, "detail": detail}


_AS_SEEN: Final = Words("{seen}", "{seen}")
#: What each check is called, and what is said of it where all is well and where not.
_SAID: Final = {
    "migrations": (
        Words("数据库版本", "migrations"),
        Words("没有待做的升级", "none pending"),
        Words("待升级：{seen}；请运行 landgis migrate", "{seen}: run landgis migrate"),
    ),
    "role is bound": (
        Words("应用角色受行级安全约束", "role is bound"),
        _AS_SEEN,
        Words("{seen} 可绕过行级安全；请换一个普通角色", "{seen} may pass row-level security by: take an ordinary role"),
    ),
    "role owns nothing": (
        Words("应用角色不拥有任何表", "role owns nothing"),
        Words("没有", "nothing"),
        Words("拥有 {seen}；请改归管理员", "{seen}: let the administrator own them"),
    ),
    "row-level security": (
        Words("行级安全", "row-level security"),
        Words("凡有园区的表都强制执行", "forced on every table that speaks of a park"),
        Words("未强制：{seen}；请运行 landgis migrate", "not forced on {seen}: run landgis migrate"),
    ),
    "no scope sees nothing": (
        Words("不给范围就看不到数据", "no scope sees nothing"),
        Words("看到 0 个地块", "0 parcels"),
        Words("看得到地块；请运行 landgis migrate", "parcels are seen: run landgis migrate"),
    ),
    "views ask as the caller": (
        Words("视图按调用者的权限查询", "views ask as the caller"),
        Words("全部如此", "all of them"),
        Words("例外：{seen}；请运行 landgis migrate", "not {seen}: run landgis migrate"),
    ),
    "geometry_overlaps is leakproof": (
        Words("geometry_overlaps 标为 LEAKPROOF", "geometry_overlaps is leakproof"),
        Words("是", "yes"),
        Words("不是，瓦片会慢；请以超级用户运行 landgis migrate", "no: tiles are slow; run landgis migrate as superuser"),
    ),
    "PostGIS": (Words("PostGIS 版本", "PostGIS"), _AS_SEEN, Words("{seen}，需要 3.3 以上", "{seen}: 3.3 is needed")),
    "tile index under row-level security": (
        Words("瓦片在行级安全下用到索引", "tile index under row-level security"),
        _AS_SEEN,
        Words("没有用到：{seen}", "not used: {seen}"),
    ),
}  # fmt: skip


def examine(conn: Connection) -> list[Check]:
    """Look at a database through a connection of the application's role."""
    with refusals():
        missing = pending(conn)
        checks = [_said("migrations", not missing, ", ".join(missing))]
        if missing:
            return checks
        with scoped(conn, ()):
            checks += [_said(found["name"], found["is_ok"], found["seen"]) for found in rows(conn, "health")]
            plan = "\n".join(line for (line,) in conn.execute(_TILE_PLAN).fetchall())
        uses_index = "parcel_geom" in plan
        checks.append(_said("tile index under row-level security", uses_index, "parcel_geom" if uses_index else plan))
    return checks


def _said(name: str, is_ok: bool, seen: str) -> Check:
    title, well, ill = _SAID[name]
    return Check(name, title, is_ok, (well if is_ok else ill).format(seen=seen))


_TILE_PLAN = b"""
EXPLAIN SELECT id FROM land.parcel WHERE geom && ST_MakeEnvelope(115, 33, 115.01, 33.01, 4490)
"""
