"""The queue in the window: what is queued, shown, moved, told, and offered at the next start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QModelIndex, QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QListWidget, QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.core.models.registry import create
from cxr_gui.core.queue.queue_file import sweep_arguments, train_config
from cxr_gui.core.queue.queued import Queue, QueuedJob
from cxr_gui.core.training.run_folder import RunFolder
from cxr_gui.session.queueing import Draft, Queueing
from cxr_gui.session.values import Message
from cxr_gui.ui.attack.sweep.queue_sweeps import QueueSweepsDialog
from cxr_gui.ui.widgets.empty import EmptyState
from cxr_gui.ui.window.main_window import MainWindow
from cxr_gui.ui.window.queue.queue_dialog import QueueDialog
from tests.support.open_window import Start
from tests.support.patience import LONG
from tests.support.queue_work import QueueWork, queue_work

__all__ = ["queue_work"]


@pytest.fixture
def waiting(qtbot: QtBot, queue_work: QueueWork, window: MainWindow, tmp_path: Path) -> Iterator[Queueing]:
    """The window's queue, with three jobs."""
    queueing = window.session.queueing
    queueing.folder = tmp_path / "results"
    qtbot.waitUntil(lambda: window.session.catalog is not None, timeout=LONG)
    with qtbot.waitSignal(queueing.added, timeout=LONG):
        queueing.add([Draft("train", name, {}) for name in ("a", "broken", "c")])
    yield queueing
    queue_work.let_all_go()


def names(queueing: Queueing) -> list[str]:
    return [job.name for job in queueing.jobs]


def shown(window: MainWindow) -> QueueDialog:
    window.queue.show_queue()
    return window.findChild(QueueDialog)


def click(qtbot: QtBot, parent: QueueDialog | MainWindow | QueueSweepsDialog, name: str) -> None:
    qtbot.mouseClick(parent.findChild(QPushButton, name), Qt.MouseButton.LeftButton)


def offered(window: MainWindow, text: str) -> Message:
    return next(message for message in window.messages.messages if text in message.text)


def test_the_table_can_be_put_in_order_and_says_what_failed_and_why(
    qtbot: QtBot, window: MainWindow, waiting: Queueing, queue_work: QueueWork
) -> None:
    dialog = shown(window)
    model, table = dialog.table.model(), dialog.table
    table.selectRow(2)
    click(qtbot, dialog, "queueUpButton")
    qtbot.waitUntil(lambda: names(waiting) == ["a", "c", "broken"], timeout=LONG)
    assert table.selectionModel().selectedRows()[0].row() == 1, "it stays selected"
    data = model.mimeData([model.index(2, 0)])
    model.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, QModelIndex())
    qtbot.waitUntil(lambda: names(waiting) == ["broken", "a", "c"], timeout=LONG)
    data = model.mimeData([model.index(0, 0)])
    model.dropMimeData(data, Qt.DropAction.MoveAction, 2, 0, QModelIndex())
    qtbot.waitUntil(lambda: names(waiting) == ["a", "broken", "c"], timeout=LONG)
    assert window.findChild(QPushButton, "queueButton").text() == "Queue: 3 left"
    click(qtbot, dialog, "queueStartButton")
    qtbot.waitUntil(lambda: waiting.latest is not None and waiting.latest.inner is not None, timeout=LONG)
    assert dialog.findChild(QLabel, "queueState").text() == "At work: 3 jobs left"
    click(qtbot, dialog, "queuePauseButton")
    assert dialog.findChild(QLabel, "queueState").text() == "Pausing after this one: 3 jobs left"
    click(qtbot, dialog, "queuePauseButton")
    queue_work.let_all_go()
    qtbot.waitUntil(lambda: waiting.job is None, timeout=LONG)
    rows = [[model.index(row, column).data() for column in (0, 2)] for row in range(3)]
    assert rows == [["a", "Done"], ["broken", "Failed"], ["c", "Done"]]
    assert "is broken" in model.index(1, 3).data()
    assert "failed" in offered(window, "\u201cbroken\u201d").text
    assert offered(window, "has trained").text == "The queue has trained \u201cc\u201d."
    assert offered(window, "has ended").text == "The queue has ended: 2 done, 1 failed."
    click(qtbot, dialog, "queueClearButton")
    qtbot.waitUntil(lambda: names(waiting) == ["broken"], timeout=LONG)
    table.selectRow(0)
    click(qtbot, dialog, "queueRemoveButton")
    qtbot.waitUntil(lambda: names(waiting) == [], timeout=LONG)
    assert not window.findChild(QPushButton, "queueButton").isVisible()
    assert dialog.findChild(EmptyState).isVisible()


