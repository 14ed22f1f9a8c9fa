"""The accuracy-versus-epsilon chart: curves of sweeps over epsilon, the published points, hover and click."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPen
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base import published
from cxr_gui.core.base.units import from_pixel, to_pixel
from cxr_gui.core.sweep import Quantity
from cxr_gui.ui.attack.sweep.coinciding import Course, Overlap, overlaps
from cxr_gui.ui.attack.sweep.curves import DASHES, DRAWN, Curves, points_in_words
from cxr_gui.ui.attack.sweep.epsilon_scale import EpsilonScale
from cxr_gui.ui.widgets.epsilon_unit import axis_title, epsilons
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.plot_axis import Axis
from cxr_gui.ui.widgets.plots import Plot, faint
from cxr_gui.ui.widgets.theme import theme

NEAR = 14.0  # pixels of the screen within which a point is under the cursor
COVERED = 3.0  # pixels within which one point covers another
BAND_OPACITY = 45
MARKER, RING = 8, 4  # pixels: of a marker, and by how much it is larger for each that lies on it
MOST_RINGS = 3
STRIPE = 4.0  # widths of the line


class SweepChart(Plot):
    """Per cent over epsilon, in the chosen unit below and the other one on top. Colours tell sweeps apart,
    dashes quantities; the markers of a classifier that is not in use are hollow. Where sweeps coincide the
    later ones are striped.
    """

    pointHovered = Signal(str)
    pointClicked = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"top": Axis("top")})
        named(self, "accuracyPlot", "Accuracy versus epsilon")
        self._lines: list[_Line] = []
        self._drawn: list[tuple[Curves, Quantity]] = []
        self._given: tuple[Sequence[Curves], Collection[str], bool, bool] = ((), (), False, False)
        self.scale = EpsilonScale()
        self._fitted: tuple[EpsilonScale, str] | None = None
        item = self.getPlotItem()
        for side in ("bottom", "left", "top"):
            self.getAxis(side).enableAutoSIPrefix(False)
            self.getAxis(side).setStyle(
                hideOverlappingLabels=False
            )  # 100 % and the last epsilon are at the ends
        self.set_labels("", "Share of images (%)")
        self.set_readout(lambda *_: "")  # said below the chart, where it covers no data
        item.setMouseEnabled(x=False, y=False)
        item.hideButtons()
        item.setYRange(0, 100, padding=0.1)  # room for half of "0" and "100", or they are left out
        self.getAxis("left").setTicks([[(share, str(share)) for share in range(0, 101, 20)]])
        self._edges = (pg.PlotCurveItem(), pg.PlotCurveItem())
        self._undecided = pg.FillBetweenItem(*self._edges)
        item.addItem(self._undecided)
        self._published = pg.PlotDataItem(pen=None, symbol="d", symbolSize=10)
        item.addItem(self._published)
        self.scene().sigMouseMoved.connect(self._hover)
        self.scene().sigMouseClicked.connect(lambda event: self._click(event.scenePos(), event.button()))
        self.pressed.connect(lambda place: self._click(place, Qt.MouseButton.LeftButton))
        theme().changed.connect(self._again)
        epsilons().changed.connect(self._again)
        self.draw((), (), False)

    def _again(self) -> None:
        self.draw(*self._given)

    def draw(
        self, sweeps: Sequence[Curves], quantities: Collection[str], show_published: bool, log: bool = False
    ) -> None:
        """Draw these quantities of these sweeps, and nothing else; `log`: epsilon by its logarithm."""
        self._given = (sweeps, quantities, show_published, log)
        self._fit(sweeps, show_published, log)
        chosen = [quantity for quantity in DRAWN if quantity.name in quantities]
        self._drawn = [
            (curves, quantity) for curves in sweeps for quantity in chosen if curves.shows(quantity)
        ]
        found = overlaps([Course(*curves.line(quantity), curves.number) for curves, quantity in self._drawn])
        for place, ((curves, quantity), overlap) in enumerate(zip(self._drawn, found, strict=True)):
            if place == len(self._lines):
                self._lines.append(_Line(self, place))
            self._lines[place].draw(curves, quantity, overlap, self.scale)
        for place, line in enumerate(self._lines):
            line.set_visible(place < len(self._drawn))
        self._shade(sweeps if "certified" in quantities else ())
        palette = theme().palette
        accuracies = [100 * point.accuracy for point in published.POINTS]
        self._published.setData([self.scale.place(epsilon) for epsilon in published.EPSILONS], accuracies)
        self._published.setSymbolPen(pg.mkPen(palette.text, width=1.5))
        self._published.setSymbolBrush(pg.mkBrush(palette.panel))
        self._published.setVisible(show_published)

    def _shade(self, sweeps: Sequence[Curves]) -> None:
        """Hatch what is undecided, of the only sweep: hatchings of several could not be told apart."""
        epsilons, low, high = sweeps[0].undecided if len(sweeps) == 1 else ([], [], [])
        where = [self.scale.place(epsilon) for epsilon in epsilons]
        for edge, values in zip(self._edges, (low, high), strict=True):
            edge.setData(where, values)
        self._undecided.setBrush(QBrush(QColor(theme().palette.muted), Qt.BrushStyle.BDiagPattern))
        self._undecided.setVisible(bool(where))

    def _fit(self, sweeps: Sequence[Curves], show_published: bool, log: bool) -> None:
        ends = [from_pixel(point.epsilon, "model") for curves in sweeps for point in curves.points]
        if show_published or not ends:
            ends += published.EPSILONS
        scale = EpsilonScale.of(ends, log=log)
        fitted = scale, epsilons().unit
        if fitted == self._fitted:  # a growing curve changes no axis, and laying axes out takes milliseconds
            return
        self.scale, self._fitted = scale, fitted
        self.getPlotItem().setXRange(*self.scale.ends, padding=0.04)
        how = ", logarithmic" if log else ""
        for side, unit, detail in (("bottom", epsilons().unit, how), ("top", epsilons().other, "")):
            self.setLabel(side, axis_title(unit, detail))
            self.getAxis(side).setTicks([self.scale.ticks(unit)])

    def nearest(self, position: QPointF) -> list[tuple[Curves, Quantity, int]]:
        """The point of a curve under a place of the scene, and those of others that it covers."""
        box = self.getPlotItem().getViewBox()
        near = []
        for curves, quantity in self._drawn:
            for index, point in enumerate(curves.points):
                place = self.scale.place(from_pixel(point.epsilon, "model"))
                at = box.mapViewToScene(QPointF(place, 100 * quantity.value(point)))
                if (distance := (at - position).manhattanLength()) < NEAR:
                    near.append((distance, at, (curves, quantity, index)))
        if not near:
            return []
        _, there, _ = min(near, key=lambda each: each[0])
        return [point for _, at, point in near if (at - there).manhattanLength() < COVERED]

    def stops(self) -> Sequence[QPointF]:
        """The points, from left to right."""
        box = self.getPlotItem().getViewBox()
        places = [
            box.mapViewToScene(QPointF(self.scale.place(epsilon), value))
            for curves, quantity in self._drawn
            for epsilon, value in zip(*curves.line(quantity), strict=True)
        ]
        return sorted(places, key=lambda place: (place.x(), place.y()))

    def _hover(self, position: QPointF) -> None:
        near = self.nearest(position)
        box = self.getPlotItem().getViewBox()
        if near:
            words = points_in_words(near)
        elif box.sceneBoundingRect().contains(position):
            place = box.mapSceneToView(position)
            epsilon = to_pixel(self.scale.epsilon(place.x()), "model")
            words = f"epsilon {epsilons().both(epsilon)}, {place.y():.1f} %"
        else:
            words = ""
        self.pointHovered.emit(words)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if near else Qt.CursorShape.ArrowCursor)

    def _click(self, position: QPointF, button: Qt.MouseButton) -> None:
        near = self.nearest(position)
        if near and button == Qt.MouseButton.LeftButton:
            curves, _, index = near[0]
            self.pointClicked.emit(curves, index)


class _Line:
    """A curve with its band, made once and given new data as a sweep grows; drawn in its turn, `place`."""

    def __init__(self, chart: SweepChart, place: int) -> None:
        self._low, self._high = pg.PlotCurveItem(), pg.PlotCurveItem()
        self._band = pg.FillBetweenItem(self._low, self._high)
        self._curve, self._stripes, self._markers = (pg.PlotDataItem() for _ in range(3))
        self._items = (self._band, self._curve, self._stripes, self._markers)
        for item in self._items:
            chart.getPlotItem().addItem(item)
        for above_bands in self._items[1:]:
            above_bands.setZValue(1 + place)

    def draw(self, curves: Curves, quantity: Quantity, overlap: Overlap, scale: EpsilonScale) -> None:
        colour, ground = sweep_colour(curves.number), QColor(theme().palette.panel)
        epsilons, values = curves.line(quantity)
        within, low, high = ([], [], []) if overlap.hidden else curves.band(quantity)
        where = [scale.place(epsilon) for epsilon in within]
        self._low.setData(where, low)
        self._high.setData(where, high)
        self._band.setBrush(faint(colour.name(), BAND_OPACITY))
        places = [scale.place(epsilon) for epsilon in epsilons]
        for item, pieces, pen in (
            (self._curve, overlap.plain, pg.mkPen(colour, width=2, style=DASHES[quantity.dash])),
            (self._stripes, overlap.striped, _stripes(colour, overlap)),
        ):
            some = any(pieces)
            connect = np.array(pieces if some else (), np.int32)
            item.setData(places if some else [], values if some else [], pen=pen, connect=connect)
        seen = [(x, y, n) for x, y, n in zip(places, values, overlap.rings, strict=True) if n is not None]
        self._markers.setData(
            [x for x, _, _ in seen],
            [y for _, y, _ in seen],
            pen=None,
            symbol=quantity.symbol,
            symbolSize=[MARKER + RING * min(rings, MOST_RINGS) for _, _, rings in seen],
            symbolPen=pg.mkPen(ground if curves.in_use else colour, width=1 if curves.in_use else 1.5),
            symbolBrush=pg.mkBrush(colour if curves.in_use else ground),
        )

    def set_visible(self, visible: bool) -> None:
        for item in self._items:
            item.setVisible(visible)


def _stripes(colour: QColor, overlap: Overlap) -> QPen:
    """Of a curve that lies on others: each of them shows for one stripe in turn."""
    pen: QPen = pg.mkPen(colour, width=2)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setDashPattern([STRIPE, STRIPE * max(overlap.of - 1, 1)])
    pen.setDashOffset(-STRIPE * overlap.turn)
    return pen


def sweep_colour(number: int) -> QColor:
    """The colour of the sweep of this number."""
    colours = theme().palette.curve
    return QColor(colours[number % len(colours)])
