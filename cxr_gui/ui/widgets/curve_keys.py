"""What a curve looks like beside its name: a piece of its line, as the icon of a box or an entry."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPen, QPixmap

from cxr_gui.ui.widgets.theme import GRID

LINE_SIZE = QSize(3 * GRID, 2 * GRID)


def line_icon(pen: QPen) -> QIcon:
    """A piece of a line that is drawn with this pen."""
    pixmap = QPixmap(LINE_SIZE * 2)
    pixmap.setDevicePixelRatio(2)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    wide = QPen(pen)
    wide.setWidthF(2 * pen.widthF())  # which counts the pixmap's dots
    painter.setPen(wide)
    painter.drawLine(0, LINE_SIZE.height() // 2, LINE_SIZE.width(), LINE_SIZE.height() // 2)
    painter.end()
    return QIcon(pixmap)
