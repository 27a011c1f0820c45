"""Is everything as it should be: the database, and the process that reads files."""

from typing import Final

from landgis.readers.network import how_without_network
from landgis.store import health
from landgis.store.database import Connection
from landgis.store.health import Check
from landgis.terms.errors import Words

_LOCKS: Final = {
    "namespace": (
        True,
        Words(
            "自有网络命名空间，且禁止建立套接字、启动程序",
            "a network namespace of its own, and no system call for sockets or programs",
        ),
    ),
    "filter": (
        True,
        Words(
            "内核不给网络命名空间；已禁止建立套接字、启动程序",
            "the kernel lends no network namespace; system calls for sockets and programs are forbidden",
        ),
    ),
    "": (
        False,
        Words(
            "内核既不给网络命名空间，也不能过滤系统调用：读文件的进程可能连到别的主机",
            "the kernel allows neither a network namespace nor a filter of system calls: a reader could call another host",
        ),
    ),
}


def reader_check() -> Check:
    """Look at how the process that reads files is kept from the network on this machine."""
    is_ok, detail = _LOCKS[how_without_network()]
    return Check("readers without network", Words("读文件的进程不能联网", "readers without network"), is_ok, detail)


def examine(conn: Connection) -> list[Check]:
    """Look at a database through a connection of the application's role, and at the readers."""
    return [*health.examine(conn), reader_check()]
