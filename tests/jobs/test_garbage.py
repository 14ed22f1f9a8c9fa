"""Garbage is collected on the GUI thread only: no widget may die on the thread of a runner."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Generator, Iterator

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import Event
from cxr_gui.jobs.garbage import YOUNG, GarbageCollector
from cxr_gui.jobs.runner import Runners


class Knot:
    """Kept alive by nothing but itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def collector(qtbot: QtBot) -> Iterator[GarbageCollector]:
    was_enabled = gc.isenabled()
    collector = GarbageCollector()
    yield collector
    collector.deleteLater()
    if was_enabled:
        gc.enable()


def test_what_dies_in_a_cycle_is_finalised_on_the_gui_thread(
    qtbot: QtBot, runners: Runners, collector: GarbageCollector
) -> None:
    finalised: list[int] = []
    weakref.finalize(Knot(), lambda: finalised.append(threading.get_ident()))

    def allocate() -> Generator[Event, None, int]:
        yield Event("Allocating", 0, 1)
        kept = [Knot() for _ in range(20 * YOUNG)]  # many times what starts a collection by itself
        return len(kept)

    job = runners["work"].submit(allocate)
    with qtbot.waitSignal(job.done):
        pass
    qtbot.waitUntil(lambda: bool(finalised))
    assert finalised == [threading.get_ident()]


def test_what_is_made_while_it_holds_is_left_out_of_every_later_look(
    qtbot: QtBot, collector: GarbageCollector
) -> None:
    """What died before is not: it must not stay with the records of a dataset."""
    collector.settle()
    dead, kept = [weakref.ref(Knot())], Knot()
    collector.hold()
    assert dead[0]() is None
    before = gc.get_freeze_count()
    made = [Knot() for _ in range(20 * YOUNG)]
    collector.hold()  # a second scan takes the place of the first
    collector.release()
    collector.release()
    assert gc.get_freeze_count() >= before + len(made)
    assert kept.itself is kept
    gc.unfreeze()
