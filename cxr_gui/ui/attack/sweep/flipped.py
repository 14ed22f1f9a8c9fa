"""The images that flipped at a point of the chart; each opens in the views."""

from __future__ import annotations

from pathlib import PurePath

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QToolButton, QWidget

from cxr_gui.core.base.units import describe_epsilon, from_pixel
from cxr_gui.ui.attack.sweep.curves import Curves
from cxr_gui.ui.widgets.factories import column, label, named, row
from cxr_gui.ui.widgets.literal import literal


class FlippedList(QWidget):
    """Names of images, the most fragile first."""

    imageChosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "flippedPanel")
        self._title = label(wrap=True, parent=self)
        words = "Back to the legend"
        back = named(QToolButton(self), "flippedBackButton", words, words)
        back.setText("\N{MULTIPLICATION X}")
        back.setAutoRaise(True)
        back.clicked.connect(self.closed)
        self.list = named(QListWidget(self), "flippedList", "Images that flipped")
        self.list.setUniformItemSizes(True)
        self.list.itemActivated.connect(self._choose)
        self.list.itemClicked.connect(self._choose)
        top = row((self._title, 1), gap=-1)
        top.addWidget(back, 0, Qt.AlignmentFlag.AlignTop)
        column(top, (self.list, 1), gap=-1, on=self)

    def show_point(self, curves: Curves, index: int) -> bool:
        """List what had flipped at that point; False when the sweep does not know its images yet."""
        result = curves.result
        if result is None or result.paths is None:
            return False
        flipped = result.flipped_at(index)
        if result.critical is not None:
            flipped = flipped[np.argsort(result.critical[flipped], kind="stable")]
        self.list.clear()
        for image in flipped:
            item = QListWidgetItem(PurePath(result.paths[image]).name)
            item.setData(Qt.ItemDataRole.UserRole, result.paths[image])
            if result.critical is not None and np.isfinite(result.critical[image]):
                critical = describe_epsilon(float(result.critical[image]))
                item.setToolTip(literal(f"{result.paths[image]}\nCritical epsilon {critical}"))
            self.list.addItem(item)
        epsilon = float(result.epsilons[index])
        right = int(result.right_at_start.sum())
        self._title.setText(
            f"{len(flipped)} of {right} images flipped at epsilon {from_pixel(epsilon, 'model'):.3g}"
            + (", most fragile first" if len(flipped) > 1 else "")
        )
        return True

    def _choose(self, item: QListWidgetItem) -> None:
        self.imageChosen.emit(item.data(Qt.ItemDataRole.UserRole))
