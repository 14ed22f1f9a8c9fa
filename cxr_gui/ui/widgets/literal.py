"""Text from files and folders, shown as it stands there.

Qt guesses whether a text is HTML: a folder called <img src=...> would be drawn as the image it names. So
labels for words that may come from elsewhere are `PlainLabel`s, and tooltips go through `literal`.
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize
from PySide6.QtGui import Qt  # with what QtGui adds to it
from PySide6.QtWidgets import QLabel

WIDEST = 320
"""Pixels that a label may insist on: a name of a thousand letters must not make the window as wide."""


class PlainLabel(QLabel):
    """A label that takes nothing for HTML."""

    def __init__(self, *arguments: Any, **properties: Any) -> None:
        super().__init__(*arguments, **properties)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._called = ""

    def call(self, words: str) -> None:
        """Put words before the text for those who hear it alone, without what stands around it."""
        self._called = words
        self._tell()

    def setText(self, text: str) -> None:
        super().setText(text)
        self._tell()

    def _tell(self) -> None:
        if self._called:
            self.setAccessibleName(f"{self._called}: {self.text()}" if self.text() else self._called)

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint().boundedTo(QSize(WIDEST, self.maximumHeight()))


def literal(text: str) -> str:
    """A tooltip that reads `text`: unchanged, unless Qt would take it for HTML."""
    return Qt.convertFromPlainText(text) if Qt.mightBeRichText(text) else text


def sentence(words: str) -> str:
    """With a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:].removesuffix('.')}." if words else ""
