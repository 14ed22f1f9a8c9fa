"""In which order the grid shows its images: what by, which way round, and patient by patient."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cxr_gui.ui.dataset.record_index import NAME, Arrangement
from cxr_gui.ui.widgets.factories import box, button, fill, row, tool
from cxr_gui.ui.widgets.icons import set_icon
from cxr_gui.ui.widgets.theme import GRID


class ArrangeBar(QWidget):
    """Emits `arrangementChanged` with the chosen Arrangement at every change."""

    arrangementChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "Sort by this; what is told of an attack or a proof is the latest sweep's"
        self.order = box("sortBox", "Sort by", tip)
        self.direction = tool("sortDirectionButton", "chevron-up", "Smallest first")
        tip = "Show the images of a patient side by side, on a ground of their own"
        self.patients = button("By patient", "groupByPatientButton", tip, words="Group by patient")
        for each in (self.direction, self.patients):
            each.setCheckable(True)
        self.show_orders(())
        row(self.order, self.direction, GRID // 2, self.patients, gap=GRID // 2, on=self)
        self.order.currentIndexChanged.connect(self._change)
        self.direction.toggled.connect(self._change)
        self.patients.toggled.connect(self._change)
        self._show_direction()

    def arrangement(self) -> Arrangement:
        """What is chosen now."""
        by = self.order.currentData() or ""
        return Arrangement(by, bool(by) and self.direction.isChecked(), self.patients.isChecked())

    def show_orders(self, swept: Iterable[str]) -> None:
        """Offer the orders that a sweep makes possible besides; the chosen one stays if it can."""
        chosen = self.order.currentData()
        self.order.blockSignals(True)
        orders = [("As in the folder", ""), *((by.capitalize(), by) for by in (NAME, *swept))]
        fill(self.order, orders)
        self.order.setCurrentIndex(max(self.order.findData(chosen), 0))
        self.order.blockSignals(False)
        self._show_direction()

    def _change(self) -> None:
        self._show_direction()
        self.arrangementChanged.emit(self.arrangement())

    def _show_direction(self) -> None:
        down = self.direction.isChecked()
        set_icon(self.direction, "chevron-down" if down else "chevron-up")
        words = "Largest first" if down else "Smallest first"
        self.direction.setAccessibleName(words)
        self.direction.setToolTip(f"{words}; press to turn the order round")
        self.direction.setEnabled(bool(self.order.currentData()))
