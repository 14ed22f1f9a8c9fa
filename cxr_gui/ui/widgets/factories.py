"""What the window is made of, made in one way: each part with a name for programs and words for those who
do not see it. Without words a part is called by its own text.

button("Save…", "saveButton", "Save as PNG", icon="save", role="primary")
column(row(title, ..., close), (table, 1), on=self)   # ... is room that stretches, (part, 1) stretches itself
"""

from __future__ import annotations

from collections.abc import Iterable
from types import EllipsisType
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cxr_gui.ui.widgets.icons import set_icon
from cxr_gui.ui.widgets.literal import PlainLabel, literal
from cxr_gui.ui.widgets.progress_bar import ProgressBar
from cxr_gui.ui.widgets.theme import GRID, set_role

W = TypeVar("W", bound=QWidget)
B = TypeVar("B", bound=QBoxLayout)
Part = QWidget | QLayout | tuple[QWidget | QLayout, int] | int | EllipsisType

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
DIALOG = (GRID * 3, GRID * 3, GRID * 3, GRID * 2)
"""Pixels around what a dialog shows."""


def named(widget: W, name: str, words: str = "", tip: str = "", *, role: str = "") -> W:
    """`widget`, found under `name` by programs and under `words` by those who do not see it."""
    widget.setObjectName(name)
    if words:
        widget.setAccessibleName(words)
    if tip:
        widget.setToolTip(literal(tip))
    if role:
        set_role(widget, role)
    return widget


def button(
    text: str,
    name: str,
    tip: str = "",
    *,
    words: str = "",
    icon: str = "",
    role: str = "",
    parent: QWidget | None = None,
) -> QPushButton:
    """A button with words on it."""
    made = named(QPushButton(text, parent), name, words or text.removesuffix(ELLIPSIS), tip, role=role)
    if icon:
        set_icon(made, icon, {"primary": "on_accent", "flat": "accent"}.get(role, "text"))
    return made


def tool(
    name: str,
    icon: str,
    words: str,
    tip: str = "",
    *,
    text: str = "",
    colour: str = "text",
    parent: QWidget | None = None,
) -> QToolButton:
    """A small button with an icon in a `colour` of the palette, a text beside it, or one of the two."""
    made = named(QToolButton(parent), name, words, tip or words)
    made.setText(text)
    if text and icon:
        made.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    if icon:
        set_icon(made, icon, colour)
    return made


def label(
    text: str = "",
    name: str = "",
    role: str = "",
    *,
    words: str = "",
    tip: str = "",
    wrap: bool = False,
    selectable: bool = False,
    buddy: QWidget | None = None,
    parent: QWidget | None = None,
) -> PlainLabel:
    """A label; of a field, its `buddy`, too."""
    made = named(PlainLabel(text, parent), name, tip=tip, role=role)
    made.call(words)
    made.setWordWrap(wrap)
    if selectable:
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if buddy is not None:
        made.setBuddy(buddy)
    return made


def box(
    name: str, words: str, tip: str = "", *, letters: int = 0, parent: QWidget | None = None
) -> QComboBox:
    """A choice as wide as its entries, or as so many letters, whatever its entries."""
    made = named(QComboBox(parent), name, words, tip)
    policy = QComboBox.SizeAdjustPolicy
    made.setSizeAdjustPolicy(
        policy.AdjustToMinimumContentsLengthWithIcon if letters else policy.AdjustToContents
    )
    made.setMinimumContentsLength(letters)
    return made


def fill(choice: QComboBox, entries: Iterable[tuple[str, object]]) -> None:
    """Offer these, as words and what they stand for, in place of what was offered."""
    choice.clear()
    for words, meant in entries:
        choice.addItem(words, meant)


def check_box(
    text: str, name: str, tip: str = "", *, words: str = "", parent: QWidget | None = None
) -> QCheckBox:
    """A box to tick."""
    return named(QCheckBox(text, parent), name, words or text, tip)


def field(
    name: str, words: str, tip: str = "", *, text: str = "", hint: str = "", parent: QWidget | None = None
) -> QLineEdit:
    """A line to type into; `hint` stands in it while it is empty."""
    made = named(QLineEdit(text, parent), name, words, tip)
    made.setPlaceholderText(hint)
    return made


def slider(name: str, words: str, tip: str = "", *, parent: QWidget | None = None) -> QSlider:
    """A slider from left to right."""
    return named(QSlider(Qt.Orientation.Horizontal, parent), name, words, tip)


def progress(name: str, words: str, *, figures: bool = False, parent: QWidget | None = None) -> ProgressBar:
    """A progress bar, with or without its per cent as `figures`."""
    made = named(ProgressBar(parent), name, words)
    made.setTextVisible(figures)
    return made


def scroll(inside: QWidget, name: str = "", words: str = "", *, parent: QWidget | None = None) -> QScrollArea:
    """As wide as its room, scrolled up and down; it has the focus only where somebody would look for it."""
    made = named(QScrollArea(parent), name, words, role="plain")
    made.setWidgetResizable(True)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    if not words:
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    made.setWidget(inside)
    return made


def row(
    *parts: Part, gap: int = GRID, around: tuple[int, int, int, int] = (0, 0, 0, 0), on: QWidget | None = None
) -> QHBoxLayout:
    """Parts from left to right, on a widget or in another layout; a number is so many pixels between two.

    gap  pixels between any two, -1 as the style has it      around  pixels left, above, right and below
    """
    return _laid(QHBoxLayout(on) if on is not None else QHBoxLayout(), parts, gap, around)


def column(
    *parts: Part, gap: int = GRID, around: tuple[int, int, int, int] = (0, 0, 0, 0), on: QWidget | None = None
) -> QVBoxLayout:
    """Parts from top to bottom, as `row` has them."""
    return _laid(QVBoxLayout(on) if on is not None else QVBoxLayout(), parts, gap, around)


def _laid(layout: B, parts: tuple[Part, ...], gap: int, around: tuple[int, int, int, int]) -> B:
    layout.setContentsMargins(*around)
    layout.setSpacing(gap)
    for part in parts:
        what, stretch = part if isinstance(part, tuple) else (part, 0)
        if isinstance(what, QWidget):
            layout.addWidget(what, stretch)
        elif isinstance(what, QLayout):
            layout.addLayout(what, stretch)
        elif isinstance(what, int):
            layout.addSpacing(what)
        else:
            layout.addStretch()
    return layout
