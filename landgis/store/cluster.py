"""The embedded PostGIS: find the binaries, make, start, stop a private cluster."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg.pq import PGconn, Ping
from psycopg.sql import SQL, Identifier

from landgis.terms.errors import ConflictError, SetupError, StoreError, Words

ADMIN_ROLE: Final = "landgis"
APP_ROLE: Final = "landgis_app"
DATABASE: Final = "landgis"
PORT: Final = 5432
POSTGIS_MIN: Final = (3, 3)
FREE_MIN_MB: Final = 300
#: sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing NUL among them.
SOCKET_PATH_BYTES: Final = 103
WAIT_SECONDS: Final = 120.0
LOG_MAX_BYTES: Final = 10_000_000

#: For a machine of two to four cores that does other work too. Written anew at each start; `ALTER SYSTEM` overrides it.
SERVER_SETTINGS: Final[dict[str, str]] = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "min_wal_size": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "2",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_duration_statement": "2000",
    "log_lock_waits": "on",
}


@dataclass(frozen=True, slots=True)
class Binaries:
    """One PostgreSQL installation with PostGIS: folder of the programs, its major version, the PostGIS it offers."""

    folder: Path
    major: str
    postgis: str


@dataclass(frozen=True, slots=True)
class ClusterStatus:
    """Whether the cluster runs, as which process, the PostgreSQL major of its data (``None``: none yet), and where."""

    running: bool
    pid: int | None
    version: str | None
    data: Path


@dataclass(frozen=True, slots=True)
class _Found:
    folder: Path
    major: str
    postgis: str | None

    def __str__(self) -> str:
        return f"{self.folder} (PostgreSQL {self.major}, {'PostGIS ' + self.postgis if self.postgis else 'no PostGIS'})"


def find_binaries(home: Path, pg_bin: Path | None = None, major: str | None = None) -> Binaries:
    """Find PostgreSQL programs that have PostGIS 3.3 or newer beside them.

    Parameters
    ----------
    home
        The product's folder; packages unpacked without root are in its ``postgis/bin``.
    pg_bin
        Look here and nowhere else.
    major
        The PostgreSQL major the data need (``"15"``); without it the newest wins.

    Raises
    ------
    SetupError
        There is none, or none of that major.
    """
    seen: list[_Found] = []
    for folder in [pg_bin] if pg_bin else _candidates(home):
        found = _inspect(folder)
        if found is None:
            continue
        seen.append(found)
        if found.postgis and _version(found.postgis) >= POSTGIS_MIN and major in (None, found.major):
            return Binaries(found.folder, found.major, found.postgis)
    looked_at = "; ".join(map(str, seen)) or str(pg_bin or "/usr/lib/postgresql, PATH, …")
    usable = [found for found in seen if found.postgis and _version(found.postgis) >= POSTGIS_MIN]
    if usable:
        raise SetupError(
            Words(
                f"数据由 PostgreSQL {major} 写成，本机没有带 PostGIS 的 PostgreSQL {major}。数据未动。",
                f"The data were written by PostgreSQL {major}; this machine has no PostgreSQL {major} with PostGIS. "
                "The data were not touched.",
            ),
            at=f"{home / 'pgdata'}; {looked_at}",
            why=Words(
                "PostgreSQL 不同主版本的数据文件互不兼容。",
                "The files of one PostgreSQL major cannot be read by another.",
            ),
            mend=Words(
                f"安装 postgresql-{major}-postgis-3；或用 pg_upgrade 迁移；或换一个 LANDGIS_HOME 从空库开始。",
                f"Install postgresql-{major}-postgis-3, or migrate with pg_upgrade, "
                "or begin an empty database under another LANDGIS_HOME.",
            ),
        )
    raise SetupError(
        Words("没有找到带 PostGIS 的 PostgreSQL。", "No PostgreSQL with PostGIS was found."),
        at=looked_at,
        why=Words("需要 PostGIS 3.3 或更新版本。", "PostGIS 3.3 or newer is needed."),
        mend=Words(
            "运行 make setup；或 apt-get install postgresql-postgis、brew install postgis、conda install postgis；"
            "或用 LANDGIS_PG_BIN 指明程序目录；或用 DATABASE_URL 连接已有的数据库。",
            "Run make setup; or apt-get install postgresql-postgis, brew install postgis, conda install postgis; "
            "or name the programs' folder in LANDGIS_PG_BIN; or give an existing database in DATABASE_URL.",
        ),
    )


class Cluster:
    """A private PostgreSQL with PostGIS in a folder of ours, reached through a unix socket only.

    The server stays up when the program that started it ends. Trust authentication is safe because the socket's folder
    is closed to other users (0700). As root everything the server owns belongs to, and runs as, ``postgres`` or
    ``nobody``.

    Parameters
    ----------
    home
        Folder of the data (``pgdata``), the log, the lock and, where the path is short enough, the socket.
    pg_bin
        Folder of the PostgreSQL programs; without it they are looked for.
    """

    def __init__(self, home: Path, pg_bin: Path | None = None) -> None:
        self.home = home.absolute()
        self.data = self.home / "pgdata"
        self.log = self.home / "postgres.log"
        self._pg_bin = pg_bin
        self._socket_folder = _socket_folder(self.home)

    @property
    def admin_url(self) -> str:
        """The address for the superuser, who migrates."""
        return self.url(ADMIN_ROLE)

    @property
    def app_url(self) -> str:
        """The address for the application's role, which owns nothing."""
        return self.url(APP_ROLE)

    def url(self, user: str, database: str = DATABASE) -> str:
        """Give the libpq address of a database for a role; the port stands in it so that ``PGPORT`` cannot bend it."""
        host = quote(str(self._socket_folder), safe="")
        return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port={PORT}"

    def binaries(self) -> Binaries:
        """Find the programs that fit the data (see `find_binaries`)."""
        with self._refusals():
            return find_binaries(self.home, self._pg_bin, self._data_major())

    def status(self) -> ClusterStatus:
        """Say whether the server answers on its socket; starts nothing."""
        with self._refusals():
            running = self._answers()
            return ClusterStatus(running, self._pid() if running else None, self._data_major(), self.data)

    def start(self) -> None:
        """Make the cluster if there is none, start it if it is down, and see that its database exists.

        Raises
        ------
        SetupError
            The programs are missing or do not fit the data; the folder cannot be used; the disk is full.
        ConflictError
            Another start or stop does not come to an end.
        StoreError
            The server does not start; the end of its log is in the message.
        """
        with self._refusals(), self._lock():
            if not self._answers():
                binaries = find_binaries(self.home, self._pg_bin, self._data_major())
                self._own_folder(self._socket_folder, 0o700)
                if self._data_major() is None:
                    self._initialise(binaries)
                self._write_settings()
                self._launch(binaries)
            self._create_database()

    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, what was committed is on disk. Does nothing when down.

        Raises
        ------
        StoreError
            The server did not end in time.
        """
        with self._refusals(), self._lock():
            pid = self._pid() if self._answers() else None
            if pid is None:
                return
            os.kill(pid, signal.SIGINT)  # "fast shutdown"; no program of the right version is needed for it
            if not _within(WAIT_SECONDS, lambda: self._pid() is None):
                raise StoreError(
                    Words("数据库没有按时停止。", "The database did not stop in time."),
                    at=f"{self.data}, pid {pid}",
                    mend=Words(f"查看 {self.log}。", f"Look into {self.log}."),
                )

    # The folder and its owner

    def _owner(self) -> pwd.struct_passwd:
        """Give the user the server runs as: ourselves, but never root."""
        if os.geteuid() != 0:
            return pwd.getpwuid(os.geteuid())
        with contextlib.suppress(FileNotFoundError, KeyError):
            of_data = pwd.getpwuid(self.data.stat().st_uid)
            if of_data.pw_uid != 0:
                return of_data
        for name in ("postgres", "nobody"):
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
        raise SetupError(
            Words("没有可供数据库使用的普通用户。", "There is no ordinary user the database could run as."),
            why=Words("PostgreSQL 拒绝以 root 运行。", "PostgreSQL refuses to run as root."),
            mend=Words("建立用户 postgres。", "Make a user named postgres."),
        )

    def _own(self, path: Path, mode: int) -> None:
        if os.geteuid() == 0:
            owner = self._owner()
            os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
        path.chmod(mode)

    def _own_folder(self, path: Path, mode: int) -> None:
        path.mkdir(exist_ok=True)
        # Under /tmp anybody may have been first: a foreign folder there is refused, not taken over.
        if path.is_symlink() or path.stat().st_uid not in {os.geteuid(), self._owner().pw_uid}:
            raise PermissionError(1, "belongs to another user", str(path))
        self._own(path, mode)

    def _check_reachable(self) -> None:
        """Root's own folders are closed to the user we drop to: say so before initdb does in its words."""
        if os.geteuid() != 0:
            return
        for folder in [*reversed(self.home.parents), self.home]:
            if self._run(["test", "-x", folder]).returncode:
                raise SetupError(
                    Words(
                        f"用户 {self._owner().pw_name} 进不了数据目录。",
                        f"User {self._owner().pw_name} cannot enter the data folder.",
                    ),
                    at=f"{folder} ({self.home})",
                    why=Words(
                        "PostgreSQL 不以 root 运行，改用该用户。", "PostgreSQL does not run as root; that user runs it."
                    ),
                    mend=Words("设 LANDGIS_HOME=/var/lib/landgis。", "Set LANDGIS_HOME=/var/lib/landgis."),
                )

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold two starters apart."""
        self.home.mkdir(parents=True, exist_ok=True)
        self._check_reachable()
        path = self.home / "cluster.lock"
        with path.open("ab") as file:
            self._own(path, 0o600)
            if not _within(WAIT_SECONDS, lambda: _try_flock(file.fileno())):
                raise ConflictError(
                    Words("另一个程序正在启动或停止数据库。", "Another program is starting or stopping the database."),
                    at=str(path),
                    mend=Words("等它结束再试。", "Wait until it has ended, then try again."),
                )
            yield

    @contextlib.contextmanager
    def _refusals(self) -> Iterator[None]:
        """Turn what the operating system says about our folder into a message one can act on."""
        try:
            yield
        except (OSError, subprocess.SubprocessError) as error:
            detail = str(error)
            raise SetupError(
                Words("数据目录或数据库程序无法使用。", "The data folder or the database programs cannot be used."),
                at=str(getattr(error, "filename", None) or self.home),
                why=Words(detail, detail),
                mend=Words(
                    "用 LANDGIS_HOME 指定一个归你所有、可写且有空间的目录。",
                    "Name a folder in LANDGIS_HOME that is yours, can be written and has room.",
                ),
            ) from error

    # State

    def _data_major(self) -> str | None:
        try:
            return (self.data / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            return None

    def _pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _answers(self) -> bool:
        """Ask the server, not the pid: a killed one's number lives on as a zombie or as somebody else's process."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            try:
                client.connect(str(self._socket_folder / f".s.PGSQL.{PORT}"))
            except (FileNotFoundError, ConnectionRefusedError):
                return False
        # For a moment after a kill the kernel still takes connections for it, so it must speak, too.
        return self._ping() != Ping.NO_RESPONSE

    def _ping(self) -> int:
        return PGconn.ping(f"{self.url(ADMIN_ROLE, 'postgres')}&connect_timeout=10".encode())

    # Make, start

    def _run(self, command: Sequence[str | Path], keep_open: Sequence[int] = ()) -> subprocess.CompletedProcess[str]:
        """Run a program as the server's user, without the caller's ``PG*`` variables."""
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        owner = self._owner() if os.geteuid() == 0 else None
        return subprocess.run(
            [str(part) for part in command],
            cwd="/",
            env=env | {"HOME": str(self.home), "LC_ALL": _locale()},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,
            pass_fds=tuple(keep_open),
            user=owner.pw_uid if owner else None,
            group=owner.pw_gid if owner else None,
            extra_groups=[] if owner else None,
        )

    def _initialise(self, binaries: Binaries) -> None:
        free_mb = shutil.disk_usage(self.home).free // 1_000_000
        if free_mb < FREE_MIN_MB:
            raise SetupError(
                Words("磁盘空间不够建立数据库。", "There is not enough disk space to make the database."),
                at=f"{self.home}: {free_mb} MB",
                why=Words(f"至少需要 {FREE_MIN_MB} MB。", f"At least {FREE_MIN_MB} MB are needed."),
                mend=Words("清理磁盘，或换一个 LANDGIS_HOME。", "Make room, or set another LANDGIS_HOME."),
            )
        if self.data.exists() and any(self.data.iterdir()):
            raise SetupError(
                Words("目录里已有文件，但不是数据库。", "The folder holds files that are no database."),
                at=str(self.data),
                why=Words("建库会覆盖它们。", "Making a database there would overwrite them."),
                mend=Words("移走这些文件，或换一个 LANDGIS_HOME。", "Move them away, or set another LANDGIS_HOME."),
            )
        # Renamed when complete: a killed initdb leaves no half cluster behind.
        unfinished = self.home / "pgdata.unfinished"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        self._own_folder(unfinished, 0o700)
        initdb: list[str | Path] = [binaries.folder / "initdb", "--pgdata", unfinished, "--username", ADMIN_ROLE]
        initdb += ["--encoding=UTF8", f"--locale={_locale()}", "--auth-local=trust", "--auth-host=reject"]
        done = self._run([*initdb, "--data-checksums"])
        if done.returncode:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise SetupError(
                Words("数据库没有建成。", "The database could not be made."),
                at=str(self.data),
                why=Words(done.stderr.strip(), done.stderr.strip()),
                mend=Words("按上述原因处理后再试。", "Mend what the reason names, then try again."),
            )
        with (unfinished / "postgresql.conf").open("a") as file:
            file.write("include '../cluster.conf'\n")
        if self.data.exists():
            self.data.rmdir()
        unfinished.rename(self.data)

    def _write_settings(self) -> None:
        settings = SERVER_SETTINGS | {"unix_socket_directories": str(self._socket_folder)}
        lines = ["# Written by landgis at each start. Your own settings: ALTER SYSTEM SET …"]
        lines += [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
        target = self.home / "cluster.conf"
        written = self.home / "cluster.conf.new"
        written.write_text("\n".join(lines) + "\n")
        self._own(written, 0o600)
        written.replace(target)

    def _launch(self, binaries: Binaries) -> None:
        """Start the server, holding the lock ``alive`` that it and its children inherit.

        As long as one of them lives the lock is taken, so a free lock proves a left-over pid file stale; the number in
        it proves nothing (a zombie that nobody reaps, or another process, may have it) and would make the server
        refuse for ever.
        """
        alive = self.home / "alive.lock"
        with alive.open("ab") as file:
            self._own(alive, 0o600)
            if not _within(WAIT_SECONDS, lambda: _try_flock(file.fileno()) and not self._has_workers()):
                raise StoreError(
                    Words("旧的数据库进程还在，且不应答。", "Old database processes live on and do not answer."),
                    at=str(self.data),
                    mend=Words("结束这些进程再试。", "End these processes, then try again."),
                )
            for stale in [self.data / "postmaster.pid", *self._socket_folder.glob(".s.PGSQL.*")]:
                stale.unlink(missing_ok=True)
            if self.log.exists() and self.log.stat().st_size > LOG_MAX_BYTES:
                self.log.replace(self.log.with_suffix(".log.1"))
            self.log.touch()
            self._own(self.log, 0o600)
            command: list[str | Path] = [binaries.folder / "pg_ctl", "start", "--pgdata", self.data, "--log", self.log]
            done = self._run([*command, "--wait", f"--timeout={WAIT_SECONDS:.0f}"], keep_open=[file.fileno()])
        if done.returncode:
            last = "\n".join(self.log.read_text(errors="replace").splitlines()[-8:]) or done.stderr.strip()
            raise StoreError(
                Words("数据库没有启动。", "The database did not start."),
                at=f"{self.data}; {self.log}",
                why=Words(last, last),
                mend=Words(f"查看 {self.log}；磁盘是否已满？", f"Look into {self.log}; is the disk full?"),
            )

    def _has_workers(self) -> bool:
        """Say whether a process works inside the data folder, where /proc can tell: one started by hand has no lock."""
        here = self.data.resolve()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cwd").readlink() == here:
                    return True
        return False

    def _create_database(self) -> None:
        # A starter killed while the server was still recovering leaves one that answers but does not let us in yet.
        _within(WAIT_SECONDS, lambda: self._ping() != Ping.REJECT)
        try:
            with psycopg.connect(self.url(ADMIN_ROLE, "postgres"), autocommit=True, connect_timeout=30) as conn:
                if not conn.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                    conn.execute(SQL("CREATE DATABASE {}").format(Identifier(DATABASE)))
        except psycopg.Error as error:
            detail = str(error).strip()
            raise StoreError(
                Words("数据库已启动，但不能使用。", "The database runs but cannot be used."),
                at=f"{self.data}; {self.log}",
                why=Words(detail, detail),
                mend=Words(f"查看 {self.log}。", f"Look into {self.log}."),
            ) from error


def _socket_folder(home: Path) -> Path:
    """Keep the socket beside the data, or, under a deep path, in a short folder that the path alone decides."""
    beside = home / "run"
    if len(os.fsencode(beside / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_BYTES:
        return beside
    return Path("/tmp") / f"landgis-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"


def _candidates(home: Path) -> Iterator[Path]:
    """Give the folders where PostgreSQL may be: ours, a conda environment's, then the systems', the newest first."""
    yield home / "postgis" / "bin"
    yield Path(sys.base_prefix) / "bin"
    systems = [
        *Path("/usr/lib/postgresql").glob("*/bin"),  # Debian, Ubuntu
        *Path("/usr").glob("pgsql-*/bin"),  # the PostgreSQL project's RPMs
        *Path("/opt/homebrew/opt").glob("postgresql*/bin"),
        *Path("/usr/local/opt").glob("postgresql*/bin"),
        *Path("/Applications/Postgres.app/Contents/Versions").glob("*/bin"),
    ]
    yield from sorted(systems, key=lambda folder: [int(n) for n in re.findall(r"\d+", str(folder))], reverse=True)
    for program in ("pg_ctl", "postgres", "pg_config"):
        if on_path := shutil.which(program):
            yield Path(on_path).resolve().parent


def _inspect(folder: Path) -> _Found | None:
    if not all((folder / program).exists() for program in ("initdb", "pg_ctl", "postgres")):
        return None
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    major = re.search(r"(\d+)", said)
    if major is None:
        return None
    return _Found(folder, major[1], _postgis_version(folder, major[1]))


def _postgis_version(folder: Path, major: str) -> str | None:
    shares = [
        folder.parent / "share" / "postgresql",
        folder.parent / "share",
        folder.parents[2] / "share" / "postgresql" / major if len(folder.parents) > 2 else folder,
        folder.parent / "root/usr/share/postgresql" / major,  # packages unpacked without root
    ]
    if (folder / "pg_config").exists():
        asked = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True, check=False)
        shares.insert(0, Path(asked.stdout.strip() or folder))
    for share in shares:
        with contextlib.suppress(OSError):
            control = (share / "extension" / "postgis.control").read_text()
            if version := re.search(r"^default_version\s*=\s*'([^']+)'", control, re.MULTILINE):
                return version[1]
    return None


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])


def _locale() -> str:
    """Give a locale that sorts by code point and still knows a Chinese character for a letter (plain C does not)."""
    return "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"


def _try_flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _within(seconds: float, happens: Callable[[], bool]) -> bool:
    """Wait until something is true; say whether it became so in time."""
    end = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True
