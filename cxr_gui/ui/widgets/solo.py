"""A part of a page that fills it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QToolButton, QWidget

from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.icons import set_icon

BACK = "Back to the films"


class FillButton(QToolButton):
    """While it is down, a `part` has the `page` to itself; Escape gives it back. words: what it does."""

    def __init__(self, part: QWidget, page: QWidget, name: str, words: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._part, self._page, self._words = part, page, words
        self._covered: list[QWidget] = []
        named(self, name, words, words)
        set_icon(self, "maximise")
        self.setCheckable(True)
        self._leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), part, enabled=False)
        self._leave.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._leave.activated.connect(lambda: self.setChecked(False))
        self.toggled.connect(self._fill)

    def _fill(self, filled: bool) -> None:
        for part in self._covered:
            part.show()
        self._covered = _hide_beside(self._part, self._page) if filled else []
        self._leave.setEnabled(filled)
        words = BACK if filled else self._words
        self.setToolTip(words)
        self.setAccessibleName(words)


def _hide_beside(part: QWidget, page: QWidget) -> list[QWidget]:
    """Hide all that lies beside a part of a page, up to the page; what was hidden, to be shown again."""
    hidden: list[QWidget] = []
    while part is not page and (around := part.parentWidget()) is not None:
        for child in around.children():
            if (
                isinstance(child, QWidget)
                and child is not part
                and not (child.isHidden() or child.isWindow())
            ):
                child.hide()
                hidden.append(child)
        part = around
    return hidden
