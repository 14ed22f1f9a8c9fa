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
from PySide6.QtWidgets import QCheckBox
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import published
from cxr_gui.core.base.metrics import wilson
from cxr_gui.core.base.units import to_pixel
from cxr_gui.core.sweep.quantities import QUANTITIES
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.trust.check import Check
from cxr_gui.ui.attack.sweep.chart import SweepChart, sweep_colour
from cxr_gui.ui.attack.sweep.curves import DRAWN, Curves, brief_titles, points_in_words, same_as
from cxr_gui.ui.attack.sweep.legend import Legend
from cxr_gui.ui.attack.sweep.samples import markers_in_words
from cxr_gui.ui.attack.sweep.sweep_chips import EARLY, OTHER, SweepChip, SweepChips, notes
from cxr_gui.ui.widgets.drawings import Drawing, svg
from cxr_gui.ui.widgets.epsilon_unit import epsilons
from cxr_gui.ui.widgets.theme import theme

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
    return Curves(found.title, found.measure(replicates=0), found, found.parts)


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
    """Its lines: neither the markers on them nor what has no point."""
    items = [item for item in chart.getPlotItem().listDataItems() if item.isVisible()]
    return [item for item in items if item.opts["pen"] is not None and item.xData is not None]


def markers(chart: SweepChart) -> list[pg.PlotDataItem]:
    items = [item for item in chart.getPlotItem().listDataItems() if item.isVisible()]
    return [item for item in items if item.opts["symbol"] is not None and item.xData is not None]


def test_what_is_drawn_is_what_was_asked_for(chart: SweepChart) -> None:
    curves = curves_of(result())
    other = curves_of(result(logits=np.roll(LOGITS, 1, axis=1)))
    chart.draw([curves, replace(other, number=1)], {"accuracy", "sensitivity"}, False)
    lines = drawn(chart)
    assert len(lines) == 4
    assert {tuple(np.round(line.yData)) for line in lines} > {(100, 75, 25, 0), (100, 100, 50, 0)}
    assert len({line.opts["pen"].color().name() for line in lines}) == 2
    assert len({line.opts["pen"].style() for line in lines}) == 2
    chart.draw([], set(), False)
    assert not drawn(chart)


def test_the_published_points_come_when_asked_for(chart: SweepChart) -> None:
    chart.draw([], set(), True)
    (points,) = markers(chart)
    assert tuple(points.xData) == published.EPSILONS
    assert points.yData[0] == pytest.approx(75.2)


def ticks(chart: SweepChart, side: str) -> list[str]:
    return [words for _, words in chart.getAxis(side)._tickLevels[0]]


@pytest.mark.parametrize("log", [False, True])
def test_one_axis_is_in_model_units_and_the_other_in_grey_levels(chart: SweepChart, log: bool) -> None:
    chart.draw([curves_of(result())], {"accuracy"}, False, log)
    titles = ["Epsilon (model units)", "Epsilon (n/255)"]
    sides = ["bottom", "top"]
    model, levels = (ticks(chart, side) for side in sides)
    assert (model[-1], levels[-1]) == (("0.1", "10") if log else ("0.1", "12"))
    how = ", logarithmic)" if log else ")"
    assert [chart.getAxis(side).labelText for side in sides] == [titles[0][:-1] + how, titles[1]]
    places = chart._lines[0]._curve.xData
    epsilons().set_unit("255")
    assert [chart.getAxis(side).labelText for side in sides] == [titles[1][:-1] + how, titles[0]]
    assert [ticks(chart, side) for side in sides] == [levels, model]
    assert np.array_equal(chart._lines[0]._curve.xData, places)
    epsilons().set_unit("model")
    assert [ticks(chart, side) for side in sides] == [model, levels]
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
    assert "epsilon 0.05 (6.38/255): Accuracy 25.0 %" in hovered.args[0]
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


def test_sweeps_that_coincide_are_drawn_in_stripes_and_rings(chart: SweepChart) -> None:
    curves = curves_of(result())
    chart.draw([curves, replace(curves, number=1), replace(curves, number=2)], {"accuracy"}, False)
    lines, points = drawn(chart), markers(chart)
    assert [line.opts["pen"].color().name() for line in lines] == [sweep_colour(n).name() for n in range(3)]
    offsets = [line.opts["pen"].dashOffset() for line in lines]
    assert len(set(offsets)) == 3, "each shows between the stripes of the others"
    sizes = [point.opts["symbolSize"][0] for point in points]
    assert sizes == sorted(set(sizes), reverse=True), "the later ones are inside the earlier ones"


def test_of_one_sweep_a_curve_on_another_is_not_drawn_twice_and_the_key_says_so(chart: SweepChart) -> None:
    curves = curves_of(result())
    chart.draw([curves], {"accuracy", "balanced", "unbroken"}, False)
    assert len(drawn(chart)) == len(markers(chart)) == 1
    chosen = [QUANTITY[name] for name in ("accuracy", "noise", "unbroken")]
    assert {name: other.name for name, other in same_as([curves], chosen).items()} == {"unbroken": "accuracy"}
    place = place_of(chart, 0.05, 25)
    said: list[str] = []
    chart.pointHovered.connect(said.append)
    chart.scene().sigMouseMoved.emit(place)
    assert said[-1].endswith("here too: Balanced accuracy; Correct at all smaller epsilons")


