"""Plots: what was appended is what is drawn, however it came, and exports can be opened."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pyqtgraph as pg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PySide6.QtCore import QByteArray, QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.training.events import BatchDone, EpochRow
from cxr_gui.ui.training.curves import AccuracyPlot, LossPlot
from cxr_gui.ui.training.smoothing import running_mean
from cxr_gui.ui.widgets import drawings
from cxr_gui.ui.widgets.drawings import PRINT_DPI, SCREEN_DPI, Drawing
from cxr_gui.ui.widgets.plots import BUCKETS, Plot, Stream, envelope
from cxr_gui.ui.widgets.theme import theme
from tests.support.contrasts import contrast
from tests.support.patience import SOON


@pytest.fixture
def plot(qtbot: QtBot) -> Plot:
    create_application([])
    plot = Plot()
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    return plot


@pytest.fixture
def loss_plot(qtbot: QtBot) -> LossPlot:
    create_application([])
    plot = LossPlot()
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    return plot


@pytest.fixture
def dark() -> Iterator[None]:
    create_application([])
    mode = theme().mode
    theme().set_mode("dark")
    yield
    theme().set_mode(mode)


def drawn(stream: Stream) -> tuple[np.ndarray, np.ndarray]:
    x, y = stream.item.getOriginalDataset()
    return (np.empty(0), np.empty(0)) if x is None else (x, y)


# -- streams -----------------------------------------------------------------------------------------------


def test_a_stream_keeps_every_point_in_order(plot: Plot) -> None:
    stream = Stream(plot)
    values = np.random.default_rng(0).normal(size=1500)
    for start in range(0, 1500, 37):
        stream.append(range(start, min(start + 37, 1500)), values[start : start + 37])
    plot.redraw()
    np.testing.assert_array_equal(stream.x, np.arange(1500))
    np.testing.assert_array_equal(stream.y, values)
    np.testing.assert_array_equal(drawn(stream)[1], values)


def test_what_comes_quickly_is_drawn_together_and_soon(qtbot: QtBot, plot: Plot) -> None:
    plot.show()
    first, second = Stream(plot), Stream(plot)
    redraws: list[int] = []
    first.item.sigPlotChanged.connect(lambda _: redraws.append(len(drawn(first)[0])))
    for value in range(100):
        first.append([value], [value])
        second.append([value], [-value])
    assert redraws == []
    qtbot.waitUntil(lambda: len(drawn(second)[0]) == 100, timeout=SOON)
    assert redraws == [100]


def test_out_of_sight_nothing_is_drawn_until_the_plot_is_shown(qtbot: QtBot, plot: Plot) -> None:
    stream = Stream(plot)
    redraws: list[int] = []
    stream.item.sigPlotChanged.connect(lambda _: redraws.append(len(drawn(stream)[0])))
    with qtbot.waitSignal(plot._redraw.timeout):
        stream.append([0], [0])
    assert redraws == []
    stream.append([1], [1])
    plot.show()
    assert redraws == [2]


@given(count=st.integers(0, 20_000), seed=st.integers(0, 99))
def test_the_envelope_is_small_and_loses_no_extreme(count: int, seed: int) -> None:
    y = np.random.default_rng(seed).normal(size=count)
    x = np.arange(count, dtype=float)
    places, ends = envelope(x, y)
    assert len(places) == len(ends) <= 3 * BUCKETS + 2
    assert np.all(np.diff(places) >= 0)
    if count:
        assert (ends.min(), ends.max()) == (y.min(), y.max())


def test_zooming_in_brings_every_point_back(qtbot: QtBot, plot: Plot) -> None:
    plot.show()
    stream = Stream(plot)
    values = np.random.default_rng(0).normal(size=100_000)
    stream.append(np.arange(100_000), values)
    plot.redraw()
    assert len(drawn(stream)[0]) < 3 * BUCKETS
    plot.setXRange(500, 600, padding=0)
    qtbot.waitUntil(lambda: len(drawn(stream)[0]) < 200, timeout=SOON)
    x, y = drawn(stream)
    np.testing.assert_array_equal(y, values[x.astype(int)])
    assert x.min() <= 500
    assert x.max() >= 600


def test_the_legend_names_what_has_points(plot: Plot) -> None:
    plot.add_legend()
    stream = Stream(plot, name="validation")
    legend = plot.getPlotItem().legend
    plot.redraw()
    assert len(legend.items) == 0
    stream.append([1.0], [2.0])
    plot.redraw()
    assert [label.text for _, label in legend.items] == ["validation"]
    stream.clear()
    plot.redraw()
    assert len(legend.items) == 0


# -- the plot ----------------------------------------------------------------------------------------------


def test_the_cursor_tells_values_also_on_a_log_axis(plot: Plot) -> None:
    plot.plot([1, 2, 3], [1, 10, 100])
    plot.setLogMode(False, True)
    box = plot.getPlotItem().getViewBox()
    plot.grab()
    told: list[tuple[float, float]] = []
    plot.set_readout(lambda x, y: told.append((x, y)) or f"{x}, {y}")
    readout = next(item for item in plot.scene().items() if isinstance(item, pg.TextItem))
    plot.scene().sigMouseMoved.emit(box.sceneBoundingRect().center())
    x, y = told[-1]
    assert x == pytest.approx(2, abs=0.05)
    assert y == pytest.approx(10, rel=0.1)
    assert (readout.toPlainText(), readout.isVisible()) == (f"{x}, {y}", True)
    plot.scene().sigMouseMoved.emit(box.sceneBoundingRect().topLeft() - box.rect().bottomRight())
    assert (len(told), readout.isVisible()) == (1, False)


def drawing_of(plot: Plot) -> Drawing:
    return Drawing("plot", plot.size(), QColor("white"), plot.paint)


def test_an_image_of_a_plot_opens(plot: Plot) -> None:
    plot.set_labels("Epsilon (model units)", "Accuracy (%)")
    plot.plot([0, 1, 2], [3, 2, 1])
    with Image.open(io.BytesIO(drawings.png(drawings.drawn(drawing_of(plot), PRINT_DPI)))) as image:
        assert image.width == round(plot.width() * PRINT_DPI / SCREEN_DPI)
    text = drawings.svg(drawing_of(plot)).decode()
    assert ElementTree.fromstring(text).tag.endswith("svg")  # noqa: S314
    assert "Accuracy (%)" in text


def test_an_image_shows_what_the_screen_shows(plot: Plot) -> None:
    """In its place: a curve drawn beside its axis' ticks would say something else."""
    plot.set_labels("Epoch", "Loss")
    plot.plot(np.arange(20), np.arange(20) % 3, pen="r", symbol="s", symbolBrush="r")
    screen = plot.grab().toImage()
    redrawn = QImage(800, 600, QImage.Format.Format_RGB32)
    painter = QPainter(redrawn)
    QSvgRenderer(QByteArray(drawings.svg(drawing_of(plot)))).render(painter)
    painter.end()
    for exported in (drawings.drawn(drawing_of(plot), 2 * SCREEN_DPI), redrawn):
        small = exported.scaled(screen.size(), mode=Qt.TransformationMode.SmoothTransformation)
        assert np.corrcoef(ticks(screen), ticks(small))[0, 1] > 0.9


