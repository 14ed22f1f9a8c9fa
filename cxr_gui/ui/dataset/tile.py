"""One cell of the grid: the thumbnail, the class as a coloured chip with its name, the file name."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from cxr_gui.core.data import UNLABELLED, Note
from cxr_gui.jobs import Thumbnail
from cxr_gui.ui.dataset.model import Findings, Index, RecordModel
from cxr_gui.ui.dataset.result_filters import critical_words
from cxr_gui.ui.widgets.icons import pixmap
from cxr_gui.ui.widgets.theme import DARK, GRID, Palette, blend, theme

SMALLEST, SIDE, LARGEST = 10 * GRID, 17 * GRID, 34 * GRID
"""The square for the thumbnail, in device-independent pixels: the least, at first, and the most."""
ROOM = 15 * GRID
"""The side from which an outcome and a critical epsilon fit side by side."""

MARK = 20
"""The side of the mark of a flag or note, in device-independent pixels."""

MARKED = QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_HasFocus | QStyle.StateFlag.State_MouseOver
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter

FILM = QColor("#0a0b0d")
"""Behind the radiograph it is dark in both themes: the chrome is themed, never the data."""


def tile_size(side: int = SIDE) -> QSize:
    """The size of a tile with two lines of text in the application's font."""
    line = QFontMetrics(QApplication.font()).height()
    return QSize(side + 3 * GRID, side + 2 * line + 3 * GRID + GRID // 2)


class TileDelegate(QStyledItemDelegate):
    """Paints what is there already; a thumbnail that is still being read is an empty film.

    Asks the model itself, not by index and role: a frame of a scroll has no time for the way through Qt.
    """

    def __init__(self, model: RecordModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.side = SIDE
        self._model = model

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model, row, palette = self._model, index.row(), theme().palette
        record, group = model.record(row), model.group(row)
        cell: QRect = option.rect
        body = QRect(0, 0, self.side + 2 * GRID, cell.height() - GRID // 2)
        body.moveCenter(cell.center())
        film = QRect(body.left() + GRID, body.top() + GRID, self.side, self.side)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if group is not None and group.odd:
            painter.fillRect(cell.adjusted(0, 0, 0, -GRID // 2), blend(palette.window, palette.text, 0.07))
        _paint_state(painter, body, option.state, palette)
        _paint_film(painter, film, model.thumbnails.get(record.path), palette)
        _paint_findings(painter, film, model.findings(row), excluded=record.path in model.excluded)
        if note := model.notes.get(record.path):
            _paint_note(painter, film, note)
        if group is not None and group.size:
            words = f"{group.name} · {group.size}"
            _paint_chip(painter, film, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, words)
        line = option.fontMetrics.height()
        below = QRect(film.left(), film.bottom() + 1 + GRID // 2, film.width(), line)
        words = f"{record.label or UNLABELLED} · {record.split}"
        ratio = painter.device().devicePixelRatioF()
        size, font = below.size().toTuple(), option.font.toString()
        painter.drawPixmap(
            below.topLeft(), _class_line(words, model.class_number(row), size, ratio, font, palette)
        )
        below.translate(0, line + 2)
        painter.setPen(QColor(palette.muted))
        name = option.fontMetrics.elidedText(model.name(row), Qt.TextElideMode.ElideMiddle, below.width())
        painter.drawText(below, LEFT, name)
        painter.restore()


def _paint_film(painter: QPainter, film: QRect, thumbnail: Thumbnail | None, palette: Palette) -> None:
    if thumbnail is not None and thumbnail.image is None:
        painter.fillRect(film, QColor(palette.raised))
        ratio = painter.device().devicePixelRatioF()
        cross = pixmap("broken", palette.bad, 40, ratio)
        painter.drawPixmap(film.center() - QPoint(20, 20 + GRID), cross)
        painter.setPen(QColor(palette.bad))
        painter.drawText(film.adjusted(0, 6 * GRID, 0, 0), Qt.AlignmentFlag.AlignCenter, "Unreadable")
        return
    painter.fillRect(film, FILM)
    if thumbnail is not None and thumbnail.image is not None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(_fitted(thumbnail.image, film), thumbnail.image)


def _paint_findings(painter: QPainter, film: QRect, findings: Findings | None, *, excluded: bool) -> None:
    """On the film, whose colours no theme changes: left out of training, outcome, critical epsilon."""
    bottom = Qt.AlignmentFlag.AlignBottom
    if excluded:
        veil = QColor(FILM)
        veil.setAlphaF(0.7)
        painter.fillRect(film, veil)
        _paint_chip(painter, film, Qt.AlignmentFlag.AlignCenter, "excluded", DARK.warning)
    if findings is not None:
        colour = DARK.good if findings.outcome in ("TP", "TN") else DARK.bad
        words = f"{findings.outcome} {findings.probability:.2f}"
        _paint_chip(painter, film, Qt.AlignmentFlag.AlignLeft | bottom, words, colour)
        if film.width() < ROOM or findings.state == "already wrong":
            return
        if words := critical_words(findings.critical):
            _paint_chip(painter, film, Qt.AlignmentFlag.AlignRight | bottom, words)


def _paint_note(painter: QPainter, film: QRect, note: Note) -> None:
    """In the corner at the top right, of what a tool tip says in words."""
    place = QRect(film.right() - 3 - MARK, film.top() + 4, MARK, MARK)
    _paint_ground(painter, place)
    name, colour = ("flag", DARK.warning) if note.flag else ("note", DARK.text)
    mark = pixmap(name, colour, MARK - 4, painter.device().devicePixelRatioF())
    painter.drawPixmap(place.topLeft() + QPoint(2, 2), mark)


def _paint_ground(painter: QPainter, place: QRect) -> None:
    """Dark, so that what is on it can be read on any film."""
    ground = QColor(FILM)
    ground.setAlphaF(0.8)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRoundedRect(QRectF(place), 3, 3)


def _paint_chip(
    painter: QPainter, film: QRect, place: Qt.AlignmentFlag, words: str, colour: str = DARK.text
) -> None:
    """Small words on a dark ground in a corner of the film."""
    plain = painter.font()
    small = QFont(plain)
    small.setPointSizeF(plain.pointSizeF() * 0.85)
    painter.setFont(small)
    metrics = painter.fontMetrics()
    words = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, film.width() - 2 * GRID)
    size = QSize(metrics.horizontalAdvance(words) + GRID, metrics.height() + 2)
    inside = film.adjusted(3, 3, -3, -3)
    chip = QStyle.alignedRect(Qt.LayoutDirection.LeftToRight, place, size, inside)
    _paint_ground(painter, chip)
    painter.setPen(QColor(colour))
    painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, words)
    painter.setFont(plain)


def _fitted(image: QImage, inside: QRect) -> QRectF:
    size = image.size().scaled(inside.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(QPoint(0, 0), size)
    place.moveCenter(inside.center())
    return QRectF(place)


def _paint_state(painter: QPainter, body: QRect, state: QStyle.StateFlag, palette: Palette) -> None:
    """Selected: filled and outlined; hovered: filled; the keyboard's cell: an outline of its own."""
    if not state & MARKED:
        return
    selected = bool(state & QStyle.StateFlag.State_Selected)
    focused = bool(state & QStyle.StateFlag.State_HasFocus)
    hovered = bool(state & QStyle.StateFlag.State_MouseOver)
    painter.setBrush(QColor(palette.raised) if selected or hovered else Qt.BrushStyle.NoBrush)
    pen = QPen(QColor(palette.accent), 2 if focused else 1)
    painter.setPen(pen if selected or focused else Qt.PenStyle.NoPen)
    painter.drawRoundedRect(QRectF(body).adjusted(1, 1, -1, -1), 6, 6)


@lru_cache(256)
def _class_line(
    words: str, number: int | None, size: tuple[int, int], ratio: float, font: str, palette: Palette
) -> QPixmap:
    """Class 0 is a ring, class 1 a disc, each in its colour and with its name; no label is a muted word.

    Painted once, for a folder has few classes and a frame of a scroll many tiles.
    """
    image = QPixmap(QSize(*size) * ratio)
    image.setDevicePixelRatio(ratio)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    written = QFont()
    written.fromString(font)
    painter.setFont(written)
    line = QRect(QPoint(0, 0), QSize(*size))
    dot = QRectF(line.left() + 1, line.center().y() - 4, 9, 9)
    if number is not None:
        colour = QColor(palette.positive if number else palette.negative)
        painter.setPen(QPen(colour, 2))
        painter.setBrush(colour if number else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(dot.adjusted(1, 1, -1, -1))
    beside = line.adjusted(GRID * 2 if number is not None else 0, 0, 0, 0)
    painter.setPen(QColor(palette.text if number is not None else palette.muted))
    words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, beside.width())
    painter.drawText(beside, LEFT, words)
    painter.end()
    return image
