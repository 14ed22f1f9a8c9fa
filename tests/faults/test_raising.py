"""Work that breaks at any stage, in the real window: it is said in words, and every control comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSlider,
    QSpinBox,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import Event
from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.core.training.training import train as train_here
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.attack.export.export_dialog import ExportDialog
from cxr_gui.ui.window import job_status
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import LONG
from tests.support.report_samples import sweep_result
from tests.support.small_study import small_config

WORDS = "broken on purpose"
CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QLineEdit, QProgressBar, QSlider)


def breaking(*_: Any, **__: Any) -> Iterator[Event]:
    """In the place of any of core's generators."""
    yield Event("About to break", 1, 2)
    raise RuntimeError(WORDS)


def broken(*_: Any, **__: Any) -> None:
    """In the place of a function that a generator calls after its first event."""
    raise RuntimeError(WORDS)


@dataclass(frozen=True)
class Stage:
    """What breaks, the lane it runs on, and how it is begun in the window."""

    target: str
    lane: Lane
    begin: Callable[[MainWindow, Path], object]
    replacement: Callable[..., Any] = breaking


def click(window: QWidget, name: str) -> None:
    button = window.findChild(QPushButton, name)
    assert button.isEnabled(), f"{name}: {button.toolTip()}"
    button.click()


def sweep(window: MainWindow, _: Path) -> None:
    window.tabs.setCurrentWidget(window.attack_tab)
    click(window, "sweepButton")


def train(window: MainWindow, _: Path) -> None:
    window.tabs.setCurrentWidget(window.training_tab)
    click(window, "trainButton")


def one_of(folder: Path) -> Path:
    """A film that has not been decoded yet."""
    return sorted(folder.rglob("test/*/*.jpeg"))[-1]


