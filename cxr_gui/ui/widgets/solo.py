"""A part of a page that fills it."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def hide_beside(part: QWidget, page: QWidget) -> list[QWidget]:
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
