"""Every setting stands in both READMEs with its default, and nothing else does."""

import re
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from landgis.settings import Settings

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.zh-CN.md")


def defaults() -> dict[str, str]:
    """Give each setting's environment variable with its default, as a table writes it."""
    found = {}
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias or f"LANDGIS_{name}").upper()
        default = "~/.local/share/landgis" if field.default is PydanticUndefined else field.default
        found[variable] = "" if default is None else f"`{default}`"
    return found


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_settings_is_the_class(name: str) -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| ?(.*?) ?\| .+ \|$", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows) == defaults()
    assert len(rows) == len(Settings.model_fields)


def test_the_home_of_the_table_is_the_home_of_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LANDGIS_HOME", raising=False)
    for user, home in ((1000, Path.home() / ".local/share/landgis"), (0, Path("/var/lib/landgis"))):
        monkeypatch.setattr("os.geteuid", lambda user=user: user)
        assert Settings().home == home
