"""Dirty files, each made by a test and each with what is to be said of it; `tests/readers/golden` holds the cases."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from landgis.core.checking.doubts import doubts
from landgis.core.checking.quality import check
from landgis.readers.conform import conform
from landgis.readers.files import read_layers
from landgis.readers.profiles import parse_profile
from landgis.terms.errors import InputError

#: Our own column names on every layer of a file.
OWN_NAMES = """
name = "golden"
zh = "金标准"
en = "golden set"
[[table]]
name = "parcel"
layers = ["*"]
own_names = true
"""


@dataclass(frozen=True)
class Case:
    """One dirty file.

    Parameters
    ----------
    wrong
        What is wrong with it, a few words: the name of the test.
    make
        Writes the file into a folder and gives its path.
    stored
        How many rows are stored; the others of the file are refused, each with an issue.
    issues
        The issues to be found, by code.
    refused
        Words of the refusal, where the file is not taken at all.
    options
        What the user says besides: ``crs``, ``encoding``.
    profile
        Text of the profile; park "p1" is in the stock.
    """

    wrong: str
    make: Callable[[Path], Path]
    stored: int = 0
    issues: Mapping[str, int] = field(default_factory=dict)
    refused: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    profile: str = OWN_NAMES

    def hold(self, folder: Path) -> None:
        """Make the file, take it in as far as the database, and hold what is said against what was expected."""
        path = self.make(folder)
        profile = parse_profile(self.profile, "golden.toml")
        known = {"park": pd.DataFrame({"park_code": ["p1"]})}

        def taken_in() -> tuple[int, dict[str, pd.DataFrame], pd.DataFrame]:
            given = conform(read_layers(path, **self.options, assumed_crs=profile.crs), profile, park="p1")
            checked = check(given.frames, known, profile.tolerances)
            found = pd.concat(
                [given.issues, checked.issues, doubts(checked.frames, known, profile.tolerances)], ignore_index=True
            )
            return given.rows_in, checked.frames, found

        if self.refused:
            with pytest.raises(InputError) as caught:
                taken_in()
            assert self.refused in caught.value.text("en"), caught.value.text("en")
            assert caught.value.text("zh") and caught.value.mend is not None
            return
        rows_in, frames, found = taken_in()
        assert Counter(found["code"]) == Counter(self.issues), found[["code", "raw", "en"]].to_string()
        stored = sum(len(frame) for frame in frames.values())
        refused = found[found["severity"] == "refused"].drop_duplicates(["file", "layer", "row"])
        assert (stored, rows_in) == (self.stored, self.stored + len(refused)), "rows in = stored + refused"


def cases(*of: Case) -> pytest.MarkDecorator:
    """Run a test on each case, by its name."""
    names = [case.wrong for case in of]
    assert len(set(names)) == len(names)
    return pytest.mark.parametrize("case", of, ids=names)
