"""A job ends in exactly one of done, failed and cancelled, whatever happens on its way."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Generator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.errors import ImageError
from cxr_gui.core.base.progress import Event
from cxr_gui.jobs.runner import Runners
from tests.support.patience import LONG, SOON
from tests.support.steps import Record, Steps


def test_a_job_gives_all_its_events_in_order_and_then_its_result(qtbot: QtBot, runners: Runners) -> None:
    steps = Steps(5000, held=False)
    job = runners["work"].submit(steps)
    record = Record(job)
    with qtbot.waitSignal(job.ended):
        pass
    assert record.steps == list(range(1, 5001))
    assert [signal for signal, _ in record.said[-2:]] == ["done", "ended"]
    assert record.endings == ["done"]
    assert record.value("done") == "all"
    assert job.outcome == "done"
    assert not job.running


@pytest.mark.parametrize("ending", ["done", "cancelled"])
def test_a_job_that_ended_holds_nothing_of_what_it_worked_on(
    qtbot: QtBot, runners: Runners, ending: str
) -> None:
    steps = Steps(3, held=ending == "cancelled")
    worked_on = weakref.ref(steps)
    job = runners["work"].submit(steps)
    with qtbot.waitSignal(job.ended):
        if ending == "cancelled":
            job.cancel()
            steps.allow()
    assert job.outcome == ending
    del steps
    gc.collect()
    assert worked_on() is None


def test_who_listened_and_knows_the_job_does_not_keep_it(qtbot: QtBot, runners: Runners) -> None:
    """Python's garbage collector does not see the slots that Qt holds."""

    class Heavy:
        pass

    heavy, destroyed = Heavy(), []
    computed = weakref.ref(heavy)

    def listen(heavy: Heavy) -> None:
        job = runners["work"].submit(Steps(1, held=False))
        for signal in (job.ended, job.events, job.done):
            signal.connect(lambda *_: (job, heavy))
        job.destroyed.connect(lambda: destroyed.append(threading.get_ident()))
        with qtbot.waitSignal(job.ended):
            pass

    listen(heavy)
    del heavy
    with qtbot.waitSignal(runners["work"].submit(Steps(1, held=False)).ended):
        pass  # the runner itself knows its latest
    qtbot.waitUntil(lambda: computed() is None)
    qtbot.waitUntil(lambda: destroyed == [threading.get_ident()])


def test_the_work_is_done_elsewhere_and_heard_of_here(qtbot: QtBot, runners: Runners) -> None:
    steps = Steps(3, held=False)
    record = Record(job := runners["work"].submit(steps))
    with qtbot.waitSignal(job.ended):
        pass
    assert steps.thread != threading.get_ident()
    assert record.threads == {threading.get_ident()}


def test_events_that_come_faster_than_they_are_taken_are_delivered_together(
    qtbot: QtBot, runners: Runners
) -> None:
    steps = Steps(20_000, held=False)
    record = Record(job := runners["work"].submit(steps))
    with qtbot.waitSignal(job.ended, timeout=LONG):
        pass
    deliveries = [events for signal, events in record.said if signal == "events"]
    assert sum(map(len, deliveries)) == 20_000
    assert len(deliveries) < 10_000


def fail_at_once() -> Generator[Event, None, Any]:
    raise ImageError("cannot be read.", where="x.png")
    yield


def fail_after_an_event() -> Generator[Event, None, Any]:
    yield Event("Trying", 1, 2)
    raise RuntimeError("out of memory")


def fail_before_there_is_a_generator() -> Generator[Event, None, Any]:
    raise ValueError("no")


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (fail_at_once, ImageError),
        (fail_after_an_event, RuntimeError),
        (fail_before_there_is_a_generator, ValueError),
    ],
)
def test_every_error_arrives_as_failed(qtbot: QtBot, runners: Runners, make: Any, kind: type) -> None:
    record = Record(job := runners["work"].submit(make))
    with qtbot.waitSignal(job.ended):
        pass
    assert record.endings == ["failed"]
    assert isinstance(record.value("failed"), kind)


