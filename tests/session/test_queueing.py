"""The queue of a session: begun by somebody alone, and none of it lost with the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.queue.queued import Queue, QueuedJob
from cxr_gui.session.queueing import Draft, Queueing
from cxr_gui.session.session import Session
from tests.support.patience import WAIT
from tests.support.queue_work import QueueWork, queue_work

__all__ = ["queue_work"]


@pytest.fixture
def session(qtbot: QtBot, queue_work: QueueWork, tmp_path: Path) -> Iterator[Session]:
    create_application()
    session = Session()
    session.queueing.folder = tmp_path
    yield session
    queue_work.let_all_go()
    assert session.close(WAIT)


def add(qtbot: QtBot, queueing: Queueing, *names: str) -> None:
    with qtbot.waitSignal(queueing.added, timeout=WAIT):
        queueing.add([Draft("train", name, {}) for name in names])


def states(queueing: Queueing) -> dict[str, str]:
    return {job.name: job.state for job in queueing.jobs}


def at_work(queueing: Queueing, name: str) -> bool:
    return queueing.latest is not None and queueing.latest.job.name == name


def test_it_waits_until_somebody_starts_it_and_one_failure_stops_no_other(
    qtbot: QtBot, session: Session, queue_work: QueueWork, tmp_path: Path
) -> None:
    queueing = session.queueing
    used: list[str] = []
    session.folderUsed.connect(used.append)
    add(qtbot, queueing, "a", "broken", "c")
    assert queue_work.begun == []
    queue_work.let_all_go()
    ended: list[QueuedJob] = []
    queueing.jobEnded.connect(ended.append)
    with qtbot.waitSignal(queueing.ended, timeout=WAIT):
        queueing.start()
    assert [(job.name, job.state) for job in ended] == [("a", "done"), ("broken", "failed"), ("c", "done")]
    assert "is broken" in ended[1].problem
    assert set(used) == {str(tmp_path / "runs")}
    qtbot.waitUntil(lambda: queueing.job is None, timeout=WAIT)
    assert states(queueing) == {"a": "done", "broken": "failed", "c": "done"}
    queueing.try_again("broken")
    qtbot.waitUntil(lambda: states(queueing)["broken"] == "waiting", timeout=WAIT)


def test_its_order_and_its_end_can_be_changed_while_it_is_at_work(
    qtbot: QtBot, session: Session, queue_work: QueueWork
) -> None:
    queueing = session.queueing
    add(qtbot, queueing, "a", "b", "c", "d")
    queueing.start()
    qtbot.waitUntil(lambda: at_work(queueing, "a"), timeout=WAIT)
    queueing.move("d", 1)
    queueing.remove(["a", "b"])
    qtbot.waitUntil(lambda: list(states(queueing)) == ["a", "d", "c"], timeout=WAIT)
    queueing.end_after_this(True)
    queue_work.let_all_go()
    qtbot.waitUntil(lambda: queueing.job is None, timeout=WAIT)
    assert states(queueing) == {"a": "done", "d": "waiting", "c": "waiting"}
    with qtbot.waitSignal(queueing.ended, timeout=WAIT):
        queueing.start()
    assert queue_work.begun == ["a", "d", "c"]


def test_what_a_closed_window_leaves_is_found_by_the_next(
    qtbot: QtBot, session: Session, queue_work: QueueWork
) -> None:
    queueing = session.queueing
    add(qtbot, queueing, "a", "b")
    queueing.start()
    qtbot.waitUntil(lambda: at_work(queueing, "a"), timeout=WAIT)
    other = Session()
    looked = qtbot.waitSignal(other.queueing.changed, timeout=WAIT)
    with qtbot.assertNotEmitted(other.queueing.found), looked:  # the first window is at it
        other.queueing.look_for_unfinished()
    assert session.close(WAIT)
    with qtbot.waitSignal(other.queueing.found, timeout=WAIT) as found:
        other.queueing.look_for_unfinished()
    assert [job.name for job in found.args[0]] == ["a", "b"]
    with qtbot.waitSignal(other.queueing.changed, timeout=WAIT):
        other.queueing.remove([job.name for job in found.args[0]])
    assert states(other.queueing) == {}
    assert other.close(WAIT)


def test_what_a_killed_window_left_at_work_can_be_discarded(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    queue = Queue(tmp_path / "queue.json", [QueuedJob("a", "train", {"out": str(tmp_path / "a")}, "running")])
    queue.begin_again(failed=False)
    queue.update("a", state="running")
    with qtbot.waitSignal(session.queueing.found, timeout=WAIT):
        session.queueing.look_for_unfinished()
    assert states(session.queueing) == {"a": "waiting"}


def test_a_stopped_job_waits_and_the_queue_that_cannot_be_read_is_told(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    queueing = session.queueing
    add(qtbot, queueing, "a")
    queueing.start()
    qtbot.waitUntil(lambda: at_work(queueing, "a"), timeout=WAIT)
    queueing.stop()
    qtbot.waitUntil(lambda: states(queueing) == {"a": "waiting"}, timeout=WAIT)
    (tmp_path / "queue.json").write_text("[]")
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as raised:
        queueing.look()
    assert (raised.args[0].level, "is no queue" in raised.args[0].text) == ("error", True)
