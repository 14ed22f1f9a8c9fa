"""The sweep of shifts: what starts it, and its heat table, whose cells lead to the images that changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QWidget

from cxr_gui.core.shifts import NOMINAL_SIDE
from cxr_gui.core.sweep import QUANTITIES
from cxr_gui.ui.attack.shifts.heat_model import METRICS, HeatModel
from cxr_gui.ui.attack.shifts.heat_view import HeatView
from cxr_gui.ui.attack.shifts.shift_bar import ShiftBar
from cxr_gui.ui.widgets.elided import ElidedLabel
from cxr_gui.ui.widgets.factories import box, button, column, fill, label, named, row
from cxr_gui.ui.widgets.solo import FillButton

if TYPE_CHECKING:
    from cxr_gui.core.sweep import ShiftResult
    from cxr_gui.session import Session

EMPTY = "Sweep the shifts to see what exposure, motion, rotation, compression and others cost."
HINT = "Per cent at severity 1 to 5, 0 without a shift. Click a cell for the images that changed there."
NOT_HERE = "None of the images of that sweep is in the dataset that is open now."


class ShiftPanel(QWidget):
    """Starts and shows sweeps of shifts of the session's dataset. It can fill the `page` that it is on."""

    filmsRequested = Signal(str, object)  # in words, and their places in the dataset
    attackRequested = Signal()

    def __init__(
        self,
        session: Session,
        classifiers: Callable[[], list[tuple[str, Path]]],
        page: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(page if parent is None else parent)
        self._session = session
        self._results: tuple[ShiftResult, ...] = ()
        self.bar = ShiftBar(session, classifiers, self)
        self.model = HeatModel(self)
        self.table = HeatView(self.model, self)
        self.measure = box("shiftMetricBox", "Metric", "What the numbers are", letters=14, parent=self)
        fill(self.measure, ((QUANTITIES[name].title.partition(",")[0], name) for name in METRICS))
        tip = "MedMNIST-C's errors are multiples of this classifier's"
        self.baseline = box("shiftBaselineBox", "Baseline", tip, letters=10, parent=self)
        self.attack = button("Attack", "attackSweepsButton", "Back to the attacks", role="flat", parent=self)
        self.fill_button = FillButton(self, page, "fillShiftsButton", "Fill the tab with the table", self)
        self.empty = label(EMPTY, "shiftsEmpty", "muted", wrap=True, parent=self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        readout = ElidedLabel(parent=self, where=Qt.TextElideMode.ElideRight)
        self.readout = named(readout, "shiftReadout", role="muted")
        tools = row(
            self.measure,
            self.baseline,
            ...,
            self.attack,
            self.fill_button,
            gap=4,
        )
        column(self.bar, tools, (self.empty, 1), (self.table, 1), self.readout, gap=4, on=self)
        self.measure.currentIndexChanged.connect(self._draw)
        self.baseline.currentIndexChanged.connect(self._draw)
        self.attack.clicked.connect(self.attackRequested)
        self.table.clicked.connect(self._show_changed)
        self.table.activated.connect(self._show_changed)
        self.table.entered.connect(self._say)
        self.table.selectionModel().currentChanged.connect(self._say)
        session.shiftsChanged.connect(self._take)
        session.datasetChanged.connect(self._draw)
        self._take(session.shifts)

    def chosen_baseline(self) -> ShiftResult | None:
        """That of whose errors the others' are multiples; None while there is only one."""
        place = self.baseline.currentData()
        return None if place is None or len(self._results) < 2 else self._results[place]

    def _take(self, results: tuple[ShiftResult, ...]) -> None:
        self._results = results
        with QSignalBlocker(self.baseline):
            fill(self.baseline, ((f"vs {each.classifier}", place) for place, each in enumerate(results)))
        self.baseline.setVisible(len(results) > 1)
        for shown in (self.measure, self.table, self.readout):
            shown.setVisible(bool(results))
        self.empty.setHidden(bool(results))
        self._draw()

    def _draw(self) -> None:
        self.model.show_results(self._results, self.measure.currentData(), self.chosen_baseline())
        self.readout.setText(self._hint())

    def _hint(self) -> str:
        if not self._results:
            return ""
        first = self._results[0]
        notes = [HINT]
        if not self._here(first.paths):
            notes.insert(0, NOT_HERE)
        if not first.complete:
            notes.insert(0, f"Stopped after {len(first.labels):,} images.")
        if first.unread:
            notes.append(f"{len(first.unread):,} files could not be read.")
        if first.unspaced:
            notes.append(
                f"{first.unspaced:,} files do not say how large their pixels are: a longer side of "
                f"{NOMINAL_SIDE:g} mm was taken."
            )
        return " ".join(notes)

    def _say(self, index: QModelIndex) -> None:
        self.readout.setText((self.model.words(index) if index.isValid() else "") or self._hint())

    def _show_changed(self, index: QModelIndex) -> None:
        """Have the images shown that were right without the shift and are wrong with it."""
        words, paths = self.model.flipped(index)
        found = self._here(paths)
        if found:
            self.filmsRequested.emit(words, np.array(sorted(found), np.intp))
        elif paths:
            self._session.tell(NOT_HERE, level="warning")

    def _here(self, names: Sequence[str]) -> list[int]:
        """Where these images are in the dataset that is open, those that are."""
        dataset = self._session.dataset
        if dataset is None:
            return []
        places = dataset.columns.places
        return [places[path] for name in names if (path := dataset.in_root(name)) in places]
