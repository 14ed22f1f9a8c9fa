"""A plot for hands that use no mouse: arrow keys move the cursor, Enter presses, and focus can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from cxr_gui.ui.widgets.focus import FocusRing

STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: +1}
WAYS = 40
"""Steps across a plot that names no places to stop at."""

NOWHERE = QPointF(-1e6, -1e6)


class KeyboardPlot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no types
    """Left and right move the cursor as the mouse would, from one of `stops()` to the next.

    `pressed` carries the cursor's place in the scene when Enter is pressed.
    """

    pressed = Signal(QPointF)

    def __init__(self, parent: QWidget | None = None, **options: Any) -> None:
        super().__init__(parent, **options)
        self._stop: int | None = None
        self._place = NOWHERE
        self.setAccessibleDescription("Left and right go from place to place, Enter presses")
        FocusRing(self)

    def stops(self) -> Sequence[QPointF]:
        """Places of the scene that the keys visit in turn; here, even steps along the middle."""
        area = self.getPlotItem().getViewBox().sceneBoundingRect()
        inside = area.adjusted(1, 1, -1, -1)
        width = inside.width() / WAYS
        return [QPointF(inside.left() + step * width, inside.center().y()) for step in range(WAYS + 1)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = STEPS.get(Qt.Key(event.key()))
        if step is not None:
            self._go(step)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._stop is not None:
            self.pressed.emit(self._place)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._stop = None
        self.scene().sigMouseMoved.emit(NOWHERE)

    def _go(self, step: int) -> None:
        stops = self.stops()
        if not stops:
            return
        before = self._stop if self._stop is not None else (-1 if step > 0 else len(stops))
        self._stop = min(max(before + step, 0), len(stops) - 1)
        self._place = stops[self._stop]
        self.scene().sigMouseMoved.emit(self._place)
