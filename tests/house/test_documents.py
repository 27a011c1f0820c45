"""What the documents show exists: commands, options, files; the two READMEs say the same."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from landgis.cli import app

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")
FOLDERS = (".ci", "docs", "landgis", "sql", "tests", "web")
TEXTS = (".py", ".md", ".sql", ".toml", ".js", ".css", ".html", ".sh", ".yaml", ".conf", ".json", ".csv")


def files() -> list[Path]:
    """Give the texts we wrote, without what was fetched or made."""
    found = [path for path in ROOT.iterdir() if path.is_file()]
    found += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    return sorted(path for path in found if path.suffix in TEXTS and "vendor" not in path.parts)


DOCUMENTS = [path for path in files() if path.suffix == ".md"]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def commands(path: str) -> list[str]:
    """Give the command lines of a document's shell blocks, comments dropped, chains taken apart."""
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```$", text(path), re.MULTILINE | re.DOTALL)
    lines = [re.sub(r"\s+#.*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [part for line in lines for part in re.split(r" && ", line) if re.match(r"(landgis|make|docker|cp) ", part)]


def test_both_readmes_have_the_same_parts() -> None:
    english, chinese = (re.findall(r"^(#+) ", text(path), re.MULTILINE) for path in READMES)
    assert english == chinese
    blocks = [
        re.findall(r"^```.*?^```$", re.sub(r" +#.*", "", text(path)), re.MULTILINE | re.DOTALL) for path in READMES
    ]
    assert blocks[0] == blocks[1]
    links = [re.findall(r"\]\(([^)]+)\)", text(path).partition("\n\n")[2].partition("\n\n")[2]) for path in READMES]
    assert sorted(links[0]) == sorted(links[1])


@pytest.mark.parametrize("path", [name(path) for path in DOCUMENTS])
def test_every_landgis_command_exists(path: str) -> None:
    root = typer.main.get_command(app)
    for line in commands(path):
        words = shlex.split(line)
        if words[0] != "landgis":
            continue
        command, rest = root, words[1:]
        while rest and rest[0] in getattr(command, "commands", {}):
            _, command, rest = command.resolve_command(typer.Context(command), rest)
        assert command is not root or rest == ["--help"], line
        known = {"--help", *(option for item in command.params for option in item.opts)}
        assert {word for word in rest if word.startswith("-")} <= known, line


@pytest.mark.parametrize("path", READMES)
def test_every_command_of_the_front_page_names_files_that_exist(path: str) -> None:
    made = {"my-ledger.toml", "map.html", "ledger.xlsx"}
    for line in commands(path):
        named = {word for word in shlex.split(line) if re.search(r"\.(csv|toml|html|xlsx)$", word)}
        assert [word for word in named - made if not (ROOT / word).is_file()] == [], line
        if line.startswith("make "):
            assert re.search(rf"^{line.split()[1]}:", text("Makefile"), re.MULTILINE), line
    assert {"make demo", "make test"} <= set(commands(path))


def test_every_command_stands_in_the_help() -> None:
    told = CliRunner().invoke(app, ["--help"]).output
    for line in commands(READMES[0]):
        if line.startswith("landgis ") and not line.startswith("landgis --"):
            assert line.split()[1] in told


@pytest.mark.parametrize("path", DOCUMENTS, ids=name)
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8"))
    there = [link for link in links if not re.match(r"[a-z]+:|#", link)]
    assert [link for link in there if not (path.parent / link.partition("#")[0]).exists()] == []


def test_every_document_is_reached_from_the_front_page() -> None:
    read_on = set(re.findall(r"\]\((docs/[\w-]+\.md)\)", text("README.md")))
    assert read_on == {name(path) for path in DOCUMENTS if path.parent == ROOT / "docs"}


#: Written in two parts, so that this file does not hold what it looks for.
OWN = (
    r"/wo" r"rk/", r"(?<![\w}])/ro" r"ot/[.\w]", r"/tm" r"p/brief", r"/ho" r"me/\w+/", r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bXX" r"X\b",
)  # fmt: skip


@pytest.mark.parametrize("path", files(), ids=name)
def test_no_file_speaks_of_one_machine_or_of_work_left_over(path: Path) -> None:
    assert re.findall("|".join(OWN), path.read_text(encoding="utf-8")) == []


def test_no_picture_is_left_over() -> None:
    shown = {
        link.rpartition("/")[2] for path in DOCUMENTS for link in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text(name(path)))
    }
    assert shown == {path.name for path in (ROOT / "docs/images").iterdir()}
