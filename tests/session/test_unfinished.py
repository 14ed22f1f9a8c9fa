"""A window's sweep that was killed, stopped or closed goes on, and ends as if it had never been."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.sweep import sweeping
from cxr_gui.core.sweep.journal import Entry, SweepJournal
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.unfinished import MOST_KEPT, UnfinishedSweep, unfinished_sweeps
from cxr_gui.session.session import Session
from cxr_gui.session.values import Message
from tests.support.killed_session import BATCH, EPSILONS
from tests.support.patience import PROGRAM, WAIT
from tests.support.places import ROOT

IMAGES = 10


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sweeping, "chosen_batch_size", lambda *_: BATCH)
    return tmp_path / "cache"


@pytest.fixture
def opened(qtbot: QtBot, session: Session, folder: Path) -> Session:
    with qtbot.waitSignal(session.datasetChanged, timeout=WAIT):
        session.opening.dataset(folder)
    return session


def swept(qtbot: QtBot, session: Session) -> SweepResult:
    with qtbot.waitSignal(session.sweepChanged, timeout=WAIT) as changed:
        session.sweeping.start(EPSILONS)
    return changed.args[0]


def left(cache: Path) -> list[Path]:
    return list((cache / "sweeps").iterdir())


def same(one: SweepResult, other: SweepResult) -> None:
    np.testing.assert_array_equal(one.logits, other.logits)
    np.testing.assert_array_equal(one.critical, other.critical)
    np.testing.assert_array_equal(one.noise_logits, other.noise_logits)
    assert [check.passed for check in one.checks] == [check.passed for check in other.checks]
    assert one.paths == other.paths


def test_a_killed_sweep_is_found_and_ends_as_if_it_had_not_been(
    qtbot: QtBot, session: Session, folder: Path, classifier: Path, cache: Path, tmp_path: Path
) -> None:
    words = [sys.executable, ROOT / "tests/support/killed_session.py", "2", folder, classifier]
    killed = subprocess.run(
        [str(word) for word in words],
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=PROGRAM / 1000,
    )
    assert killed.returncode < 0, killed.stderr
    found: list[list[UnfinishedSweep]] = []
    session.sweeping.look_for_unfinished(found.append)
    qtbot.waitUntil(lambda: bool(found), timeout=WAIT)
    [[sweep]] = found
    assert (sweep.done, sweep.total) == (2 * BATCH, IMAGES)
    told: list[Message] = []
    session.messageRaised.connect(told.append)
    with qtbot.waitSignal(session.sweepChanged, timeout=WAIT) as changed:
        session.sweeping.go_on(sweep)  # with no dataset open
    [message] = told
    assert (message.level, message.text) == ("info", "This sweep: going on after 4 images.")
    qtbot.waitUntil(lambda: not left(cache), timeout=WAIT)
    with qtbot.waitSignal(session.datasetChanged, timeout=WAIT):
        session.opening.dataset(folder)
    same(changed.args[0], swept(qtbot, session))


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[Session]:
    """Sessions that stop their sweep once two entries are in its journal."""
    sessions: list[Session] = []
    write, count = SweepJournal.write, 0

    def counted(self: SweepJournal, entry: Entry) -> None:
        nonlocal count
        write(self, entry)
        count += 1
        if count == 3:  # the first is no image's
            for session in sessions:
                session.job("sweep").cancel()  # type: ignore[arg-type]

    monkeypatch.setattr(SweepJournal, "write", counted)
    return sessions


def test_a_stopped_sweep_goes_on_when_it_is_asked_for_again_and_is_not_offered(
    qtbot: QtBot, opened: Session, cache: Path, written: list[Session]
) -> None:
    written.append(opened)
    job = opened.sweeping.start(EPSILONS)
    qtbot.waitUntil(lambda: job.outcome == "cancelled", timeout=WAIT)
    [place] = left(cache)
    assert unfinished_sweeps() == []
    told: list[Message] = []
    opened.messageRaised.connect(told.append)
    result = swept(qtbot, opened)
    assert "going on after" in told[0].text
    assert not place.exists()
    same(result, swept(qtbot, opened))


def test_a_journal_of_no_use_is_set_aside_with_a_word(
    qtbot: QtBot, opened: Session, cache: Path, written: list[Session]
) -> None:
    written.append(opened)
    job = opened.sweeping.start(EPSILONS)
    qtbot.waitUntil(lambda: job.outcome == "cancelled", timeout=WAIT)
    [journal] = cache.glob("sweeps/*/journal-0.jsonl")
    journal.write_bytes(b"00000000 \n")
    told: list[Message] = []
    opened.messageRaised.connect(told.append)
    result = swept(qtbot, opened)
    assert [message.level for message in told] == ["warning"]
    assert told[0].text.startswith("This sweep begins again. What had been finished is no journal")
    assert len(result.labels) == IMAGES
    assert left(cache) == []


def test_no_folder_for_a_journal_fails_no_sweep(qtbot: QtBot, opened: Session, cache: Path) -> None:
    cache.mkdir()
    (cache / "sweeps").write_text("in the way")
    told: list[Message] = []
    opened.messageRaised.connect(told.append)
    assert len(swept(qtbot, opened).labels) == IMAGES
    assert "keeps no journal" in told[0].text


def test_of_two_windows_with_one_sweep_one_keeps_the_journal(
    qtbot: QtBot, opened: Session, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[UnfinishedSweep]] = []
    write = SweepJournal.write

    def looked(self: SweepJournal, entry: Entry) -> None:
        write(self, entry)
        seen.append(unfinished_sweeps())

    monkeypatch.setattr(SweepJournal, "write", looked)
    swept(qtbot, opened)
    assert seen
    assert not any(seen), "what is at work was not interrupted"


def test_a_sweep_that_ended_with_its_window_is_found(
    qtbot: QtBot, opened: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Entry] = []
    write = SweepJournal.write
    monkeypatch.setattr(SweepJournal, "write", lambda self, entry: begun.append(write(self, entry)))
    opened.sweeping.start(EPSILONS)
    qtbot.waitUntil(lambda: len(begun) > 1, timeout=WAIT)
    assert opened.close(WAIT)
    [sweep] = unfinished_sweeps()
    assert sweep.done >= BATCH
    sweep.forget()
    assert unfinished_sweeps() == []


def test_old_journals_are_cleared_away(qtbot: QtBot, opened: Session, cache: Path) -> None:
    for number in range(MOST_KEPT + 5):
        place = cache / "sweeps" / f"{number:02}"
        place.mkdir(parents=True)
        os.utime(place, (time.time() - number * 3600,) * 2)
    ancient = cache / "sweeps" / "00"
    os.utime(ancient, (1e9, 1e9))
    swept(qtbot, opened)
    assert sorted(path.name for path in left(cache)) == [f"{number:02}" for number in range(1, MOST_KEPT)]
