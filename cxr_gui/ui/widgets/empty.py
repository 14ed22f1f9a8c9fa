"""What a view shows while it has nothing to show: what it is for and what to do."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from cxr_gui.ui.widgets.icons import pixmap
from cxr_gui.ui.widgets.theme import GRID, set_role, theme


class EmptyState(QWidget):
    """An icon, a title, a sentence and a row of buttons, in the middle of whatever room there is."""

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
        heading = QLabel(title, alignment=Qt.AlignmentFlag.AlignCenter)
        set_role(heading, "title")
        words = QLabel(text, wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter)
        set_role(words, "muted")
        words.setFixedWidth(60 * GRID)

        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch()
        for button in buttons:
            row.addWidget(button)
        row.addStretch()

        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 3)
        layout.addStretch(2)
        layout.addWidget(self._icon)
        layout.addSpacing(GRID * 2)
        layout.addWidget(heading)
        layout.addSpacing(GRID)
        narrow = QHBoxLayout()  # an alignment would cost the label its height for its width
        narrow.addStretch()
        narrow.addWidget(words)
        narrow.addStretch()
        layout.addLayout(narrow)
        layout.addSpacing(GRID * 2)
        layout.addLayout(row)
        if footer is not None:
            layout.addSpacing(GRID * 4)
            layout.addWidget(footer, alignment=Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        theme().changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        self._icon.setPixmap(pixmap(self._name, theme().palette.muted, 64, self.devicePixelRatioF()))
