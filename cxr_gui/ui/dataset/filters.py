"""Above the grid: split, class, name, what a sweep found; how many are shown, in which order, how large."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from cxr_gui.core.sweep import Outcomes
from cxr_gui.ui.dataset.arrange import ArrangeBar
from cxr_gui.ui.dataset.record_index import FLAG, Filter, RecordIndex
from cxr_gui.ui.dataset.result_filters import ResultFilters, filter_entry
from cxr_gui.ui.widgets.factories import box, button, column, field, fill, label, row
from cxr_gui.ui.widgets.flow import Flow
from cxr_gui.ui.widgets.icons import icon, set_icon
from cxr_gui.ui.widgets.theme import GRID, theme

MORE = "More filters"


class FilterBar(QWidget):
    """Emits `filterChanged` with the chosen Filter at every change."""

    filterChanged = Signal(object)
    arrangementChanged = Signal(object)
    excludedRequested = Signal()  # to see what is left out of training
    thinningRequested = Signal()  # to leave all but one of each group that is shown out of training

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        tip = "Show one split: what the classifier learns from, is chosen by, or is tested on"
        self.split = box("splitFilter", "Split", tip)
        self.label = box("classFilter", "Class", "Show one class")
        self.mark = box("markFilter", "Flags and notes", "Show what somebody flagged or wrote a note about")
        tip = "Show images whose file name, patient or note contains each of these words"
        self.search = field("searchField", "Search", tip, hint="File name, patient or note")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(25 * GRID)
        self.search.setMaximumWidth(60 * GRID)
        self._more = button(MORE, "moreFiltersButton", "By what the latest sweep found", icon="chevron-down")
        self._more.setCheckable(True)
        self._more.hide()
        self._more.toggled.connect(self._unfold)
        self.results = ResultFilters()
        self.results.changed.connect(self._emit)
        self.order = ArrangeBar()
        self.order.arrangementChanged.connect(self.arrangementChanged)
        self.shown = label("", "shownCount", "muted")
        self._finding = button("", "findingFilter", "Show all images again", icon="close")
        self._finding.clicked.connect(self.clear_finding)
        tip = "Leave all but one of each group out of training, and all where one is a test image"
        self._thin = button("Exclude all but one", "excludeAllButOneButton", tip, icon="minus")
        self._thin.clicked.connect(self.thinningRequested)
        self._places: NDArray[np.intp] | None = None
        self._groups: NDArray[np.intp] | None = None
        tip = "Show the images that are left out of training"
        self._excluded = button("", "excludedButton", tip, role="link")
        self._excluded.clicked.connect(self.excludedRequested)
        self._magnifier = self.search.addAction(
            icon("search", theme().palette.muted), QLineEdit.ActionPosition.LeadingPosition
        )
        set_icon(self._magnifier, "search", "muted")
        self._swept: tuple[str, ...] = ()  # orders that a sweep makes possible
        for choice in (self.split, self.label, self.mark):
            choice.setMinimumWidth(13 * GRID)
            choice.setMaximumWidth(30 * GRID)  # a class may be called anything
            choice.currentIndexChanged.connect(self._emit)
        self.search.textChanged.connect(self._emit)
        for later in (self._finding, self._thin, self._excluded, self.mark):
            later.hide()

        chosen = Flow(self.split, self.label, self.mark, self.search, self._more)
        only = row(self._finding, self._thin, ...)
        shown = row(self.shown, self._excluded, self.order)
        shown.insertStretch(2, 1)
        column(chosen, self.results, only, shown, around=(GRID * 2, GRID, GRID * 2, GRID), on=self)

    def filter(self) -> Filter:
        """What is chosen now."""
        split, label = self.split.currentData(), self.label.currentData()
        chosen = Filter(
            split, label, self.search.text(), self.mark.currentData(), self._places, groups=self._groups
        )
        return self.results.added_to(chosen)

    # -- what there is to choose -------------------------------------------------------------------------

    def set_index(self, index: RecordIndex) -> None:
        """Offer the splits and classes of other records, all chosen."""
        counts = index.counts()
        by_class = [sum(count.by_class[number] for count in counts) for number in range(len(index.labels))]
        self.blockSignals(True)
        self.clear_finding()
        self.search.clear()
        self.order.show_patients(known=index.knows_patients)
        self.show_marks(index)
        splits = (filter_entry(count.split, count.total) for count in counts)
        fill(self.split, [("All splits", None), *splits])
        fill(self.label, [("All classes", None), *map(filter_entry, index.labels, by_class)])
        self.blockSignals(False)
        self._emit()

    def show_marks(self, index: RecordIndex) -> None:
        """Offer the flags and notes that there are, to filter and sort by; what is chosen stays if it can."""
        chosen, marks = self.mark.currentData(), index.marks()
        with QSignalBlocker(self.mark):
            fill(self.mark, [("Flagged or not", None), *map(filter_entry, marks, marks.values())])
            self.mark.setCurrentIndex(max(self.mark.findData(chosen), 0))
        self.mark.setVisible(bool(marks))
        self._offer_orders()

    def set_outcomes(self, found: Outcomes | None) -> None:
        """Offer what a sweep found."""
        self._more.setVisible(found is not None)
        self._more.setChecked(found is not None and self._more.isChecked())
        self.results.set_outcomes(found)
        self._swept = () if found is None else tuple(found.orders)
        self._offer_orders()

    def _offer_orders(self) -> None:
        self.order.show_orders((*((FLAG,) if self.mark.count() > 1 else ()), *self._swept))

    # -- what is chosen ----------------------------------------------------------------------------------

    def show_only(
        self,
        name: str,
        places: NDArray[np.intp],
        groups: NDArray[np.intp] | None = None,
        *,
        redundant: bool = False,
    ) -> None:
        """Show the records at these places, whatever was chosen before.

        groups  the numbers of those that belong together      redundant  one of each group says it all
        """
        self._choose_all()
        self._places, self._groups = places, groups
        self._finding.setText(name)
        self._finding.setAccessibleName(f"Showing only: {name}. Press to show all again.")
        self._finding.show()
        self._thin.setVisible(redundant)
        self._emit()

    def show_outcome(self, outcome: str) -> None:
        """Show a cell of the confusion matrix, whatever was chosen before."""
        self._choose_all()
        self._more.setChecked(True)
        self.results.show_outcome(outcome)
        self._emit()

    def clear(self) -> None:
        """Show all records."""
        self._choose_all()
        self._emit()

    def clear_finding(self) -> None:
        self._places = self._groups = None
        self._finding.hide()
        self._thin.hide()
        self._emit()

    def _choose_all(self) -> None:
        self.blockSignals(True)
        self.split.setCurrentIndex(0)
        self.label.setCurrentIndex(0)
        self.mark.setCurrentIndex(0)
        self.search.clear()
        self.results.reset()
        self.clear_finding()
        self.blockSignals(False)

    # -- what it says ------------------------------------------------------------------------------------

    def show_excluded(self, paths: frozenset[str]) -> None:
        """Say how many records are left out of training."""
        self._excluded.setText(f"{len(paths):,} excluded")
        self._excluded.setVisible(bool(paths))

    def show_count(self, shown: int, total: int) -> None:
        """Say how many of the records pass."""
        self.shown.setText(f"{total:,} shown" if shown == total else f"{shown:,} of {total:,} shown")

    def _unfold(self, open_: bool) -> None:
        set_icon(self._more, "chevron-up" if open_ else "chevron-down")
        self.results.setVisible(open_)

    def _emit(self) -> None:
        at_work = self.results.at_work
        self._more.setText(f"{MORE} ({at_work})" if at_work else MORE)
        self.filterChanged.emit(self.filter())
