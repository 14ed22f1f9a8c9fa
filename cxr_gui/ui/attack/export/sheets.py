"""The views and the chart as images that explain themselves: with the verdict, or with the key, below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QWidget

from cxr_gui.ui.attack.sweep.chart import SweepChart, sweep_colour
from cxr_gui.ui.attack.sweep.curves import DRAWN, Curves
from cxr_gui.ui.attack.sweep.samples import SAMPLE, paint_published, paint_quantity, paint_sweep
from cxr_gui.ui.attack.viewer.annotations import GROUND, INK
from cxr_gui.ui.widgets.drawings import Drawing
from cxr_gui.ui.widgets.theme import theme

NOTICE = "Not for clinical use."
MARGIN = 12
ROOM = 18  # between two entries of the key
Flags = Qt.AlignmentFlag


def views_sheet(views: QWidget, verdict: str) -> Drawing:
    """The views as they are shown, and what was found, in words."""
    width = views.width()
    words = f"{verdict}   {NOTICE}"
    room = QRect(0, 0, width - 2 * MARGIN, 1000)
    flags = int(Flags.AlignLeft | Flags.AlignTop | Qt.TextFlag.TextWordWrap)
    line = QFontMetrics(views.font()).boundingRect(room, flags, words).height() + MARGIN
    height = views.height()

    def paint(painter: QPainter) -> None:
        views.render(painter, QPoint(), renderFlags=QWidget.RenderFlag.DrawChildren)
        painter.setFont(views.font())
        painter.setPen(INK)
        painter.drawText(QRectF(MARGIN, height + MARGIN / 2, room.width(), line), flags, words)

    return Drawing("Clean, perturbed and difference", QSize(width, height + line), GROUND, paint)


def chart_sheet(
    chart: SweepChart, sweeps: Sequence[Curves], quantities: set[str], *, published: bool
) -> Drawing:
    """The chart as it stands over its key: a colour for each sweep, dash and marker for each quantity."""
    entries = _entries(sweeps, quantities, published=published)
    metrics = QFontMetrics(chart.font())
    line = metrics.height() + 6
    places, height = _flow([metrics.horizontalAdvance(entry.text) for entry in entries], chart.width(), line)
    top = chart.height()

    def paint(painter: QPainter) -> None:
        chart.paint(painter)
        painter.setFont(chart.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for entry, place in zip(entries, places, strict=True):
            box = QRectF(place.x(), top + place.y(), SAMPLE.width(), line)
            entry.sample(painter, box.center())
            painter.setPen(QColor(theme().palette.text))
            words = box.translated(SAMPLE.width() + 6, 0)
            words.setWidth(chart.width())
            painter.drawText(words, Flags.AlignLeft | Flags.AlignVCenter, entry.text)

    size = QSize(chart.width(), top + height + MARGIN)
    return Drawing(chart.accessibleName(), size, QColor(theme().palette.panel), paint)


@dataclass(frozen=True)
class _Entry:
    text: str
    sample: Callable[[QPainter, QPointF], None]


def _entries(sweeps: Sequence[Curves], quantities: set[str], *, published: bool) -> list[_Entry]:
    ink = QColor(theme().palette.text)
    entries = [
        _Entry(
            curves.title,
            partial(paint_sweep, colour=sweep_colour(curves.number), in_use=curves.in_use),
        )
        for curves in sweeps
    ]
    entries += [
        _Entry(
            quantity.detailed(quantity.title, [point for curves in sweeps for point in curves.points]),
            partial(paint_quantity, quantity=quantity, colour=ink),
        )
        for quantity in DRAWN
        if quantity.name in quantities and sweeps
    ]
    if published:
        entries.append(_Entry("Published points", partial(paint_published, colour=ink)))
    return entries


def _flow(widths: Sequence[int], room: int, line: int) -> tuple[list[QPoint], int]:
    """Where each entry begins when they are set like words, and the height of all lines."""
    places, x, y = [], MARGIN, 0
    for width in widths:
        whole = SAMPLE.width() + 6 + width
        if x > MARGIN and x + whole > room - MARGIN:
            x, y = MARGIN, y + line
        places.append(QPoint(x, y))
        x += whole + ROOM
    return places, y + line if widths else 0
