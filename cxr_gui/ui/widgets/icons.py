"""Our own icons (resources/icons, 24 x 24 lines), tinted for the theme.

set_icon(button, "play")              # follows the theme from now on
icon("play")                          # a QIcon in today's text colour
pixmap("warning", palette.warning, 20, self.devicePixelRatioF())
"""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from cxr_gui.core.base import resources
from cxr_gui.ui.widgets.theme import blend, theme

SIZES = (16, 20, 24, 32, 48)
DOT = 0.45
"""How wide a dot on an icon is, in parts of the icon's size."""
GAP = 0.25
"""Room between an icon and a button's words, where styles leave hardly any, in parts of the icon's size."""


def icon(name: str, colour: str | None = None, *, gap: float = 0.0, dot: str = "") -> QIcon:
    """The icon called `name` in `colour` (hex), or in the theme's text colour; paler while disabled.

    gap  room on its right, in parts of its size       dot  the colour of one in its upper right corner
    """
    palette = theme().palette
    colour = colour or palette.text
    pale = blend(palette.muted, palette.window, 0.35).name()
    found = QIcon()
    for size in SIZES:
        found.addPixmap(pixmap(name, colour, size, gap=gap, dot=dot), QIcon.Mode.Normal)
        found.addPixmap(pixmap(name, pale, size, gap=gap), QIcon.Mode.Disabled)
    return found


def set_icon(target: QAbstractButton | QAction, name: str, role: str = "text") -> None:
    """Give a button or action the icon called `name` in the palette's colour `role`, whatever the theme."""
    for old in target.findChildren(_Tint, options=Qt.FindChildOption.FindDirectChildrenOnly):
        old.setParent(None)
        old.deleteLater()
    _Tint(target, name, role)


@cache
def pixmap(
    name: str, colour: str, size: int, ratio: float = 1.0, *, gap: float = 0.0, dot: str = ""
) -> QPixmap:
    """The icon called `name` in `colour`, `size` device-independent pixels high at a device's `ratio`."""
    renderer = QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode()))
    image = QPixmap(round(size * (1 + gap) * ratio), round(size * ratio))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, image.height(), image.height()))
    if dot:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(dot))
        across = image.height() * DOT
        painter.drawEllipse(QRectF(image.height() - across, 0, across, across))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


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
        gap = 0.0
        if isinstance(self._target, QAbstractButton) and self._target.text():
            gap, height = GAP, self._target.iconSize().height()
            self._target.setIconSize(QSize(round(height * (1 + gap)), height))
        self._target.setIcon(icon(self._name, getattr(theme().palette, self._role), gap=gap))
