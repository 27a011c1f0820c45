"""What `make bench` measures still runs: a small fabric is stored, judged, and asked for its tiles as the tables say."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.bench import assessing, serving


def test_a_fabric_is_stored_and_its_tiles_are_asked_for(fresh, tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "SECONDS", 0.2)
    filled = serving.fill("500", fresh.app_url, str(tmp_path))
    with ThreadPoolExecutor(
        1
    ) as thread:  # it runs a loop, and the browser's tests may have left theirs running in this one
        told = thread.submit(serving.bare, fresh.app_url, str(tmp_path / "16.txt")).result()

    assert filled["seconds"] > 0
    assert all(Path(tmp_path, f"{zoom}.txt").read_text().startswith("/tiles/") for zoom in serving.ZOOMS)
    assert told["answers"] > 0 and told["bytes"] > 0 and told["p95_ms"] > 0


def test_all_who_rank_give_the_same_ranks():
    ways = [way("2000") for way in (assessing.kernel, assessing.plain_numpy, assessing.pandas_rank)]
    assert len({one["known"] for one in ways}) == 1
    assert [one["sum"] for one in ways] == pytest.approx([ways[0]["sum"]] * 3)
