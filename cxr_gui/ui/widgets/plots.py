"""Plots in the theme's colours: data apart from drawing, redrawn at most 30 times a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QShowEvent
from PySide6.QtWidgets import QGraphicsView, QWidget

from cxr_gui.ui.widgets.plot_axis import BEHIND, SIDES, axes
from cxr_gui.ui.widgets.plot_keys import KeyboardPlot
from cxr_gui.ui.widgets.theme import theme

pg.setConfigOptions(imageAxisOrder="row-major", antialias=True)

Points = NDArray[np.float64]

REDRAW_MS = 34
BUCKETS = 1000
READOUT_OPACITY = 225
LEGEND_HEIGHT = 26
MOST_NAMES = 12
WHOLE_LINE = 500


class Plot(KeyboardPlot):
    """A plot that follows the theme and tells the value under the cursor."""

    def __init__(self, parent: QWidget | None = None, **options: Any) -> None:
        super().__init__(parent, axisItems=axes(**options.pop("axisItems", {})), enableMenu=False, **options)
        # pyqtgraph's own menu is never shown, but has more widgets than a dialog, which nothing would delete.
        self.destroyed.connect(self.getPlotItem().ctrlMenu.deleteLater)
        for side in SIDES:
            self.getAxis(side).setZValue(BEHIND)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._cross = (pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=0))
        for line in self._cross:
            line.setVisible(False)
            line.setZValue(-1)
            self.addItem(line, ignoreBounds=True)
        self._readout = pg.TextItem(anchor=(1, 0))
        self._readout.setParentItem(self.getPlotItem().getViewBox())
        self._readout.setZValue(10)
        self._readout.setVisible(False)
        self._describe: Callable[[float, float], str] = _describe
        self._streams: list[Stream] = []
        self._redraw = QTimer(self, interval=REDRAW_MS, singleShot=True)
        self._redraw.timeout.connect(self._redraw_if_seen)
        self._waiting = False
        self.scene().sigMouseMoved.connect(self._move_cross)
        theme().changed.connect(self._restyle)
        Plot._restyle(self)

    def set_labels(self, x: str, y: str) -> None:
        """The axes' names with their units."""
        self.setLabel("bottom", x)
        self.setLabel("left", y)
        for name in ("bottom", "left"):
            self.getAxis(name).enableAutoSIPrefix(False)  # "loss (x0.001)" reads worse than 0.695

    def set_readout(self, describe: Callable[[float, float], str]) -> None:
        """Say how (x, y) reads in the corner; nothing is shown for an empty text."""
        self._describe = describe

    def add_legend(self) -> None:
        """Name the curves in a strip above them, on whose left the readout then is; neither covers data.

        Curves added later by `plot(name=...)` or as a named `Stream` are named. A click on one hides it.
        """
        item = self.getPlotItem()
        item.layout.setRowFixedHeight(0, LEGEND_HEIGHT)
        legend = item.addLegend(colCount=MOST_NAMES, horSpacing=12)
        legend.layout.setContentsMargins(0, 0, 0, 0)
        legend.setParentItem(item)
        legend.anchor(itemPos=(1, 0), parentPos=(1, 0), offset=(0, 2))
        self._readout.setParentItem(item)
        Plot._restyle(self)

    def add_stream(self, stream: Stream) -> None:
        """Draw a stream from now on."""
        self._streams.append(stream)
        self.addItem(stream.item)

    def redraw_soon(self) -> None:
        """Draw what streams were given within a thirtieth of a second, with what comes until then.

        Out of sight it waits until the plot is shown.
        """
        if not self._redraw.isActive():
            self._redraw.start()

    def _redraw_if_seen(self) -> None:
        self._waiting = not self.isVisible()
        if not self._waiting:
            self.redraw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._waiting:
            self._redraw_if_seen()

    def redraw(self) -> None:
        """Draw what streams were given now."""
        for stream in self._streams:
            stream.draw()

    def paint(self, painter: QPainter) -> None:
        """Draw the plot as it stands, as large as it is, with lines as thick as on screen on any device."""
        self._hide_cross()
        with self._wider_lines(painter.device().devicePixelRatio()):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.render(painter, QRectF(self.rect()), self.rect())

    @contextmanager
    def _wider_lines(self, ratio: float) -> Iterator[None]:
        """The curves' lines, which are given in device pixels, for a device with smaller ones."""
        data = self.getPlotItem().listDataItems()
        items = [item for item in data if item.opts["pen"] is not None]
        pens = [pg.mkPen(item.opts["pen"]) for item in items]
        for item, pen in zip(items, pens, strict=True):
            wide = pg.mkPen(pen)
            wide.setWidthF(pen.widthF() * ratio)
            item.setPen(wide)
        for item in data:
            item.scatter.setExportMode(True, {"antialias": True})  # drawn, not copied from the screen's dots
        try:
            yield
        finally:
            for item in data:
                item.scatter.setExportMode(False)
            for item, pen in zip(items, pens, strict=True):
                item.setPen(pen)

    def close(self) -> bool:
        # As any widget; pyqtgraph would take the plot apart, and what comes later would find nothing.
        return bool(QGraphicsView.close(self))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hide_cross()

    def _move_cross(self, position: QPointF) -> None:
        box = self.getPlotItem().getViewBox()
        if not box.sceneBoundingRect().contains(position):
            self._hide_cross()
            return
        place = box.mapSceneToView(position)
        for line, value in zip(self._cross, (place.x(), place.y()), strict=True):
            line.setPos(value)
            line.setVisible(True)
        log_x, log_y = (self.getAxis(side).logMode for side in ("bottom", "left"))
        x = 10 ** place.x() if log_x else place.x()
        y = 10 ** place.y() if log_y else place.y()
        words = self._describe(x, y)
        self._readout.setText(words)
        if self.getPlotItem().legend is None:
            self._readout.setPos(box.width() - 4, 2)
        else:
            self._readout.setAnchor((0, 0))
            self._readout.setPos(box.pos().x(), 2)
        self._readout.setVisible(bool(words))

    def _hide_cross(self) -> None:
        for item in (*self._cross, self._readout):
            item.setVisible(False)

    def _restyle(self) -> None:
        palette = theme().palette
        item = self.getPlotItem()
        self.setBackground(palette.panel)
        for name in SIDES:
            axis = item.getAxis(name)
            axis.setPen(pg.mkPen(palette.line))
            axis.setTextPen(pg.mkPen(palette.muted))
        self.showGrid(x=True, y=True, alpha=0.4)
        for line in self._cross:
            line.setPen(pg.mkPen(palette.muted, style=Qt.PenStyle.DotLine))
        self._readout.setColor(palette.text)
        self._readout.fill = pg.mkBrush(faint(palette.panel, READOUT_OPACITY))
        if item.legend is not None:
            item.legend.setLabelTextColor(palette.text)
            for _, words in item.legend.items:  # which take a colour only with a text
                words.setText(words.text)
            item.legend.setBrush(pg.mkBrush(faint(palette.panel, READOUT_OPACITY)))


