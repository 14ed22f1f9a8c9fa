"""The event protocol, and writes that are whole or absent."""

from __future__ import annotations

import io
import os
import tracemalloc
from collections.abc import Generator
from pathlib import Path

import pytest
from PIL import Image

from cxr_gui.core.base import progress
from cxr_gui.core.base.cache import cache_folder
from cxr_gui.core.base.errors import ArgumentError, ImageError, OutputError, WorkbenchError
from cxr_gui.core.base.files import atomic_open, atomic_path, read_bytes, read_json, write_json
from cxr_gui.core.base.progress import Event
from cxr_gui.core.images import radiograph


def counting(total: int, log: list[str]) -> Generator[Event, None, str]:
    try:
        for done in range(total):
            yield Event("counting", done, total)
        return "result"
    finally:
        log.append("cleaned up")


def test_run_hands_on_events_and_returns_the_result() -> None:
    seen: list[Event] = []
    assert progress.run(counting(3, []), seen.append) == "result"
    assert [event.done for event in seen] == [0, 1, 2]


def test_an_exception_in_the_listener_closes_the_work() -> None:
    log: list[str] = []

    def stop(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        progress.run(counting(3, log), stop)
    assert log == ["cleaned up"]


def test_the_clock_extrapolates_and_forgets_what_was_before_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    clock = progress.Clock()
    assert clock.seconds_left(0, 10) is None
    now[0] += 4
    assert clock.seconds_left(2, 10) == pytest.approx(16)
    now[0] += 1000
    clock.restart(2)
    now[0] += 1
    assert clock.seconds_left(3, 10) == pytest.approx(7)
    assert clock.seconds_left(3, None) is None


def test_the_pace_lets_through_at_most_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [5.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    pace = progress.Pace(per_second=10)
    passed = 0
    for _ in range(100):
        passed += pace()
        now[0] += 0.01
    assert 9 <= passed <= 11


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    target = tmp_path / "result.json"
    write_json(target, {"epsilon": 0.03})
    before = target.read_bytes()
    with pytest.raises(TypeError, match="JSON"):
        write_json(target, {"accuracy": target})
    with pytest.raises(RuntimeError), atomic_open(target, "w") as file:
        file.write("half")
        raise RuntimeError("killed")
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_new_files_are_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    with atomic_path(tmp_path / "sub" / "a.txt") as temporary:
        assert temporary.suffix == ".txt"
        temporary.write_text("x")
    assert (tmp_path / "sub" / "a.txt").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_a_typed_error_that_names_the_file(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="No space left.*free space") as caught,
        atomic_open(tmp_path / "a") as file,
    ):
        file.write(b"x")
        with Path("/dev/full").open("wb") as full:
            full.write(b"x" * 10_000_000)
    assert caught.value.where == str(tmp_path / "a")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_a_file_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written"), atomic_path(tmp_path / "file" / "a.txt"):
        pytest.fail("the block must not run")


def test_errors_say_what_where_and_what_to_do_and_survive_pickling() -> None:
    import pickle

    error = ImageError("is not an image.", where=Path("a") / "b.png", hint="Choose another.")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert str(copy) == str(error) == f"{os.path.join('a', 'b.png')}: is not an image. Choose another."  # noqa: PTH118
    wrong = ArgumentError("epsilon is -1.", hint="It must be 0 or more.")
    assert isinstance(wrong, ValueError)
    assert isinstance(wrong, WorkbenchError)
    assert str(wrong) == "epsilon is -1. It must be 0 or more."


def test_where_caches_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("CXR_CACHE")
    assert "cxr-gui" in str(cache_folder())


class Growing(io.BytesIO):
    """A file that had `size` bytes when it was asked."""

    def __init__(self, path: Path, size: int) -> None:
        super().__init__(path.read_bytes())
        path.write_bytes(bytes(size))
        self.file = path.open("rb")

    def fileno(self) -> int:
        return self.file.fileno()


@pytest.mark.parametrize(
    ("has", "had", "most"), [(9, 9, 99), (9, 4, 99), (9, 4, 6), (9, 0, 9), (200, 200, 99)]
)
def test_all_of_a_file_is_read_even_while_it_grows(tmp_path: Path, has: int, had: int, most: int) -> None:
    (tmp_path / "file").write_bytes(bytes(range(has)))
    growing = Growing(tmp_path / "file", had)
    assert read_bytes(growing, most) == bytes(range(has))[: most + 1]
    growing.file.close()


@pytest.mark.parametrize("read", ["an image", "a document"])
def test_reading_a_small_file_takes_little_memory(read: str, tmp_path: Path) -> None:
    Image.new("L", (40, 40)).save(tmp_path / "film.png")
    write_json(tmp_path / "document.json", {})
    tracemalloc.start()
    try:
        if read == "an image":
            radiograph.read(tmp_path / "film.png")
        else:
            read_json(tmp_path / "document.json", dict)
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


def test_too_little_memory_for_a_file_is_said_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> bytes:
        raise MemoryError

    Image.new("L", (40, 40)).save(tmp_path / "film.png")
    monkeypatch.setattr(radiograph, "read_bytes", refused)
    with pytest.raises(ImageError, match="needs more memory than there is"):
        radiograph.read(tmp_path / "film.png")
