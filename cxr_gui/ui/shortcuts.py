"""The keys and mouse buttons of the whole window, on one sheet (F1)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from cxr_gui.ui.theme import GRID, set_role

Group = tuple[str, tuple[tuple[str, str], ...]]

WINDOW: Group = (
    "Window",
    (
        ("Ctrl+O", "Open a folder"),
        ("Ctrl+Shift+O", "Open X-rays"),
        ("Ctrl+E", "Export"),
        ("Ctrl+1, 2, 3", "Dataset, Training, Attack"),
        ("Ctrl+Q", "Quit"),
        ("F1", "This sheet"),
    ),
)
DATASET: Group = (
    "Dataset",
    (
        ("Ctrl+F", "Search file names"),
        ("Arrow keys", "Move in the grid"),
        ("Shift+arrow keys", "Select several"),
        ("Enter, double-click", "Open in the inspector"),
        ("Delete", "Exclude from training"),
        ("Ctrl+Z", "Take that back"),
        ("Right-click", "Copy path, open containing folder"),
    ),
)
INSPECTOR: Group = (
    "Attack",
    (
        ("Drag", "Window and level"),
        ("Middle drag, Shift+drag", "Pan"),
        ("Wheel, right drag, + and \N{MINUS SIGN}", "Zoom"),
        ("Double-click", "One view alone, and back"),
        ("Space (hold)", "Blink: the clean image in place of the perturbed one"),
        ("I", "Invert"),
        ("R", "Reset the view"),
        ("1 to 5", "Window presets"),
        ("Left, right arrow", "Previous, next radiograph"),
    ),
)
COLUMNS: tuple[tuple[Group, ...], ...] = ((WINDOW, DATASET), (INSPECTOR,))


class ShortcutSheet(QDialog):
    """All keys in two columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("shortcutSheet")
        self.setWindowTitle("Keyboard and mouse")
        columns = QHBoxLayout()
        columns.setSpacing(GRID * 6)
        for groups in COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(GRID * 2)
            for title, keys in groups:
                column.addWidget(_heading(title))
                column.addLayout(_table(keys))
            column.addStretch()
            columns.addLayout(column)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 2)
        layout.setSpacing(GRID * 3)
        layout.addLayout(columns)
        layout.addWidget(buttons)


def _heading(title: str) -> QLabel:
    label = QLabel(title)
    set_role(label, "heading")
    return label


def _table(keys: tuple[tuple[str, str], ...]) -> QGridLayout:
    table = QGridLayout()
    table.setHorizontalSpacing(GRID * 2)
    table.setVerticalSpacing(GRID // 2)
    table.setColumnMinimumWidth(0, 22 * GRID)
    table.setColumnStretch(1, 1)
    for row, (key, what) in enumerate(keys):
        name = QLabel(_native(key))
        set_role(name, "muted")
        table.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        table.addWidget(QLabel(what), row, 1)
    return table


def _native(key: str) -> str:
    """A key as this platform writes it (on macOS Ctrl is Command); words stay as they are."""
    if not key.startswith("Ctrl+"):
        return key
    first, comma, others = key.partition(",")
    return QKeySequence(first).toString(QKeySequence.SequenceFormat.NativeText) + comma + others
