"""The accuracy-versus-epsilon chart: what it draws, what it says, what its legend chooses."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QLabel
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import published
from cxr_gui.core.base.metrics import wilson
from cxr_gui.core.base.units import to_pixel
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.trust.check import Check
from cxr_gui.ui.attack.sweep.chart import SweepChart, sweep_colour
from cxr_gui.ui.attack.sweep.curves import DRAWN, Curves, point_in_words, sweep_title
from cxr_gui.ui.attack.sweep.flipped import FlippedList
from cxr_gui.ui.attack.sweep.legend import Legend
from cxr_gui.ui.widgets.drawings import Drawing, svg

LABELS = np.array([0, 0, 1, 1])
LOGITS = np.array([[-1, -1, 1, 1], [-1, 1, 1, 1], [1, 1, 1, -1], [1, 1, -1, -1]], np.float32)
EPSILONS = np.array([to_pixel(value, "model") for value in (0.0, 0.02, 0.05, 0.1)])
CHECKS = (
    Check("noise", True, 1.0, "Noise is weaker."),
    Check("large", False, 0.2, "A large epsilon leaves 20 %."),
)


def result(*, noise: bool = True, logits: NDArray[np.float32] = LOGITS) -> SweepResult:
    return SweepResult(
        epsilons=EPSILONS,
        logits=logits,
        clean_logits=logits[0],
        labels=LABELS,
        rows=np.arange(4),
        threshold_logit=0.0,
        classes=("NORMAL", "PNEUMONIA"),
        attack=create_attack("fgsm"),
        threat="rgb",
        noise_logits=np.repeat(logits[:1], 4, axis=0) if noise else None,
        critical=np.array([0.02, 0.005, 0.04, 0.02]),
        paths=("NORMAL/a.png", "NORMAL/b.png", "PNEUMONIA/c.png", "PNEUMONIA/d.png"),
        checks=CHECKS,
    )


def curves_of(found: SweepResult) -> Curves:
    return Curves(sweep_title(found), found.measure(replicates=0), found)


QUANTITY = {quantity.name: quantity for quantity in DRAWN}


@pytest.fixture
def chart(qtbot: QtBot) -> SweepChart:
    create_application()
    chart = SweepChart()
    qtbot.addWidget(chart)
    chart.resize(700, 400)
    chart.show()
    qtbot.waitExposed(chart)
    return chart


def test_a_curve_is_per_cent_over_model_units() -> None:
    epsilons, values = curves_of(result()).line(QUANTITY["accuracy"])
    assert epsilons == pytest.approx([0.0, 0.02, 0.05, 0.1])
    assert values == pytest.approx([100, 75, 25, 0])


def test_the_band_is_wilsons() -> None:
    _, low, high = curves_of(result()).band(QUANTITY["accuracy"])
    expected = wilson(3, 4)
    assert (low[1] / 100, high[1] / 100) == pytest.approx(expected)


def test_the_control_is_left_out_where_it_was_not_run() -> None:
    assert curves_of(result(noise=False)).line(QUANTITY["noise"]) == ([], [])
    assert curves_of(result()).line(QUANTITY["noise"])[1] == pytest.approx([100] * 4)


def test_images_that_recover_stay_broken() -> None:
    recovers = LOGITS.copy()
    recovers[3] = LOGITS[0]
    curves = curves_of(result(logits=recovers))
    assert curves.line(QUANTITY["accuracy"])[1][3] == 100
    assert curves.line(QUANTITY["unbroken"])[1][3] == pytest.approx(25)


def drawn(chart: SweepChart) -> list[pg.PlotDataItem]:
    return [item for item in chart.getPlotItem().listDataItems() if item.isVisible()]


def test_what_is_drawn_is_what_was_asked_for(chart: SweepChart) -> None:
    curves = curves_of(result())
    chart.draw([curves, curves], {"accuracy", "sensitivity"}, False)
    lines = drawn(chart)
    assert len(lines) == 4
    assert {tuple(np.round(line.yData)) for line in lines} == {(100, 75, 25, 0), (100, 100, 50, 0)}
    assert len({line.opts["pen"].color().name() for line in lines}) == 2
    assert len({line.opts["pen"].style() for line in lines}) == 2
    chart.draw([], set(), False)
    assert not drawn(chart)


def test_the_published_points_come_when_asked_for(chart: SweepChart) -> None:
    chart.draw([], set(), True)
    (points,) = drawn(chart)
    assert tuple(points.xData) == published.EPSILONS
    assert points.yData[0] == pytest.approx(75.2)


def test_the_upper_axis_is_in_grey_levels(chart: SweepChart) -> None:
    curves = curves_of(result())
    chart.draw([curves], {"accuracy"}, False)
    lower, upper = chart.getAxis("bottom"), chart.getAxis("top")
    assert upper.scale / lower.scale == pytest.approx(127.5)
    assert "255" in upper.labelText
    assert "model" in lower.labelText
    assert "%" in chart.getAxis("left").labelText


def test_it_grows_with_a_sweep_and_keeps_its_items(chart: SweepChart) -> None:
    curves = curves_of(result())
    chart.draw([Curves("growing", curves.points[:2])], {"accuracy"}, False)
    items = len(chart.getPlotItem().items)
    chart.draw([curves], {"accuracy"}, False)
    assert len(chart.getPlotItem().items) == items
    low, high = chart.getPlotItem().getViewBox().viewRange()[0]
    assert low <= 0
    assert high >= 0.1


def place_of(chart: SweepChart, epsilon: float, per_cent: float) -> QPointF:
    return chart.getPlotItem().getViewBox().mapViewToScene(QPointF(epsilon, per_cent))


def test_hovering_a_point_says_its_values(chart: SweepChart, qtbot: QtBot) -> None:
    curves = curves_of(result())
    chart.draw([curves], {"accuracy"}, False)
    with qtbot.waitSignal(chart.pointHovered) as hovered:
        chart.scene().sigMouseMoved.emit(place_of(chart, 0.05, 25))
    low, high = wilson(1, 4)
    assert "epsilon 0.05 (6.4/255): Accuracy 25.0 %" in hovered.args[0]
    assert f"({100 * low:.1f} to {100 * high:.1f})" in hovered.args[0]
    with qtbot.waitSignal(chart.pointHovered) as hovered:
        chart.scene().sigMouseMoved.emit(place_of(chart, 0.08, 90))
    assert hovered.args[0].startswith("epsilon 0.08 (10.2/255), 90")


def test_clicking_a_point_says_which(chart: SweepChart, qtbot: QtBot) -> None:
    curves = curves_of(result())
    chart.draw([curves], {"accuracy"}, False)
    with qtbot.waitSignal(chart.pointClicked) as clicked:
        place = chart.mapFromScene(place_of(chart, 0.02, 75))
        qtbot.mouseClick(chart.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert clicked.args == [curves, 1]


def test_the_flipped_are_listed_most_fragile_first(qtbot: QtBot) -> None:
    create_application()
    names = FlippedList()
    qtbot.addWidget(names)
    assert names.show_point(curves_of(result()), 2)
    assert [names.list.item(row).text() for row in range(names.list.count())] == ["b.png", "a.png", "d.png"]
    with qtbot.waitSignal(names.imageChosen) as chosen:
        names.list.itemClicked.emit(names.list.item(1))
    assert chosen.args == ["NORMAL/a.png"]
    assert not names.show_point(Curves("growing", curves_of(result()).points), 2)


def test_the_legend_chooses_the_curves_and_names_the_sweeps(qtbot: QtBot) -> None:
    create_application()
    legend = Legend()
    qtbot.addWidget(legend)
    assert legend.quantities == {"accuracy", "balanced", "certified", "noise", "unbroken"}
    assert not legend.published
    for name in ("sensitivityToggle", "publishedToggle"):
        box = legend.findChild(QCheckBox, name)
        with qtbot.waitSignal(legend.choiceChanged):
            box.click()
    assert "sensitivity" in legend.quantities
    assert legend.published
    legend.name_sweeps([curves_of(result())])
    texts = [label.text() for label in legend.findChildren(QLabel)]
    title = "FGSM, rgb, n = 4".replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
    assert any(title in text and sweep_colour(0).name() in text for text in texts)
    assert any("1 of 2 trust checks passed" in text for text in texts)


def test_the_legend_does_not_cover_the_data(chart: SweepChart) -> None:
    assert chart.getPlotItem().legend is None


def test_a_nan_is_no_point(chart: SweepChart) -> None:
    only_negative = result()
    point = only_negative.measure(replicates=0)[0]
    assert math.isnan(point.auroc_ci[0])
    assert curves_of(only_negative).band(QUANTITY["auroc"]) == ([], [], [])


def test_words_of_a_point_without_an_interval() -> None:
    assert point_in_words(curves_of(result()), QUANTITY["constant"], 0).endswith("Constant answer 50.0 %")


def test_the_kind_of_noise_that_won_is_named() -> None:
    curves = curves_of(replace(result(), noise_scales=(1, 8, 8, 0)))
    assert point_in_words(curves, QUANTITY["noise"], 1).endswith(
        "Random noise (blocks of 8 x 8) 100.0 % (51.0 to 100.0)"
    )
    assert (
        QUANTITY["noise"].detailed("Random noise", curves.points)
        == "Random noise (blocks of 8 x 8, uniform shift)"
    )


def test_a_chart_is_drawn_elsewhere_with_its_curves(chart: SweepChart) -> None:
    chart.draw([curves_of(result())], {"accuracy"}, True)
    drawing = svg(Drawing("chart", chart.size(), QColor("white"), chart.paint))
    assert sweep_colour(0).name() in drawing.decode().lower()
