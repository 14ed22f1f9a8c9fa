"""A process that is killed in the middle of its sweep."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cxr_gui.core.sweep.journal import Entry, SweepJournal

    Write = Callable[[SweepJournal, Entry], None]


def killed_after(count: int, write: Write) -> Write:
    """Write, and after so many entries kill this process by SIGKILL, which nothing survives."""
    left = count

    def written(journal: SweepJournal, entry: Entry) -> None:
        nonlocal left
        write(journal, entry)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return written
