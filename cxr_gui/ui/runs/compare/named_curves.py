"""A plot of several curves, and beside it their names: each with its colour, and hidden by its box."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QSplitter, QWidget

from cxr_gui.ui.widgets.curve_keys import LINE_SIZE, line_icon
from cxr_gui.ui.widgets.factories import column, named
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.widgets.plots import Plot
from cxr_gui.ui.widgets.theme import GRID, theme

LINE_WIDTH = 1.8
STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine)
"""Of the lines after those that every colour of the theme has been given to."""

NAMES_WIDTH = 34 * GRID
SYMBOL = 6

Floats = NDArray[np.floating]


class NamedCurve(NamedTuple):
    """A curve, what it is called, and a number that stands for all of it in words."""

    name: str
    x: Floats
    y: Floats
    detail: str = ""


class NamedCurves(QWidget):
    """Replaces what it shows at once; which names were unticked it remembers.

    diagonal  draw what chance, or a perfect calibration, would be      symbols  mark the points of the curves
    """

    def __init__(
        self,
        name: str,
        words: str,
        axes: tuple[str, str],
        *,
        diagonal: bool = False,
        symbols: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.plot = named(Plot(), f"{name}Plot", words)
        self.plot.set_labels(*axes)
        self.names = named(QListWidget(), f"{name}Names", f"{words}: which are drawn")
        self._symbols = symbols
        self._hidden: set[str] = set()
        self._items: list[pg.PlotDataItem] = []
        self._diagonal = pg.PlotDataItem([0, 1], [0, 1]) if diagonal else None
        if self._diagonal is not None:
            self._diagonal.setZValue(-10)
            self.plot.addItem(self._diagonal)
            self.plot.getPlotItem().setLimits(xMin=-0.02, xMax=1.02, yMin=-0.02, yMax=1.02)
            self.plot.getPlotItem().getViewBox().setRange(xRange=(0, 1), yRange=(0, 1), padding=0.02)
        self.names.setIconSize(LINE_SIZE)
        self.names.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.names.itemChanged.connect(self._hide_unticked)
        rooms = QSplitter(childrenCollapsible=False, handleWidth=GRID)
        rooms.addWidget(self.plot)
        rooms.addWidget(self.names)
        rooms.setStretchFactor(0, 1)
        rooms.setSizes([10 * NAMES_WIDTH, NAMES_WIDTH])
        self.names.setMinimumWidth(16 * GRID)
        column((rooms, 1), on=self)
        theme().changed.connect(self._colour)

    def show_curves(self, curves: Sequence[NamedCurve]) -> None:
        """Draw these in place of what was drawn."""
        for item in self._items:
            self.plot.removeItem(item)
        self._items = []
        self.names.blockSignals(True)
        self.names.clear()
        for curve in curves:
            item = pg.PlotDataItem(curve.x, curve.y, symbol="o" if self._symbols else None, symbolSize=SYMBOL)
            self.plot.addItem(item)
            self._items.append(item)
            entry = QListWidgetItem(f"{curve.name}  {curve.detail}".rstrip())
            entry.setToolTip(literal(entry.text()))
            entry.setData(Qt.ItemDataRole.UserRole, curve.name)
            entry.setFlags(entry.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            entry.setCheckState(
                Qt.CheckState.Unchecked if curve.name in self._hidden else Qt.CheckState.Checked
            )
            self.names.addItem(entry)
        self.names.blockSignals(False)
        self._colour()
        for row in range(self.names.count()):
            self._hide_unticked(self.names.item(row))

    def drawn(self) -> list[str]:
        """The names of the curves that can be seen."""
        entries = [self.names.item(row) for row in range(self.names.count())]
        return [
            entry.data(Qt.ItemDataRole.UserRole)
            for entry, item in zip(entries, self._items, strict=True)
            if item.isVisible()
        ]

    def _hide_unticked(self, entry: QListWidgetItem) -> None:
        ticked, name = entry.checkState() == Qt.CheckState.Checked, entry.data(Qt.ItemDataRole.UserRole)
        self._hidden = self._hidden - {name} if ticked else self._hidden | {name}
        self._items[self.names.row(entry)].setVisible(ticked)

    def _colour(self) -> None:
        if self._diagonal is not None:
            self._diagonal.setPen(pg.mkPen(theme().palette.muted, style=Qt.PenStyle.DotLine))
        self.names.blockSignals(True)
        for number, item in enumerate(self._items):
            pen = curve_pen(number)
            item.setPen(pen)
            item.setSymbolPen(pg.mkPen(pen.color()))
            item.setSymbolBrush(pg.mkBrush(pen.color()))
            self.names.item(number).setIcon(line_icon(pen))
        self.names.blockSignals(False)


def curve_pen(number: int) -> QPen:
    """How the curve of that number is drawn: in a colour of the theme, then in all of them dashed."""
    colours = theme().palette.curve
    style = STYLES[number // len(colours) % len(STYLES)]
    return QPen(pg.mkPen(colours[number % len(colours)], width=LINE_WIDTH, style=style))


def steps(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """The corners of steps that reach up to each x from the one before, 0 at first, at its y."""
    left = np.concatenate([[0.0], x[:-1]])
    return np.stack([left, x], axis=1).ravel(), np.repeat(y, 2)