def test_what_runs_is_said_on_every_tab_and_a_dot_is_on_that_of_trainings(
    qtbot: QtBot, window: MainWindow, waiting: Queueing, queue_work: QueueWork
) -> None:
    place = window.tabs.indexOf(window.training_tab)
    assert window.tabs.tabToolTip(place) == ""
    waiting.start()
    words = window.findChild(QLabel, "jobStatusText")
    qtbot.waitUntil(lambda: words.text().startswith("Queue 1 of 3: a: Working: 2 of 4"), timeout=LONG)
    assert window.tabs.tabToolTip(place) == "A training is running"
    assert window.tabs.tabBar().accessibleTabName(place) == "Training, A training is running"
    waiting.stop()
    qtbot.waitUntil(lambda: window.tabs.tabToolTip(place) == "", timeout=LONG)


def test_a_training_is_queued_as_the_form_has_it_and_with_several_seeds(
    qtbot: QtBot, queue_work: QueueWork, opened: MainWindow, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: opened.session.catalog is not None, timeout=LONG)
    queueing, tab = opened.session.queueing, opened.training_tab
    queueing.folder = tmp_path / "results"
    left_out = opened.session.dataset.records[0].path
    opened.session.exclude([left_out])
    tab.menu.menu().aboutToShow.emit()
    entries = {entry.objectName(): entry for entry in tab.menu.menu().actions()}
    assert entries["queueSeedsAction"].text() == "Queue it with the seeds 0, 1, 2"
    with qtbot.waitSignal(queueing.added, timeout=LONG):
        entries["queueSeedsAction"].trigger()
    assert names(queueing) == [f"paper_cnn-paper-seed{seed}" for seed in range(3)]
    configs = [train_config(job.options) for job in queueing.jobs]
    expected = opened.session.training.without_excluded(tab.form.config())
    assert configs[0] == expected
    assert len(configs[0].excluded) == 1
    assert [config.seed for config in configs] == [0, 1, 2]
    assert queue_work.begun == [], "nothing begins by itself"
    assert [offer.words for offer in offered(opened, "Queued 3 jobs.").offers] == ["Start", "Show"]


def test_several_attacks_threats_and_classifiers_are_queued_in_one_go(
    qtbot: QtBot, queue_work: QueueWork, opened: MainWindow, tmp_path: Path
) -> None:
    qtbot.waitUntil(lambda: opened.session.catalog is not None, timeout=LONG)
    queueing = opened.session.queueing
    queueing.folder = tmp_path / "results"
    with qtbot.waitSignal(queueing.added, timeout=LONG):
        opened.training_tab.menu.queue()
    opened.attack_tab.sweep.bar.menu.ask_several()
    dialog = opened.findChild(QueueSweepsDialog)
    button = dialog.findChild(QPushButton, "queueSweepsButton")
    for name, ticked in (("queueAttacks", (0, 1)), ("queueThreats", (0, 1)), ("queueClassifiers", (0, -1))):
        choices = dialog.findChild(QListWidget, name)
        for row in range(choices.count()):
            choices.item(row).setCheckState(Qt.CheckState.Unchecked)
        assert not button.isEnabled()
        for row in ticked:
            choices.item(row % choices.count()).setCheckState(Qt.CheckState.Checked)
    assert button.text() == "Queue 8 sweeps"
    with qtbot.waitSignal(queueing.added, timeout=LONG) as added:
        click(qtbot, dialog, "queueSweepsButton")
    [sweeps] = added.args
    assert len({job.name for job in sweeps}) == 8
    trained = str(RunFolder(queueing.jobs[0].options["out"]).best)
    assert [job.options["classifier"] for job in sweeps].count(trained) == 4
    assert {sweep_arguments(job.options)["threat"] for job in sweeps} == {"rgb", "grey"}


