"""`python killed_session.py COUNT DATASET CHECKPOINT`: a window's sweep, killed after so many entries."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEventLoop

from cxr_gui.core.sweep import sweeping
from cxr_gui.core.sweep.journal import SweepJournal
from cxr_gui.session.session import Session
from tests.support.killed import killed_after

EPSILONS = [0.0, 0.002, 0.05]
BATCH = 2


def main() -> None:
    count, dataset, checkpoint = int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3])
    SweepJournal.write = killed_after(count, SweepJournal.write)  # type: ignore[method-assign]
    sweeping.chosen_batch_size = lambda *_: BATCH
    QCoreApplication([])
    session, loop = Session(), QEventLoop()
    session.opening.dataset(dataset).ended.connect(loop.quit)
    loop.exec()
    session.opening.classifier(checkpoint).ended.connect(loop.quit)
    loop.exec()
    job = session.sweeping.start(EPSILONS)
    assert job is not None
    job.ended.connect(loop.quit)
    loop.exec()
    session.close()


if __name__ == "__main__":
    main()
