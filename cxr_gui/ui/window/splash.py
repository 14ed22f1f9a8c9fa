"""What is on screen while the window's libraries are loaded, which takes longer than a second."""

from __future__ import annotations

from PySide6.QtCore import QDeadlineTimer, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base import resources
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.theme import GRID, theme

WIDTH, HEIGHT = 56 * GRID, 29 * GRID
ICON = 12 * GRID
LINE = 3 * GRID
EXPOSED_MILLISECONDS = 100
"""How long a window system may take to show it; the window itself is waited for no longer."""


class Splash(QWidget):
    """The program's name, what is being loaded, and what the program is not for.

    Not a QSplashScreen: showing one takes Qt 6.11 a whole second.
    """

    def __init__(self) -> None:
        super().__init__(None, Qt.WindowType.SplashScreen | Qt.WindowType.FramelessWindowHint)
        named(self, "splash")
        self.setFixedSize(WIDTH, HEIGHT)
        screen = QGuiApplication.primaryScreen()
        self.image = _image(screen.devicePixelRatio())
        self.words = ""
        self.move(screen.availableGeometry().center() - self.rect().center())

    def say(self, words: str) -> None:
        """Show what is being loaded, at once: whoever loads keeps the event loop from doing so."""
        self.words = words
        self.update()
        until = QDeadlineTimer(EXPOSED_MILLISECONDS)
        while not self.windowHandle().isExposed() and not until.hasExpired():
            QGuiApplication.processEvents()
        QGuiApplication.processEvents()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self.image)
        painter.setPen(QColor(theme().palette.muted))
        below = self.rect().adjusted(0, 0, 0, -LINE // 2)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom, self.words)
        painter.end()


def _image(ratio: float) -> QPixmap:
    palette = theme().palette
    image = QPixmap(round(WIDTH * ratio), round(HEIGHT * ratio))
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(palette.window))
    painter = QPainter(image)
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
    return image
