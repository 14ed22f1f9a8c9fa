"""The latest job wins; closing is bounded and leaves no thread that would take the process down."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Generator
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import Event
from cxr_gui.jobs.runner import NICENESS, Runners
from tests.support.patience import PROGRAM, SOON
from tests.support.places import ROOT
from tests.support.steps import Record, Steps


def test_of_many_requests_only_the_last_is_answered(qtbot: QtBot, runners: Runners) -> None:
    works = [Steps(2) for _ in range(20)]
    jobs = [runners["inspection"].submit(work) for work in works]
    records = [Record(job) for job in jobs]
    with qtbot.waitSignal(jobs[-1].ended):
        for work in works:
            work.allow(3)
    assert [record.endings for record in records] == [["cancelled"]] * 19 + [["done"]]
    assert all(work.thread is None for work in works[1:-1])


def test_the_runner_knows_its_job_until_it_has_ended(qtbot: QtBot, runners: Runners) -> None:
    steps = Steps(1)
    job = runners["work"].submit(steps)
    assert runners["work"].job is job
    assert runners.running() == [job]
    with qtbot.waitSignal(job.ended):
        steps.allow(2)
    assert runners["work"].job is None
    assert runners.running() == []


def test_lanes_work_side_by_side(qtbot: QtBot, runners: Runners) -> None:
    met = threading.Barrier(2, timeout=SOON / 1000)

    def meet() -> Generator[Event, None, Any]:
        met.wait()
        yield Event("Meeting", 1, 1)
        return "met"

    jobs = [runners[name].submit(meet) for name in ("one", "two")]
    with qtbot.waitSignals([job.done for job in jobs]):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it is Qt's thread priority")
def test_a_patient_runner_gives_way_to_the_others(qtbot: QtBot) -> None:
    def niceness() -> Generator[Event, None, int]:
        yield Event("Looking", 1, 1)
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    runners = Runners(patient=lambda name: name == "sweep")
    found: list[int] = []
    for runner in (*runners.first("sweep", 2), runners["inspection"]):
        with qtbot.waitSignal(runner.submit(niceness).done) as signal:
            pass
        found.append(signal.args[0])
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    assert found == [max(usual, NICENESS)] * 2 + [usual]
    assert runners.close()


def test_work_that_must_not_take_the_place_of_other_work_gets_a_runner_that_is_idle(
    qtbot: QtBot, runners: Runners
) -> None:
    first, second = Steps(1), Steps(1)
    jobs = [runners.idle("work").submit(first), runners.idle("work").submit(second)]
    assert runners.running() == jobs
    assert [job.name for job in jobs] == ["work", "work"]
    with qtbot.waitSignals([job.done for job in jobs]):
        first.allow(2)
        second.allow(2)
    assert runners.idle("work") is runners["work"]


def test_jobs_of_one_runner_run_on_one_thread(qtbot: QtBot, runners: Runners) -> None:
    works = [Steps(1, held=False) for _ in range(3)]
    for work in works:
        with qtbot.waitSignal(runners["work"].submit(work).ended):
            pass
    assert len({work.thread for work in works}) == 1


def test_closing_cancels_what_runs_and_waits_for_its_clean_up(qtbot: QtBot) -> None:
    runners, steps = Runners(), Steps(1000)
    record = Record(job := runners["work"].submit(steps))
    with qtbot.waitSignal(job.events):
        steps.allow()
    steps.allow(2)
    assert runners.close(SOON)
    assert steps.cleaned.is_set()
    with qtbot.waitSignal(job.ended):
        pass
    assert record.endings == ["cancelled"]


def test_closing_a_paused_job_does_not_hang(qtbot: QtBot) -> None:
    runners, steps = Runners(), Steps(10)
    job = runners["work"].submit(steps)
    with qtbot.waitSignal(job.events):
        steps.allow()
    job.pause()
    steps.allow()
    assert runners.close(SOON)


def test_closing_does_not_wait_longer_than_told(qtbot: QtBot) -> None:
    runners, steps = Runners(), Steps(2)
    runners["stuck"].submit(steps)
    qtbot.waitUntil(lambda: steps.thread is not None)
    assert not runners.close(50)
    steps.allow(2)
    assert runners.close(SOON)
    assert steps.cleaned.is_set()


def test_a_process_that_ends_with_work_running_ends_cleanly() -> None:
    code = """
    import sys, time
    from PySide6.QtCore import QCoreApplication, QTimer
    from cxr_gui.core.base.progress import Event
    from cxr_gui.jobs import Runners

    def work():
        try:
            while True:
                time.sleep(0.01)
                yield Event("Working", 0, None)
        finally:
            print("cleaned up", flush=True)

    application = QCoreApplication([])
    runners = Runners()
    job = runners["work"].submit(work)
    job.events.connect(lambda events: application.quit())
    application.exec()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=PROGRAM / 1000,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "cleaned up\n"
