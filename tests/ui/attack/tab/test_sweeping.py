"""Sweeps and exports of the attack tab: started, stopped, listed point by point, written to files."""

from __future__ import annotations

import html
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QTableView,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.units import from_pixel
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.registry import create
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from cxr_gui.ui.attack.sweep.sweep_chips import OTHER, SweepChip
from cxr_gui.ui.attack.tab import AttackTab
from tests.support.hands import child, inspected
from tests.support.patience import WAIT


def sweep(qtbot: QtBot, tab: AttackTab, session: Session) -> object:
    with qtbot.waitSignal(session.sweepChanged, timeout=WAIT) as changed:
        qtbot.mouseClick(child(tab, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
        assert child(tab, QProgressBar, "sweepProgress").isVisible()
    return changed.args[0]


def test_a_sweep_through_the_button_fills_the_chart_and_is_exported(
    qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path
) -> None:
    child(shown, QWidget, "sweepEpsilons").setText("0, 0.05, 0.1")
    result = sweep(qtbot, shown, session)
    assert result.epsilons.tolist() == pytest.approx([0, 0.025, 0.05])
    images = len(session.dataset.of("test"))
    assert len(result.labels) == images
    (curves,) = shown.sweep.curves()
    assert curves.result is result
    qtbot.waitUntil(child(shown, QAbstractButton, "sweepButton").isVisible)
    assert not child(shown, QProgressBar, "sweepProgress").isVisible()

    job = shown.exports.sweeps_to(tmp_path / "sweeps")
    assert job is not None
    with qtbot.waitSignal(job.done, timeout=4 * WAIT):
        pass
    written = json.loads((tmp_path / "sweeps" / "sweep.json").read_text(encoding="utf-8"))
    assert [point["n"] for point in written["points"]] == [images] * 3
    assert (tmp_path / "sweeps" / "images.csv").stat().st_size > 0
    report = (tmp_path / "sweeps" / "report.html").read_text(encoding="utf-8")
    for words in ("Audit of the data", "Model card", "Confusion matrices", "Trust checks"):
        assert words in report, words
    assert (tmp_path / "sweeps" / "report.pdf").read_bytes().startswith(b"%PDF")

    chart = shown.sweep.chart
    with qtbot.waitSignal(shown.exports.chart_to(tmp_path / "chart.png").done, timeout=WAIT):
        pass
    with Image.open(tmp_path / "chart.png") as image:
        assert image.width == pytest.approx(chart.width() * 300 / 96, abs=1)
        assert image.height > chart.height() * 300 / 96
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    with qtbot.waitSignal(shown.exports.chart_to(tmp_path / "chart.svg").done, timeout=WAIT):
        pass
    drawing = (tmp_path / "chart.svg").read_text(encoding="utf-8")
    assert "<svg" in drawing
    assert "Accuracy, 95 % band" in drawing, "the key belongs to the chart"


def test_a_point_lists_the_films_that_flipped_and_opens_them(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    result = sweep(qtbot, shown, session)
    index = int(np.argmax([len(result.flipped_at(k)) for k in range(len(result.epsilons))]))
    flipped = result.flipped_at(index)
    assert len(flipped)
    shown.sweep.chart.pointClicked.emit(shown.sweep.curves()[0], index)
    table = child(shown, QTableView, "flippedList")
    assert table.isVisible()
    model = table.model()
    rows = [[model.index(row, column).data() for column in range(5)] for row in range(model.rowCount())]
    by_name = {result.paths[image]: image for image in flipped}
    assert {model.film(row).name for row in range(model.rowCount())} == set(by_name)
    for row, (name, label, before, after, critical) in enumerate(rows):
        image = by_name[model.film(row).name]
        assert name == Path(result.paths[image]).name
        assert label == result.classes[result.labels[image]]
        assert float(before) == pytest.approx(probability(float(result.clean_logits[image])), abs=1e-3)
        assert float(after) == pytest.approx(probability(float(result.logits[index, image])), abs=1e-3)
        assert float(critical) == pytest.approx(from_pixel(result.critical[image], "model"), abs=1e-4)
    assert [row[4] for row in rows] == sorted(row[4] for row in rows), "the most fragile first"
    table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
    after = [model.index(row, 3).data() for row in range(len(flipped))]
    assert after == sorted(after, reverse=True)
    inspected(qtbot, session, lambda: table.clicked.emit(model.index(0, 0)))
    assert session.film is not None
    assert session.film.path.name == model.index(0, 0).data()
    qtbot.waitUntil(lambda: model.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is not None)
    with qtbot.waitSignal(shown.sweep.filmsRequested) as asked:
        child(shown, QAbstractButton, "flippedInDatasetButton").click()
    names = {session.dataset.below_root(session.dataset.records[place].path) for place in asked.args[1]}
    assert names == set(by_name)
    qtbot.mouseClick(child(shown, QAbstractButton, "flippedBackButton"), Qt.MouseButton.LeftButton)
    assert not table.isVisible()
    assert shown.sweep.chart.isVisible()
    shown.sweep.chart.pointClicked.emit(shown.sweep.curves()[0], index)
    assert table.isVisible()
    session.set_dataset(session.dataset)
    assert not table.isVisible(), "its places were those of the other dataset"


def test_cancelling_keeps_what_is_finished(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    child(shown, QWidget, "sweepEpsilons").setText(", ".join(f"{n / 1000}" for n in range(100)))
    jobs: list[object] = []
    session.jobStarted.connect(jobs.append)
    qtbot.mouseClick(child(shown, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
    (job,) = jobs
    with qtbot.waitSignal(job.ended, timeout=WAIT):
        qtbot.waitUntil(lambda: shown.sweep.curves() != [], timeout=WAIT)
        qtbot.mouseClick(child(shown, QAbstractButton, "sweepCancelButton"), Qt.MouseButton.LeftButton)
    assert job.outcome == "cancelled"
    (partial,) = session.sweeps
    assert not partial.complete
    assert len(partial.labels)
    assert "not finished" in shown.sweep.curves()[0].title
    assert child(shown, QAbstractButton, "sweepButton").isVisible()


def test_a_sweep_stopped_before_its_first_image_leaves_nothing(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    jobs: list[object] = []
    session.jobStarted.connect(jobs.append)
    qtbot.mouseClick(child(shown, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
    (job,) = jobs
    with qtbot.waitSignal(job.ended, timeout=WAIT):
        qtbot.mouseClick(child(shown, QAbstractButton, "sweepCancelButton"), Qt.MouseButton.LeftButton)
    assert session.sweeps == ()
    assert child(shown, QAbstractButton, "sweepButton").isVisible()


def choose(chip: SweepChip, name: str) -> None:
    """An entry of the menu of a sweep's name."""
    chip.menu().aboutToShow.emit()
    next(action for action in chip.menu().actions() if action.objectName() == name).trigger()


def test_a_sweep_is_hidden_shown_alone_and_removed(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    first, second = sweep(qtbot, shown, session), sweep(qtbot, shown, session)
    panel = shown.sweep
    one, other = panel.findChildren(SweepChip)
    choose(one, "showSweepAction")
    assert [curves.result for curves in panel.curves()] == [second]
    choose(one, "onlySweepAction")
    assert [curves.result for curves in panel.curves()] == [first]
    choose(other, "showSweepAction")
    assert [curves.number for curves in panel.curves()] == [0, 1]
    choose(one, "removeSweepAction")
    assert session.sweeps == (second,)
    assert [curves.number for curves in panel.curves()] == [1], "it keeps its colour"
    third = sweep(qtbot, shown, session)
    assert [(curves.result, curves.number) for curves in panel.curves()] == [(second, 1), (third, 0)]
    choose(one, "clearSweepsAction")
    assert session.sweeps == ()
    assert panel.sweeps() == []


def test_a_sweep_is_marked_when_another_classifier_is_in_use(
    qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path
) -> None:
    sweep(qtbot, shown, session)
    [chip] = shown.sweep.findChildren(SweepChip)
    assert (shown.sweep.curves()[0].in_use, OTHER in chip.toolTip()) == (True, False)
    used, other = session.classifier, tmp_path / "other.safetensors"
    save(create("compact_cnn", width=4), other)
    with qtbot.waitSignal(session.classifierChanged, timeout=WAIT):
        session.opening.classifier(other)
    assert (shown.sweep.curves()[0].in_use, OTHER in chip.toolTip()) == (False, True)
    session.choose_classifier(used)
    assert shown.sweep.curves()[0].in_use


def test_the_trust_checks_are_read_one_by_one(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    result = sweep(qtbot, shown, session)
    [chip] = shown.sweep.findChildren(SweepChip)
    choose(chip, "sweepChecksAction")
    dialog = child(shown.window(), QDialog, "checksDialog")
    [words] = [each.text() for each in dialog.findChildren(QLabel) if each.text().startswith("<p>")]
    assert all(check.sentence in html.unescape(words) for check in result.checks)
    dialog.reject()


def test_the_chart_fills_the_tab_and_gives_it_back(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    button = child(shown, QAbstractButton, "fillChartButton")
    before = [shown.views.isVisible(), shown.controls.isVisible(), shown.verdict.isVisible()]
    width = shown.sweep.width()
    assert before == [True] * 3
    button.click()
    assert [shown.views.isVisible(), shown.controls.isVisible(), shown.verdict.isVisible()] == [False] * 3
    qtbot.waitUntil(lambda: shown.sweep.width() > 1.5 * width)
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Escape)
    assert [shown.views.isVisible(), shown.controls.isVisible(), shown.verdict.isVisible()] == before
    button.click()
    assert session.film is not None
    inspected(qtbot, session, lambda: shown.sweep.flipped.imageChosen.emit(str(session.film.path), None))
    assert shown.views.isVisible(), "a film that is chosen is to be seen"


@pytest.mark.parametrize("width", [500, 630, 1000])  # what is left of windows of 1024, 1280 and 1920 pixels
def test_the_epsilons_can_be_read_at_any_width(qtbot: QtBot, shown: AttackTab, width: int) -> None:
    shown.sweep.setParent(None)
    qtbot.addWidget(shown.sweep)
    shown.sweep.resize(width, 300)
    shown.sweep.show()
    qtbot.waitUntil(lambda: shown.sweep.width() == width)
    field = child(shown.sweep, QLineEdit, "sweepEpsilons")
    assert field.fontMetrics().horizontalAdvance(field.text()) <= field.width() - 18


def test_an_epsilon_that_is_none_is_said_so_and_nothing_starts(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    child(shown, QWidget, "sweepEpsilons").setText("0, -1")
    with qtbot.waitSignal(session.messageRaised) as raised:
        qtbot.mouseClick(child(shown, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
    assert "-1" in raised.args[0].text
    assert session.job(Lane.SWEEP) is None


def test_a_sweep_without_a_dataset_says_what_is_missing(
    qtbot: QtBot, tab: AttackTab, session: Session
) -> None:
    with qtbot.waitSignal(session.messageRaised) as raised:
        qtbot.mouseClick(child(tab, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
    assert "dataset" in raised.args[0].text
    assert child(tab, QAbstractButton, "sweepButton").isVisible()


def test_images_are_exported(qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path) -> None:
    job = shown.exports.images_to(tmp_path / "images")
    assert job is not None
    with qtbot.waitSignal(job.done, timeout=WAIT):
        pass
    for name in ("clean.png", "perturbed.png", "difference.png", "panel.png", "result.json"):
        assert (tmp_path / "images" / name).stat().st_size > 0, name


def test_a_folder_that_cannot_be_written_is_said_so(
    qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("a file, not a folder", encoding="utf-8")
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as raised:
        shown.exports.images_to(occupied)
    assert raised.args[0].level == "error"
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as raised:
        shown.exports.chart_to(occupied / "chart.png")
    assert raised.args[0].level == "error"


def test_the_panel_is_copied_with_its_verdict(shown: AttackTab) -> None:
    shown.exports.copy_views()
    copied = QApplication.clipboard().image()
    assert copied.width() == shown.views.width()
    assert copied.height() > shown.views.height()
