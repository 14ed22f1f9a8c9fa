"""The trust checks of a sweep in a tooltip."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from cxr_gui.ui.widgets.theme import theme

if TYPE_CHECKING:
    from cxr_gui.core.sweep import Check


def checks_in_words(checks: Iterable[Check]) -> str:
    """A tooltip: each check with its outcome and its number in a sentence, and its meaning unless it passed.

    The names may be those of a stranger's file.
    """
    return "".join(
        f"<p><b>{check.verdict}: {_literal(check.name)}</b>"
        f"<br>{_literal(check.sentence)}{_meaning(check)}</p>"
        for check in checks
    )


def _meaning(check: Check) -> str:
    if check.passed or not check.meaning:
        return ""
    return f'<br><span style="color:{theme().palette.muted}">{check.meaning}</span>'


def _literal(text: str) -> str:
    return escape(text).replace("\n", "<br>")
