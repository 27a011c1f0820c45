"""The lock files pin everything, name no address, and the two environments agree."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"]


def name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def pinned(file: str) -> dict[str, str]:
    """Give ``{package: version}``; a line that does not fit ``package==version ; marker \\`` fails."""
    lines = (ROOT / file).read_text().splitlines()
    heads = [line for line in lines if not line.startswith("    --hash=sha256:")]
    pins = [re.fullmatch(r"([\w.-]+)(?:\[[\w,-]+\])?==([\w.!+-]+)(?: ; .+?)? \\", line) for line in heads]
    assert all(pins), [head for head, pin in zip(heads, pins, strict=True) if not pin]
    return {name(pin[1]): pin[2] for pin in pins}


@pytest.mark.parametrize("file", FILES)
def test_every_package_is_pinned_and_hashed(file):
    text = (ROOT / file).read_text()
    assert pinned(file)
    hashes = re.findall(r"--hash=(\S+)", text)
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value) for value in hashes)
    assert not re.search(r"\\\n(?!    --hash=)", text), "a package without a hash"


@pytest.mark.parametrize("file", FILES)
def test_no_lock_file_names_an_address(file):
    assert not re.search(r"://|--index|--find-links|--trusted|@ |file:", (ROOT / file).read_text())


def test_the_environments_agree():
    run, dev, build = (pinned(file) for file in FILES)
    assert run.items() <= dev.items()
    assert {package: build[package] for package in build.keys() & dev.keys()}.items() <= dev.items()


def test_every_direct_dependency_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"]
    assert {name(line) for line in wanted} <= pinned("requirements.lock").keys()
    assert {name(line) for line in project["project"]["optional-dependencies"]["dev"]} <= pinned(FILES[1]).keys()
    assert {name(line) for line in project["build-system"]["requires"]} <= pinned("requirements-build.lock").keys()


def test_development_packages_stay_out_of_the_product():
    assert not pinned("requirements.lock").keys() & {"pytest", "ruff", "mypy", "playwright", "hatchling", "pip"}


def test_the_bootstrap_needs_nothing_installed():
    isolated = [sys.executable, "-I", "-S", str(ROOT / "landgis" / "bootstrap.py")]  # no site-packages at all
    done = subprocess.run(isolated, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "usage: bootstrap.py setup|dev\n")


def test_the_bootstrap_and_the_settings_mean_the_same_folder(monkeypatch):
    from landgis.bootstrap import default_home
    from landgis.settings import Settings

    monkeypatch.delenv("LANDGIS_HOME", raising=False)
    assert default_home() == Settings().home
    monkeypatch.setenv("LANDGIS_HOME", "/srv/land")
    assert default_home() == Settings().home == Path("/srv/land")
