"""Work beside other work: its result and its errors arrive, and it ends with the block."""

from __future__ import annotations

import threading

import pytest

from cxr_gui.core.base.beside import beside
from cxr_gui.core.base.errors import DatasetError
from cxr_gui.core.base.progress import Event, Work, run
from tests.support.patience import SOON


def counting(gate: threading.Event, ended: list[str]) -> Work[int]:
    """Tells of a step, waits for the gate, and is done with 7."""
    try:
        yield Event("Counting", 1, 2)
        assert gate.wait(SOON / 1000)
        yield Event("Counting", 2, 2)
        return 7
    finally:
        ended.append(threading.current_thread().name)


def test_it_goes_on_while_other_work_does_and_gives_its_result() -> None:
    gate, ended = threading.Event(), []
    with beside(counting(gate, ended)) as counted:
        gate.set()
        assert run(counted()) == 7
        assert run(counted()) == 7  # whoever asks again
    assert len(ended) == 1
    assert ended[0].startswith("beside")


def test_whoever_waits_is_told_where_it_is() -> None:
    gate, told = threading.Event(), []
    with beside(counting(gate, [])) as counted:
        rest = counted()
        told.append(next(rest))  # it waits for the gate
        gate.set()
        assert run(rest) == 7
    assert told == [Event("Counting", 1, 2)]


def test_its_error_is_raised_where_it_is_waited_for() -> None:
    def failing() -> Work[None]:
        yield Event("Failing", 0, 1)
        raise DatasetError("has gone.", where="somewhere")

    with beside(failing()) as failed, pytest.raises(DatasetError, match="has gone"):
        run(failed())


def test_leaving_the_block_closes_what_is_not_done() -> None:
    ended: list[str] = []

    def endless() -> Work[None]:
        try:
            while True:
                yield Event("Going on", 0, None)
        finally:
            ended.append("closed")

    with pytest.raises(KeyError), beside(endless()):
        raise KeyError("another's error")
    assert ended == ["closed"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("beside")]
