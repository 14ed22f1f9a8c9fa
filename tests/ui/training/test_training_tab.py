"""The training tab through its real controls, training for real on a dozen films."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QSpinBox, QTableWidget
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.core.models.registry import create
from cxr_gui.core.training.events import BatchDone, EpochDone, EpochRow
from cxr_gui.core.training.run_folder import Run
from cxr_gui.ui.training.curves import overlay_pen
from tests.support.hands import LEFT
from tests.support.patience import LONG, PATIENCE
from tests.support.training_bench import Bench


def has(kind: type) -> Callable[[list[Event]], bool]:
    return lambda events: any(isinstance(event, kind) for event in events)


def test_what_cannot_be_done_says_why(new_bench: Callable[[], Bench], data: Path, qtbot: QtBot) -> None:
    bench = new_bench()
    train = bench.button("trainButton")
    assert not train.isEnabled()
    assert "PyTorch" in train.toolTip()
    with qtbot.waitSignal(bench.session.catalogChanged, timeout=PATIENCE):
        bench.session.opening.catalog()
    assert train.toolTip() == "Open a dataset first"
    with qtbot.waitSignal(bench.session.datasetChanged, timeout=PATIENCE):
        bench.session.opening.dataset(data / "test")
    assert not train.isEnabled()
    assert "no training images" in train.toolTip()
    for name in ("pauseButton", "stopButton", "useItButton", "sweepItButton"):
        assert not bench.button(name).isEnabled()
        assert bench.button(name).toolTip()


def test_an_epoch_through_the_train_button(qtbot: QtBot, bench: Bench) -> None:
    with qtbot.waitSignal(bench.session.runChanged, timeout=PATIENCE):
        bench.click("trainButton")
        assert not bench.button("trainButton").isEnabled()
        assert bench.button("stopButton").isEnabled()
        assert not bench.tab.form.isEnabled()
    qtbot.waitUntil(bench.button("trainButton").isEnabled, timeout=PATIENCE)
    losses = [event.loss for event in bench.of(BatchDone)]
    assert len(losses) == 3
    loss_plot = bench.tab.watch.loss_plot
    np.testing.assert_array_equal(loss_plot.raw.y, losses)
    np.testing.assert_allclose(loss_plot.raw.x, [1 / 3, 2 / 3, 1])
    (row,) = bench.of(EpochDone)
    assert list(bench.tab.watch.accuracy_plot.curves["train_accuracy"].y) == [100 * row.train_accuracy]
    table = bench.tab.findChild(QTableWidget, "epochTable")
    assert [table.item(0, column).text() for column in (0, 1)] == ["1, kept", f"{row.train_loss:.4f}"]
    run = bench.session.run
    assert run.folder.parent == Path(bench.settings.store.value("training/runs_folder"))
    assert run.folder.name.endswith("-compact_cnn")
    assert f"{row.train_loss:.4f}" in bench.tab.watch.words.text()
    assert bench.tab.form.folder != run.folder
    assert not [message for message in bench.messages if message.level == "error"]
    with qtbot.waitSignal(bench.tab.sweepRequested):
        bench.click("sweepItButton")
    assert bench.session.classifier is run.classifier


def test_a_training_offers_its_classifier_and_changes_none(qtbot: QtBot, bench: Bench) -> None:
    with qtbot.waitSignal(bench.session.classifierChanged, timeout=PATIENCE):
        bench.session.opening.classifier(demo_classifier_path())
    used = bench.session.classifier
    with qtbot.waitSignal(bench.session.runChanged, timeout=PATIENCE):
        bench.click("trainButton")
    assert bench.session.classifier is used
    offer = bench.messages[-1]
    assert offer.offers[0].words == "Use it"
    assert offer.text.endswith(f"In use is still {used.name}.")
    with qtbot.waitSignal(bench.session.messageWithdrawn) as withdrawn:
        offer.offers[0].accept()
    assert bench.session.classifier is bench.session.run.classifier
    assert withdrawn.args == [offer]


def test_pause_holds_and_continue_goes_on(qtbot: QtBot, bench: Bench) -> None:
    bench.tab.findChild(QSpinBox, "epochsBox").setValue(3)
    job = bench.train(has(BatchDone))
    bench.click("pauseButton")
    assert job.is_paused
    assert bench.button("pauseButton").text() == "Continue"
    assert bench.tab.watch.words.text().startswith("Paused.")
    with qtbot.assertNotEmitted(job.ended, wait=1000):  # the step at work ends, and no other begins
        pass
    steps = len(bench.of(BatchDone))
    with qtbot.assertNotEmitted(job.events, wait=300):
        pass
    assert len(bench.of(BatchDone)) == steps < 9
    with qtbot.waitSignal(bench.session.runChanged, timeout=PATIENCE):
        bench.click("pauseButton")
    assert len(bench.session.run.history) == 3
    assert len(bench.tab.watch.loss_plot.raw.x) == 9


def test_stop_keeps_what_was_learned_and_resume_goes_on(qtbot: QtBot, bench: Bench) -> None:
    epochs = 15  # more than there is time for before it is stopped
    bench.tab.findChild(QSpinBox, "epochsBox").setValue(epochs)
    job = bench.train(has(EpochDone))
    folder = bench.tab.form.folder
    with qtbot.waitSignal(bench.tab.folderRead, timeout=PATIENCE):
        bench.click("stopButton")
        assert not bench.button("stopButton").isEnabled()
    assert job.outcome == "cancelled"
    assert (folder / "last.ckpt").is_file()
    assert (folder / "best.safetensors").is_file()
    assert bench.tab.form.isEnabled()
    assert bench.button("trainButton").text() == "Resume"
    seen = len(bench.of(BatchDone))
    bench.click("trainButton")

    def finished() -> bool:
        return bench.session.run is not None and bench.session.run.outcome == "finished"

    qtbot.waitUntil(finished, timeout=PATIENCE)
    losses = [event.loss for event in bench.of(BatchDone)]
    assert 0 < seen < len(losses) <= 3 * epochs
    np.testing.assert_array_equal(bench.tab.watch.loss_plot.raw.y, losses)
    assert bench.tab.watch.overlays.shown == []
    assert bench.session.run.folder == folder
    assert bench.tab.findChild(QTableWidget, "epochTable").rowCount() == epochs


def test_a_training_that_was_cut_off_is_offered_at_the_next_start(
    qtbot: QtBot, new_bench: Callable[[], Bench], bench: Bench, data: Path
) -> None:
    bench.tab.findChild(QSpinBox, "epochsBox").setValue(2)
    bench.tab.findChild(QSpinBox, "seedBox").setValue(5)
    bench.train(has(EpochDone))
    folder = bench.tab.form.folder
    bench.session.close(LONG)
    later = new_bench().open(data)
    assert later.tab.form.folder == folder
    qtbot.waitUntil(lambda: later.button("trainButton").text() == "Resume", timeout=PATIENCE)
    assert later.tab.form.config().seed == 5
    later.tab.findChild(QSpinBox, "seedBox").setValue(6)
    assert not later.button("trainButton").isEnabled()
    assert "other settings" in later.button("trainButton").toolTip()
    later.tab.findChild(QSpinBox, "seedBox").setValue(5)
    with qtbot.waitSignal(later.session.runChanged, timeout=PATIENCE):
        later.click("trainButton")
    assert [row.epoch for row in later.session.run.history] == [1, 2]
    assert later.tab.findChild(QTableWidget, "epochTable").rowCount() == 2
    assert new_bench().tab.form.folder != folder


def test_a_finished_run_is_not_written_over(qtbot: QtBot, bench: Bench) -> None:
    with qtbot.waitSignal(bench.session.runChanged, timeout=PATIENCE):
        bench.click("trainButton")
    with qtbot.waitSignal(bench.tab.folderRead, timeout=PATIENCE):
        bench.tab.form.choose_folder(bench.session.run.folder)
    assert not bench.button("trainButton").isEnabled()
    assert "complete" in bench.button("trainButton").toolTip()
    assert bench.tab.watch.table.rowCount() == 1
    bench.click("newRunButton")
    assert bench.button("trainButton").isEnabled()


def test_two_runs_in_a_second_get_two_folders(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    monkeypatch.setattr("cxr_gui.ui.training.form.datetime", Mock(now=Mock(return_value=now)))
    folders = []
    for _ in range(3):
        bench.tab.form.new_folder()
        folders.append(bench.tab.form.folder)
        folders[-1].mkdir(parents=True)
    assert len(set(folders)) == 3


def test_a_folder_with_other_things_in_it_gets_folders_for_runs(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "work" / "notes").mkdir(parents=True)
    bench.tab.form.choose_folder(tmp_path / "work")
    assert bench.tab.form.folder.parent == tmp_path / "work"
    (tmp_path / "empty").mkdir()
    bench.tab.form.choose_folder(tmp_path / "empty")
    assert bench.tab.form.folder == tmp_path / "empty"


def train_one(qtbot: QtBot, bench: Bench) -> Run:
    with qtbot.waitSignal(bench.session.runChanged, timeout=PATIENCE):
        bench.click("trainButton")
    qtbot.waitUntil(bench.button("trainButton").isEnabled, timeout=PATIENCE)
    qtbot.waitUntil(lambda: "Trained" in bench.tab.watch.words.text(), timeout=PATIENCE)
    return bench.session.run


def test_a_second_run_is_drawn_over_the_first_which_can_be_hidden(qtbot: QtBot, bench: Bench) -> None:
    watch = bench.tab.watch
    first = train_one(qtbot, bench)
    losses = watch.loss_plot.smooth.y.copy()
    second = train_one(qtbot, bench)
    assert watch.name.text() == second.folder.name
    (overlay,) = watch.overlays.shown
    assert overlay.folder == first.folder
    assert first.folder.name.endswith(overlay.box.text())
    assert str(first.folder) in overlay.box.toolTip()
    plots = (watch.loss_plot, watch.accuracy_plot)
    (past, _) = curves = [plot._overlays[overlay.number] for plot in plots]
    np.testing.assert_array_equal(past.getOriginalDataset()[1], losses)
    assert len(watch.loss_plot.raw.x) == 3
    for shown in (False, True):
        qtbot.mouseClick(overlay.box, LEFT, pos=QPoint(10, overlay.box.height() // 2))
        assert [curve.isVisible() for curve in curves] == [shown, shown]


def test_runs_before_have_colours_of_their_own_and_the_oldest_goes(bench: Bench, tmp_path: Path) -> None:
    watch = bench.tab.watch
    folders = [tmp_path / f"2026-01-0{day}-small" for day in range(1, 8)]
    for day, folder in enumerate(folders):
        watch.begin(folder, bench.tab.form.config(), "CPU", ())
        watch.loss_plot.show_history([EpochRow(epoch=1, train_loss=float(day), train_accuracy=0.5)])
    shown = watch.overlays.shown
    assert [overlay.folder for overlay in shown] == folders[3:6]
    assert [overlay.box.text() for overlay in shown] == [f"0{day}-small" for day in range(4, 7)]
    drawn = watch.loss_plot._overlays
    assert [drawn[overlay.number].getOriginalDataset()[1][0] for overlay in shown] == [3, 4, 5]
    assert len({overlay_pen(overlay.number).color().name() for overlay in shown}) == len(shown)
    assert bench.tab.minimumSizeHint().width() <= 1024
    watch.begin(folders[4], bench.tab.form.config(), "CPU", ())
    assert folders[4] not in [overlay.folder for overlay in watch.overlays.shown]


def test_an_opened_run_shows_itself_under_its_name(
    qtbot: QtBot, new_bench: Callable[[], Bench], bench: Bench
) -> None:
    bench.tab.findChild(QSpinBox, "epochsBox").setValue(2)
    bench.tab.findChild(QSpinBox, "seedBox").setValue(7)
    trained = train_one(qtbot, bench)
    later = new_bench()
    with qtbot.waitSignal(later.session.runChanged, timeout=PATIENCE):
        later.session.opening.results(trained.folder)
    with qtbot.waitSignal(later.session.catalogChanged, timeout=PATIENCE):  # whichever comes first
        later.session.opening.catalog()
    watch = later.tab.watch
    assert watch.name.text() == trained.folder.name
    assert list(watch.loss_plot.means.y) == [row.train_loss for row in trained.history]
    assert list(watch.accuracy_plot.curves["train_accuracy"].x) == [1, 2]
    assert watch.table.item(trained.best_epoch - 1, 0).text() == f"{trained.best_epoch}, kept"
    assert later.tab.form.config() == trained.config
    assert watch.words.text().startswith("Trained 2 epochs.")
    assert watch.progress.value() == watch.progress.maximum() == 1
    assert later.tab.form.folder != trained.folder


def test_using_what_was_trained_is_a_choice(qtbot: QtBot, bench: Bench) -> None:
    session = bench.session
    before = create("compact_cnn", width=4).eval()
    session.choose_classifier(before)
    bench.tab.findChild(QSpinBox, "epochsBox").setValue(15)
    bench.train(has(EpochDone))
    assert session.classifier is before
    bench.click("useItButton")
    assert session.classifier is not before
    assert bench.button("useItButton").toolTip() == "It is in use"
    assert not bench.button("sweepItButton").isEnabled()
    with qtbot.waitSignal(session.runChanged, timeout=PATIENCE):
        bench.click("stopButton")
    session.choose_classifier(before)
    with qtbot.waitSignal(bench.tab.sweepRequested):
        bench.click("sweepItButton")
    assert session.classifier is session.run.classifier


def test_stopped_before_the_first_step_nothing_was_kept(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_one(qtbot, bench)
    stopped = threading.Event()

    def preparing(*_: object, **__: object) -> Work[None]:
        yield Event("Preparing images", 1, 12)
        stopped.wait(LONG)
        yield Event("Preparing images", 2, 12)

    monkeypatch.setattr("cxr_gui.session.training._train", preparing)
    bench.click("trainButton")
    qtbot.waitUntil(lambda: bench.tab.watch.progress.maximum() == 12, timeout=PATIENCE)
    with qtbot.waitSignal(bench.tab.folderRead, timeout=PATIENCE):
        bench.click("stopButton")
        stopped.set()
    watch = bench.tab.watch
    assert watch.words.text() == "Stopped before the first step: nothing was kept."
    assert (watch.progress.value(), watch.progress.maximum()) == (0, 1)
    assert bench.button("trainButton").text() == "Train"
    for name in ("useItButton", "sweepItButton"):
        assert bench.button(name).toolTip() == "Train a classifier first"
    assert bench.settings.store.value("training/unfinished") == ""


@pytest.mark.parametrize("trouble", ["vanished dataset", "unwritable folder"])
def test_a_failing_training_says_so_and_the_controls_come_back(
    qtbot: QtBot, new_bench: Callable[[], Bench], data: Path, tmp_path: Path, trouble: str
) -> None:
    films = tmp_path / "films"
    shutil.copytree(data, films)
    bench = new_bench().open(films)
    if trouble == "vanished dataset":
        shutil.rmtree(films)
        place = films
    else:
        place = tmp_path / "file"
        place.touch()
        bench.tab.form.set_folder(place / "run")
        qtbot.waitUntil(bench.button("trainButton").isEnabled, timeout=PATIENCE)
    with qtbot.waitSignal(bench.session.messageRaised, timeout=PATIENCE):
        bench.click("trainButton")
    qtbot.waitUntil(bench.button("trainButton").isEnabled, timeout=PATIENCE)
    assert bench.messages[-1].level == "error"
    assert str(place) in bench.messages[-1].text
    assert "error" in bench.tab.watch.words.text()
    assert bench.tab.form.isEnabled()
    assert not bench.button("stopButton").isEnabled()
    assert bench.session.run is None
