"""The key of an exported chart tells apart what the chart draws."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect
from PySide6.QtGui import QColor, QFontMetrics, QGuiApplication, QImage, QPainter
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.sweep import Quantity
from cxr_gui.ui.attack.export.sheets import MARGIN, ROOM, chart_sheet
from cxr_gui.ui.attack.sweep.chart import SweepChart
from cxr_gui.ui.attack.sweep.curves import DRAWN
from cxr_gui.ui.attack.sweep.legend import Legend
from cxr_gui.ui.attack.sweep.samples import SAMPLE, paint_quantity
from cxr_gui.ui.widgets.drawings import drawn
from tests.ui.attack.test_chart import curves_of, result

INK = QColor("black")
FRAME = 2
"""Pixels around every window where there is no screen, even a popup."""


def sample(quantity: Quantity) -> QImage:
    image = QImage(SAMPLE, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    painter = QPainter(image)
    paint_quantity(painter, QPointF(SAMPLE.width() / 2, SAMPLE.height() / 2), quantity, INK)
    painter.end()
    return image


def different(one: QImage, two: QImage) -> int:
    """How many pixels of two images of one size are clearly not the same."""
    places = [(x, y) for x in range(one.width()) for y in range(one.height())]
    return sum(abs(one.pixelColor(*at).lightness() - two.pixelColor(*at).lightness()) > 96 for at in places)


@pytest.mark.parametrize(("one", "two"), [*combinations(DRAWN, 2)], ids=lambda quantity: quantity.name)
def test_no_two_quantities_look_alike_in_a_key(one: Quantity, two: Quantity) -> None:
    create_application()
    assert (one.dash, one.symbol) != (two.dash, two.symbol)
    assert different(sample(one), sample(two)) >= 8


@pytest.mark.parametrize("pair", [("noise", "success"), ("unbroken", "auroc")])
def test_the_sheet_draws_the_markers_that_tell_equal_dashes_apart(
    qtbot: QtBot, pair: tuple[str, str]
) -> None:
    create_application()
    chart = SweepChart()
    qtbot.addWidget(chart)
    chart.resize(700, 300)
    curves = curves_of(result())
    before = MARGIN + SAMPLE.width() + 6 + QFontMetrics(chart.font()).horizontalAdvance(curves.title) + ROOM
    samples = []
    for name in pair:
        sheet = drawn(chart_sheet(chart, [curves], {name}, published=False), 96)
        samples.append(sheet.copy(before, chart.height(), SAMPLE.width(), sheet.height() - chart.height()))
    assert different(*samples) >= 8


def test_the_legend_has_an_image_for_each(qtbot: QtBot) -> None:
    create_application()
    legend = Legend()
    qtbot.addWidget(legend)
    images = [box.icon().pixmap(SAMPLE).toImage() for box in legend._quantities.values()]
    assert all(one != two for one, two in combinations(images, 2))


@pytest.mark.parametrize("corner", ["topLeft", "bottomRight"])
def test_the_key_opens_under_its_button_on_the_screen_ready_for_keys(qtbot: QtBot, corner: str) -> None:
    create_application()
    control, legend = QPushButton("Curves"), Legend()
    for widget in (control, legend):
        qtbot.addWidget(widget)
    screen = QGuiApplication.primaryScreen().availableGeometry()
    control.resize(80, 32)
    control.move(screen.topLeft() if corner == "topLeft" else screen.bottomRight() - QPoint(90, 40))
    control.show()
    legend.offer([curves_of(result(noise=False))])
    legend.open_below(control)
    assert legend.isVisible()
    opened, below = QRect(legend.pos(), legend.size()), control.mapToGlobal(QPoint(80, 32))
    assert screen.adjusted(0, 0, FRAME, FRAME).contains(opened)
    if corner == "topLeft":
        assert 0 <= opened.top() - below.y() <= FRAME
    else:
        assert 0 <= opened.right() + 1 - below.x() <= FRAME
    offered = [box for box in legend._quantities.values() if box.isVisible()]
    assert len(offered) == len(legend._offered) > 0
    assert legend.focusWidget() is offered[0]
    legend.close()
    legend.offer(())
    legend.open_below(control)
    assert legend.focusWidget() is legend._published
    legend.close()
