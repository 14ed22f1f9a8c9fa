"""Sweeps and exports of the attack tab: started, stopped, listed point by point, written to files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QListWidget, QProgressBar, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
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


def test_a_point_lists_the_images_that_flipped_and_opens_them(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    result = sweep(qtbot, shown, session)
    index = int(np.argmax([len(result.flipped_at(k)) for k in range(len(result.epsilons))]))
    flipped = result.flipped_at(index)
    assert len(flipped)
    shown.sweep.chart.pointClicked.emit(shown.sweep.curves()[0], index)
    names = child(shown, QListWidget, "flippedList")
    assert names.isVisible()
    assert {names.item(row).text() for row in range(names.count())} == {
        Path(result.paths[image]).name for image in flipped
    }
    inspected(qtbot, session, lambda: names.itemClicked.emit(names.item(0)))
    assert session.film is not None
    assert session.film.path.name == names.item(0).text()
    qtbot.mouseClick(child(shown, QAbstractButton, "flippedBackButton"), Qt.MouseButton.LeftButton)
    assert not names.isVisible()


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


def test_sweeps_can_be_cleared(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    sweep(qtbot, shown, session)
    sweep(qtbot, shown, session)
    assert len(shown.sweep.curves()) == 2
    qtbot.mouseClick(child(shown, QAbstractButton, "clearSweepsButton"), Qt.MouseButton.LeftButton)
    assert session.sweeps == ()
    assert shown.sweep.curves() == []


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
