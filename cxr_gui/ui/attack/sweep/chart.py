"""The accuracy-versus-epsilon chart: curves of sweeps over epsilon, the published points, hover and click."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QWidget

from cxr_gui.core.base import published
from cxr_gui.core.base.units import describe_epsilon, from_pixel, to_pixel
from cxr_gui.core.sweep import Quantity
from cxr_gui.ui.attack.sweep.curves import DASHES, DRAWN, Curves, point_in_words
from cxr_gui.ui.attack.sweep.epsilon_scale import LEVELS_PER_MODEL_UNIT, EpsilonScale
from cxr_gui.ui.widgets.factories import named
from cxr_gui.ui.widgets.plot_axis import Axis
from cxr_gui.ui.widgets.plots import Plot
from cxr_gui.ui.widgets.theme import theme

NEAR = 14.0  # pixels of the screen within which a point is under the cursor
BAND_OPACITY = 45


class SweepChart(Plot):
    """Per cent over epsilon in model units, n/255 on top. Colours tell sweeps apart, dashes quantities."""

    pointHovered = Signal(str)
    pointClicked = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"top": Axis("top")})
        named(self, "accuracyPlot", "Accuracy versus epsilon")
        self._lines: dict[tuple[int, str], _Line] = {}
        self._drawn: list[tuple[Curves, Quantity]] = []
        self._given: tuple[Sequence[Curves], Collection[str], bool, bool] = ((), (), False, False)
        self.scale = EpsilonScale()
        self._fitted: EpsilonScale | None = None
        item = self.getPlotItem()
        for side in ("bottom", "left", "top"):
            self.getAxis(side).enableAutoSIPrefix(False)
            self.getAxis(side).setStyle(
                hideOverlappingLabels=False
            )  # 100 % and the last epsilon are at the ends
        self.set_labels("Epsilon (model units)", "Share of images (%)")
        self.setLabel("top", "Epsilon (n/255)")
        self.set_readout(lambda *_: "")  # said below the chart, where it covers no data
        item.getAxis("top").setScale(LEVELS_PER_MODEL_UNIT)
        item.setMouseEnabled(x=False, y=False)
        item.setMenuEnabled(False)
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
        wanted = set()
        for number, curves in enumerate(sweeps):
            for quantity in filter(curves.shows, chosen):
                wanted.add((number, quantity.name))
                line = self._lines.get((number, quantity.name))
                if line is None:
                    line = self._lines[number, quantity.name] = _Line(self)
                line.draw(curves, quantity, sweep_colour(number), self.scale)
        for key, line in self._lines.items():
            line.set_visible(key in wanted)
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
        if scale == self._fitted:  # a growing curve changes no axis, and laying axes out takes milliseconds
            return
        self.scale = self._fitted = scale
        self.getPlotItem().setXRange(*self.scale.ends, padding=0.04)
        self.setLabel("bottom", f"Epsilon (model units{', logarithmic' if log else ''})")
        for side, per_model_unit in (("bottom", 1.0), ("top", LEVELS_PER_MODEL_UNIT)):
            self.getAxis(side).setTicks([self.scale.ticks(per_model_unit)])

    def nearest(self, position: QPointF) -> tuple[Curves, Quantity, int] | None:
        """The point of a curve under a place of the scene."""
        found, shortest = None, NEAR
        box = self.getPlotItem().getViewBox()
        for curves, quantity in self._drawn:
            for index, point in enumerate(curves.points):
                place = self.scale.place(from_pixel(point.epsilon, "model"))
                value = QPointF(place, 100 * quantity.value(point))
                distance = (box.mapViewToScene(value) - position).manhattanLength()
                if distance < shortest:
                    found, shortest = (curves, quantity, index), distance
        return found

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
        if near is not None:
            words = point_in_words(*near)
        elif box.sceneBoundingRect().contains(position):
            place = box.mapSceneToView(position)
            epsilon = to_pixel(self.scale.epsilon(place.x()), "model")
            words = f"epsilon {describe_epsilon(epsilon)}, {place.y():.1f} %"
        else:
            words = ""
        self.pointHovered.emit(words)
        self.viewport().setCursor(
            Qt.CursorShape.ArrowCursor if near is None else Qt.CursorShape.PointingHandCursor
        )

    def _click(self, position: QPointF, button: Qt.MouseButton) -> None:
        near = self.nearest(position)
        if near is not None and button == Qt.MouseButton.LeftButton:
            self.pointClicked.emit(near[0], near[2])


class _Line:
    """A curve with its band, made once and given new data as a sweep grows."""

    def __init__(self, chart: SweepChart) -> None:
        self._low, self._high = pg.PlotCurveItem(), pg.PlotCurveItem()
        self._band = pg.FillBetweenItem(self._low, self._high)
        self._curve = pg.PlotDataItem()
        for item in (self._band, self._curve):
            chart.getPlotItem().addItem(item)

    def draw(self, curves: Curves, quantity: Quantity, colour: QColor, scale: EpsilonScale) -> None:
        epsilons, values = curves.line(quantity)
        within, low, high = curves.band(quantity)
        where = [scale.place(epsilon) for epsilon in within]
        self._low.setData(where, low)
        self._high.setData(where, high)
        veil = QColor(colour)
        veil.setAlpha(BAND_OPACITY)
        self._band.setBrush(veil)
        self._curve.setData(
            [scale.place(epsilon) for epsilon in epsilons],
            values,
            pen=pg.mkPen(colour, width=2, style=DASHES[quantity.dash]),
            symbol=quantity.symbol,
            symbolSize=7,
            symbolPen=pg.mkPen(colour),
            symbolBrush=pg.mkBrush(colour),
        )

    def set_visible(self, visible: bool) -> None:
        self._band.setVisible(visible)
        self._curve.setVisible(visible)


def sweep_colour(number: int) -> QColor:
    """The colour of the sweep of this number."""
    colours = theme().palette.curve
    return QColor(colours[number % len(colours)])
