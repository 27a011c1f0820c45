"""No page and no map names a foreign host, and every third-party file is the one that was fetched."""

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"
VENDOR = WEB / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
OURS = sorted(path for folder in ("static", "templates") for path in (WEB / folder).rglob("*") if path.is_file())
#: The name of a namespace, which nobody fetches.
NAMESPACES = ("http://www.w3.org/2000/svg",)
ADDRESS = re.compile(r"""(?:[a-z][a-z0-9+.-]*:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s"'<>)]*""", re.IGNORECASE)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.relative_to(WEB).as_posix())
def test_our_file_names_no_foreign_host(path: Path) -> None:
    assert [found for found in ADDRESS.findall(path.read_text(encoding="utf-8")) if found not in NAMESPACES] == []


def test_every_vendored_file_is_in_the_manifest() -> None:
    there = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    ours = {name for name in there if name in ("fetch.py", "manifest.json") or "__pycache__" in name}
    assert there - ours == set(MANIFEST)


@pytest.mark.parametrize("name", MANIFEST)
def test_every_vendored_file_matches_its_digest(name: str) -> None:
    data = (VENDOR / name).read_bytes()
    assert MANIFEST[name]["integrity"] == "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()
    assert MANIFEST[name]["bytes"] == len(data)


def test_every_vendored_package_is_pinned_and_has_its_licence() -> None:
    packages = {entry["npm"] for entry in MANIFEST.values()}
    for package in packages:
        files = [name for name, entry in MANIFEST.items() if entry["npm"] == package]
        assert re.fullmatch(r"(@[\w-]+/)?[\w.-]+@\d+\.\d+\.\d+", package)
        assert any(Path(name).stem.upper() == "LICENSE" for name in files), package
        assert {MANIFEST[name]["licence"] for name in files} <= {"BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT"}


@pytest.mark.parametrize("name", [name for name in MANIFEST if name.endswith((".js", ".css"))])
def test_no_vendored_file_asks_for_a_source_map(name: str) -> None:
    assert "sourceMappingURL" not in (VENDOR / name).read_text(encoding="utf-8")


def test_no_script_writes_markup() -> None:
    sinks = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|bindPopup|bindTooltip|setContent\("
    )
    found = {path.name: sinks.findall(path.read_text(encoding="utf-8")) for path in OURS if path.suffix == ".js"}
    assert {name: sinks_found for name, sinks_found in found.items() if sinks_found} == {}
