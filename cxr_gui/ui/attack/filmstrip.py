"""The images that were dropped together, in a row; one click shows one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

PADDING = 24


class Filmstrip(QListWidget):
    """Names from left to right; hidden while there is only one."""

    imageChosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.paths: tuple[Path, ...] = ()
        self.setObjectName("filmstrip")
        self.setAccessibleName("Images that were opened together")
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(self.fontMetrics().height() * 2 + 10)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.currentRowChanged.connect(self._choose)
        self.hide()

    def show_paths(self, paths: Sequence[Path]) -> None:
        """Take another set of images."""
        self.paths = tuple(Path(path) for path in paths)
        with QSignalBlocker(self):
            self.clear()
            for path in self.paths:
                item = QListWidgetItem(path.name)
                item.setToolTip(str(path))
                item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
                width = self.fontMetrics().horizontalAdvance(path.name) + PADDING
                item.setSizeHint(QSize(width, self.height() - 8))
                self.addItem(item)
        self.setVisible(len(self.paths) > 1)

    def mark(self, path: Path) -> None:
        """Show which one is in the views."""
        with QSignalBlocker(self):
            self.setCurrentRow(self.paths.index(path) if path in self.paths else -1)

    def _choose(self, row: int) -> None:
        if row >= 0:
            self.imageChosen.emit(self.paths[row])
