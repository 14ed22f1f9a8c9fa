"""The state is written on the GUI thread alone, and each lane says of itself what the window has to know."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from cxr_gui.jobs.job import Job
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from tests.support.hands import WAIT, inspected


def test_whatever_the_lanes_do_the_session_is_written_on_the_gui_thread(
    qtbot: QtBot, session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writers: dict[str, set[threading.Thread]] = {}

    def note(self: QObject, name: str, value: object) -> None:
        writers.setdefault(f"{type(self).__name__}.{name}", set()).add(threading.current_thread())
        QObject.__setattr__(self, name, value)

    for service in (session, *session.findChildren(QObject)):
        if type(service).__module__.startswith("cxr_gui.session"):
            monkeypatch.setattr(type(service), "__setattr__", note, raising=False)
    with qtbot.waitSignal(session.datasetChanged, timeout=WAIT):
        session.opening.dataset(folder)
    inspected(qtbot, session, lambda: session.opening.images(sorted(folder.rglob("*.png"))[:2]))
    qtbot.waitUntil(lambda: len(session.judging.verdicts) == 2, timeout=WAIT)
    inspected(qtbot, session, lambda: session.set_epsilon(0.07))
    with qtbot.waitSignals([session.sweepChanged, session.outcomesChanged], timeout=WAIT):
        session.sweeping.start([0.0, 0.05])
    written = {"Session.dataset", "Session.inspection", "Session.outcomes", "Inspecting._traced"}
    assert written <= set(writers)
    main = {threading.main_thread()}
    assert {name for name, threads in writers.items() if threads != main} == set()


def test_an_attack_that_was_overtaken_leaves_its_gradient_to_the_next(
    qtbot: QtBot, session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cxr_gui.core import inspect

    made: list[object] = []
    real = inspect.Inspector

    def make(*arguments: Any, **options: Any) -> object:
        made.append(real(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(inspect, "Inspector", make)
    inspected(qtbot, session, lambda: session.opening.image(next(folder.rglob("*.png"))))
    for epsilon in (0.01, 0.02, 0.03):
        session.set_epsilon(epsilon)
    qtbot.waitUntil(lambda: session.inspection.epsilon == pytest.approx(0.03), timeout=WAIT)
    assert len(made) == 1


@pytest.mark.parametrize("lane", Lane)
def test_a_lane_is_known_by_its_name_and_counts_as_it(lane: Lane) -> None:
    assert Lane(str(lane)) is lane
    assert {lane: 1}[str(lane)] == 1
    assert lane.stoppable is (lane is not Lane.CATALOG)


def test_exports_run_side_by_side_and_are_all_exports(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    go_on = threading.Event()

    def content() -> bytes:
        assert go_on.wait(10)
        return b"image"

    jobs: list[Job] = [
        session.exporting.write(tmp_path / f"{number}.png", content, "It") for number in range(2)
    ]
    assert [job.name for job in jobs] == [Lane.EXPORT] * 2
    with qtbot.waitSignals([job.done for job in jobs], timeout=WAIT):
        go_on.set()
    assert [path.read_bytes() for path in sorted(tmp_path.glob("*.png"))] == [b"image"] * 2
