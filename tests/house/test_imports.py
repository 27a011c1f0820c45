"""What a command does not need is not imported for it, and the overview, which enters no room, says what the rooms say."""

import json
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest
import typer

import landgis.cli
from landgis.cli.overview import COMMANDS

#: Calls the command line as a person does, then tells on the last line which packages and modules of ours were loaded.
ASK = """
import contextlib, json, sys
from landgis.cli import main
sys.argv = ["landgis", *sys.argv[1:]]
with contextlib.suppress(SystemExit):
    main()
print(json.dumps(sorted({name if name.startswith("landgis.") else name.partition(".")[0] for name in sys.modules})))
"""
FRAMES = {"geopandas", "numpy", "pandas", "pyarrow", "shapely"}
HEAVY = {"fastapi", "folium", "highspy", "landgis.api", "numba", "scipy", "typst", "uvicorn"}


@pytest.mark.parametrize(
    ("command", "needs", "spared"),
    [
        ("--help", {"landgis.cli"}, FRAMES | HEAVY | {"procrastinate"}),
        ("db status", {"landgis.store.cluster"}, FRAMES | HEAVY),
        ("migrate --help", {"landgis.store.migrate"}, FRAMES | HEAVY),
        ("doctor --help", {"landgis.workflows.health"}, FRAMES | HEAVY),
        ("account list --help", {"landgis.workflows.accounts"}, FRAMES | HEAVY),
        ("worker --help", {"landgis.jobs.worker"}, FRAMES | HEAVY),
        ("ingest --help", {"landgis.workflows.ingest"}, HEAVY),
        ("assess --help", {"landgis.workflows.assess"}, {"fastapi", "highspy", "landgis.api", "numba", "uvicorn"}),
        (
            "plan make --help",
            {"landgis.workflows.reallocate"},
            {"fastapi", "folium", "landgis.api", "numba", "uvicorn"},
        ),
    ],
)
def test_a_command_imports_what_it_needs(tmp_path, command: str, needs: set[str], spared: set[str]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", ASK, *command.split()], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout  # fmt: skip
    loaded = set(json.loads(told.splitlines()[-1]))
    assert needs <= loaded and loaded & spared == set()


def test_the_overview_says_what_the_rooms_say() -> None:
    said = {}
    for found in pkgutil.iter_modules(landgis.cli.__path__):
        room = import_module(f"landgis.cli.{found.name}")
        if hasattr(room, "commands"):
            for name, command in typer.main.get_group(room.commands).commands.items():
                said[name] = found.name, "" if command.hidden else command.help
    assert said == dict(COMMANDS)
