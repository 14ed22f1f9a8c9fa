"""What a curve looks like in a key: its dash and its marker, as the chart draws them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyqtgraph.graphicsItems.ScatterPlotItem import Symbols
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QTransform

from cxr_gui.core.sweep import Quantity
from cxr_gui.ui.attack.sweep.curves import DASHES

SAMPLE = QSize(34, 12)
MARKER, DIAMOND = 8.0, 10.0

SHAPES = {"o": "circles", "s": "squares", "h": "hexagons", "t": "triangles down", "t3": "triangles left"}
"""Of the quantities that are drawn unless somebody says otherwise; the key shows the others."""


def paint_quantity(painter: QPainter, middle: QPointF, quantity: Quantity, colour: QColor) -> None:
    """A piece of a quantity's curve with a point of it: dashes alone look too much alike."""
    half = QPointF(SAMPLE.width() / 2 - 1, 0)
    painter.setPen(QPen(colour, 2, DASHES[quantity.dash]))
    painter.drawLine(middle - half, middle + half)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPath(_symbol(quantity.symbol, middle, MARKER))


def paint_sweep(painter: QPainter, middle: QPointF, colour: QColor, *, in_use: bool) -> None:
    """What is in a sweep's colour; hollow, as its markers are, where it is of a classifier not in use."""
    painter.setPen(QPen(colour, 2))
    painter.setBrush(colour if in_use else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(middle, MARKER / 2, MARKER / 2)


def paint_published(painter: QPainter, middle: QPointF, colour: QColor) -> None:
    """One of the published points."""
    painter.setPen(QPen(colour, 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(_symbol("d", middle, DIAMOND))


def _symbol(name: str, middle: QPointF, size: float) -> QPainterPath:
    """One of the plot's own symbols."""
    symbol: QPainterPath = Symbols[name]
    return QTransform.fromTranslate(middle.x(), middle.y()).scale(size, size).map(symbol)


def markers_in_words(quantities: Sequence[Quantity]) -> str:
    """ "Circles: accuracy, squares: random noise." of those that have a shape with a name, if several."""
    words = [
        f"{SHAPES[each.symbol]}: {each.column.heading.lower()}"
        for each in quantities
        if each.symbol in SHAPES and each.column is not None
    ]
    return f"{', '.join(words).capitalize()}." if len(words) > 1 else ""


def sample_icon(paint: Callable[[QPainter, QPointF], object], size: QSize = SAMPLE) -> QIcon:
    """A sample as the icon of a control."""
    pixmap = QPixmap(size * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint(painter, QPointF(size.width() / 2, size.height() / 2))
    painter.end()
    return QIcon(pixmap)
