"""Buttons that open a menu: an arrow beside another button, or one with a text of its own."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from cxr_gui.ui.widgets.factories import named, tool
from cxr_gui.ui.widgets.icons import set_icon
from cxr_gui.ui.widgets.literal import literal

WIDTH = 14
ARROW = " \N{BLACK DOWN-POINTING SMALL TRIANGLE}"
"""After the text of a button that opens a menu."""


class MenuTool(QToolButton):
    """Small, and silent until it is pressed."""

    opening = Signal()  # now is the time to `allow` or refuse the entries

    def __init__(self, name: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, name, words, words, role="narrow")
        set_icon(self, "chevron-down")
        self.setIconSize(QSize(12, 12))
        self.setFixedWidth(WIDTH)
        self.setPopupMode(self.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(self.opening)
        self.setMenu(menu)

    def add(self, name: str, words: str, act: Callable[[], object]) -> QAction:
        """An entry that does this."""
        entry = self.menu().addAction(words)
        entry.setObjectName(name)
        entry.triggered.connect(lambda: act())
        return entry

    @staticmethod
    def allow(entry: QAction, use: str, why_not: str) -> None:
        """Whether an entry can be used now; its tool tip says what for, or why not."""
        entry.setEnabled(not why_not)
        entry.setToolTip(literal(why_not or use))


def menu_button(name: str, text: str, tip: str) -> QToolButton:
    """A button that opens a menu, which is filled then."""
    made = tool(name, "", text, tip, text=text + ARROW)
    menu = QMenu(made)
    menu.setToolTipsVisible(True)
    made.setMenu(menu)
    made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    return made
