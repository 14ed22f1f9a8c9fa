"""The training tab through its real controls, training for real on a dozen films."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtWidgets import QSpinBox, QTableWidget
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import Event
from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.core.training.events import BatchDone, EpochDone
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
    for name in ("pauseButton", "stopButton", "sweepItButton"):
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
    assert offer.offer == "Use it"
    assert offer.text.endswith(f"In use is still {used.name}.")
    with qtbot.waitSignal(bench.session.messageWithdrawn) as withdrawn:
        offer.accept()
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
    assert len(bench.tab.watch.loss_plot.past) == 0
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


def test_a_second_run_is_drawn_over_the_first(qtbot: QtBot, bench: Bench) -> None:
    for _ in range(2):
        with qtbot.waitSignal(bench.session.runChanged, timeout=PATIENCE):
            bench.click("trainButton")
        qtbot.waitUntil(bench.button("trainButton").isEnabled, timeout=PATIENCE)
        qtbot.waitUntil(lambda: "Trained" in bench.tab.watch.words.text(), timeout=PATIENCE)
        if not bench.tab.watch.loss_plot.past:
            first = bench.tab.watch.loss_plot.smooth.y.copy()
    ((past, _),) = bench.tab.watch.loss_plot.past
    np.testing.assert_array_equal(past.getOriginalDataset()[1], first)
    assert len(bench.tab.watch.loss_plot.raw.x) == 3


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
