"""The row above the grid: split, class, file name, how many are shown, and whose files when a finding is."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from cxr_gui.ui.dataset.index import Filter, RecordIndex
from cxr_gui.ui.icons import icon, set_icon
from cxr_gui.ui.theme import GRID, set_role, theme


class FilterBar(QWidget):
    """Emits `filterChanged` with the chosen Filter at every change."""

    filterChanged = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.split = QComboBox(objectName="splitFilter")
        self.split.setAccessibleName("Split")
        self.split.setToolTip(
            "Show one split: what the classifier learns from, is chosen by, or is tested on"
        )
        self.label = QComboBox(objectName="classFilter")
        self.label.setAccessibleName("Class")
        self.label.setToolTip("Show one class")
        self.search = QLineEdit(objectName="searchField", placeholderText="Search file names (Ctrl+F)")
        self.search.setAccessibleName("Search file names")
        self.search.setToolTip("Show files whose name contains all these words")
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(20 * GRID)
        self.search.setMaximumWidth(40 * GRID)
        self.shown = QLabel(objectName="shownCount")
        set_role(self.shown, "muted")
        self._finding = QPushButton(objectName="findingFilter")
        self._finding.setToolTip("Show all files again")
        set_icon(self._finding, "close")
        self._finding.hide()
        self._paths: frozenset[str] | None = None
        self._magnifier = self.search.addAction(
            icon("search", theme().palette.muted), QLineEdit.ActionPosition.LeadingPosition
        )
        set_icon(self._magnifier, "search", "muted")
        for box in (self.split, self.label):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.currentIndexChanged.connect(self._emit)
        self.search.textChanged.connect(self._emit)
        self._finding.clicked.connect(self.clear_finding)

        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self.split)
        layout.addWidget(self.label)
        layout.addWidget(self.search, 2)
        layout.addWidget(self._finding)
        layout.addStretch(1)
        layout.addWidget(self.shown, alignment=Qt.AlignmentFlag.AlignRight)

    def filter(self) -> Filter:
        """What is chosen now."""
        return Filter(self.split.currentData(), self.label.currentData(), self.search.text(), self._paths)

    def set_index(self, index: RecordIndex) -> None:
        """Offer the splits and classes of other records, all chosen."""
        counts = index.counts()
        by_class = [sum(count.by_class[number] for count in counts) for number in range(len(index.labels))]
        self.blockSignals(True)
        self.clear_finding()
        self.search.clear()
        _fill(self.split, "All splits", [(count.split, count.total) for count in counts])
        _fill(self.label, "All classes", list(zip(index.labels, by_class, strict=True)))
        self.blockSignals(False)
        self._emit()

    def show_finding(self, name: str, paths: frozenset[str]) -> None:
        """Show the files of an audit's finding, whatever was chosen before."""
        self.blockSignals(True)
        self.split.setCurrentIndex(0)
        self.label.setCurrentIndex(0)
        self.search.clear()
        self.blockSignals(False)
        self._paths = paths
        self._finding.setText(name)
        self._finding.setAccessibleName(f"Showing the files of: {name}. Press to show all again.")
        self._finding.show()
        self._emit()

    def clear_finding(self) -> None:
        self._paths = None
        self._finding.hide()
        self._emit()

    def show_count(self, shown: int, total: int) -> None:
        """Say how many of the records pass."""
        self.shown.setText(f"{total:,} shown" if shown == total else f"{shown:,} of {total:,} shown")

    def _emit(self) -> None:
        self.filterChanged.emit(self.filter())


def _fill(box: QComboBox, everything: str, entries: list[tuple[str, int]]) -> None:
    box.clear()
    box.addItem(everything, None)
    for name, count in entries:
        words = name.capitalize() if name.islower() else name
        box.addItem(f"{words} ({count:,})", name)
