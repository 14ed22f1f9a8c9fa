"""What the audit says of one thing, on a card."""

from __future__ import annotations

import re
from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from cxr_gui.core.base.wording import counted
from cxr_gui.core.data import FINE, INFORMATION, PROBLEM, WARNING
from cxr_gui.session import Listed
from cxr_gui.ui.widgets.factories import button, column, label, row
from cxr_gui.ui.widgets.icons import pixmap
from cxr_gui.ui.widgets.theme import GRID, set_role, theme

LOOKS = {
    PROBLEM: ("error", "bad"),
    WARNING: ("warning", "warning"),
    INFORMATION: ("info", "muted"),
    FINE: ("check", "good"),
}
"""severity -> its icon and its colour"""

SENTENCES = re.compile(r"(?<=[.?!]) (?=[A-Z])")
FEW = 4
"""Numbers of a finding that its words say."""

SHOW_VALUES, HIDE_VALUES = "Show the values", "Hide the values"


class FindingCard(QFrame):
    """How bad it is as icon and word, what was seen, what to do, and which files are concerned."""

    filesChosen = Signal(object)  # Listed

    def __init__(self, listed: Listed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listed, self.finding = listed, listed.finding
        self._values: QWidget | None = None
        finding = self.finding
        set_role(self, "card")
        self._symbol, self._colour = LOOKS[finding.severity]
        word = finding.verdict.capitalize()
        self._icon = QLabel()
        name, verdict = label(finding.name, role="heading", wrap=True), label(word, role=self._colour)
        layout = column(
            row(self._icon, (name, 1), verdict),
            *(label(words, wrap=True, selectable=True) for words in SENTENCES.split(finding.summary)),
            gap=GRID // 2,
            around=(GRID * 3 // 2, GRID, GRID * 3 // 2, GRID),
            on=self,
        )
        if finding.advice and not finding.passed:
            layout.addWidget(label(finding.advice, role="muted", wrap=True))
        self.setAccessibleName(f"{word}: {finding.name}. {finding.summary}")
        links = row(*self._links(), ..., gap=2 * GRID)
        if links.count() > 1:
            layout.addLayout(links)
        self._layout = layout
        theme().changed.connect(self._tint)
        self._tint()

    def _links(self) -> Iterator[QWidget]:
        """Buttons for what would be too much to be seen at once."""
        if self._listed.places.size:
            yield self._files_button()
        if len(self.finding.numbers) > FEW:
            self._values_button = button(
                SHOW_VALUES, "findingValuesButton", words=f"Values of: {self.finding.name}", role="link"
            )
            self._values_button.clicked.connect(self._show_values)
            yield self._values_button

    def _show_values(self) -> None:
        """All that was measured, or no more."""
        if self._values is None:
            self._values = QWidget()
            grid = QGridLayout(self._values)
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setVerticalSpacing(GRID // 4)
            grid.setColumnStretch(0, 1)
            for place, (name, number) in enumerate(self.finding.numbers.items()):
                value = label(f"{number:,}" if isinstance(number, int) else f"{number:.2f}")
                grid.addWidget(label(name, role="muted", wrap=True), place, 0)
                grid.addWidget(value, place, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
            self._values.hide()
            self._layout.addWidget(self._values)
        shown = self._values.isHidden()
        self._values.setVisible(shown)
        self._values_button.setText(HIDE_VALUES if shown else SHOW_VALUES)

    def _files_button(self) -> QWidget:
        files, groups = len(self._listed.places), self._listed.groups
        words = f"Show {counted(files, 'image')}"
        if groups is not None:
            words += f" in {counted(len(set(groups.tolist())), 'group')}"
        made = button(words, "findingFilesButton", words=f"{words} of: {self.finding.name}", role="link")
        made.clicked.connect(lambda: self.filesChosen.emit(self._listed))
        return made

    def _tint(self) -> None:
        colour = getattr(theme().palette, self._colour)
        self._icon.setPixmap(pixmap(self._symbol, colour, 20, self.devicePixelRatioF()))
