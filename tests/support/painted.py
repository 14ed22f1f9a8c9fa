"""A widget that tells how often it was painted."""

from __future__ import annotations

from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget


class Counted(QWidget):
    """Counts how often it is painted; `keep` lives as long as it does."""

    painted = 0
    keep: QWidget

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted += 1