def ticks(image: QImage) -> np.ndarray:
    """How much ink there is in every column below the curves, blurred a little."""
    image = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    labels = rows[-42:-20, : image.width()].astype(float)
    return np.convolve(labels.std(axis=0), np.ones(7), mode="same")


def test_the_plot_follows_the_theme(plot: Plot, dark: None) -> None:
    image: QImage = plot.grab().toImage()
    assert image.pixelColor(2, 2).name() == theme().palette.panel


@pytest.mark.parametrize("kind", [LossPlot, AccuracyPlot])
def test_a_legend_can_be_read_after_every_change_of_theme(qtbot: QtBot, dark: None, kind: type) -> None:
    row = EpochRow(epoch=1, train_loss=0.7, train_accuracy=0.5, validation_loss=0.9, validation_accuracy=0.5)
    plot = kind()
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.show_history([row])
    plot.redraw()
    legend = plot.getPlotItem().legend
    assert legend.items
    for mode in ("light", "dark", "light"):
        theme().set_mode(mode)
        shown = plot.grab().toImage()
        for _, label in legend.items:
            place = shown.copy(label.mapRectToScene(label.boundingRect()).toAlignedRect())
            ink = {place.pixel(x, y) for x in range(place.width()) for y in range(place.height())}
            most = max(contrast(QColor(colour), theme().palette.panel) for colour in ink)
            assert most >= 4.5, (mode, label.text)


# -- a training's curves -----------------------------------------------------------------------------------


def batches(losses: np.ndarray, start: int = 0) -> list[BatchDone]:
    return [
        BatchDone("Training", start + i + 1, 1000, 1, i, float(loss), 1.0, None, 0)
        for i, loss in enumerate(losses)
    ]


def by_the_book(losses: np.ndarray, weight: float) -> list[float]:
    mean, means = 0.0, []
    for number, loss in enumerate(losses, start=1):
        mean = weight * mean + (1 - weight) * loss
        means.append(mean / (1 - weight**number))
    return means


@given(weight=st.sampled_from([0.0, 0.3, 0.9, 0.99]), count=st.integers(1, 300), cut=st.floats(0, 1))
def test_the_running_mean_is_the_corrected_one_in_one_piece_or_two(
    weight: float, count: int, cut: float
) -> None:
    values = np.random.default_rng(count).uniform(0.1, 2, count)
    expected = by_the_book(values, weight)
    first = int(cut * count)
    head = running_mean(values[:first], weight)
    last = float(head[-1]) if first else 0.0
    np.testing.assert_allclose([*head, *running_mean(values[first:], weight, last, first)], expected)


