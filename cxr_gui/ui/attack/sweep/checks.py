"""The trust checks of a sweep, each with what it means."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QWidget

from cxr_gui.ui.widgets.factories import DIALOG, column, label, named, scroll
from cxr_gui.ui.widgets.theme import GRID, theme

if TYPE_CHECKING:
    from cxr_gui.core.sweep import Check


class ChecksDialog(QDialog):
    """What was looked at, what was seen, and what that says of the sweep's numbers."""

    def __init__(self, title: str, checks: Iterable[Check], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "checksDialog", "Trust checks")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Trust checks")
        words = QLabel(checks_in_words(checks))
        words.setWordWrap(True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        words.setAlignment(Qt.AlignmentFlag.AlignTop)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        column(
            label("Can the numbers be trusted?", role="title"),
            label(title, role="muted", wrap=True),
            (scroll(words, "checksText", "Trust checks"), 1),
            close,
            gap=GRID * 2,
            around=DIALOG,
            on=self,
        )
        close.button(QDialogButtonBox.StandardButton.Close).setFocus()
        self.resize(70 * GRID, 70 * GRID)


def checks_in_words(checks: Iterable[Check]) -> str:
    """As rich text: each check with its outcome, its number in a sentence, and its meaning.

    The names may be those of a stranger's file.
    """
    return "".join(
        f'<p><b><span style="color:{_colour(check)}">{check.verdict}</span>: {_literal(check.name)}</b>'
        f"<br>{_literal(check.sentence)}{_meaning(check)}</p>"
        for check in checks
    )


def _colour(check: Check) -> str:
    return theme().palette.good if check.passed else theme().palette.warning


def _meaning(check: Check) -> str:
    if not check.meaning:
        return ""
    return f'<br><span style="color:{theme().palette.muted}">{check.meaning}</span>'


def _literal(text: str) -> str:
    return escape(text).replace("\n", "<br>")
