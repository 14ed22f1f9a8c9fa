"""What an action of the window is, and the entry that Qt makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QWidget

Key = QKeySequence.StandardKey


def always() -> bool:
    return True


@dataclass(frozen=True)
class Action:
    """Something that can be done.

    id       the objectName of its entry, or of the control that does the same
    words    as a menu writes them: & before a letter, an ellipsis where it asks something
    do       what is called
    keys     each told by its first sequence: a standard key stands for all that the platform has for it
    tip      what it does, where the words do not say all
    group    a menu, or the title of the tab it belongs to
    page     that tab, which is gone to before
    scope    the widget within which its keys count, of what is in no menu; None: the page knows them itself
    control  the button, field or entry that does the same
    ready    whether it can be done now; otherwise it `needs` something
    checked  whether it is what holds, of several that exclude each other
    parted   with a line above it in the menu
    entry    Qt's own, whose words follow what it would do
    menu     of what belongs to a tab: the menu that has it besides
    """

    id: str
    words: str
    do: Callable[[], object]
    keys: tuple[Key | str, ...] = ()
    tip: str = ""
    icon: str = ""
    group: str = ""
    page: QWidget | None = None
    scope: QWidget | None = None
    control: QObject | None = None
    ready: Callable[[], bool] = always
    needs: str = ""
    checked: Callable[[], bool] | None = None
    parted: bool = False
    entry: QAction | None = None
    menu: str = ""

    @property
    def title(self) -> str:
        """Its words without what only a menu needs."""
        return self.words.replace("&", "").rstrip("\N{HORIZONTAL ELLIPSIS}")

    @property
    def told(self) -> str:
        """Its keys as this platform writes them; empty when it has none."""
        first = [found[0] for key in self.keys if (found := _sequences(key))]
        return ", ".join(sequence.toString(QKeySequence.SequenceFormat.NativeText) for sequence in first)

    @property
    def sequences(self) -> list[QKeySequence]:
        """All that do it."""
        return [sequence for key in self.keys for sequence in _sequences(key)]

    def hindrance(self) -> str:
        """Why it cannot be done now; empty when it can. A grey button says so itself."""
        button = self.control if isinstance(self.control, QAbstractButton) else None
        if not self.ready() or (button and self.page and not button.isVisibleTo(self.page)):
            return self.needs
        return "" if button is None or button.isEnabled() else button.toolTip()


def tell_keys(actions: Iterable[Action]) -> None:
    """Say which key does it, in the tool tip of a button or field and beside the words of an entry."""
    for action in actions:
        if action.told and isinstance(action.control, QAction):
            action.control.setText(f"{action.control.text()}\t{action.told}")
        elif action.told and isinstance(action.control, QWidget):
            if action.control.toolTip() == action.control.accessibleName():  # or it would be read twice
                action.control.setAccessibleDescription(action.told)
            action.control.setToolTip(f"{action.control.toolTip()} ({action.told})")


def _sequences(key: Key | str) -> list[QKeySequence]:
    return [QKeySequence(key)] if isinstance(key, str) else QKeySequence.keyBindings(key)
