"""What is seen while something is dragged over the window: where it may be let go, and what will happen."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.icons import pixmap
from cxr_gui.ui.widgets.theme import GRID, theme

ICON = 64


def dropped_paths(data: QMimeData) -> list[str]:
    """The files and folders on this computer that a drag carries."""
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def pasted_image(data: QMimeData) -> QImage | None:
    """The image without a file that a clipboard carries, as from a screenshot."""
    image = data.imageData() if data.hasImage() else None
    return image if isinstance(image, QImage) and not image.isNull() else None


class DropOverlay(QWidget):
    """Covers its parent without being in the mouse's way."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        named(self, "dropOverlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def appear(self) -> None:
        self.setGeometry(self._over.rect())
        self.raise_()
        self.show()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        palette = theme().palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(palette.window)
        veil.setAlphaF(0.92)
        painter.fillRect(self.rect(), veil)
        frame = QRectF(self.rect()).adjusted(GRID * 2, GRID * 2, -GRID * 2, -GRID * 2)
        painter.setPen(QPen(QColor(palette.accent), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(frame, GRID * 2, GRID * 2)
        middle = frame.center()
        image = pixmap("film", palette.accent, ICON, self.devicePixelRatioF())
        painter.drawPixmap(round(middle.x()) - ICON // 2, round(middle.y()) - ICON - GRID, image)
        painter.setPen(QColor(palette.text))
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.5)
        font.setBold(True)
        painter.setFont(font)
        words = frame.adjusted(0, frame.height() / 2 + GRID * 2, 0, 0)
        top = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        painter.drawText(words, top, "Drop to open")
        painter.setFont(self.font())
        painter.setPen(QColor(palette.muted))
        words.translate(0, GRID * 4)
        painter.drawText(
            words, top, "X-rays, a dataset folder, a .safetensors classifier, a study, run or sweep"
        )
        painter.end()