def test_a_runner_goes_on_after_a_failure(qtbot: QtBot, runners: Runners) -> None:
    with qtbot.waitSignal(runners["work"].submit(fail_at_once).failed):
        pass
    with qtbot.waitSignal(runners["work"].submit(Steps(2, held=False)).done) as done:
        pass
    assert done.args == ["all"]


def test_a_cancelled_job_stops_at_its_next_event_and_cleans_up(qtbot: QtBot, runners: Runners) -> None:
    steps = Steps(100)
    record = Record(job := runners["work"].submit(steps))
    with qtbot.waitSignal(job.events):
        steps.allow()
    job.cancel()
    with qtbot.waitSignal(job.ended):
        steps.allow()
    assert record.endings == ["cancelled"]
    assert steps.cleaned.is_set()
    assert steps.made <= 2
    assert record.steps == [1]


def test_a_job_cancelled_before_it_starts_is_never_begun(qtbot: QtBot, runners: Runners) -> None:
    first, second = Steps(1), Steps(1, held=False)
    running = runners["work"].submit(first)
    assert first.begun.wait(SOON / 1000)  # or cancelling would free the runner for the second at once
    waiting = runners["work"].submit(second)
    record = Record(waiting)
    waiting.cancel()
    with qtbot.waitSignals([running.ended, waiting.ended]):
        first.allow(2)
    assert record.endings == ["cancelled"]
    assert second.thread is None


def test_a_closed_runner_begins_nothing(runners: Runners) -> None:
    runner = runners["work"]
    assert runners.close()
    late = Steps(1, held=False)
    assert runner.submit(late).outcome == "cancelled"
    assert late.thread is None
    assert runners.running() == []


def test_a_result_that_comes_after_cancel_is_dropped(qtbot: QtBot, runners: Runners) -> None:
    steps = Steps(1, held=False)
    record = Record(job := runners["work"].submit(steps))
    assert steps.cleaned.wait(SOON / 1000)  # finished over there, not heard of here yet
    job.cancel()
    with qtbot.waitSignal(job.ended):
        pass
    assert record.endings == ["cancelled"]
    assert record.steps == []


def test_a_failing_clean_up_is_told_even_after_cancel(qtbot: QtBot, runners: Runners) -> None:
    gate = threading.Event()

    def work() -> Generator[Event, None, Any]:
        try:
            yield Event("Writing", 1, 2)
            gate.wait(SOON / 1000)
            yield Event("Writing", 2, 2)
        finally:
            raise OSError("disk full")

    record = Record(job := runners["work"].submit(work))
    with qtbot.waitSignal(job.events):
        pass
    job.cancel()
    with qtbot.waitSignal(job.ended):
        gate.set()
    assert record.endings == ["failed"]
    assert str(record.value("failed")) == "disk full"


def test_a_paused_job_makes_no_step_until_it_is_resumed(qtbot: QtBot, runners: Runners) -> None:
    steps = Steps(3)
    record = Record(job := runners["work"].submit(steps))
    with qtbot.waitSignal(job.events):
        steps.allow()
    with qtbot.waitSignal(job.paused) as paused:
        job.pause()
    assert paused.args == [True]
    assert job.is_paused
    steps.allow(5)
    # what was being computed is finished; nothing more is asked for while other runners work on
    other = runners["other"].submit(Steps(1000, held=False))
    with qtbot.waitSignal(other.ended):
        pass
    assert steps.made <= 2
    assert job.running
    with qtbot.waitSignal(job.ended):
        job.resume()
    assert record.endings == ["done"]
    assert record.steps == [1, 2, 3]
    assert not job.is_paused


def test_a_paused_job_can_be_cancelled(qtbot: QtBot, runners: Runners) -> None:
    steps = Steps(3)
    record = Record(job := runners["work"].submit(steps))
    with qtbot.waitSignal(job.events):
        steps.allow()
    job.pause()
    steps.allow()
    with qtbot.waitSignal(job.ended):
        job.cancel()
    assert record.endings == ["cancelled"]
    assert steps.cleaned.is_set()


def test_pausing_what_has_ended_says_nothing(qtbot: QtBot, runners: Runners) -> None:
    job = runners["work"].submit(Steps(1, held=False))
    with qtbot.waitSignal(job.ended):
        pass
    with qtbot.assertNotEmitted(job.paused):
        job.pause()
    assert not job.is_paused
