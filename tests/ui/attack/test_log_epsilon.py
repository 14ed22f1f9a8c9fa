"""The logarithmic epsilon axis: 0 set apart, the same points, hover and click where they are drawn."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QCheckBox, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.base import published
from cxr_gui.session.session import Session
from cxr_gui.ui.attack.sweep.chart import SweepChart
from cxr_gui.ui.attack.sweep.epsilon_scale import EpsilonScale
from cxr_gui.ui.attack.sweep.sweep_panel import SweepPanel
from tests.support.patience import LONG
from tests.ui.attack.test_chart import EPSILONS, curves_of, result

LEVELS_PER_MODEL_UNIT = 127.5
SCALE = EpsilonScale.of([0, 0.01, 0.03, 0.1], log=True)


@pytest.fixture
def chart(qtbot: QtBot) -> SweepChart:
    chart = SweepChart()
    qtbot.addWidget(chart)
    chart.resize(600, 400)
    with qtbot.waitExposed(chart):
        chart.show()
    return chart


@given(st.floats(0, 0.1))
def test_a_place_and_its_epsilon_belong_together(epsilon: float) -> None:
    assert SCALE.epsilon(SCALE.place(epsilon)) == pytest.approx(epsilon, abs=1e-12)


@given(st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_more_epsilon_is_further_right(two: tuple[float, float]) -> None:
    low, high = sorted(two)
    assert SCALE.place(low) <= SCALE.place(high)


def test_decades_are_as_wide_and_zero_is_apart() -> None:
    assert SCALE.place(0.1) - SCALE.place(0.01) == pytest.approx(1)
    assert SCALE.place(0.01) - SCALE.place(0) == pytest.approx(0.3)
    assert SCALE.ends == (SCALE.place(0), SCALE.place(0.1))


def test_ticks_are_round_numbers_and_zero() -> None:
    assert [words for _, words in SCALE.ticks()] == ["0", "0.01", "0.02", "0.05", "0.1"]
    levels = SCALE.ticks("255")
    assert [words for _, words in levels] == ["0", "2", "5", "10"]
    assert levels[1][0] == pytest.approx(math.log10(2 / LEVELS_PER_MODEL_UNIT))


@pytest.mark.parametrize(
    ("largest", "words"),
    [
        (0.1, ["0", "0.02", "0.04", "0.06", "0.08", "0.1"]),
        (0.2, ["0", "0.05", "0.1", "0.15", "0.2"]),
        (0.003, ["0", "0.0005", "0.001", "0.0015", "0.002", "0.0025", "0.003"]),
        (1.0, ["0", "0.2", "0.4", "0.6", "0.8", "1"]),
    ],
)
def test_in_proportion_the_last_tick_is_the_largest_epsilon(largest: float, words: list[str]) -> None:
    scale = EpsilonScale.of([0, largest], log=False)
    assert [said for _, said in scale.ticks()] == words
    assert scale.ticks()[-1][0] == pytest.approx(largest)
    levels = [float(said) for _, said in scale.ticks("255")]
    assert levels[0] == 0
    assert largest * LEVELS_PER_MODEL_UNIT * 0.7 <= levels[-1] <= largest * LEVELS_PER_MODEL_UNIT


@pytest.mark.parametrize("epsilons", [[], [0.0]])
def test_without_an_epsilon_above_zero_there_still_is_an_axis(epsilons: list[float]) -> None:
    scale = EpsilonScale.of(epsilons, log=True)
    assert scale.ends[0] < scale.ends[1]


def test_the_points_stand_where_they_are_found_under_the_cursor(qtbot: QtBot, chart: SweepChart) -> None:
    curves = curves_of(result())
    for log in (False, True):
        chart.draw([curves], {"accuracy"}, True, log)
        low, high = chart.getPlotItem().getViewBox().viewRange()[0]
        for index, epsilon in enumerate(2 * EPSILONS):
            place = chart.scale.place(epsilon)
            assert low < place < high
            spot = (
                chart.getPlotItem()
                .getViewBox()
                .mapViewToScene(QPointF(place, 100 * curves.points[index].accuracy))
            )
            assert [found[2] for found in chart.nearest(spot)] == [index]
        shown = chart._published.getData()[0]
        assert shown == pytest.approx([chart.scale.place(epsilon) for epsilon in published.EPSILONS])
    assert "logarithmic" in chart.getAxis("bottom").labelText


def test_an_empty_place_is_said_in_epsilon(qtbot: QtBot, chart: SweepChart) -> None:
    chart.draw([curves_of(result())], {"accuracy"}, False, True)
    box = chart.getPlotItem().getViewBox()
    with qtbot.waitSignal(chart.pointHovered) as hovered:
        chart._hover(box.mapViewToScene(QPointF(math.log10(0.05), 90)))
    assert hovered.args[0].startswith("epsilon 0.05 (6.3")


def test_the_ends_of_the_axes_are_named(chart: SweepChart) -> None:
    for log in (False, True):
        chart.draw([curves_of(result())], {"accuracy"}, False, log)
        chart.grab()
        for side in ("left", "bottom", "top"):
            assert chart.getAxis(side).style["hideOverlappingLabels"] is False
        assert chart.getAxis("bottom")._tickLevels[0][-1][1] == "0.1"


@pytest.mark.parametrize("height", [180, 220, 400])
def test_the_ends_of_the_axes_are_written_however_low_the_chart(chart: SweepChart, height: int) -> None:
    chart.draw([curves_of(result())], {"accuracy"}, False)
    chart.resize(380, height)
    chart.grab()
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    said = {
        side: [words for _, _, words in chart.getAxis(side).generateDrawSpecs(painter)[2]]
        for side in ("left", "bottom")
    }
    painter.end()
    assert (said["left"][0], said["left"][-1]) == ("0", "100")
    assert (said["bottom"][0], said["bottom"][-1]) == ("0", "0.1")


def test_the_check_box_above_the_chart_switches_it(qtbot: QtBot) -> None:
    create_application()
    session = Session()
    page = QWidget()
    qtbot.addWidget(page)
    panel = SweepPanel(session, list, page)
    assert not panel.chart.scale.log
    panel.findChild(QCheckBox, "logToggle").setCheckState(Qt.CheckState.Checked)
    assert panel.chart.scale.log
    assert session.close(LONG)
