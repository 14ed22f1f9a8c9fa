"""What is on screen as a picture for a page or a slide: PNG at a resolution of choice, or SVG.

Drawing has to happen on the GUI thread; `png` turns what was drawn into a file's bytes on any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QSize
from PySide6.QtGui import QColor, QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtSvg import QSvgGenerator

SCREEN_DPI, PRINT_DPI = 96, 300
INCH = 0.0254
CHOICES = {
    "PNG, 300 dpi for print (*.png)": PRINT_DPI,
    "PNG, as large as on screen (*.png)": SCREEN_DPI,
    "SVG (*.svg)": 0,
}
"""What a file dialog offers, and the dots an inch of each; 0 for SVG, which has none."""


@dataclass(frozen=True)
class Picture:
    """Something that can be drawn. size: in dots of the screen; ground: what it is drawn on.

    paint draws it at its size; the painter's device says by its pixel ratio how much finer its dots are.
    """

    title: str
    size: QSize
    ground: QColor
    paint: Callable[[QPainter], None]


def drawn(picture: Picture, dpi: int = SCREEN_DPI) -> QImage:
    """The picture in dots, as large on paper as on a screen of 96 dpi."""
    ratio = dpi / SCREEN_DPI
    image = QImage(picture.size * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(picture.ground)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    picture.paint(painter)
    painter.end()
    image.setDotsPerMeterX(round(dpi / INCH))
    image.setDotsPerMeterY(round(dpi / INCH))
    return image


def svg(picture: Picture) -> bytes:
    """The picture as SVG, its words as words."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    drawing = QSvgGenerator()
    drawing.setOutputDevice(buffer)
    drawing.setSize(picture.size)
    drawing.setViewBox(QRect(QPoint(), picture.size))
    drawing.setTitle(picture.title)
    # At another resolution pyqtgraph's axes, recorded at the screen's, would not fit the curves.
    drawing.setResolution(round(QGuiApplication.primaryScreen().logicalDotsPerInchX()))
    painter = QPainter(drawing)
    painter.fillRect(QRect(QPoint(), picture.size), picture.ground)
    picture.paint(painter)
    painter.end()
    return bytes(buffer.data().data())


def png(image: QImage) -> bytes:
    """The bytes of a PNG."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not QImageWriter(buffer, b"PNG").write(image):
        raise MemoryError("The picture could not be made into a PNG.")
    buffer.close()
    return bytes(content.data())