def test_what_is_not_of_the_classifier_in_use_is_hollow(chart: SweepChart) -> None:
    curves = curves_of(result())
    chart.draw([curves, replace(curves, number=1, in_use=False)], {"noise"}, False)
    used, other = markers(chart)
    ground = QColor(theme().palette.panel).name()
    assert used.opts["symbolBrush"].color().name() == sweep_colour(0).name()
    assert other.opts["symbolBrush"].color().name() == ground
    assert other.opts["symbolPen"].color().name() == sweep_colour(1).name()


def test_sweeps_are_named_by_what_differs_between_them() -> None:
    found = curves_of(result())
    standard = replace(found, parts=("Standard", "FGSM", "rgb", "n = 4"))
    robust = replace(found, parts=("Robust", "FGSM", "rgb", "n = 4"))
    pgd = replace(found, parts=("Robust", "PGD", "rgb", "n = 4"))
    assert brief_titles([standard]) == ["FGSM"]
    assert brief_titles([standard, robust]) == ["Standard", "Robust"]
    assert brief_titles([robust, pgd]) == ["FGSM", "PGD"]
    assert brief_titles([standard, robust, pgd]) == ["Standard, FGSM", "Robust, FGSM", "Robust, PGD"]
    assert brief_titles([standard, standard]) == ["FGSM", "FGSM (2)"]
    assert brief_titles([Curves("growing", ())]) == ["growing"]
    assert brief_titles([]) == []


def test_the_legend_chooses_the_curves(qtbot: QtBot) -> None:
    create_application()
    legend = Legend()
    qtbot.addWidget(legend)
    assert (legend.quantities, legend.published) == (set(), False), "there is nothing to draw"
    legend.offer([curves_of(result())])
    assert legend.quantities == {"accuracy", "balanced", "noise", "unbroken"}
    for name in ("sensitivityToggle", "publishedToggle"):
        box = legend.findChild(QCheckBox, name)
        with qtbot.waitSignal(legend.choiceChanged):
            box.click()
    assert "sensitivity" in legend.quantities
    assert legend.published


def test_the_legend_offers_what_a_sweep_has(qtbot: QtBot) -> None:
    create_application()
    legend = Legend()
    qtbot.addWidget(legend)
    box = legend.findChild(QCheckBox, "certifiedToggle")
    bare, proven = (
        curves_of(replace(result(), certified=radii)) for radii in (None, np.array([0.02, 0.0, 0.0, 0.0]))
    )
    legend.offer([bare])
    assert box.isHidden()
    assert "certified" not in legend.quantities
    legend.offer([bare, proven])
    assert not box.isHidden()
    assert "certified" in legend.quantities
    assert legend.findChild(QCheckBox, "unbrokenToggle").text().endswith(": as Accuracy")


def test_the_chips_name_the_sweeps_and_say_what_there_is_to_know(qtbot: QtBot) -> None:
    create_application()
    chips = SweepChips()
    qtbot.addWidget(chips)
    curves = curves_of(result())
    chips.show_sweeps([curves, replace(curves, in_use=False, shown=False)])
    one, other = chips.findChildren(SweepChip)
    assert one.text() == "\N{WARNING SIGN} FGSM"
    title = "FGSM, rgb, n = 4".replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}")
    assert one.toolTip().startswith(title)
    assert "1 of 2 trust checks passed" in one.toolTip()
    assert (OTHER in one.toolTip(), OTHER in other.toolTip()) == (False, True)
    assert (one.font().strikeOut(), other.font().strikeOut()) == (False, True)
    early = replace(result(), attack=create_attack("apgd"))
    assert EARLY in notes(curves_of(early))
    chips.show_sweeps([])
    assert one.isHidden()


def test_the_legend_does_not_cover_the_data(chart: SweepChart) -> None:
    assert chart.getPlotItem().legend is None


@pytest.mark.parametrize("width", [200, 420, 700])
def test_of_names_that_do_not_fit_the_longest_are_shortened(qtbot: QtBot, width: int) -> None:
    create_application()
    chips = SweepChips()
    qtbot.addWidget(chips)
    found = curves_of(result())
    names = ("A", "Standard Kermany CNN", "Robust classifier of many words", "B")
    chips.show_sweeps([replace(found, parts=(name, "FGSM"), number=n) for n, name in enumerate(names)])
    chips.resize(width, 30)
    chips.show()
    qtbot.waitExposed(chips)
    one, standard, robust, other = chips.findChildren(SweepChip)

    def fit() -> bool:
        whole = [chip.width() >= min(chip.sizeHint().width(), width // 4 - 4) for chip in (one, other)]
        return all(whole) and one.width() <= standard.width() <= robust.width() and other.x() < width

    qtbot.waitUntil(fit)


def test_a_nan_is_no_point(chart: SweepChart) -> None:
    only_negative = result()
    point = only_negative.measure(replicates=0)[0]
    assert math.isnan(point.auroc_ci[0])
    assert curves_of(only_negative).band(QUANTITY["auroc"]) == ([], [], [])


def test_words_of_a_point_without_an_interval() -> None:
    assert points_in_words([(curves_of(result()), QUANTITY["constant"], 0)]).endswith(
        "Constant answer 50.0 %"
    )


def test_the_kind_of_noise_that_won_is_named() -> None:
    curves = curves_of(replace(result(), noise_scales=(1, 8, 8, 0)))
    assert points_in_words([(curves, QUANTITY["noise"], 1)]).endswith(
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


def test_markers_are_named_where_there_are_several() -> None:
    shown = [QUANTITIES[name] for name in ("accuracy", "noise", "certified")]
    words = markers_in_words(shown)
    assert words.startswith("Circles: accuracy, squares: ")
    assert words.endswith("hexagons: certified.")
    assert markers_in_words(shown[:1]) == ""
