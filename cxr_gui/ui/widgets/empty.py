"""What a view shows while it has nothing to show: what it is for and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from cxr_gui.ui.widgets.factories import column, label, row
from cxr_gui.ui.widgets.icons import pixmap
from cxr_gui.ui.widgets.theme import GRID, theme


class EmptyState(QWidget):
    """An icon, a title, a sentence and a row of buttons, in the middle of whatever room there is.

    What it invites to may be under way: it then says so in place of all that.
    """

    def __init__(
        self,
        icon: str,
        title: str,
        text: str,
        buttons: tuple[QPushButton, ...] = (),
        footer: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._name = icon
        self._icon = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self._meant = title, text
        self._invites = (*buttons, *(() if footer is None else (footer,)))
        self._title, self._text = label(title, role="title"), label(text, role="muted", wrap=True)
        heading, words = self._title, self._text
        for line in (heading, words):
            line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setMaximumWidth(60 * GRID)
        layout = column(gap=-1, around=(GRID * 3,) * 4, on=self)
        layout.addStretch(2)
        layout.addWidget(self._icon)
        layout.addSpacing(GRID * 2)
        layout.addWidget(heading)
        layout.addSpacing(GRID)
        # An alignment would cost the label its height for its width
        layout.addLayout(row(..., (words, 1000), ...))
        layout.addSpacing(GRID * 2)
        layout.addLayout(row(..., *buttons, ...))
        if footer is not None:
            layout.addSpacing(GRID * 4)
            layout.addWidget(footer, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        theme().changed.connect(self._tint)
        self._tint()

    def wait(self, title: str, text: str = "") -> None:
        """Say what is being done; without a title the invitation is back."""
        shown = (title, text) if title else self._meant
        self._title.setText(shown[0])
        self._text.setText(shown[1])
        for part in self._invites:
            part.setVisible(not title)

    def _tint(self) -> None:
        self._icon.setPixmap(pixmap(self._name, theme().palette.muted, 64, self.devicePixelRatioF()))
