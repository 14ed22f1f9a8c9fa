"""Journals: a sweep that was interrupted ends as if it had not been, or says why it cannot."""

from __future__ import annotations

import errno
import json
import zlib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.base.progress import Event, Notice, Work
from cxr_gui.core.certify import Prover
from cxr_gui.core.data import Record, scan
from cxr_gui.core.shifts import SHIFTS
from cxr_gui.core.sweep import shift_sweeping
from cxr_gui.core.sweep.journal import SweepJournal
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.shift_files import write_shifts
from cxr_gui.core.sweep.shift_sweeping import sweep_shifts
from cxr_gui.core.sweep.sweep_folder import SweepFolder
from cxr_gui.core.sweep.sweeping import sweep_store
from tests.support.films import write_films
from tests.support.made_data import EPSILONS, FakeStore
from tests.support.victims import cnn

ATTACKS = [("fgsm", {}), ("pgd", {"steps": 3}), ("square", {"queries": 10}), ("apgd", {"steps": 4})]
SMALL: dict[str, Any] = {"epsilons": EPSILONS[:3], "batch_size": 8, "seed": 3, "checked": 6}


@pytest.fixture(autouse=True)
def every_batch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)


def sweeping(store: Any, folder: Path | None, **options: Any) -> Work[SweepResult]:
    options = {"classifier": cnn(), "attack": "fgsm", **SMALL, **options}
    arguments = [options.pop(name) for name in ("attack", "epsilons")]
    return sweep_store(options.pop("classifier"), store, *arguments, journal=folder, **options)


def interrupted(work: Work[Any], after: int = 16) -> None:
    """Close the work once so many images are told."""
    next(event for event in work if event.done >= after)
    work.close()


def told(work: Work[Any]) -> tuple[Any, list[str]]:
    said: list[Event] = []
    result = progress.run(work, said.append)
    return result, [event.text for event in said if isinstance(event, Notice)]


def same(one: Any, other: Any) -> None:
    """Bit by bit, but for the time it took."""
    for entry in fields(one):
        if entry.name != "seconds":
            first, second = getattr(one, entry.name), getattr(other, entry.name)
            if isinstance(first, np.ndarray):
                assert first.dtype == second.dtype, entry.name
                np.testing.assert_array_equal(first, second, err_msg=entry.name)
            else:
                assert first == second, entry.name


@pytest.mark.parametrize(("name", "parameters"), ATTACKS)
def test_an_interrupted_sweep_ends_as_if_it_had_not_been(
    store: FakeStore, tmp_path: Path, name: str, parameters: dict[str, Any]
) -> None:
    attack = create_attack(name, **parameters)
    whole = progress.run(sweeping(store, None, attack=attack))
    interrupted(sweeping(store, tmp_path, attack=attack))
    store.visited.clear()
    resumed, said = told(sweeping(store, tmp_path, attack=attack, resume=True))
    assert any("going on after 16 images" in text for text in said)
    same(resumed, whole)
    SweepFolder(tmp_path).forget_journals()
    assert not list(tmp_path.iterdir())


def test_proofs_are_not_made_again(store: FakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = progress.run(sweeping(store, None, certify=True))
    interrupted(sweeping(store, tmp_path, certify=True))
    proven: list[int] = []
    radii = Prover.radii
    monkeypatch.setattr(
        Prover,
        "radii",
        lambda self, pixels, labels: (proven.append(len(labels)), radii(self, pixels, labels))[1],
    )
    same(progress.run(sweeping(store, tmp_path, certify=True, resume=True)), whole)
    assert sum(proven) == len(store.labels) - 16


def test_the_batch_size_is_that_of_the_journal(
    store: FakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(sweeping(store, tmp_path))
    monkeypatch.setattr("cxr_gui.core.sweep.sweeping.chosen_batch_size", lambda *_: 5)
    resumed = progress.run(sweeping(store, tmp_path, batch_size=None, resume=True))
    assert resumed.about["batch_size"] == 8


@pytest.mark.parametrize("harm", ["half", "garbage", "digit"])
def test_a_line_that_is_none_is_told_and_its_images_are_done_again(
    store: FakeStore, tmp_path: Path, harm: str
) -> None:
    whole = progress.run(sweeping(store, None))
    interrupted(sweeping(store, tmp_path))
    [file] = SweepFolder(tmp_path).journals
    lines = file.read_bytes().splitlines(keepends=True)
    lines[-1] = {
        "half": lines[-1][: len(lines[-1]) // 2],
        "garbage": b"\0" * 40,
        "digit": lines[-1].replace(b"1", b"2"),
    }[harm]
    file.write_bytes(b"".join(lines))
    resumed, said = told(sweeping(store, tmp_path, resume=True))
    assert any("1 line of the journal" in text for text in said)
    assert any("going on after 8 images" in text for text in said)
    same(resumed, whole)


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"classifier": cnn(1)}, "classifier"),
        ({"seed": 4}, "seed: 3 there, 4 here"),
        ({"attack": "ifgsm"}, "attack: fgsm there, ifgsm here"),
        ({"attack": create_attack("pgd", steps=3)}, "parameters"),
        ({"epsilons": [0.0, 0.1]}, "epsilons in pixel units"),
        ({"threat": "grey"}, "threat: rgb there, grey here"),
        ({"batch_size": 4}, "batch size: 8 there, 4 here"),
        ({"limit": 20}, "limit: null there, 20 here"),
        ({"critical": False}, "critical epsilons"),
        ({"about": {"data": {"fingerprint": "other"}}}, "data"),
    ],
)
def test_the_journal_of_another_sweep_is_refused_with_what_differs(
    store: FakeStore, tmp_path: Path, change: dict[str, Any], differs: str
) -> None:
    interrupted(sweeping(store, tmp_path))
    before = SweepFolder(tmp_path).journals[0].read_bytes()
    with pytest.raises(CheckpointError, match=differs):
        progress.run(sweeping(store, tmp_path, **change, resume=True))
    assert SweepFolder(tmp_path).journals[0].read_bytes() == before


