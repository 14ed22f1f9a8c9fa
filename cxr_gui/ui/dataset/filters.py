"""Above the grid: split, class, file name, what a sweep found; how many are shown, in which order."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from cxr_gui.core.sweep import Outcomes
from cxr_gui.ui.dataset.arrange import ArrangeBar
from cxr_gui.ui.dataset.record_index import Filter, RecordIndex
from cxr_gui.ui.dataset.result_filters import ResultFilters, filter_entry
from cxr_gui.ui.widgets.factories import box, button, column, field, fill, label, row
from cxr_gui.ui.widgets.flow import Flow
from cxr_gui.ui.widgets.icons import icon, set_icon
from cxr_gui.ui.widgets.theme import GRID, theme

PATIENT = (
    "Show the images of this patient, named as in the file names or the table of labels; "
    "part of a name shows all patients whose names contain it"
)
NO_PATIENT = "Neither the file names nor a table say whose images these are"


class FilterBar(QWidget):
    """Emits `filterChanged` with the chosen Filter at every change."""

    filterChanged = Signal(object)
    arrangementChanged = Signal(object)
    excludedRequested = Signal()  # to see what is left out of training

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "Show one split: what the classifier learns from, is chosen by, or is tested on"
        self.split = box("splitFilter", "Split", tip)
        self.label = box("classFilter", "Class", "Show one class")
        tip = "Show files whose name contains all these words"
        self.search = field("searchField", "Search file names", tip, hint="File name")
        self.patient = field("patientFilter", "Patient", hint="Patient")
        for line, least, most in ((self.search, 16, 40), (self.patient, 11, 20)):
            line.setClearButtonEnabled(True)
            line.setMinimumWidth(least * GRID)
            line.setMaximumWidth(most * GRID)
        self.results = ResultFilters()
        self.order = ArrangeBar()
        self.order.arrangementChanged.connect(self.arrangementChanged)
        self.results.changed.connect(self._emit)
        self.shown = label("", "shownCount", "muted")
        self._finding = button("", "findingFilter", "Show all files again", icon="close")
        self._finding.hide()
        self._places: NDArray[np.intp] | None = None
        tip = "Show the images that are left out of training"
        self._excluded = button("", "excludedButton", tip, role="link")
        self._excluded.hide()
        self._excluded.clicked.connect(self.excludedRequested)
        self._magnifier = self.search.addAction(
            icon("search", theme().palette.muted), QLineEdit.ActionPosition.LeadingPosition
        )
        set_icon(self._magnifier, "search", "muted")
        for choice in (self.split, self.label):
            choice.setMaximumWidth(30 * GRID)  # a class may be called anything
            choice.currentIndexChanged.connect(self._emit)
        self.search.textChanged.connect(self._emit)
        self.patient.textChanged.connect(self._emit)
        self._finding.clicked.connect(self.clear_finding)

        chosen = Flow(self.split, self.label, self.search, self.patient, self.order)
        shown = row(self.shown, self._excluded, self._finding, ...)
        shown.addStrut(7 * GRID // 2)  # the same height with and without the buttons
        column(chosen, self.results, shown, around=(GRID * 2, GRID, GRID * 2, GRID), on=self)

    def filter(self) -> Filter:
        """What is chosen now."""
        return self.results.added_to(
            Filter(
                self.split.currentData(),
                self.label.currentData(),
                self.search.text(),
                self._places,
                patient=self.patient.text(),
            )
        )

    def set_index(self, index: RecordIndex) -> None:
        """Offer the splits and classes of other records, all chosen."""
        counts = index.counts()
        by_class = [sum(count.by_class[number] for count in counts) for number in range(len(index.labels))]
        self.blockSignals(True)
        self.clear_finding()
        self.search.clear()
        self.patient.clear()
        self.patient.setEnabled(index.knows_patients)
        self.patient.setToolTip(PATIENT if index.knows_patients else NO_PATIENT)
        splits = (filter_entry(count.split, count.total) for count in counts)
        fill(self.split, [("All splits", None), *splits])
        fill(self.label, [("All classes", None), *map(filter_entry, index.labels, by_class)])
        self.blockSignals(False)
        self._emit()

    def show_finding(self, name: str, places: NDArray[np.intp]) -> None:
        """Show the records at these places, whatever was chosen before."""
        self._choose_all()
        self._places = places
        self._finding.setText(name)
        self._finding.setAccessibleName(f"Showing the files of: {name}. Press to show all again.")
        self._finding.show()
        self._emit()

    def show_outcome(self, outcome: str) -> None:
        """Show a cell of the confusion matrix, whatever was chosen before."""
        self._choose_all()
        self.results.show_outcome(outcome)
        self._emit()

    def show_patient(self, patient: str) -> None:
        """Show the images of a patient, whatever was chosen before."""
        self._choose_all()
        self.patient.setText(patient)

    def set_outcomes(self, found: Outcomes | None) -> None:
        """Offer what a sweep found."""
        self.results.set_outcomes(found)
        self.order.show_orders(() if found is None else found.orders)

    def _choose_all(self) -> None:
        self.blockSignals(True)
        self.split.setCurrentIndex(0)
        self.label.setCurrentIndex(0)
        self.search.clear()
        self.patient.clear()
        self.results.reset()
        self.clear_finding()
        self.blockSignals(False)

    def clear_finding(self) -> None:
        self._places = None
        self._finding.hide()
        self._emit()

    def show_excluded(self, paths: frozenset[str]) -> None:
        """Say how many records are left out of training."""
        self._excluded.setText(f"{len(paths):,} excluded from training")
        self._excluded.setVisible(bool(paths))

    def show_count(self, shown: int, total: int) -> None:
        """Say how many of the records pass."""
        self.shown.setText(f"{total:,} shown" if shown == total else f"{shown:,} of {total:,} shown")

    def _emit(self) -> None:
        self.filterChanged.emit(self.filter())
