"""What differs between the chosen ones, in tables: what was set, and how often each decides rightly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.factories import column, label, named
from cxr_gui.ui.widgets.literal import literal

if TYPE_CHECKING:
    from cxr_gui.core.base.metrics import Interval
    from cxr_gui.core.runs import Chosen

ROW_HEIGHT = 26
WIDEST = 320
ALIKE = "All that was set is the same in all of them."
NOT_THERE = "\N{EN DASH}"
PAIRED = (
    "Each sweep against {}, on the images that all of them attacked. Intervals are of 95 %, paired by image, "
    "and widened where a patient has several images."
)
HEADINGS = (
    *("Sweep", "Epsilon", "Images", "First", "This one"),
    *("Difference", "Balanced", "Only first", "Only this"),
)
MEANINGS = (
    "",
    "Where both were attacked",
    "That all of the sweeps attacked",
    "Right decisions of the first sweep",
    "Right decisions of this one",
    "In points of per cent, with its interval; in bold where that leaves out 0",
    "The same of the mean of both classes' shares",
    "Images that only the first sweep decides rightly",
    "Images that only this one decides rightly",
)


class PlainTable(QTableWidget):
    """Rows of text to read and to copy from."""

    def __init__(self, name: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, name, words)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMaximumSectionSize(WIDEST)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)

    def show_rows(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], bold: Sequence[Sequence[int]] = ()
    ) -> None:
        """These in place of what was there; bold: columns of each row."""
        self.setColumnCount(len(headings))
        self.setHorizontalHeaderLabels(list(headings))
        self.setRowCount(len(rows))
        for place, cells in enumerate(rows):
            for number, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(literal(text))
                if bold and number in bold[place]:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                self.setItem(place, number, item)


class SettingsTable(QWidget):
    """Only what is not the same everywhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = PlainTable("settingDifferencesTable", "Settings that differ")
        self.words = label(ALIKE, role="muted")
        column(self.words, (self.table, 1), on=self)

    def show_chosen(self, chosen: Chosen) -> bool:
        """False when there are not two of which anything is known."""
        rows = [(each.name, *(value or NOT_THERE for value in each.values)) for each in chosen.differences]
        self.table.show_rows(("Setting", *chosen.names), rows)
        self.table.setVisible(bool(rows))
        self.words.setVisible(not rows)
        return chosen.described > 1


class PairedTable(QWidget):
    """Each sweep against the first, epsilon by epsilon."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chosen: Chosen | None = None
        self.words = label(role="muted", wrap=True)
        self.table = PlainTable("pairedTable", "Paired differences")
        epsilons().changed.connect(self._fill)
        column(self.words, (self.table, 1), on=self)

    def show_chosen(self, chosen: Chosen) -> bool:
        """False when there are not two sweeps; where they cannot be compared, it says why."""
        self._chosen = chosen
        self._fill()
        return len(chosen.sweeps) > 1

    def _fill(self) -> None:
        chosen = self._chosen
        if chosen is None or not chosen.sweeps:
            return
        self.words.setText(chosen.unpaired or PAIRED.format(chosen.sweeps[0][0]))
        self.table.setVisible(not chosen.unpaired)
        rows, bold = [], []
        for each in chosen.paired:
            found = each.found
            distinct = [5] if found.distinct else []
            low, high = found.balanced_interval
            distinct += [6] if not low <= 0 <= high else []
            images = f"{found.n:,}" + (f" ({each.left_out:,} left out)" if each.left_out else "")
            rows.append(
                (
                    each.name,
                    epsilons().both(each.epsilon),
                    images,
                    f"{100 * found.reference:.1f} %",
                    f"{100 * found.other:.1f} %",
                    _points(found.difference, found.interval),
                    _points(found.balanced_difference, found.balanced_interval),
                    f"{found.only_reference:,}",
                    f"{found.only_other:,}",
                )
            )
            bold.append(distinct)
        self.table.show_rows(HEADINGS, rows, bold)
        for place, meaning in enumerate(MEANINGS):
            if (heading := self.table.horizontalHeaderItem(place)) is not None:
                heading.setToolTip(meaning)


def _points(difference: float, interval: Interval) -> str:
    """ "−11.7 (−19.9 to −3.2)"; a dash where nothing is defined."""
    if difference != difference:
        return NOT_THERE
    numbers = (f"{100 * value:+.1f}".replace("-", "\N{MINUS SIGN}") for value in (difference, *interval))
    mean, low, high = numbers
    return f"{mean} ({low} to {high})"
