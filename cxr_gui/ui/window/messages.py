"""The message bar: what went wrong or was done, in words, beside the tabs, over nothing that is looked at."""

from __future__ import annotations

from functools import partial
from itertools import zip_longest

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QTabBar,
    QWidget,
)

from cxr_gui.session import Message
from cxr_gui.ui.widgets.factories import button, column, label, named, row
from cxr_gui.ui.widgets.icons import pixmap
from cxr_gui.ui.widgets.theme import GRID, set_role, theme

LEVELS = {
    "error": ("Error", "error", "bad"),
    "warning": ("Warning", "warning", "warning"),
    "info": ("Note", "info", "accent"),
    "hint": ("Hint", "guide", "accent"),
}
"""level -> its word, its icon and its colour in the palette"""

MOST_KEPT, MOST_OFFERS = 100, 3
LEAST_DETAILS, MOST_DETAILS = 7 * GRID, 20 * GRID
"""Pixels: a small window keeps its height, and the details scroll."""
NOTE_MILLISECONDS = 8000
"""How long a note stays that asks for nothing: what was done is soon seen."""


class MessageBar(QFrame):
    """Shows the latest message, and on request all that wait behind it.

    An error or a warning stays until it is dismissed or holds no longer, a note for a while. Lies over its
    parent at the right of a tab bar, `beside` which nothing is, so that no message moves what is below.
    """

    dismissed = Signal(Message)  # by somebody, not by time

    def __init__(self, parent: QWidget | None = None, beside: QTabBar | None = None) -> None:
        super().__init__(parent)
        self.messages: list[Message] = []
        self._beside = beside
        named(self, "messageBar", "Messages")
        self._icon, self._word = QLabel(), label()
        self._text = label("", "messageText", wrap=True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._offers = [button("", f"messageOfferButton{n or ''}", role="flat") for n in range(MOST_OFFERS)]
        for number, each in enumerate(self._offers):
            each.hide()  # until something is offered
            each.clicked.connect(partial(self._accept, number))
        tip = "Show all messages"
        self._count = button("", "messageCount", tip, words=tip, role="flat")
        self._details_button = button("Details", "messageDetailsButton", role="flat")
        for each in (self._count, self._details_button):
            each.setCheckable(True)
        words, tip = "Dismiss", "Put this message away (Esc)"
        self._dismiss_button = button("", "messageDismissButton", tip, words=words, icon="close", role="flat")
        self._details = named(QPlainTextEdit(readOnly=True), "messageDetails", "Details of the message")
        self._list = named(QListWidget(), "messageList", "All messages, the latest first")
        self._list.setWordWrap(True)
        self._list.setSizeAdjustPolicy(QListWidget.SizeAdjustPolicy.AdjustToContents)
        self._all = button("Dismiss all", "messageDismissAllButton", role="flat")
        for part in (self._details, self._list):
            part.setMinimumHeight(LEAST_DETAILS)
            part.setMaximumHeight(MOST_DETAILS)
        self._lay_out()
        self._timer = QTimer(self, interval=NOTE_MILLISECONDS, singleShot=True)
        self._timer.timeout.connect(self._fade)
        self._details_button.toggled.connect(self._arrange)
        self._count.toggled.connect(self._arrange)
        self._dismiss_button.clicked.connect(self.dismiss)
        self._all.clicked.connect(self._dismiss_all)
        self._list.itemActivated.connect(self._bring_forward)
        self._list.itemClicked.connect(self._bring_forward)
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.dismiss)
        theme().changed.connect(self._refresh)
        if parent is not None:
            parent.installEventFilter(self)
        self._refresh()

    def _lay_out(self) -> None:
        shown = row(self._icon, self._word, (self._text, 1), *self._offers, self._count, gap=GRID // 2)
        for each in (self._details_button, self._dismiss_button):
            shown.addWidget(each)
        under = row(..., self._all)
        column(shown, self._details, self._list, under, gap=0, around=(GRID, 0, 0, 0), on=self)

    # -- what is told ------------------------------------------------------------------------------------

    def show_message(self, message: Message) -> None:
        """Show a message; one that is waiting already comes to the front instead of twice."""
        self.messages = [other for other in self.messages if other != message][-MOST_KEPT + 1 :]
        self.messages.append(message)
        self.messages.sort(key=lambda each: each.level != "hint")  # these wait behind all others
        self._refresh()

    def withdraw(self, message: Message) -> None:
        """Forget a message that holds no longer, wherever it waits."""
        if message in self.messages:
            self.messages.remove(message)
            self._refresh()

    def dismiss(self) -> None:
        """Put the shown message away; the one before it is shown, if there is one."""
        gone = self.messages[-1:]
        del self.messages[-1:]
        self._refresh()
        for message in gone:
            self.dismissed.emit(message)

    def _dismiss_all(self) -> None:
        while self.messages:
            self.dismiss()

    def _accept(self, number: int) -> None:
        offer = self.messages.pop().offers[number]
        self._refresh()
        offer.accept()

    def _fade(self) -> None:
        """Put a note away, unless somebody is at it."""
        focus = QApplication.focusWidget()
        if self.underMouse() or self._list.isVisible() or (focus is not None and self.isAncestorOf(focus)):
            self._timer.start()
        else:
            del self.messages[-1:]
            self._refresh()

    def _bring_forward(self, item: QListWidgetItem) -> None:
        message = self.messages[-1 - self._list.row(item)]
        self.messages.remove(message)
        self.messages.append(message)
        self._refresh()

    # -- how it looks ------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._place()
        return super().eventFilter(watched, event)

    def _refresh(self) -> None:
        self._timer.stop()
        self._details_button.setChecked(False)
        self._count.setChecked(False)
        self.setVisible(bool(self.messages))
        if not self.messages:
            return
        message = self.messages[-1]
        word, icon, colour = LEVELS[message.level]
        self._icon.setPixmap(pixmap(icon, getattr(theme().palette, colour), 20, self.devicePixelRatioF()))
        self._word.setText(word)
        set_role(self._word, colour if message.level in ("error", "warning") else "heading")
        self._text.setText(message.text)
        for each, offer in zip_longest(self._offers, message.offers):
            each.setText("" if offer is None else offer.words)
            each.setVisible(offer is not None)
        self._count.setText(f"and {len(self.messages) - 1} more")
        self._count.setVisible(len(self.messages) > 1)
        self._details.setPlainText(message.details)
        self._details_button.setVisible(bool(message.details))
        self.setAccessibleName(f"{word}: {message.text}")
        self.setProperty("level", message.level)
        self.style().unpolish(self)
        self.style().polish(self)
        if message.level == "info" and not (message.offers or message.details):
            self._timer.start()
        self._arrange()

    def _arrange(self) -> None:
        """Open and close what unfolds below the message."""
        listing = self._count.isChecked()
        if listing:
            self._list.clear()
            self._list.addItems([f"{LEVELS[each.level][0]}: {each.text}" for each in self.messages[::-1]])
        self._list.setVisible(listing)
        self._all.setVisible(listing)
        self._details.setVisible(self._details_button.isChecked())
        self._place()

    def _place(self) -> None:
        """Beside the tabs, as high as the words need: two lines of them are no higher than the tabs."""
        over, tabs = self.parentWidget(), self._beside
        if over is None or tabs is None or not self.messages:
            return
        last = tabs.tabRect(tabs.count() - 1)
        corner = tabs.mapTo(over, QPoint(last.right() + 2 * GRID, last.top()))
        width = over.width() - corner.x() - GRID
        layout = self.layout()
        assert layout is not None  # noqa: S101
        layout.activate()
        self.setGeometry(corner.x(), GRID // 4, width, max(self.heightForWidth(width), last.height()))
        self.raise_()