def test_other_images_are_refused(tmp_path: Path) -> None:
    interrupted(sweeping(FakeStore(30), tmp_path))
    with pytest.raises(CheckpointError, match="images"):
        progress.run(sweeping(FakeStore(31), tmp_path, resume=True))


@pytest.mark.parametrize("entry", [{"rows": [1]}, {"rows": 3}, {"labels": [1]}])
def test_what_cannot_be_understood_is_refused(
    store: FakeStore, tmp_path: Path, entry: dict[str, Any]
) -> None:
    interrupted(sweeping(store, tmp_path))
    [file] = SweepFolder(tmp_path).journals
    text = json.dumps(entry).encode()
    with file.open("ab") as journal:
        journal.write(b"%08x %s\n" % (zlib.crc32(text), text))
    with pytest.raises(CheckpointError, match="journal"):
        progress.run(sweeping(store, tmp_path, resume=True))


def test_a_journal_that_cannot_be_read_or_is_of_another_version_is_refused(
    store: FakeStore, tmp_path: Path
) -> None:
    file = tmp_path / "journal-0.jsonl"
    file.mkdir()
    with pytest.raises(CheckpointError, match=r"journal-0\.jsonl: cannot be read"):
        progress.run(sweeping(store, tmp_path, resume=True))
    file.rmdir()
    text = json.dumps({"format": "cxr-gui journal 9"}).encode()
    file.write_bytes(b"%08x %s\n" % (zlib.crc32(text), text))
    with pytest.raises(CheckpointError, match="another version of this program.*without --resume"):
        progress.run(sweeping(store, tmp_path, resume=True))


def test_without_resume_it_begins_again_and_says_so(store: FakeStore, tmp_path: Path) -> None:
    interrupted(sweeping(store, tmp_path))
    store.visited.clear()
    _, said = told(sweeping(store, tmp_path, seed=5))
    assert len(said) == 1
    assert "--resume" in said[0]
    assert len(store.visited) == len(store.labels)


def test_where_there_is_no_journal_resume_begins(store: FakeStore, tmp_path: Path) -> None:
    result, said = told(sweeping(store, tmp_path / "new", resume=True))
    assert len(result.labels) == len(store.labels)
    assert not said


def test_a_disk_without_room_ends_the_journal_and_not_the_sweep(
    store: FakeStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = progress.run(sweeping(store, None))

    class Full:
        closed = False

        def write(self, line: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            self.closed = True

    begun = SweepJournal.begin

    def begin(*arguments: Any, **options: Any) -> SweepJournal:
        journal = begun(*arguments, **options)
        journal._file.close()
        journal._file = Full()  # type: ignore[assignment]
        return journal

    monkeypatch.setattr(SweepJournal, "begin", begin)
    result, said = told(sweeping(store, tmp_path))
    assert len(said) == 1
    assert "No space left" in said[0]
    same(result, whole)


# -- shifts -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> tuple[Record, ...]:
    folder = write_films(tmp_path_factory.mktemp("journal") / "films", train=1, test=4)
    broken = folder / "test" / "NORMAL" / "IM-5000-0001.png"
    broken.write_bytes(b"no image")
    return progress.run(scan(folder)).of("test")


def test_an_interrupted_sweep_of_shifts_ends_as_if_it_had_not_been(
    records: tuple[Record, ...], tmp_path: Path
) -> None:
    def work(folder: Path | None, *, resume: bool = False, seed: int = 1) -> Work[Any]:
        classifiers = [cnn(0), cnn(1)]
        for number, classifier in enumerate(classifiers):
            classifier.name = f"cnn-{number}"
        shifts = [SHIFTS.find("dose"), SHIFTS.find("flip")]
        return sweep_shifts(classifiers, records, shifts, seed=seed, journal=folder, resume=resume)

    whole = progress.run(work(None))
    assert len(whole[0].unread) == 1
    interrupted(work(tmp_path), after=5)
    decoded: list[int] = []
    film = shift_sweeping._film

    def counted(row: int, **given: Any) -> Any:
        decoded.append(row)
        return film(row, **given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shift_sweeping, "_film", counted)
        resumed, said = told(work(tmp_path, resume=True))
    assert len(decoded) == len(records) - 5
    assert any("going on after 5 images" in text for text in said)
    written = [
        [(write_shifts(results, tmp_path / name) / file).read_text() for file in files()]
        for name, results in (("whole", whole), ("resumed", resumed))
    ]
    assert written[0][1:] == written[1][1:]
    assert without_time(written[0][0]) == without_time(written[1][0])
    interrupted(work(tmp_path / "other"), after=2)
    with pytest.raises(CheckpointError, match="seed: 1 there, 2 here"):
        progress.run(work(tmp_path / "other", resume=True, seed=2))


def files() -> Iterator[str]:
    yield from ("shifts.json", "shifts.csv", "shift-images.csv")


def without_time(text: str) -> list[str]:
    return [line for line in text.splitlines() if '"seconds"' not in line]
