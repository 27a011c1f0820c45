"""The reader's process: what it may not do, and that its death is a refusal and nothing more."""

import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import dirty
import pytest

from landgis.readers import jail, limits
from landgis.readers.files import read_layers
from landgis.readers.network import how_without_network
from landgis.terms.errors import InputError

#: Runs lines of Python as a reader would run: locked in, with so much processor time and memory.
LOCKED = """
from landgis.readers.inside import _lock_in
import os, socket, sys
told = os.dup(1)
_lock_in({{"cpu_s": {cpu_s}, "memory": {memory}, "wall_s": 0}})
def tell(text): os.write(told, text.encode())
{lines}
"""


def locked(lines: str, cpu_s: int = 5, memory: int = 4 << 30) -> subprocess.CompletedProcess[str]:
    program = LOCKED.format(lines=lines, cpu_s=cpu_s, memory=memory)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)


ESCAPES = """
def tried(what):
    try: what()
    except (OSError, MemoryError) as error: tell(f"{type(error).__name__} {getattr(error, 'errno', '')};")
    else: tell("it works;")
tried(lambda: socket.create_connection(("127.0.0.1", 1), 1))
tried(lambda: os.execv("/bin/true", ["true"]))
tried(lambda: bytearray(5 << 30))
"""


def test_a_reader_reaches_no_host_no_program_and_no_more_memory() -> None:
    if not how_without_network():
        pytest.fail("this kernel allows neither a namespace nor a filter: landgis doctor says so")
    host, program, memory, _ = locked(ESCAPES).stdout.split(";")
    assert host in ("PermissionError 1", "OSError 101") and program == "PermissionError 1" and memory == "MemoryError "


def test_a_reader_that_never_ends_is_ended_by_its_processor_time() -> None:
    assert locked("while True: pass", cpu_s=1).returncode in (-signal.SIGXCPU, -signal.SIGKILL)


def asked_of(monkeypatch: pytest.MonkeyPatch, **changed: object) -> None:
    """Have every reader asked with other limits."""
    ask = jail._NURSERY.ask
    monkeypatch.setattr(jail._NURSERY, "ask", lambda asked: ask(json.dumps({**json.loads(asked), **changed}).encode()))


def test_a_reader_without_enough_memory_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.csv").write_text("no,text\nA-1," + "x" * 40_000_000 + "\n", encoding="ascii")
    asked_of(monkeypatch, memory=4 << 20)
    with pytest.raises(InputError, match=r"reading was stopped") as caught:
        read_layers(tmp_path / "a.csv")
    assert caught.value.why is not None and "memory" in caught.value.why.en
    monkeypatch.undo()
    assert len(read_layers(tmp_path / "a.csv")[0].rows) == 1, "with what its size allows it is read"


def test_a_reader_that_waits_for_ever_is_ended_by_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "slow.csv")  # its reader waits for somebody to write, which takes no processor time
    monkeypatch.setattr(limits.allowed, "wall_s", 0.2)
    with pytest.raises(InputError, match="reading was stopped") as caught:
        list(jail.read_in_jail(tmp_path / "slow.csv", "slow.csv", None, 10))
    assert "more than 0.2 s" in caught.value.text("en") and "LANDGIS_READ_TIMEOUT_S" in caught.value.text("zh")


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGSEGV, signal.SIGXCPU])
def test_a_reader_that_dies_is_a_refusal_and_the_next_file_is_read(tmp_path: Path, sign: signal.Signals) -> None:
    dirty.plots().to_file(tmp_path / "a.gpkg")
    os.mkfifo(tmp_path / "slow.csv")  # its reader waits for somebody to write

    is_dead = threading.Event()

    def kill() -> None:
        nursery = jail._NURSERY._process
        while nursery is not None and not is_dead.wait(0.05):
            for child in Path(f"/proc/{nursery.pid}/task/{nursery.pid}/children").read_text().split():
                with suppress(ProcessLookupError):
                    os.kill(int(child), sign)

    read_layers(tmp_path / "a.gpkg")
    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with pytest.raises(InputError, match="reading was stopped") as caught:
            list(jail.read_in_jail(tmp_path / "slow.csv", "slow.csv", None, 10))
    finally:
        is_dead.set()
        killer.join()
    assert caught.value.why is not None and caught.value.mend is not None
    assert len(read_layers(tmp_path / "a.gpkg")[0].rows) == 2


def test_a_pipe_or_device_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    for path in (tmp_path / "a.csv", Path("/dev/zero")):
        with pytest.raises(InputError, match="no regular file"):
            read_layers(path)


def test_the_nursery_is_started_again_when_it_has_gone(tmp_path: Path) -> None:
    dirty.plots().to_file(tmp_path / "a.gpkg")
    read_layers(tmp_path / "a.gpkg")
    assert jail._NURSERY._process is not None
    jail._NURSERY._process.kill()
    jail._NURSERY._process.wait()
    assert len(read_layers(tmp_path / "a.gpkg")) == 1


def test_the_nursery_loads_nothing_that_it_does_not_need(tmp_path: Path) -> None:
    dirty.plots().to_file(tmp_path / "a.gpkg")
    read_layers(tmp_path / "a.gpkg")
    assert jail._NURSERY._process is not None
    mapped = Path(f"/proc/{jail._NURSERY._process.pid}/maps").read_text()
    loaded = [name for name in ("pyogrio", "pyarrow", "pandas", "pyproj") if f"/site-packages/{name}/" in mapped]
    assert loaded == ["pyogrio", "pyarrow"]


def test_several_files_are_read_at_once_and_leave_nothing_behind(tmp_path: Path) -> None:
    for number in range(8):
        dirty.plots(no=[f"{number}"]).to_file(tmp_path / f"{number}.gpkg")
    with ThreadPoolExecutor(4) as threads:
        layers = list(threads.map(lambda number: read_layers(tmp_path / f"{number}.gpkg")[0], range(8)))
    assert [layer.rows["no"].tolist() for layer in layers] == [[f"{number}"] for number in range(8)]
    assert sorted(one.name for one in tmp_path.iterdir()) == [f"{number}.gpkg" for number in range(8)]


def test_a_gml_or_a_bomb_leaves_nothing_beside_it(tmp_path: Path) -> None:
    dirty.plots().to_file(tmp_path / "a.gml", driver="GML")
    before = sorted(one.name for one in tmp_path.iterdir())
    read_layers(tmp_path / "a.gml")
    assert sorted(one.name for one in tmp_path.iterdir()) == before
