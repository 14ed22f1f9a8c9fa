"""What a screen reader would say of parts of the window, from Qt's own tree of what is accessible."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QWidget

STATES = ("disabled", "checkable", "checked", "readOnly", "hasPopup")
MOST_CHILDREN = 40
LABELS = QAccessible.RelationFlag.Label


def in_tab_order(page: QWidget) -> list[QWidget]:
    """The parts of a page at which Tab stops now, in that order."""
    found, widget = [], page.nextInFocusChain()
    while widget is not page:
        stops = widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.focusProxy() is None
        if stops and page.isAncestorOf(widget) and widget.isVisible() and widget.isEnabled():
            found.append(widget)
        widget = widget.nextInFocusChain()
    return found


def accessible(widget: QWidget) -> QAccessibleInterface:
    """What Qt tells of it."""
    return QAccessible.queryAccessibleInterface(widget)


def name_of(part: QAccessibleInterface) -> str:
    """What it is called: by the label before it, where it has one. Of a box that can only be chosen from, Qt
    tells the choice in place of a name on Linux.
    """
    labels = [other.text(QAccessible.Text.Name) for other, _ in part.relations(LABELS)]
    return labels[0] if labels else part.text(QAccessible.Text.Name)


def description_of(part: QAccessibleInterface) -> str:
    return part.text(QAccessible.Text.Description)


def spoken(part: QAccessibleInterface) -> str:
    """Role, name, value, state and description of a part, on one line."""
    name, value = name_of(part), part.text(QAccessible.Text.Value)
    if not value and (numbers := part.valueInterface()) is not None:
        value = f"{numbers.currentValue()}"
    said = [f"{part.role().name}: {name or 'NAMELESS'}", f"= {value}" if value else ""]
    state = part.state()
    on = [each for each in STATES if getattr(state, each)]
    said += [f"[{', '.join(on)}]" if on else "", f"-- {description_of(part)}" if description_of(part) else ""]
    return " ".join(filter(None, said)).replace("\n", " / ")


def all_of(part: QAccessibleInterface, depth: int = 0) -> Iterator[str]:
    """A part and what is in it, indented; what cannot be seen is left out."""
    if part.state().invisible:
        return
    yield f"{'  ' * depth}{spoken(part)}"
    for number in range(min(part.childCount(), MOST_CHILDREN)):
        child = part.child(number)
        if child is not None and child.isValid():
            yield from all_of(child, depth + 1)
