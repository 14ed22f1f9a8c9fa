"""What is on screen while the window's libraries are loaded, which takes longer than a second."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSplashScreen

from cxr_gui.core import resources
from cxr_gui.ui.theme import GRID, theme

WIDTH, HEIGHT = 56 * GRID, 29 * GRID
ICON = 12 * GRID
LINE = 3 * GRID


class Splash(QSplashScreen):
    """The program's name, what is being loaded, and what the program is not for."""

    def __init__(self) -> None:
        super().__init__(_picture(QGuiApplication.primaryScreen().devicePixelRatio()))
        self.setObjectName("splash")

    def say(self, words: str) -> None:
        """Show what is being loaded, at once: whoever loads keeps the event loop from doing so."""
        below = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
        self.showMessage(f"{words}\n", below, QColor(theme().palette.muted))
        QGuiApplication.processEvents()


def _picture(ratio: float) -> QPixmap:
    palette = theme().palette
    picture = QPixmap(round(WIDTH * ratio), round(HEIGHT * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(QColor(palette.window))
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(palette.line))
    painter.drawRect(QRectF(0.5, 0.5, WIDTH - 1, HEIGHT - 1))
    middle = QRectF((WIDTH - ICON) / 2, 3 * GRID, ICON, ICON)
    QSvgRenderer(str(resources.folder() / "icons" / "app.svg")).render(painter, middle)
    line = QRectF(0, middle.bottom() + GRID, WIDTH, LINE)
    font = painter.font()
    for words, colour, size, bold in (
        (QGuiApplication.applicationDisplayName(), palette.text, 1.2, True),
        ("Not for clinical use", palette.warning, 1.0, False),
    ):
        font.setPointSizeF(QGuiApplication.font().pointSizeF() * size)
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, words)
        line.translate(0, LINE)
    painter.end()
    return picture
