"""Bring the browser's third-party files into this folder: `npm pack` at pinned versions, a few files of each, every one hashed.

Run ``python web/vendor/fetch.py`` after changing a version below. npm runs no install script for a pack and follows no dependency,
so what is listed is all there is. The files are committed: a build needs neither npm nor a network.
"""

import base64
import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Final

#: What we take: npm name and version -> files inside the package. The licence text always comes along.
PACKAGES: Final = {
    "leaflet@1.9.4": (
        "dist/leaflet.js",
        "dist/leaflet.css",
        "dist/images/layers.png",
        "dist/images/layers-2x.png",
        "dist/images/marker-icon.png",
    ),
    "pbf@5.1.2": ("index.js",),
    "@mapbox/vector-tile@3.0.0": ("index.js",),
    "@mapbox/point-geometry@1.1.0": ("index.js",),
}
SOURCE_MAP: Final = re.compile(rb"^\s*(?://|/\*)# sourceMappingURL=.*$", re.MULTILINE)


def sha384(data: bytes) -> str:
    """Give the digest as browsers write it in `integrity`."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def fetch(folder: Path) -> dict[str, dict[str, str | int]]:
    """Write the files below `folder` and give the manifest: path -> npm package, licence, digest, bytes."""
    manifest: dict[str, dict[str, str | int]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        packing = ["npm", "pack", "--json", "--loglevel=error", *PACKAGES]
        done = subprocess.run(packing, cwd=scratch, capture_output=True, text=True, check=True)
        for package in json.loads(done.stdout):
            spec = f"{package['name']}@{package['version']}"
            with tarfile.open(Path(scratch) / package["filename"]) as archive:
                members = {name.partition("/")[2]: name for name in archive.getnames()}
                licence = next(name for name in members if re.fullmatch(r"(?i)licen[cs]e(\.\w+)?", name))
                described = json.loads(_read(archive, members["package.json"]))
                for name in (*PACKAGES[spec], licence):
                    data = SOURCE_MAP.sub(b"", _read(archive, members[name]))  # a map we do not ship would be a 404
                    path = f"{package['name']}/{name}"
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(data)
                    manifest[path] = {
                        "npm": spec,
                        "licence": described["license"],
                        "integrity": sha384(data),
                        "bytes": len(data),
                    }
    return manifest


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    stream = archive.extractfile(name)
    if stream is None:
        raise FileNotFoundError(name)
    return stream.read()


def main() -> None:
    """Fetch into the folder of this file and write `manifest.json`."""
    folder = Path(__file__).parent
    manifest = fetch(folder)
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
