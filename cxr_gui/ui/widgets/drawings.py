"""What is on screen as an image for a page or a slide: PNG at a resolution of choice, or SVG.

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
class Drawing:
    """Something that can be drawn. size: in dots of the screen; ground: what it is drawn on.

    paint draws it at its size; the painter's device says by its pixel ratio how much finer its dots are.
    """

    title: str
    size: QSize
    ground: QColor
    paint: Callable[[QPainter], None]


def drawn(drawing: Drawing, dpi: int = SCREEN_DPI) -> QImage:
    """The drawing in dots, as large on paper as on a screen of 96 dpi."""
    ratio = dpi / SCREEN_DPI
    image = QImage(drawing.size * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(drawing.ground)
    painter = QPainter(image)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
    drawing.paint(painter)
    painter.end()
    image.setDotsPerMeterX(round(dpi / INCH))
    image.setDotsPerMeterY(round(dpi / INCH))
    return image


def svg(drawing: Drawing) -> bytes:
    """The drawing as SVG, its words as words."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(drawing.size)
    generator.setViewBox(QRect(QPoint(), drawing.size))
    generator.setTitle(drawing.title)
    # At another resolution pyqtgraph's axes, recorded at the screen's, would not fit the curves.
    generator.setResolution(round(QGuiApplication.primaryScreen().logicalDotsPerInchX()))
    painter = QPainter(generator)
    painter.fillRect(QRect(QPoint(), drawing.size), drawing.ground)
    drawing.paint(painter)
    painter.end()
    return bytes(buffer.data().data())


def png(image: QImage) -> bytes:
    """The bytes of a PNG."""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    if not QImageWriter(buffer, b"PNG").write(image):
        raise MemoryError("The image could not be made into a PNG.")
    buffer.close()
    return bytes(content.data())