def test_what_is_left_is_offered_at_the_next_start_and_does_not_begin(
    qtbot: QtBot, started: Start, queue_work: QueueWork, store: QSettings, tmp_path: Path
) -> None:
    jobs = [
        QueuedJob("a", "train", {"out": str(tmp_path / "a")}, "done"),
        QueuedJob("b", "train", {"out": str(tmp_path / "b")}, "running"),
        QueuedJob("c", "sweep", {"out": str(tmp_path / "c")}),
    ]
    Queue(tmp_path / "queue.json").add(*jobs)
    window = started(store)
    with qtbot.waitSignal(window.session.queueing.found, timeout=LONG):
        window.show()
    message = offered(window, "left")
    assert message.text == "The queue has 2 jobs left."
    assert [offer.words for offer in message.offers] == ["Go on", "Show", "Discard"]
    assert queue_work.begun == []
    queue_work.let_all_go()
    with qtbot.waitSignal(window.session.queueing.ended, timeout=LONG):
        message.offers[0].accept()
    assert queue_work.begun == ["b", "c"]


def test_where_results_go_is_chosen_once(
    qtbot: QtBot, window: MainWindow, waiting: Queueing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cxr_gui.ui.window.queue.queue_dialog.ask_folder", lambda *_: tmp_path / "there")
    click(qtbot, shown(window), "queueFolderButton")
    assert waiting.folder == tmp_path / "there"
    assert window.settings.queue_folder == str(tmp_path / "there")


def test_the_sweep_that_is_set_is_queued_for_each_classifier_or_says_why_not(
    qtbot: QtBot, queue_work: QueueWork, window: MainWindow, folder: Path, tmp_path: Path
) -> None:
    session, bar = window.session, window.attack_tab.sweep.bar
    session.queueing.folder = tmp_path / "results"
    one, several = (bar.menu.findChild(QAction, f"{name}Action") for name in ("queueSweep", "queueSweeps"))

    def allowed() -> tuple[bool, bool, str]:
        bar.menu.menu().aboutToShow.emit()
        return one.isEnabled(), several.isEnabled(), one.toolTip()

    assert allowed() == (False, False, "PyTorch is still loading")
    qtbot.waitUntil(lambda: session.catalog is not None, timeout=LONG)
    assert allowed() == (False, False, "Open a dataset first")
    with qtbot.waitSignals([session.datasetChanged, session.classifierChanged], timeout=LONG):
        window.open_paths([folder])
    used = session.classifier
    session.choose_classifier(create("compact_cnn", width=4).eval())
    assert allowed() == (False, True, "The classifier in use has no file yet")
    session.choose_classifier(used)
    assert allowed() == (True, True, "After what is queued already")
    bar.epsilons.setText("0, 0.1")
    bar.certify.setChecked(True)
    with qtbot.waitSignal(session.queueing.added, timeout=LONG) as added:
        one.trigger()
    [sweeps] = added.args
    assert [job.options["classifier"] for job in sweeps] == [str(f) for f in (used.file, *bar.beside.files())]
    asked = sweep_arguments(sweeps[0].options)
    assert (asked["attack"].name, asked["certify"]) == (session.setting.attack, True)
    assert list(asked["epsilons"]) == pytest.approx([0, 0.05])
    assert queue_work.begun == []


def test_a_job_is_dropped_between_others_and_what_it_left_is_opened(
    qtbot: QtBot,
    window: MainWindow,
    waiting: Queueing,
    queue_work: QueueWork,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dialog = shown(window)
    model, nowhere = dialog.table.model(), QModelIndex()
    data = model.mimeData([model.index(0, 0)])
    assert model.canDropMimeData(data, Qt.DropAction.MoveAction, 2, 0, nowhere)
    assert not model.canDropMimeData(data, Qt.DropAction.CopyAction, 2, 0, nowhere)
    assert not model.canDropMimeData(QMimeData(), Qt.DropAction.MoveAction, 2, 0, nowhere)
    assert model.flags(nowhere) == Qt.ItemFlag.ItemIsDropEnabled
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsDropEnabled, "not onto another"
    queue_work.let_all_go()
    with qtbot.waitSignal(waiting.ended, timeout=LONG):
        waiting.start()
    out, broken = (model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in (0, 1))
    assert out == str(waiting.jobs[0].options["out"])
    assert "is broken" in broken
    opened: list[list[Path]] = []
    monkeypatch.setattr(window, "open_paths", opened.append)
    dialog.table.selectRow(0)
    click(qtbot, dialog, "queueOpenButton")
    assert opened == [[Path(out)]]