STAGES = {
    "open a folder": Stage(
        "core.data.scan", Lane.DATASET, lambda window, at: window.open_paths([at / "films"])
    ),
    "open a classifier": Stage(
        "core.models.load", Lane.CLASSIFIER,
        lambda window, _: window.open_paths([demo_classifier_path()]), broken,
    ),
    "open a radiograph": Stage(
        "core.images.read", Lane.RADIOGRAPH, lambda window, at: window.open_paths([one_of(at)]), broken
    ),
    "open results": Stage(
        "core.study.open_results", Lane.RESULTS, lambda window, at: window.open_paths([at / "sweep"])
    ),
    "prepare": Stage("core.study.pipeline.prepare", Lane.SWEEP, sweep),
    "sweep": Stage("core.study.pipeline.sweep_store", Lane.SWEEP, sweep),
    "prepare to train": Stage("core.training.training.prepare", Lane.TRAINING, train),
    "train": Stage("core.training.trainer.Trainer.run", Lane.TRAINING, train),
    "attack": Stage(
        "core.inspect.inspection.Inspector.at", Lane.INSPECTION,
        lambda window, _: window.session.set_epsilon(0.07), broken,
    ),
    "judge": Stage(
        "core.inspect.judge", Lane.JUDGING, lambda window, _: window.session.judging.judge()
    ),
    "explain": Stage(
        "core.inspect.explain", Lane.EXPLANATION, lambda window, _: window.attack_tab.explain_bar.toggle()
    ),
    "audit": Stage("core.data.audit", Lane.AUDIT, lambda window, _: click(window, "auditButton")),
    "export": Stage(
        "core.report.write_attack", Lane.EXPORT,
        lambda window, at: window.attack_tab.exports.images_to(at / "out"), broken,
    ),
    "try files": Stage(
        "core.inspect.try_files", Lane.FILE_CHECK,
        lambda window, _: window.attack_tab.findChild(QAction, "exportImageAction").trigger(),
    ),
    "save": Stage(
        "core.inspect.save_image", Lane.EXPORT,
        lambda window, at: window.session.exporting.save_image(at / "out.png", "png8"), broken,
    ),
    "views": Stage(
        "core.base.files.atomic_open", Lane.EXPORT,
        lambda window, at: window.attack_tab.exports.views_to(at / "views.png"), broken,
    ),
    "report": Stage(
        "core.report.whole.write_sources", Lane.EXPORT,
        lambda window, at: window.attack_tab.exports.sweeps_to(at / "out"), broken,
    ),
    "download": Stage(
        "core.data.download", Lane.DOWNLOAD, lambda window, at: window.downloads.fetch(str(at / "d"))
    ),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _ready_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads how long the last job has taken."""
    monkeypatch.setattr(job_status, "LINGER", 1)


@pytest.fixture
def busy(qtbot: QtBot, opened: MainWindow, folder: Path, tmp_path: Path) -> MainWindow:
    """The window with everything there is to work on, and nothing to do."""
    session = opened.session
    write_sweep(sweep_result(negative=3, positive=3), tmp_path / "sweep")
    opened.load()
    opened.open_paths([demo_classifier_path(), tmp_path / "sweep"])
    opened.open_paths(sorted(folder.rglob("test/*/*.jpeg"))[:2])
    wanted = ("catalog", "classifier", "inspection", "sweeps")
    qtbot.waitUntil(lambda: all(getattr(session, name) for name in wanted), timeout=LONG)
    form = opened.training_tab.form
    form.architecture_box.setCurrentIndex(form.architecture_box.findData("compact_cnn"))
    opened.findChild(QSpinBox, "epochsBox").setValue(1)
    form.set_folder(tmp_path / "run")
    settle(qtbot, opened)
    return opened


def settle(qtbot: QtBot, window: MainWindow) -> None:
    """Wait until nothing runs."""
    qtbot.waitUntil(lambda: not window.session._lanes.running(), timeout=LONG)
    qtbot.waitUntil(lambda: window.findChild(QLabel, "jobStatusText").text() == "Ready", timeout=LONG)


def controls(window: MainWindow) -> dict[str, tuple[object, ...]]:
    """What each control of the window is like: whether it can be used, is there, and what it says."""
    bar = window.messages
    found: dict[str, tuple[object, ...]] = {}
    for control in window.findChildren(QWidget):
        if isinstance(control, CONTROLS) and control.objectName() and not bar.isAncestorOf(control):
            says = control.text() if isinstance(control, QAbstractButton) else ""
            found[control.objectName()] = (control.isEnabled(), not control.isHidden(), says)
    return found


@pytest.mark.parametrize("together", [list(STAGES)[:9], list(STAGES)[9:]], ids=["one half", "the other"])
def test_it_is_said_and_the_controls_come_back(
    qtbot: QtBot, busy: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: list[str]
) -> None:
    session = busy.session
    for name in together:
        stage = STAGES[name]
        busy.messages.messages.clear()
        before, shown = controls(busy), (session.dataset, session.classifier, session.film, session.run)
        ended: list[object] = []
        with monkeypatch.context() as patch:
            patch.setattr(f"cxr_gui.{stage.target}", stage.replacement)
            with qtbot.waitSignal(session.messageRaised, timeout=LONG) as told:
                stage.begin(busy, tmp_path)
                job = session.job(stage.lane)
                assert job is not None, name
                job.failed.connect(ended.append)
            settle(qtbot, busy)
        assert [str(error) for error in ended] == [WORDS], f"{name}: the job ends as failed"
        assert WORDS in told.args[0].text, name
        assert "Traceback" in told.args[0].details, name
        assert busy.messages.isVisible(), name
        assert WORDS in busy.findChild(QLabel, "messageText").text(), name
        dialog = busy.findChild(ExportDialog)
        if dialog is not None:
            dialog.close()
            qtbot.waitUntil(lambda: busy.findChild(ExportDialog) is None, timeout=LONG)
        if name == "train":
            assert busy.findChild(QPushButton, "trainButton").text() == "Resume", "its state was written"
            busy.training_tab.form.set_folder(tmp_path / "another")
            settle(qtbot, busy)
        if name == "judge":
            click(busy, "judgeButton")
            settle(qtbot, busy)
        after = controls(busy)
        assert {key: after.get(key) for key in before} == before, name
        assert (session.dataset, session.classifier, session.film, session.run) == shown, name


def test_thumbnails_that_break_are_told_once_and_come_when_they_can(
    qtbot: QtBot, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = window.dataset_tab
    with monkeypatch.context() as patch:
        patch.setattr("cxr_gui.core.data.thumbnail_cache.ThumbnailCache.read", broken)
        with qtbot.waitSignal(window.session.messageRaised, timeout=LONG) as told:
            window.open_paths([folder])
        assert WORDS in told.args[0].text
        settle(qtbot, window)
    paths = [record.path for record in window.session.dataset.records]
    tab.thumbnails.want(paths)
    qtbot.waitUntil(lambda: all(tab.thumbnails.get(path) is not None for path in paths), timeout=LONG)


def test_a_second_window_on_a_run_folder_is_told(qtbot: QtBot, busy: MainWindow, tmp_path: Path) -> None:
    """Two windows are two processes; the lock is held against threads as well."""
    other = train_here(busy.session.dataset, tmp_path / "run", small_config())
    next(other)
    before = controls(busy)
    with qtbot.waitSignal(busy.session.messageRaised, timeout=LONG) as told:
        train(busy, tmp_path)
    message = told.args[0]
    assert message.level == "error"
    assert message.text.startswith(f"{tmp_path / 'run'}: is being trained in by another process")
    settle(qtbot, busy)
    assert controls(busy) == before
    other.close()
    with qtbot.waitSignal(busy.session.runChanged, timeout=LONG):
        train(busy, tmp_path)
