"""In which order the grid shows its images, and how large: what by, which way round, patient by patient."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from cxr_gui.ui.dataset.record_index import NAME, Arrangement
from cxr_gui.ui.dataset.tile import LARGEST, SIDE, SMALLEST
from cxr_gui.ui.widgets.factories import box, button, fill, row, slider, tool
from cxr_gui.ui.widgets.icons import set_icon
from cxr_gui.ui.widgets.theme import GRID

PATIENTS = "Show the images of each patient side by side, on a shared background"
NO_PATIENT = "Neither the file names nor a table say whose images these are"
SIZE = "Size of the thumbnails; turn the wheel on them with Ctrl held for the same"


class ArrangeBar(QWidget):
    """Emits `arrangementChanged` with the chosen Arrangement at every change, `sideChanged` with a side."""

    arrangementChanged = Signal(object)
    sideChanged = Signal(int)  # of the thumbnails, pixels

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "Sort the images; what depends on an attack or a proof is from the latest sweep"
        self.order = box("sortBox", "Sort by", tip)
        self.direction = tool("sortDirectionButton", "chevron-up", "Smallest first")
        self.patients = button("By patient", "groupByPatientButton", words="Group by patient")
        self.side = slider("thumbnailSizeSlider", "Size of the thumbnails", SIZE)
        self.side.setRange(SMALLEST, LARGEST)
        self.side.setSingleStep(GRID)
        self.side.setPageStep(2 * GRID)
        self.side.setFixedSize(12 * GRID, 3 * GRID)
        self.side.setValue(SIDE)
        for each in (self.direction, self.patients):
            each.setCheckable(True)
        self.show_orders(())
        self.show_patients(known=True)
        half = GRID // 2
        row(self.order, self.direction, half, self.patients, half, self.side, gap=half, on=self)
        self.side.valueChanged.connect(self.sideChanged)
        self.order.currentIndexChanged.connect(self._change)
        self.direction.toggled.connect(self._change)
        self.patients.toggled.connect(self._change)
        self._show_direction()

    def arrangement(self) -> Arrangement:
        """What is chosen now."""
        by = self.order.currentData() or ""
        return Arrangement(by, bool(by) and self.direction.isChecked(), self.patients.isChecked())

    def show_orders(self, others: Iterable[str]) -> None:
        """Offer the orders that flags and a sweep make possible besides; the chosen one stays if it can."""
        chosen = self.order.currentData()
        self.order.blockSignals(True)
        orders = [("By split", ""), *((by.capitalize(), by) for by in (NAME, *others))]
        fill(self.order, orders)
        self.order.setCurrentIndex(max(self.order.findData(chosen), 0))
        self.order.blockSignals(False)
        self._show_direction()

    def show_patients(self, *, known: bool) -> None:
        """Offer to group by patient where it is known whose images these are."""
        self.patients.setEnabled(known)
        self.patients.setToolTip(PATIENTS if known else NO_PATIENT)

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
