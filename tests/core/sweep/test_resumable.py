"""A sweep whose journal has no place, or a place that cannot be written, is made without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.base.progress import Event, Notice, Work
from cxr_gui.core.sweep import unfinished
from cxr_gui.core.sweep.unfinished import resumable
from tests.support.report_samples import sweep_result

RESULT = sweep_result(negative=1, positive=1)


def made(fails: bool) -> tuple[list[Path | None], list[str]]:
    """The folders that a sweep was to keep its journal in, and what was said."""
    places: list[Path | None] = []
    said: list[Event] = []

    def make(place: Path | None) -> Work[Any]:
        places.append(place)
        yield Event("Attacking", 0, 2)
        if fails and place is not None:
            raise OutputError("cannot be written (No space left on device).", where=place)
        return RESULT

    assert progress.run(resumable({}, {}, 2, make, stopped=lambda: False), said.append) is RESULT
    return places, [event.text for event in said if isinstance(event, Notice)]


def test_who_has_no_home_has_no_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unfinished, "lasting_folder", lambda: None)
    assert made(fails=False) == ([None], [])


def test_a_journal_that_cannot_be_written_is_told_and_fails_no_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfinished, "lasting_folder", lambda: tmp_path)
    (first, second), [notice] = made(fails=True)
    assert (first is not None, second) == (True, None)
    assert "No space left on device" in notice
    assert "This sweep keeps no journal: if it is interrupted, it begins again." in notice
