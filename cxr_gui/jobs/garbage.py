"""Python's cyclic garbage, collected on the GUI thread alone."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL_MILLISECONDS = 1000
YOUNG = 2_000  # objects made since the last look that are worth one
ROUNDS = 20  # looks at what is young, between two at everything


class GarbageCollector(QObject):
    """Collects on the thread that made it, from a timer, and stops collection everywhere else.

    Python collects on whichever thread happens to allocate next. On a runner's thread that would destroy
    widgets and graphics items which died in a reference cycle, behind the GUI thread's back, and crash it.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._rounds = 0
        self._settled = False
        self._held = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(INTERVAL_MILLISECONDS)

    def settle(self) -> None:
        """Leave what is there now, such as the libraries, out of every later look: those become short.

        Not after a look of its own, which takes a fifth of a second: importing leaves little garbage.
        """
        gc.freeze()
        self._settled = True

    def hold(self) -> None:
        """Look at nothing until `release`, because what is being made will stay: a dataset's records.

        One look at 100,000 of them would take 20 ms.
        """
        if not self._held and self._settled:  # before that it would be a look at the libraries
            gc.collect()
        self._held += 1
        self._timer.stop()

    def release(self) -> None:
        """Look again, once for each `hold`, but never at what has been made since."""
        gc.freeze()
        self._held -= 1
        if not self._held:
            self._timer.start()

    def _look(self) -> None:
        if gc.get_count()[0] < YOUNG:
            return
        self._rounds += 1
        gc.collect(2 if self._rounds % ROUNDS == 0 else 1)
