"""The commands of the front page, one after the other, do what it says."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from landgis.cli import main

ROOT = Path(__file__).parents[2]
#: ``serve`` does not end; ``migrate`` and ``doctor`` are for a database elsewhere.
RUN = ("ingest", "assess", "map", "ledger")


def commands() -> list[list[str]]:
    """Give the lines of the README that begin with one of these commands, as words."""
    lines = re.findall(
        rf"^landgis (?:{'|'.join(RUN)}) .*", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    return [shlex.split(line, comments=True)[1:] for line in lines]


def test_the_commands_of_the_front_page(fresh, tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "docs/example", tmp_path / "docs/example")
    shutil.copy(tmp_path / "docs/example/my-town.toml", tmp_path / "my-ledger.toml")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", fresh.admin_url)
    answers = []
    for words in commands():
        monkeypatch.setattr("sys.argv", ["landgis", "--json", *words])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr().out
        assert not left.value.code, said
        answers.append((words[0], json.loads(said)))

    dry, stored, again = (answer for name, answer in answers if name == "ingest")
    assert (dry["batch"], dry["stored"], dry["issues"]["318-area-differs"]) == (None, 8, 1)
    assert (stored["stored"], again["unchanged"]) == (8, 8)
    first, second = (answer for name, answer in answers if name == "assess")
    assert first["run"] == second["run"]
    counts = {answer: land["parcels"] for answer, land in first["triage"].items()}
    assert counts == {"exit": 2, "swap": 1, "upgrade": 1, "leave": 3, "data_first": 1}
    assert (tmp_path / "map.html").is_file() and (tmp_path / "ledger.xlsx").is_file()
