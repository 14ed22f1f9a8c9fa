"""The heat table: numbers on colours, dark where little is left, under the names of the classifiers."""

from __future__ import annotations

import math
from functools import cache

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from cxr_gui.core.inspect import colour_ramp
from cxr_gui.ui.attack.shifts.heat_model import HeatModel
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.theme import GRID, theme

# Matplotlib's cividis, as in the report: alike for every colour vision
CIVIDIS = ("00224e", "35456c", "666970", "948e77", "c8b866", "fee838")
LOWEST, HIGHEST = 0.4, 1.0
"""Between which the colours change; a constant answer has a balanced accuracy of 0.5."""

WIDTHS = {False: 4 * GRID + 2, True: 6 * GRID}
"""Pixels of a column of shares, and of one of errors."""
HEIGHT = 2 * GRID + 6
GAP = 2
"""Pixels between two families, and between two classifiers."""


class HeatView(QTableView):
    """Each cell can be clicked, or entered by its key."""

    def __init__(self, model: HeatModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        named(self, "heatTable", "Shifts by severity and classifier")
        self._model = model
        self.setModel(model)
        self.setItemDelegate(HeatCell(model, self))
        self.setHorizontalHeader(ClassifierHeader(model, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        self.setMouseTracking(True)
        rows = self.verticalHeader()
        rows.setDefaultSectionSize(HEIGHT)
        rows.setMinimumSectionSize(HEIGHT)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setHighlightSections(False)
        rows.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        model.modelReset.connect(self._fit)
        theme().changed.connect(self.viewport().update)

    def _fit(self) -> None:
        for place, column in enumerate(self._model.columns):
            self.setColumnWidth(place, WIDTHS[bool(column.error)])


class HeatCell(QStyledItemDelegate):
    """A number on its colour."""

    def __init__(self, model: HeatModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        room = QRect(option.rect)
        shifts, columns = self._model.shifts, self._model.columns
        if index.row() and shifts[index.row()].family != shifts[index.row() - 1].family:
            room = room.adjusted(0, GAP, 0, 0)
        if index.column() and columns[index.column()].result is not columns[index.column() - 1].result:
            room = room.adjusted(GAP, 0, 0, 0)
        share, palette = self._model.heat(index), theme().palette
        ink = QColor(palette.text)
        if not math.isnan(share):
            ground = heat_colour(share)
            painter.fillRect(room.adjusted(0, 0, -1, -1), ground)
            ink = ink_on(ground)
        painter.setPen(ink)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, str(index.data()))
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(QPen(QColor(palette.accent), 2))
            painter.drawRect(room.adjusted(1, 1, -2, -2))


class ClassifierHeader(QHeaderView):
    """Severities, and above them whose they are."""

    def __init__(self, model: HeatModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._model = model
        self.setMinimumSectionSize(GRID)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom)
        self.setSectionsClickable(False)

    def sizeHint(self) -> QSize:
        size = super().sizeHint()
        return QSize(size.width(), size.height() + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setPen(QColor(theme().palette.text))
        results = list(dict.fromkeys(column.result for column in self._model.columns))
        for result in results:
            places = [place for place, column in enumerate(self._model.columns) if column.result is result]
            left = self.sectionViewportPosition(places[0])
            right = self.sectionViewportPosition(places[-1]) + self.sectionSize(places[-1])
            words = f"{result.classifier} (n = {result.clean.n:,})"
            room = QRect(left + 4, 2, right - left - 8, self.fontMetrics().height())
            shown = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, shown)
        painter.end()


def heat_colour(share: float) -> QColor:
    """The colour of a share, 0..1."""
    place = (min(max(share, LOWEST), HIGHEST) - LOWEST) / (HIGHEST - LOWEST)
    return _colours()[round(255 * place)]


def ink_on(ground: QColor) -> QColor:
    """Black or white, whichever stands out more."""
    channels = (ground.redF(), ground.greenF(), ground.blueF())
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return QColor("black" if (luminance + 0.05) ** 2 > 1.05 * 0.05 else "white")


@cache
def _colours() -> list[QColor]:
    return [QColor(*map(int, colour)) for colour in colour_ramp(CIVIDIS)]
