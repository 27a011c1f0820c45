"""Make a fresh work tree ready: virtual environment, PostGIS and, for tests, a browser; standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import getpass
import hashlib
import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "landgis-setup.json"
PYTHON_MIN = (3, 11)
FREE_MIN_MB = {"setup": 1200, "dev": 2500}
LOCKS = {
    "setup": ["requirements.lock", "requirements-build.lock"],
    "dev": ["requirements-dev.lock", "requirements-build.lock"],
}
BROWSER_PACKAGES = ["chromium", "fonts-wqy-microhei", "libatomic1"]  # the last for playwright's own node

NETWORK = re.compile(
    r"resolve|resolution|unreachable|connection (refused|reset|timed out)|could not connect|failed to connect|"
    r"establish a new connection|dns error|error sending request|read timed out|cannot initiate the connection",
    re.IGNORECASE,
)


class RefusedError(Exception):
    """What is missing, in both languages: what, at, why, mend."""

    def __init__(self, zh: str, en: str, at: str = "", why: str = "", mend_zh: str = "", mend_en: str = "") -> None:
        super().__init__(en)
        self.zh, self.en, self.at, self.why, self.mend_zh, self.mend_en = zh, en, at, why, mend_zh, mend_en

    def __str__(self) -> str:
        chinese = [("位置", self.at), ("原因", self.why), ("处理", self.mend_zh)]
        english = [("at", self.at), ("why", self.why), ("mend", self.mend_en)]
        lines = [self.zh, *(f"  {label}: {text}" for label, text in chinese if text)]
        lines += [self.en, *(f"  {label}: {text}" for label, text in english if text)]
        return "\n".join(lines)


class Step:
    """One piece of work on one line: a bar or the seconds while it runs on a terminal, its seconds when it is done."""

    def __init__(self, label: str, total: int = 0) -> None:
        self.label, self.total, self.done, self.last = label, total, 0, ""
        self._began, self._ended = time.monotonic(), threading.Event()
        self._painter = threading.Thread(target=self._paint, daemon=True)

    def __enter__(self) -> Step:
        if sys.stderr.isatty():
            self._painter.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        if self._painter.is_alive():
            self._painter.join()
        mark = "✗" if kind else "✓"
        clear = "\r\033[K" if sys.stderr.isatty() else ""
        sys.stderr.write(f"{clear}{mark} {self.label}  {time.monotonic() - self._began:.1f} s\n")
        sys.stderr.flush()

    def _paint(self) -> None:
        width = shutil.get_terminal_size().columns
        while not self._ended.wait(0.2):
            seconds = f"{time.monotonic() - self._began:.0f} s"
            bar = ""
            if self.total:
                full = min(20, 20 * self.done // self.total)
                bar = f"  [{'#' * full}{'.' * (20 - full)}] {min(self.done, self.total)}/{self.total}"
            line = f"… {self.label}{bar}  {seconds}  {self.last}"
            # A Chinese character takes two columns; cutting by the wider measure never wraps the line.
            while len(line.encode("gb18030", "replace")) >= width and line:
                line = line[:-1]
            sys.stderr.write(f"\r\033[K{line}")
            sys.stderr.flush()


def run(
    command: Sequence[str | Path], label: str, total: int = 0, count: str = "", folder: Path = ROOT, **env: str
) -> list[str]:
    """Run a program as one step; give its lines, or refuse with the reason its last lines give."""
    shown = " ".join(shlex.quote(str(part)) for part in command)
    lines: list[str] = []
    with Step(label, total) as step:
        try:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                cwd=folder,
                env={**os.environ, "LC_ALL": "C.UTF-8", **env},
            )
        except OSError as error:
            raise RefusedError(
                "程序无法运行。",
                "A program cannot be run.",
                shown,
                str(error),
                "安装它，或检查它的权限，再试。",
                "Install it or check its permissions, then try again.",
            ) from error
        assert process.stdout is not None
        try:
            for line in process.stdout:
                lines.append(line.rstrip())
                step.last = line.strip()
                if count and re.match(count, line):
                    step.done += 1
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if code:
            raise _refusal(label, shown, lines)
    return lines


def _refusal(label: str, shown: str, lines: list[str]) -> RefusedError:
    said = "\n".join(lines[-40:])
    shown = re.sub(r" -o \S+", "", shown)
    told = [line.strip() for line in lines if line.strip()]
    errors = [line for line in told if re.match(r"(E:|W: Failed|ERROR|error|fatal|  ×|.*Error\b)", line)]
    tail = " | ".join((errors or told)[-3:])[-500:]
    if "No space left on device" in said or "not enough free" in said:
        return RefusedError(
            "磁盘已满。", "The disk is full.", shown, tail, "清理磁盘再试。", "Make room, then try again."
        )
    if re.search(r"do not match the hashes|hash mismatch|hashsum mismatch", said, re.IGNORECASE):
        return RefusedError(
            "下载的文件与锁定的校验值不符。",
            "A downloaded file does not match its locked hash.",
            shown,
            tail,
            "换一个软件源再试；若一直如此，不要安装。",
            "Try another package index; if it stays so, do not install.",
        )
    if NETWORK.search(said):
        return RefusedError(
            "连不上软件源。",
            "The package source cannot be reached.",
            shown,
            tail,
            "检查网络和代理（pip 与 apt 的设置），再试；已完成的步骤不会重做。",
            "Check the network and the proxy (the settings of pip and apt), then try again; finished steps are kept.",
        )
    return RefusedError(
        f"步骤失败：{label}", f"A step failed: {label}", shown, tail, "按原因处理后再试。", "Mend the reason."
    )


class Debian:
    """Debian's and Ubuntu's signed packages: installed as root, or unpacked into a folder of the user's."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.present = bool(shutil.which("apt-get") and shutil.which("dpkg-deb"))
        self.may_install = self.present and os.geteuid() == 0 and os.environ.get("LANDGIS_NO_APT") != "1"
        self._folder = home / "apt"
        self._updated = False

    def _options(self) -> list[str]:
        if self.may_install:
            return ["-o", "DPkg::Lock::Timeout=300", "-o", "APT::Install-Recommends=0"]
        settings = {
            "Debug::NoLocking": "1",
            "Dir::State::lists": self._folder / "lists",
            "Dir::Cache": self._folder,
            "Dir::Cache::archives": self._folder / "archives",
            "APT::Sandbox::User": getpass.getuser(),
            "APT::Install-Recommends": "0",
            "Acquire::Languages": "none",
        }
        return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]

    def _update(self) -> None:
        if self._updated:
            return
        if not self.may_install:
            for part in ("lists", "archives"):
                (self._folder / part / "partial").mkdir(parents=True, exist_ok=True)
        update = ["apt-get", *self._options(), "update"]
        said = run(update, "读取软件包目录 · reading the package lists")
        # apt calls it a success when it reached nobody; one foreign source out of order is none of our business.
        known = subprocess.run(["apt-cache", *self._options(), "madison", "libc6"], capture_output=True, check=False)
        if not known.stdout.strip():
            raise _refusal("apt-get update", shlex.join(update), [*said, "E: could not connect to any package source"])
        self._updated = True

    def newest_postgis(self) -> str | None:
        """Name the newest PostgreSQL major that has a PostGIS package."""
        self._update()
        search = ["apt-cache", *self._options(), "search", "--names-only", "^postgresql-[0-9]+-postgis-3$"]
        found = subprocess.run(search, capture_output=True, text=True, check=False).stdout
        majors = [int(major) for major in re.findall(r"^postgresql-(\d+)-postgis-3\b", found, re.MULTILINE)]
        return str(max(majors)) if majors else None

    def has(self, package: str) -> bool:
        """Say whether a package can be installed (on Ubuntu chromium is none: it only points to the snap store)."""
        self._update()
        show = ["apt-cache", *self._options(), "policy", package]
        found = subprocess.run(show, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        candidate = re.search(r"Candidate: (\S+)", found.stdout)
        return candidate is not None and candidate[1] != "(none)" and "snap" not in candidate[1]

    def install(self, packages: list[str], label: str) -> None:
        """Install packages into the system, as root."""
        self._update()
        quiet = ["-y", "-q", "-o", "Dpkg::Options::=--force-confold"]
        command = ["apt-get", *self._options(), *quiet, "install", *packages]
        new = self._simulated(command)
        run(command, label, total=2 * new, count=r"(Get:\d|Setting up )", DEBIAN_FRONTEND="noninteractive")

    def unpack(self, packages: list[str], target: Path, label: str, alone: bool = False) -> None:
        """Download packages with what they need beyond the system (or ``alone``) and unpack them into a folder."""
        self._update()
        for old in (self._folder / "archives").glob("*.deb"):
            old.unlink()
        if alone:
            command = ["apt-get", *self._options(), "-q", "download", *packages]
            total = len(packages)
        else:
            command = ["apt-get", *self._options(), "-y", "-q", "--download-only", "--reinstall", "install", *packages]
            total = self._simulated(command)
        run(command, f"下载 · downloading: {label}", total, r"Get:\d", folder=self._folder / "archives")
        archives = sorted((self._folder / "archives").glob("*.deb"))
        target.mkdir(parents=True, exist_ok=True)
        with Step(f"解包 · unpacking: {label} ({len(archives)} .deb)", len(archives)) as step:
            for archive in archives:
                done = subprocess.run(["dpkg-deb", "-x", archive, target], capture_output=True, text=True, check=False)
                if done.returncode:
                    raise _refusal(label, f"dpkg-deb -x {archive.name} {target}", done.stderr.splitlines())
                archive.unlink()
                step.done += 1

    def _simulated(self, command: list[str]) -> int:
        said = subprocess.run([*command, "--simulate"], capture_output=True, text=True, check=False).stdout
        return len(re.findall(r"^Inst ", said, re.MULTILINE))

    def forget(self) -> None:
        """Remove our own package lists."""
        shutil.rmtree(self._folder, ignore_errors=True)


def default_home() -> Path:
    """Give the folder of data and unpacked programs; root's own home is closed to the user PostgreSQL runs as."""
    if named := os.environ.get("LANDGIS_HOME"):
        return Path(named).absolute()
    return Path("/var/lib/landgis") if os.geteuid() == 0 else Path.home() / ".local" / "share" / "landgis"


def _fingerprint(mode: str) -> str:
    digest = hashlib.sha256(f"{ROOT}".encode())
    for name in [*LOCKS[mode], "pyproject.toml", "landgis/bootstrap.py"]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _is_ready(mode: str) -> bool:
    """Say whether all has been done already; a tree set up for tests is ready for use, too."""
    try:
        stamp = json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if stamp.get(mode) != _fingerprint(mode) or not (VENV / "bin" / "landgis").exists():
        return False
    if mode == "dev" and not (VENV / "bin" / "chromium").exists():
        return False
    if os.environ.get("DATABASE_URL"):
        return True
    folder = os.environ.get("LANDGIS_PG_BIN") or stamp.get("postgis", "")
    return bool(folder) and (Path(folder) / "initdb").exists()


def _check_machine(mode: str, home: Path) -> None:
    if sys.version_info < PYTHON_MIN:
        raise RefusedError(
            "Python 太旧。",
            "This Python is too old.",
            sys.executable,
            f"{sys.version.split()[0]} < {'.'.join(map(str, PYTHON_MIN))}",
            "安装 Python 3.11 或更新版本，然后 make setup PYTHON=python3.11。",
            "Install Python 3.11 or newer, then make setup PYTHON=python3.11.",
        )
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusedError(
            "数据目录无法建立。",
            "The data folder cannot be made.",
            str(home),
            str(error),
            "用 LANDGIS_HOME 指定一个归你所有的目录。",
            "Name a folder that is yours in LANDGIS_HOME.",
        ) from error
    for folder in (ROOT, home):
        free_mb = shutil.disk_usage(folder).free // 1_000_000
        if free_mb < FREE_MIN_MB[mode]:
            raise RefusedError(
                "磁盘空间不足。",
                "There is not enough disk space.",
                str(folder),
                f"{free_mb} MB < {FREE_MIN_MB[mode]} MB",
                "清理磁盘，或用 LANDGIS_HOME 指定另一个磁盘上的目录。",
                "Make room, or name a folder on another disk in LANDGIS_HOME.",
            )
    for folder in (ROOT, home):
        if not os.access(folder, os.W_OK):
            raise RefusedError(
                "目录不可写。",
                "A folder cannot be written.",
                str(folder),
                f"{getpass.getuser()}, uid {os.geteuid()}",
                "换一个归你所有的目录（工作目录，或 LANDGIS_HOME）。",
                "Use a folder that is yours (for the clone, or in LANDGIS_HOME).",
            )


def _works(*command: str | Path) -> bool:
    with contextlib.suppress(OSError):
        return subprocess.run([str(part) for part in command], capture_output=True, check=False).returncode == 0
    return False


def _make_environment(debian: Debian) -> list[str | Path]:
    """Make ``.venv`` where there is none that works; give the command that installs into it."""
    python = VENV / "bin" / "python"
    uv = shutil.which("uv")
    if uv and not _works(uv, "--version"):
        uv = None
    usable = _works(python, "-c", f"import sys; sys.exit(sys.version_info < {PYTHON_MIN})")
    if uv:
        if not usable:
            _remove_environment()
            offline = ["--no-python-downloads", "--python", sys.executable]
            run([uv, "venv", "--quiet", *offline, VENV], "建立虚拟环境 · virtual environment (uv)")
        return [uv, "pip", "install", "--python", python]
    pip: list[str | Path] = [python, "-m", "pip"]
    if not usable or not _works(*pip, "--version"):
        _remove_environment()
        _make_with_pip(debian)
    return [
        *pip,
        "--disable-pip-version-check",
        "install",
        "--no-compile",
        "--progress-bar=off",
        "--no-warn-script-location",
    ]


def _make_with_pip(debian: Debian) -> None:
    label = "建立虚拟环境 · virtual environment"
    if importlib.util.find_spec("ensurepip") is None and debian.may_install:
        debian.install([f"python3.{sys.version_info.minor}-venv"], "安装 · installing: python3-venv (apt)")
        importlib.invalidate_caches()
    if _works(sys.executable, "-c", "import ensurepip"):
        run([sys.executable, "-m", "venv", VENV], label)
        return
    if not debian.present:
        raise RefusedError(
            "这个 Python 没有 ensurepip，也没有 uv。",
            "This Python has no ensurepip, and there is no uv.",
            sys.executable,
            "",
            "安装 python3-venv 或 uv。",
            "Install python3-venv or uv.",
        )
    # Debian splits pip off Python; its wheel is a package of its own that needs no installing.
    wheels = debian.home / "apt" / "pip"
    debian.unpack(["python3-pip-whl"], wheels, "pip", alone=True)
    wheel = next(wheels.glob("usr/share/python-wheels/pip-*.whl"))
    run([sys.executable, "-m", "venv", "--without-pip", VENV], label)
    run(
        [VENV / "bin" / "python", wheel / "pip", "install", "--quiet", "--no-index", "--no-deps", wheel],
        "安装 · installing: pip",
    )


def _remove_environment() -> None:
    if VENV.is_symlink():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(VENV)


def _install_packages(installer: list[str | Path], mode: str) -> None:
    files = [ROOT / name for name in LOCKS[mode]]
    number = sum(len(re.findall(r"^[\w.-]+==", file.read_text(encoding="utf-8"), re.MULTILINE)) for file in files)
    listed = [part for file in files for part in ("-r", file)]
    hashed = [*installer, "--require-hashes", "--only-binary=:all:", *listed]
    label = f"安装 {number} 个锁定的 Python 包 · installing {number} locked Python packages"
    run(hashed, label, total=number, count=r"\s*Collecting |Requirement already")
    here = [*installer, "--no-deps", "--no-build-isolation", "--no-index", "--editable", ROOT]
    run(here, "安装本项目 · installing landgis itself")
    # Where the environment forbids Python to keep what it compiles, every start would compile two thousand modules anew.
    python = VENV / "bin" / "python"
    run(
        ["env", "-u", "PYTHONDONTWRITEBYTECODE", python, "-c", "import landgis.cli.demo, landgis.cli.planning"],
        "编译字节码 · compiling byte code",
    )


def _find_postgis(home: Path) -> str | None:
    """Ask the product's own finder, so that setup and start cannot differ; give the folder of the programs."""
    ask = (
        "import sys; from pathlib import Path; from landgis.store.cluster import find_binaries\n"
        "print(find_binaries(Path(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2] else None).folder)"
    )
    command = [str(VENV / "bin" / "python"), "-c", ask, str(home), os.environ.get("LANDGIS_PG_BIN", "")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and "SetupError" not in done.stderr:
        raise _refusal("PostGIS", shlex.join(command[:1]), done.stderr.splitlines())
    return done.stdout.strip() or None


def _get_postgis(debian: Debian, home: Path) -> str:
    if found := _find_postgis(home):
        return found
    major = debian.newest_postgis() if debian.present and not os.environ.get("LANDGIS_PG_BIN") else None
    if major:
        packages = [f"postgresql-{major}", f"postgresql-{major}-postgis-3"]
        if debian.may_install:
            with _no_system_cluster():
                debian.install(packages, f"安装 · installing: PostgreSQL {major}, PostGIS (apt)")
        else:
            _unpack_postgis(debian, home, packages)
    if found := _find_postgis(home):
        return found
    raise RefusedError(
        "没有 PostGIS 3.3 或更新版本，也无法自动安装。",
        "There is no PostGIS 3.3 or newer, and it cannot be installed from here.",
        os.environ.get("LANDGIS_PG_BIN") or f"apt: {f'postgresql-{major}-postgis-3' if major else 'none'}",
        "",
        "dnf install postgresql-server postgis、brew install postgis、conda install postgis；"
        "或在 DATABASE_URL 中给出已有的数据库；或 docker compose up。",
        "dnf install postgresql-server postgis, brew install postgis, conda install postgis; "
        "or give an existing database in DATABASE_URL; or docker compose up.",
    )


@contextlib.contextmanager
def _no_system_cluster() -> Iterator[None]:
    """Keep Debian from making and starting a server of its own while its packages are installed for ours."""
    setting = Path("/etc/postgresql-common/createcluster.d/landgis.conf")
    setting.parent.mkdir(parents=True, exist_ok=True)
    setting.write_text("create_main_cluster = false\n", encoding="utf-8")
    try:
        yield
    finally:
        setting.unlink(missing_ok=True)


def _unpack_postgis(debian: Debian, home: Path, packages: list[str]) -> None:
    final, unfinished = home / "postgis", home / "postgis.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    root = unfinished / "root"
    debian.unpack(packages, root, "PostgreSQL, PostGIS")
    with Step("整理 · arranging: PostgreSQL, PostGIS"):
        programs = next(root.glob("usr/lib/postgresql/*/bin"), None)
        if programs is None:
            return
        # What the packages' own scripts would do on installation: pick the alternative.
        for control in root.glob("usr/share/postgresql/*/extension/*-3.control"):
            plain = control.with_name(control.name.replace("-3.control", ".control"))
            plain.unlink(missing_ok=True)
            plain.symlink_to(control.name)
        _prune(root)
        proj = {"PROJ_DATA": final / "root/usr/share/proj", "PROJ_LIB": final / "root/usr/share/proj"}
        started = {program.name: final / program.relative_to(unfinished) for program in programs.iterdir()}
        _write_wrappers(unfinished, final, started, proj)
    shutil.rmtree(final, ignore_errors=True)
    unfinished.rename(final)


def _prune(root: Path) -> None:
    """Remove what no program of ours reads: papers, and the compiler of PostgreSQL's JIT, which is off."""
    papers = [root / "usr" / "share" / name for name in ("doc", "man", "locale", "info", "lintian", "bug")]
    jit = [*root.glob("usr/lib/llvm-*"), *root.glob("usr/lib/postgresql/*/lib/bitcode")]
    for folder in [*papers, *jit]:
        shutil.rmtree(folder, ignore_errors=True)
    for library in [*root.glob("usr/lib/*/libLLVM*"), *root.glob("usr/lib/postgresql/*/lib/llvmjit*")]:
        library.unlink()


def _write_wrappers(unfinished: Path, final: Path, programs: dict[str, Path], settings: dict[str, Path]) -> None:
    """Write ``bin/<name>``: it finds the unpacked libraries first, where they will be after the last renaming."""
    libraries = {library.parent for library in (unfinished / "root").glob("**/*.so*") if not library.is_dir()}
    inside = ":".join(str(final / folder.relative_to(unfinished)) for folder in sorted(libraries))
    lines = ["#!/bin/sh", f"export LD_LIBRARY_PATH={shlex.quote(inside)}${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"]
    lines += [f"export {name}={shlex.quote(str(value))}" for name, value in settings.items()]
    (unfinished / "bin").mkdir(exist_ok=True)
    for name, program in programs.items():
        wrapper = unfinished / "bin" / name
        wrapper.write_text("\n".join([*lines, f'exec {shlex.quote(str(program))} "$@"']) + "\n", encoding="utf-8")
        wrapper.chmod(0o755)


def _get_browser(debian: Debian, home: Path) -> None:
    """See that ``.venv/bin`` has a ``chromium`` that draws Chinese and a ``playwright-node`` that drives it."""
    unpacked = home / "chromium" / "bin"
    node = next(VENV.glob("lib/python3*/site-packages/playwright/driver/node"))
    if not _system_browser(node) and debian.present and debian.has("chromium"):
        if debian.may_install:
            debian.install(BROWSER_PACKAGES, "安装 · installing: Chromium, 中文字体 (apt)")
        elif not _works(unpacked / "chromium", "--version"):
            _unpack_browser(debian, home, node)
    found = {"chromium": _system_browser(node) or unpacked / "chromium"}
    found["playwright-node"] = node if _works(node, "--version") else unpacked / "playwright-node"
    for name, program in found.items():
        link = VENV / "bin" / name
        link.unlink(missing_ok=True)
        link.symlink_to(program)
        if not _works(link, "--version"):
            link.unlink()
            raise RefusedError(
                "没有可用于浏览器测试的 Chromium 和中文字体。",
                "There is no Chromium with a Chinese font for the browser tests.",
                str(program),
                "",
                "以 root 运行 apt-get install " + " ".join(BROWSER_PACKAGES) + "（或本系统的相应软件包），再试。",
                "As root: apt-get install " + " ".join(BROWSER_PACKAGES) + " (or your system's own), then try again.",
            )


def _system_browser(node: Path) -> Path | None:
    """Give the system's Chromium if it, a Chinese font and what playwright's node links to are there."""
    outside = [part for part in os.environ.get("PATH", "").split(os.pathsep) if part != str(VENV / "bin")]
    for name in ("chromium", "chromium-browser", "google-chrome"):
        browser = shutil.which(name, path=os.pathsep.join(outside))
        if browser and _works(browser, "--version") and _has_chinese_font() and _works(node, "--version"):
            return Path(browser)
    return None


def _has_chinese_font() -> bool:
    listed = subprocess.run(["sh", "-c", "fc-list :lang=zh"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def _unpack_browser(debian: Debian, home: Path, node: Path) -> None:
    final, unfinished = home / "chromium", home / "chromium.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    root = unfinished / "root"
    debian.unpack(BROWSER_PACKAGES, root, "Chromium, 中文字体")
    _prune(root)
    fonts = unfinished / "fonts.conf"
    fonts.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>\n'
        f"  <dir>{final}/root/usr/share/fonts</dir>\n  <dir>/usr/share/fonts</dir>\n"
        f"  <cachedir>{final}/font-cache</cachedir>\n</fontconfig>\n",
        encoding="utf-8",
    )
    programs = {"chromium": final / "root/usr/lib/chromium/chromium", "playwright-node": node}
    _write_wrappers(unfinished, final, programs, {"FONTCONFIG_FILE": final / "fonts.conf"})
    shutil.rmtree(final, ignore_errors=True)
    unfinished.rename(final)


def prepare(mode: str) -> None:
    """Do what is still to be done, in order; what was done before is kept."""
    home = default_home()
    _check_machine(mode, home)
    debian = Debian(home)
    installer = _make_environment(debian)
    stamp = {} if not STAMP.exists() else json.loads(STAMP.read_text(encoding="utf-8"))
    STAMP.unlink(missing_ok=True)
    _install_packages(installer, mode)
    if not os.environ.get("DATABASE_URL"):
        stamp["postgis"] = _get_postgis(debian, home)
    if mode == "dev":
        _get_browser(debian, home)
        stamp["setup"] = _fingerprint("setup")
    debian.forget()
    stamp[mode] = _fingerprint(mode)
    STAMP.write_text(json.dumps(stamp, indent=1) + "\n", encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Take ``setup`` (use it) or ``dev`` (test it, too); give the exit code."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        sys.stderr.write("usage: bootstrap.py setup|dev\n")
        return 2
    mode = arguments[0]
    if _is_ready(mode):
        return 0
    tree = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(tree, fcntl.LOCK_EX)  # two at once: the second waits, then finds all done
        if not _is_ready(mode):
            prepare(mode)
    except RefusedError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    except OSError as error:
        mend = "检查该处的权限和磁盘空间，再试。", "Check permissions and disk space there, then try again."
        sys.stderr.write(
            f"{RefusedError('系统拒绝了操作。', 'The system refused.', str(error.filename), str(error), *mend)}\n"
        )
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\n已中断；再次运行会接着做。 Interrupted; run it again to go on.\n")
        return 130
    finally:
        os.close(tree)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
