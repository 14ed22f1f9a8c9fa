"""All that can be done, found by a few letters of its words (Ctrl+K)."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)
from shiboken6 import isValid

from cxr_gui.ui.widgets.factories import column, field, named
from cxr_gui.ui.widgets.theme import GRID, theme
from cxr_gui.ui.window.actions import Action

NOTHING = "Nothing is called that"
ACTION, SPOKEN = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.AccessibleTextRole
WIDTH, HEIGHT, NOTE_WIDTH, KEY_WIDTH = 84 * GRID, 50 * GRID, 30 * GRID, 14 * GRID
MOVING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
RUNNING = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
PASSING = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
"""Of losing the focus: it comes back."""
FARTHER = 3
"""So much less do words count that only explain, or say where it belongs."""


def search_distance(sought: str, action: Action) -> int | None:
    """How far an action's words are from those sought, 0 for words that begin so; None if one is not there.

    A word is found by its beginning, a part, or its first letter and some of the others in their order.
    """
    total = 0
    for part in sought.lower().split():
        found = [cost for word in _words(action.title) if (cost := _cost(part, word)) is not None]
        more = f"{action.group} {action.tip}"
        found += [cost + FARTHER for word in _words(more) if (cost := _cost(part, word)) is not None]
        if not found:
            return None
        total += min(found)
    return total


def _words(text: str) -> list[str]:
    return [word.strip(".,:;") for word in text.lower().split()]


def _cost(part: str, word: str) -> int | None:
    if word.startswith(part):
        return 0
    if part in word:
        return 1
    letters = iter(word)
    return 2 if word[:1] == part[0] and all(letter in letters for letter in part) else None


class CommandPalette(QFrame):
    """A field over a list of what matches: Enter does it, Escape closes, what cannot be done says why.

    It lies over its parent and takes no more than a place there, so that it comes and goes in every window
    system. The focus stays in the field; a screen reader is told what is chosen in the list.
    """

    chosen = Signal(object)  # Action

    def __init__(self, actions: Sequence[Action], parent: QWidget) -> None:
        super().__init__(parent)
        self._actions, self._over = actions, parent
        self._before: QWidget | None = None
        named(self, "palette", "Find an action")
        self.field = field("paletteField", "Find an action", hint="Find an action")
        self.field.setAcceptDrops(False)
        self.field.setAccessibleDescription("Up and down choose, Enter does it, Escape closes")
        self.list = named(QTreeWidget(), "paletteList", "Actions")
        self.list.setColumnCount(3)
        self.list.setRootIsDecorated(False)
        self.list.setHeaderHidden(True)
        self.list.setUniformRowHeights(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.resizeSection(1, NOTE_WIDTH)
        header.resizeSection(2, KEY_WIDTH)
        column(self.field, self.list, around=(GRID,) * 4, on=self)
        self.field.textEdited.connect(self._fill)
        self.field.installEventFilter(self)
        parent.installEventFilter(self)
        self.list.itemClicked.connect(self._run)
        self.list.currentItemChanged.connect(self._announce)
        self.hide()

    def toggle(self) -> None:
        """Show everything there is and wait for words, or go away again."""
        if self.isVisible():
            self.dismiss()
            return
        self._before = QApplication.focusWidget()
        self.field.clear()
        self.show()
        self.raise_()
        self._fill("")
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def dismiss(self) -> None:
        """Go away, and give the focus back."""
        focused, before = self.field.hasFocus(), self._before
        self._before = None
        self.hide()
        if focused and before is not None and isValid(before):
            before.setFocus(Qt.FocusReason.OtherFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.parent():
            if event.type() == QEvent.Type.Resize and self.isVisible():
                self._place()
        elif isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._take_key(event)
        elif isinstance(event, QFocusEvent) and event.lostFocus() and event.reason() not in PASSING:
            self.dismiss()
        return False

    def _take_key(self, event: QKeyEvent) -> bool:
        key = event.key()
        if key in MOVING:
            QApplication.sendEvent(self.list, event)
        elif key in RUNNING:
            self._run(self.list.currentItem())
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            return False
        return True

    def _run(self, item: QTreeWidgetItem | None) -> None:
        action: Action | None = None if item is None else item.data(0, ACTION)
        if action is None or action.hindrance():
            self._announce(item)
        else:
            self.dismiss()
            self.chosen.emit(action)

    def _fill(self, sought: str) -> None:
        """List what matches, the nearest first, and what can be done before what cannot."""
        found = []
        for action in self._actions:
            far = search_distance(sought, action)
            if far is not None:
                why = action.hindrance()
                found.append((far, bool(why), action, why))
        items = [_item(action, why) for *_, action, why in sorted(found, key=lambda entry: entry[:2])]
        self.list.clear()
        self.list.addTopLevelItems(items or [QTreeWidgetItem([NOTHING])])
        self.list.setCurrentIndex(self.list.model().index(0, 0))
        self._place()

    def _announce(self, item: QTreeWidgetItem | None) -> None:
        if item is not None:
            said = item.data(0, SPOKEN) or item.text(0)
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.field, said))

    def _place(self) -> None:
        """In the middle under the menus, no higher than what it lists."""
        room = self._over.size()
        rows = self.list.topLevelItemCount() * self.list.sizeHintForRow(0)
        wanted = self.field.sizeHint().height() + rows + 4 * GRID
        width, height = min(WIDTH, room.width() - 4 * GRID), min(HEIGHT, wanted, room.height() - 12 * GRID)
        self.setGeometry((room.width() - width) // 2, 6 * GRID, width, height)


def _item(action: Action, why: str) -> QTreeWidgetItem:
    item = QTreeWidgetItem([action.title, why or action.group, action.told])
    colours = theme().palette
    for place in range(0 if why else 1, item.columnCount()):
        item.setForeground(place, QColor(colours.muted))
    item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(1, why)
    item.setData(0, ACTION, action)
    spoken = (action.title, f"cannot be done now: {why}" if why else action.group, action.told)
    item.setData(0, SPOKEN, ", ".join(filter(None, spoken)))
    return item
