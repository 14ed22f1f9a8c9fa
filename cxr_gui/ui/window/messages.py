"""The message bar: what went wrong or was done, in words, until somebody has read it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QLabel, QPlainTextEdit, QWidget

from cxr_gui.session import Message
from cxr_gui.ui.widgets.factories import button, column, label, named, row
from cxr_gui.ui.widgets.icons import pixmap
from cxr_gui.ui.widgets.theme import GRID, set_role, theme

LEVELS = {
    "error": ("Error", "error", "bad"),
    "warning": ("Warning", "warning", "warning"),
    "info": ("Note", "info", "accent"),
}
"""level -> its word, its icon and its colour in the palette"""

MOST_KEPT = 100
LEAST_DETAILS, MOST_DETAILS = 7 * GRID, 20 * GRID
"""Pixels: a small window keeps its height, and the details scroll."""


class MessageBar(QFrame):
    """Shows the latest message and how many older ones wait behind it; each stays until dismissed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.messages: list[Message] = []
        named(self, "messageBar")
        self._icon, self._word = QLabel(), label()
        self._text = label("", "messageText", wrap=True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._count = label("", "messageCount", "muted")
        self._details_button = button("Details", "messageDetailsButton", role="flat")
        self._details_button.setCheckable(True)
        tip = "Put this message away (Esc)"
        self._dismiss_button = button("Dismiss", "messageDismissButton", tip, role="flat")
        self._details = named(QPlainTextEdit(readOnly=True), "messageDetails", "Details of the message")
        self._details.setMinimumHeight(LEAST_DETAILS)
        self._details.setMaximumHeight(MOST_DETAILS)

        shown = row(self._icon, self._word, (self._text, 1), self._count)
        for each in (self._details_button, self._dismiss_button):
            shown.addWidget(each)
        column(shown, self._details, gap=-1, around=(GRID * 3 // 2, GRID // 2, GRID, GRID // 2), on=self)
        self._details_button.toggled.connect(self._details.setVisible)
        self._dismiss_button.clicked.connect(self.dismiss)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.dismiss)
        theme().changed.connect(self._refresh)
        self._refresh()

    def show_message(self, message: Message) -> None:
        """Show a message; one that is waiting already comes to the front instead of twice."""
        self.messages = [other for other in self.messages if other != message][-MOST_KEPT + 1 :]
        self.messages.append(message)
        self._refresh()

    def withdraw(self, message: Message) -> None:
        """Forget a message that holds no longer, wherever it waits."""
        if message in self.messages:
            self.messages.remove(message)
            self._refresh()

    def dismiss(self) -> None:
        """Put the shown message away; the one before it is shown, if there is one."""
        del self.messages[-1:]
        self._refresh()

    def _refresh(self) -> None:
        self._details_button.setChecked(False)
        self._details.hide()
        self.setVisible(bool(self.messages))
        if not self.messages:
            return
        message = self.messages[-1]
        word, icon, colour = LEVELS[message.level]
        self._icon.setPixmap(pixmap(icon, getattr(theme().palette, colour), 20, self.devicePixelRatioF()))
        self._word.setText(word)
        set_role(self._word, "heading" if message.level == "info" else colour)
        self._text.setText(message.text)
        self._count.setText(f"and {len(self.messages) - 1} more")
        self._count.setVisible(len(self.messages) > 1)
        self._details.setPlainText(message.details)
        self._details_button.setVisible(bool(message.details))
        self.setAccessibleName(f"{word}: {message.text}")
        self.setProperty("level", message.level)
        self.style().unpolish(self)
        self.style().polish(self)
