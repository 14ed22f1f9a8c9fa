"""The keys and mouse buttons of the whole window, on one sheet (F1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from cxr_gui.ui.attack import Bindings, MouseDialog
from cxr_gui.ui.widgets.theme import GRID, set_role
from cxr_gui.ui.window.actions import Action
from cxr_gui.ui.window.catalogue import MENUS

if TYPE_CHECKING:
    from cxr_gui.ui.attack import Look

Rows = tuple[tuple[str, str], ...]
Group = tuple[str, Rows]

IN_THE_GRID: Rows = (
    ("Arrow keys", "Move in the grid"),
    ("Shift+arrow keys", "Select several"),
    ("Enter, double-click", "Open in the inspector"),
    ("Right-click", "Copy path, open containing folder"),
)
IN_THE_VIEWS: Rows = (
    ("Double-click", "One view alone, and back"),
    ("Space (hold)", "Blink: clean in place of perturbed"),
    ("Page Up, Page Down", "Previous, next frame of the file"),
    ("Comma, period", "Move the divider of the swipe"),
    ("Shift+arrow keys", "Move the cursor and the lens"),
)


def groups(actions: Sequence[Action]) -> tuple[Group, Group, Group]:
    """The keys of the window and of its tabs, and what hands do there beside."""

    def keys(*titles: str) -> Rows:
        chosen = (action for action in actions if action.told and action.group in titles)
        return tuple((action.told, action.title) for action in chosen)

    return (
        ("Window", keys(*MENUS)),
        ("Dataset", keys("Dataset") + IN_THE_GRID),
        ("Attack", keys("Attack") + IN_THE_VIEWS),
    )


def mouse(bindings: Bindings) -> Group:
    """What the mouse does in the views, as it is set."""
    window, pan, zoom = (bindings.button_of(action).capitalize() for action in ("window", "pan", "zoom"))
    return (
        "Mouse in the views",
        (
            (f"{window} drag", "Window and level"),
            (f"{pan} drag, Shift+drag", "Pan"),
            (f"{zoom} drag, wheel, + and \N{MINUS SIGN}", "Zoom"),
        ),
    )


class ShortcutSheet(QDialog):
    """All keys in two columns; the mouse's buttons as they are set, and the way to set them."""

    def __init__(self, actions: Sequence[Action], look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self.setObjectName("shortcutSheet")
        self.setWindowTitle("Keyboard and mouse")
        columns = QHBoxLayout()
        columns.setSpacing(GRID * 6)
        self._mouse = QWidget(self)
        QVBoxLayout(self._mouse).setContentsMargins(0, 0, 0, 0)
        window, dataset, views = map(_part, groups(actions))
        for parts in ((window, dataset), (self._mouse, views)):
            column = QVBoxLayout()
            column.setSpacing(GRID * 2)
            for part in parts:
                column.addWidget(part)
            column.addStretch()
            columns.addLayout(column)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        change = buttons.addButton("Mouse buttons…", QDialogButtonBox.ButtonRole.ActionRole)
        change.setObjectName("mouseButtonsButton")
        change.setToolTip("Choose which mouse button does what in the views")
        change.clicked.connect(lambda: MouseDialog(look, self).open())
        look.bindingsChanged.connect(self._show_mouse)
        self._show_mouse()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        layout.setSpacing(GRID * 3)
        layout.addLayout(columns)
        layout.addWidget(buttons)

    def _show_mouse(self) -> None:
        layout = self._mouse.layout()
        while entry := layout.takeAt(0):
            entry.widget().hide()
            entry.widget().deleteLater()
        layout.addWidget(_part(mouse(self._look.bindings)))


def _part(group: Group) -> QWidget:
    """A group's title over its table."""
    title, keys = group
    part = QWidget()
    column = QVBoxLayout(part)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(GRID)
    column.addWidget(_heading(title))
    column.addLayout(_table(keys))
    return part


def _heading(title: str) -> QLabel:
    label = QLabel(title)
    set_role(label, "heading")
    return label


def _table(keys: Rows) -> QGridLayout:
    table = QGridLayout()
    table.setHorizontalSpacing(GRID * 2)
    table.setVerticalSpacing(GRID // 2)
    table.setColumnMinimumWidth(0, 22 * GRID)
    table.setColumnStretch(1, 1)
    for row, (key, what) in enumerate(keys):
        name = QLabel(key)
        set_role(name, "muted")
        table.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        table.addWidget(QLabel(what), row, 1)
    return table
