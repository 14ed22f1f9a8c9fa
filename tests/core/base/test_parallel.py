"""Many at once: in order, on as many threads as there are cores to use, and ended with whoever asked."""

from __future__ import annotations

import os
import threading

import pytest

from cxr_gui.core.base import parallel


def test_answers_come_in_the_order_of_the_questions() -> None:
    assert list(parallel.in_order(lambda number: number * number, range(100))) == [n * n for n in range(100)]


def test_the_cores_are_those_that_this_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 9}, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)
    assert parallel.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert parallel.cores() == 64
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert parallel.cores() == 1


def test_closing_it_ends_the_threads_and_asks_for_no_more() -> None:
    asked: list[int] = []
    answers = parallel.in_order(asked.append, range(10_000))
    next(answers)
    answers.close()
    assert len(asked) < 10_000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]
