"""The table of epochs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from cxr_gui.core.base.wording import duration, percent
from cxr_gui.ui.training.wording import collapse_words
from cxr_gui.ui.widgets.factories import named

if TYPE_CHECKING:
    from cxr_gui.core.training import EpochRow

AT_HALF = "at p \N{GREATER-THAN OR EQUAL TO} 0.5"
LOSS = "{:.4f}".format
SHARE = "{:.3f}".format
ROW_HEIGHT = 26
AROUND = 24
"""Pixels beside a heading."""
NOT_MEASURED = "\N{EN DASH}"


@dataclass(frozen=True)
class Column:
    """One quantity of an EpochRow: its title, its meaning and how it is written."""

    field: str
    title: str
    meaning: str
    write: Callable[[Any], str]
    always: bool = True


COLUMNS = (
    Column("epoch", "Epoch", "Passes over the training images", str),
    Column("train_loss", "Train loss", "Mean binary cross-entropy of the epoch's steps", LOSS),
    Column("train_accuracy", "Train acc.", f"Right decisions in the epoch's steps, {AT_HALF}", percent),
    Column("validation_loss", "Val. loss", "Mean binary cross-entropy on validation", LOSS, False),
    Column("validation_accuracy", "Val. acc.", f"Right decisions on validation, {AT_HALF}", percent, False),
    Column("validation_auroc", "AUROC", "Area under the ROC curve on validation", SHARE, False),
    Column("robust_accuracy", "Under PGD", "Right decisions on validation images under PGD", percent, False),
    Column(
        "robust_balanced_accuracy",
        "PGD, bal.",
        "The mean of the shares right in each class; chance is 50 %",
        percent,
        False,
    ),
    Column(
        "certified_accuracy",
        "Certified",
        "Right decisions on validation that bounds prove for every change within epsilon",
        percent,
        False,
    ),
    Column(
        "certified_balanced_accuracy",
        "Cert., bal.",
        "The mean of the shares right in each class; chance is 50 %",
        percent,
        False,
    ),
    Column("images_per_second", "Images/s", "Training images a second", "{:.1f}".format),
    Column("seconds", "Time", "Spent in the epoch's steps", duration),
)


class EpochTable(QTableWidget):
    """One row an epoch; columns of what was never measured stay hidden."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(COLUMNS), parent)
        self._rows: list[tuple[int, list[QTableWidgetItem]]] = []
        named(self, "epochTable", "Epochs")
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)  # Tab leaves the table; arrow keys walk in it
        self.setAlternatingRowColors(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        longest = max(self.fontMetrics().horizontalAdvance(column.title) for column in COLUMNS)
        self.horizontalHeader().setMinimumSectionSize(longest + AROUND)  # with more of them it scrolls
        self.horizontalHeader().setHighlightSections(False)
        for place, column in enumerate(COLUMNS):
            header = QTableWidgetItem(column.title)
            header.setToolTip(column.meaning)
            header.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(place, header)
            self.setColumnHidden(place, not column.always)

    def show_history(self, rows: Sequence[EpochRow]) -> None:
        """Show these epochs and no others."""
        self.setRowCount(0)
        self._rows.clear()
        for place, column in enumerate(COLUMNS):
            self.setColumnHidden(place, not column.always)
        for row in rows:
            self.add_epoch(row)

    def add_epoch(self, row: EpochRow) -> None:
        """Append an epoch."""
        place = self.rowCount()
        self.insertRow(place)
        cells = []
        for number, column in enumerate(COLUMNS):
            value = getattr(row, column.field)
            cell = QTableWidgetItem(NOT_MEASURED if value is None else column.write(value))
            cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(place, number, cell)
            cells.append(cell)
            if value is not None:
                self.setColumnHidden(number, False)
        self._rows.append((row.epoch, cells))
        if row.collapsed:
            self._mark(place, f"{row.epoch}, collapsed", f"Because {collapse_words(row)}")
        self.scrollToBottom()

    def mark_kept(self, epoch: int) -> None:
        """Say which epoch's classifier the run keeps."""
        for place, (number, _) in enumerate(self._rows):
            if number == epoch:
                self._mark(place, f"{epoch}, kept", "The run keeps this epoch's classifier")

    def _mark(self, place: int, words: str, meaning: str) -> None:
        for number, cell in enumerate(self._rows[place][1]):
            cell.setToolTip(meaning)
            font = cell.font()
            font.setBold(True)
            cell.setFont(font)
            if number == 0:
                cell.setText(words)
