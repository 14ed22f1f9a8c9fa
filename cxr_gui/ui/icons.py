"""Our own icons (resources/icons, 24 x 24 lines), tinted for the theme.

set_icon(button, "play")              # follows the theme from now on
icon("play")                          # a QIcon in today's text colour
pixmap("warning", palette.warning, 20, self.devicePixelRatioF())
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from cxr_gui.core import resources
from cxr_gui.ui.theme import blend, theme

SIZES = (16, 20, 24, 32, 48)


def icon(name: str, colour: str | None = None) -> QIcon:
    """The icon called `name` in `colour` (hex), or in the theme's text colour; paler while disabled."""
    palette = theme().palette
    colour = colour or palette.text
    found = QIcon()
    for size in SIZES:
        found.addPixmap(pixmap(name, colour, size), QIcon.Mode.Normal)
        pale = blend(palette.muted, palette.window, 0.35).name()
        found.addPixmap(pixmap(name, pale, size), QIcon.Mode.Disabled)
    return found


def set_icon(target: QAbstractButton | QAction, name: str, role: str = "text") -> None:
    """Give a button or action the icon called `name` in the palette's colour `role`, whatever the theme."""
    for old in target.findChildren(_Tint, options=Qt.FindChildOption.FindDirectChildrenOnly):
        old.setParent(None)
        old.deleteLater()
    _Tint(target, name, role)


@cache
def pixmap(name: str, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon called `name` in `colour`, `size` device-independent pixels wide at a device's `ratio`."""
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))
    picture = QPixmap(round(size * ratio), round(size * ratio))
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    renderer.render(painter, QRectF(picture.rect()))
    painter.end()
    picture.setDevicePixelRatio(ratio)
    return picture


@cache
def _source(name: str) -> str:
    return (resources.folder() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


class _Tint(QObject):
    """Belongs to a button or action and gives it its icon anew whenever the theme changes."""

    def __init__(self, target: QAbstractButton | QAction, name: str, role: str) -> None:
        super().__init__(target)
        self._target, self._name, self._role = target, name, role
        theme().changed.connect(self._tint)
        self._tint()

    def _tint(self) -> None:
        self._target.setIcon(icon(self._name, getattr(theme().palette, self._role)))
