"""Charts: the numbers on the lines, the units on the axes, and files of the size asked for."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import published
from cxr_gui.core.base.errors import ArgumentError, OutputError, SettingsError
from cxr_gui.core.report import charts, drawing
from cxr_gui.core.report.confusion import confusion_chart
from cxr_gui.core.training.events import EpochRow
from tests.support.contrasts import assert_legible
from tests.support.report_samples import sweep_result


def lines(axes: Axes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    return {str(line.get_label()): (line.get_xdata(), line.get_ydata()) for line in axes.get_lines()}


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_accuracy_chart_draws_the_points_in_model_units_and_per_cent():
    result = sweep_result()
    figure = charts.accuracy_chart([result], published=True)
    drawn = lines(figure.axes[0])
    x, y = drawn["Accuracy, FGSM (rgb)"]
    assert x == pytest.approx(published.EPSILONS)
    assert y == pytest.approx([100 * point.accuracy for point in result.points])
    assert drawn["Accuracy, published"][1] == pytest.approx([75.2, 67.6, 57.5, 45.5, 14.6])
    assert drawn["Not broken by any epsilon up to x"][1] == pytest.approx(y)
    assert drawn["Accuracy, random noise of the same epsilon (pixel noise)"][1][-1] > y[-1] + 20


def test_accuracy_chart_names_its_units_and_keeps_the_legend_off_the_data():
    figure = charts.accuracy_chart([sweep_result()])
    axes = figure.axes[0]
    assert axes.get_xlabel() == "Epsilon (model units, images in [-1, 1])"
    assert axes.get_ylabel() == "Accuracy (%)"
    figure.draw_without_rendering()
    upper = axes.child_axes[0]
    assert upper.get_xlabel() == "Epsilon (n/255)"
    assert upper.get_xlim()[1] == pytest.approx(127.5 * axes.get_xlim()[1])
    assert not figure.legends[0].get_window_extent().overlaps(axes.get_window_extent())


def test_the_band_is_the_wilson_interval():
    result = sweep_result(negative=20, positive=20)
    figure = charts.accuracy_chart([result])
    corners = figure.axes[0].collections[0].get_paths()[0].vertices
    low, high = result.points[0].accuracy_ci
    at_zero = corners[corners[:, 0] == 0, 1]
    assert at_zero.min() == pytest.approx(100 * low)
    assert at_zero.max() == pytest.approx(100 * high)


def test_an_overlay_tells_its_sweeps_apart_and_leaves_the_controls_out():
    first, second = sweep_result(), sweep_result(attack=create_attack("pgd"), threat="grey")
    figure = charts.accuracy_chart([first, second])
    assert legend(figure) == [
        "FGSM (rgb)",
        f"{second.attack_title} (grey)",
        "Constant answer PNEUMONIA",
    ]
    assert [axes.get_ylabel() for axes in figure.axes[:2]] == ["Accuracy (%)", "Balanced accuracy (%)"]
    for axes, name in zip(figure.axes, ("accuracy", "balanced_accuracy"), strict=False):
        *sweeps, constant = axes.get_lines()
        assert len({line.get_color() for line in sweeps}) == 2
        for line, sweep in zip(sweeps, (first, second), strict=True):
            assert line.get_ydata() == pytest.approx([100 * getattr(point, name) for point in sweep.points])
        assert constant.get_ydata()[0] == pytest.approx(62.5 if name == "accuracy" else 50)
    assert "a" in legend(charts.accuracy_chart([first, second], names=["a", "b"], controls=True))


def test_no_two_of_twenty_sweeps_are_drawn_alike():
    for styles in (charts.STYLES, charts.DASHES):
        assert len({charts.look(number, styles) for number in range(20)}) == 20


def test_balanced_accuracy_and_the_constant_answer_stand_beside_accuracy():
    result = sweep_result()
    drawn = lines(charts.accuracy_chart([result]).axes[0])
    balanced = drawn["Balanced accuracy, FGSM (rgb)"][1]
    assert balanced == pytest.approx([100 * point.balanced_accuracy for point in result.points])
    assert drawn["Constant answer PNEUMONIA (balanced: 50 %)"][1][0] == pytest.approx(62.5)


def test_epsilons_asked_for_in_any_order_are_drawn_from_left_to_right():
    result = sweep_result()
    back = replace(
        result,
        epsilons=result.epsilons[::-1],
        logits=result.logits[::-1],
        noise_logits=result.noise_logits[::-1],
    )
    x, y = lines(charts.accuracy_chart([back]).axes[0])["Accuracy, FGSM (rgb)"]
    assert list(x) == sorted(x)
    assert list(y) == sorted(y, reverse=True)


def test_a_sweep_without_noise_control_draws_no_empty_line():
    assert "random noise" not in " ".join(legend(charts.accuracy_chart([sweep_result(noise_logits=None)])))


def test_learning_curve_leaves_gaps_and_omits_what_was_not_measured():
    history = [
        EpochRow(epoch=1, train_loss=0.5, train_accuracy=0.8, validation_loss=0.6, validation_accuracy=0.7),
        EpochRow(epoch=2, train_loss=0.3, train_accuracy=0.9),
    ]
    figure = charts.learning_curve(history)
    loss, accuracy = figure.axes
    assert lines(loss)["Training"][1] == pytest.approx([0.5, 0.3])
    assert lines(accuracy)["Training"][1] == pytest.approx([80, 90])
    assert lines(accuracy)["Validation"][1] == pytest.approx([70, np.nan], nan_ok=True)
    assert legend(figure) == ["Training", "Validation"]
    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("Loss (binary cross-entropy)", "Accuracy (%)")


def test_critical_epsilon_chart_counts_those_right_at_first():
    result = sweep_result()
    drawn = lines(charts.critical_epsilon_chart(result).axes[0])
    right = int(result.right_at_start[result.labels == 0].sum())
    x, y = drawn[f"NORMAL (n = {right})"]
    assert right < published.NEGATIVE_IMAGES
    assert (x[0], y[0], x[-1]) == (0, 0, pytest.approx(0.1))
    flipped = np.isfinite(result.critical) & result.right_at_start & (result.labels == 0)
    assert y[-1] == pytest.approx(100 * flipped.sum() / right)


def test_critical_epsilon_chart_refuses_a_sweep_without_them():
    with pytest.raises(ArgumentError, match="critical"):
        charts.critical_epsilon_chart(sweep_result(critical=None))


def test_confusion_shows_every_count():
    result = sweep_result(negative=10, positive=20)
    figure = confusion_chart(result.points, result.classes)
    assert len(figure.axes) == len(result.points)
    point = result.points[0]
    shown = [text.get_text().split("\n")[0] for text in figure.axes[0].texts]
    assert shown == [str(count) for count in (point.tn, point.fp, point.fn, point.tp)]
    for axes in figure.axes:
        assert_legible(axes)


def test_a_class_name_is_never_read_as_a_formula(tmp_path):
    result = sweep_result(classes=("a$_b$", "50 % \\frac{"))
    for number, figure in enumerate(
        (charts.critical_epsilon_chart(result), confusion_chart(result.points, result.classes))
    ):
        charts.save_figure(figure, tmp_path / f"{number}.svg")


@pytest.mark.parametrize("dpi", [150, 300])
def test_png_has_the_size_its_dpi_asks_for(tmp_path, dpi):
    path = charts.save_figure(charts.accuracy_chart([sweep_result()]), tmp_path / "chart.png", dpi=dpi)
    with Image.open(path) as image:
        assert image.size == (round(7.8 * dpi), round(4.8 * dpi))
        assert image.info["dpi"] == pytest.approx((dpi, dpi), rel=1e-3)


def test_svg_and_pdf_are_what_they_say(tmp_path):
    figure = charts.accuracy_chart([sweep_result()])
    assert b"<svg" in charts.save_figure(figure, tmp_path / "chart.svg").read_bytes()
    assert charts.save_figure(figure, tmp_path / "chart.PDF").read_bytes().startswith(b"%PDF")


def test_an_unknown_format_and_an_impossible_place_are_refused(tmp_path):
    figure = charts.accuracy_chart([sweep_result()])
    with pytest.raises(SettingsError, match="bmp"):
        charts.save_figure(figure, tmp_path / "chart.bmp")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError):
        charts.save_figure(figure, tmp_path / "file" / "chart.png")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_charts_can_be_drawn_in_several_threads_at_once():
    result = sweep_result()
    expected = drawing.render(charts.accuracy_chart([result]), "png")
    drawn: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: drawn.append(drawing.render(charts.accuracy_chart([result]), "png")))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert drawn == [expected] * 4


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (("a", "b"), 2),
        (
            (
                "Sweep 1: compact_cnn (recipe demo), FGSM, rgb",
                "Sweep 2: compact_cnn (recipe demo), FGSM, rgb",
            ),
            1,
        ),
        (("x" * 200, "two words " * 20), 1),
    ],
)
def test_no_name_in_a_legend_is_clipped(names, columns):
    figure = charts.critical_comparison([sweep_result(), sweep_result()], names)
    figure.draw_without_rendering()
    legend = figure.legends[0]
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
    assert legend._ncols == columns
