"""The whole screen for the page in view: no menu bar, no tabs, no status bar."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QMainWindow, QTabWidget

ALL = 16_777_215
"""Qt's word for a height without limit."""


class FullScreen(QObject):
    """Takes the frame away while the window is full screen, whoever made it so; Escape leaves it.

    The menu bar is made flat, not hidden: the keys of a hidden one do nothing.
    """

    def __init__(self, window: QMainWindow, tabs: QTabWidget) -> None:
        super().__init__(window)
        self._window, self._tabs = window, tabs
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), window, self.toggle)
        self._escape.setEnabled(False)
        window.installEventFilter(self)

    @property
    def on(self) -> bool:
        return self._window.isFullScreen()

    def toggle(self) -> None:
        """Take the whole screen, or give it back."""
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.WindowStateChange:
            self._escape.setEnabled(self.on)
            self._window.menuBar().setMaximumHeight(0 if self.on else ALL)
            self._tabs.tabBar().setHidden(self.on)
            self._window.statusBar().setHidden(self.on)
        return super().eventFilter(watched, event)
