"""`python killed.py COUNT ARGUMENTS...`: a command, killed after so many entries of its journal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from cxr_gui.cli import program
from cxr_gui.core.sweep.journal import Entry, SweepJournal

Write = Callable[[SweepJournal, Entry], None]


def killed_after(count: int, write: Write) -> Write:
    """Write, and after so many entries send SIGKILL to this process, which nothing survives."""
    left = count

    def written(journal: SweepJournal, entry: Entry) -> None:
        nonlocal left
        write(journal, entry)
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return written


if __name__ == "__main__":
    SweepJournal.write = killed_after(int(sys.argv.pop(1)), SweepJournal.write)  # type: ignore[method-assign]
    program.main()
