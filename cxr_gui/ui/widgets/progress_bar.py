"""A progress bar that waits its turn to be painted."""

from __future__ import annotations

from PySide6.QtWidgets import QProgressBar


class ProgressBar(QProgressBar):
    """Qt's paints everything that has changed in the window at once, each time it is given a value."""

    def advance(self, done: int, total: int | None) -> None:
        """Show how far it is, `total` unknown as a bar that keeps moving."""
        self.setUpdatesEnabled(False)
        self.setRange(0, total or 0)
        self.setValue(done)
        self.setUpdatesEnabled(True)