def test_smoothing_leaves_the_raw_losses(loss_plot: LossPlot) -> None:
    losses = np.random.default_rng(1).uniform(0.1, 2, 50)
    loss_plot.add_batches(batches(losses[:20]), 10)
    loss_plot.add_batches(batches(losses[20:], 20), 10)
    for weight in (0.5, 0.9):
        loss_plot.set_smoothing(weight)
        np.testing.assert_allclose(loss_plot.smooth.y, by_the_book(losses, weight))
        np.testing.assert_array_equal(loss_plot.raw.y, losses)


def test_batches_that_come_again_take_the_place_of_the_old(loss_plot: LossPlot) -> None:
    losses = np.arange(1.0, 21.0)
    loss_plot.add_batches(batches(losses), 10)
    loss_plot.add_batches(batches(losses[12:] / 2, 12), 10)
    expected = np.concatenate([losses[:12], losses[12:] / 2])
    np.testing.assert_array_equal(loss_plot.raw.y, expected)
    np.testing.assert_allclose(loss_plot.smooth.y, by_the_book(expected, 0.9))
    assert np.all(np.diff(loss_plot.raw.x) > 0)


def test_a_run_without_batches_shows_the_mean_of_each_epoch(loss_plot: LossPlot) -> None:
    rows = [EpochRow(epoch=epoch, train_loss=1 / epoch, train_accuracy=0.5) for epoch in (1, 2, 3)]
    loss_plot.show_history(rows)
    assert (list(loss_plot.means.x), list(loss_plot.means.y)) == ([1, 2, 3], [1, 1 / 2, 1 / 3])
    later = [replace(event, done=event.done + 2000) for event in batches(np.full(4, 0.5))]
    loss_plot.add_batches(later, 1000)  # of the third epoch, which are drawn themselves
    loss_plot.show_history(rows)
    assert list(loss_plot.means.x) == [1, 2]


def test_a_run_that_is_drawn_over_keeps_what_tells_most(loss_plot: LossPlot) -> None:
    assert loss_plot.overlay(0) is None
    loss_plot.add_batches(batches(np.full(3, 5.0)), 3)
    before = loss_plot.overlay(2)
    loss_plot.clear_run()
    assert before is not None
    np.testing.assert_allclose(before.getOriginalDataset()[1], [5.0, 5.0, 5.0])
    assert before in loss_plot.getPlotItem().listDataItems()
    loss_plot.drop(2)
    assert before not in loss_plot.getPlotItem().listDataItems()


def test_the_cursor_reads_the_curves(loss_plot: LossPlot) -> None:
    assert loss_plot.values_at(1.0, 0.5) == "epoch 1   0.5000"
    loss_plot.add_batches(batches(np.array([0.8, 0.6])), 2)
    loss_plot.add_epoch(EpochRow(epoch=1, train_loss=0.7, train_accuracy=0.5, validation_loss=0.9))
    assert loss_plot.values_at(0.55, 0.0).startswith("epoch 0.55   batch 0.8000")
    assert loss_plot.values_at(0.95, 0.0).endswith("validation 0.9000")


def test_a_log_axis_draws_losses_of_zero(loss_plot: LossPlot) -> None:
    loss_plot.set_log(True)
    loss_plot.add_batches(batches(np.array([1.0, 0.0, 0.1])), 3)
    loss_plot.redraw()
    loss_plot.grab()
    assert loss_plot.getAxis("left").logMode


def test_accuracies_are_drawn_where_they_were_measured(qtbot: QtBot) -> None:
    create_application([])
    plot = AccuracyPlot()
    qtbot.addWidget(plot)
    plot.show_history(
        [
            EpochRow(epoch=1, train_loss=0.7, train_accuracy=0.5),
            EpochRow(
                epoch=2, train_loss=0.6, train_accuracy=0.75, validation_accuracy=0.5, robust_accuracy=0.25
            ),
        ]
    )
    curves = {name: (list(stream.x), list(stream.y)) for name, stream in plot.curves.items()}
    assert curves == {
        "train_accuracy": ([1, 2], [50, 75]),
        "validation_accuracy": ([2], [50]),
        "robust_accuracy": ([2], [25]),
        "robust_balanced_accuracy": ([], []),
        "certified_accuracy": ([], []),
        "certified_balanced_accuracy": ([], []),
    }


def test_the_cross_reads_where_it_is_and_goes_when_the_mouse_leaves(qtbot: QtBot, plot: Plot) -> None:
    plot.setXRange(0, 10, padding=0)
    plot.setYRange(0, 1, padding=0)
    with qtbot.waitExposed(plot):
        plot.show()
    box = plot.getPlotItem().getViewBox()
    plot.scene().sigMouseMoved.emit(box.mapViewToScene(QPointF(5, 0.25)))
    assert plot._readout.isVisible()
    assert plot._readout.toPlainText() == "5, 0.25"
    QApplication.sendEvent(plot, QEvent(QEvent.Type.Leave))
    assert not any(item.isVisible() for item in (*plot._cross, plot._readout))