class Stream:
    """A curve that grows: points are appended to a doubling buffer and drawn at the plot's next redraw.

    What is drawn are the lowest and highest point of each of `BUCKETS` stretches of the visible part, so
    10^6 points take no longer on screen than 10^3 and no peak is lost. x must not descend. The name is in the
    plot's legend while there are points.
    """

    def __init__(self, plot: Plot, name: str = "", **style: Any) -> None:
        self.name = name
        self.item = pg.PlotDataItem(**style)
        self._plot = plot
        self._box = plot.getPlotItem().getViewBox()
        self._x, self._y = np.empty(1024), np.empty(1024)
        self._count = 0
        self.named = False
        self._drawn = True
        self._width = 1.0
        self._box.sigXRangeChanged.connect(self._zoomed)
        plot.add_stream(self)

    @property
    def x(self) -> Points:
        return self._x[: self._count]

    @property
    def y(self) -> Points:
        return self._y[: self._count]

    def paint(self, colour: QColor | str, width: float = 1.0) -> None:
        """Colour the line and its symbols."""
        self._width = width
        self.item.setPen(pg.mkPen(colour, width=width))
        self.item.setSymbolPen(pg.mkPen(colour))
        self.item.setSymbolBrush(pg.mkBrush(colour))

    def append(self, x: Sequence[float] | Points, y: Sequence[float] | Points) -> None:
        """Add points; they are on screen within a thirtieth of a second."""
        count = self._count + len(x)
        if count > len(self._x):
            room = max(count, 2 * len(self._x))
            self._x, self._y = (
                np.concatenate([old, np.empty(room - len(old))]) for old in (self._x, self._y)
            )
        self._x[self._count : count] = x
        self._y[self._count : count] = y
        self._change(count)

    def cut(self, count: int) -> None:
        """Keep the first `count` points."""
        if count < self._count:
            self._change(count)

    def set_y(self, y: Points) -> None:
        """Give all points new heights."""
        self._y[: self._count] = y
        self._change(self._count)

    def clear(self) -> None:
        self.cut(0)

    def draw(self) -> None:
        """Hand what can be seen to the plot, if it has changed."""
        if self._drawn:
            return
        self._drawn = True
        first, last = 0, self._count
        if not self._box.autoRangeEnabled()[0]:
            low, high = self._box.viewRange()[0]
            first = max(int(np.searchsorted(self.x, low)) - 1, 0)
            last = int(np.searchsorted(self.x, high)) + 1
        x, y = envelope(self.x[first:last], self.y[first:last])
        # As one path, a long ragged line wider than a pixel takes Qt's rasteriser a second; in pieces, 10 ms.
        pieces = self._width > 1 and len(x) > WHOLE_LINE
        self.item.curve.setSegmentedLineMode("on" if pieces else "off")
        self.item.setData(x, y)
        legend = self._plot.getPlotItem().legend
        if self.name and legend is not None and self.named != (self._count > 0):
            self.named = not self.named
            if self.named:
                legend.addItem(self.item, self.name)
            else:
                legend.removeItem(self.item)

    def _change(self, count: int) -> None:
        self._count, self._drawn = count, False
        self._plot.redraw_soon()

    def _zoomed(self) -> None:
        """Draw another part, or more of it, unless everything is in view anyhow."""
        if not self._box.autoRangeEnabled()[0]:
            self._change(self._count)


def envelope(x: Points, y: Points) -> tuple[Points, Points]:
    """At most about 2 * BUCKETS points with the same extremes: each bucket's lowest and highest."""
    step = len(x) // BUCKETS
    if step <= 2:
        return x.copy(), y.copy()
    whole = len(x) // step * step
    buckets = y[:whole].reshape(-1, step)
    ends = np.stack([buckets.min(axis=1), buckets.max(axis=1)], axis=1).ravel()
    places = np.repeat(x[:whole:step], 2)
    return np.concatenate([places, x[whole:]]), np.concatenate([ends, y[whole:]])


def faint(colour: str, opacity: int) -> QColor:
    """`colour` (hex) with an opacity of 0..255."""
    seen_through = QColor(colour)
    seen_through.setAlpha(opacity)
    return seen_through


def _describe(x: float, y: float) -> str:
    return f"{x:.4g}, {y:.4g}"
