"""Progress events are classes that everybody above may name before PyTorch is there."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import FrozenInstanceError

import pytest

from cxr_gui.core.base.progress import Event
from cxr_gui.core.inspect import ImageJudged
from cxr_gui.core.sweep import SweepProgress
from cxr_gui.core.training import BatchDone, EpochDone
from tests.support.places import ROOT


def test_events_are_imported_from_their_rooms_without_pytorch() -> None:
    code = """
    import sys
    from cxr_gui.core.inspect import ImageJudged
    from cxr_gui.core.sweep import SweepProgress
    from cxr_gui.core.training import BatchDone, EpochDone
    print("torch" in sys.modules, "numpy" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout == "False False\n"


@pytest.mark.parametrize("kind", [ImageJudged, SweepProgress, BatchDone, EpochDone])
def test_an_event_is_one_of_a_kind_that_nobody_changes(kind: type[Event]) -> None:
    assert issubclass(kind, Event)
    event = object.__new__(kind)
    with pytest.raises(FrozenInstanceError):
        event.done = 1  # type: ignore[misc]
