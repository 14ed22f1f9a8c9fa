"""The training tab through its real controls, training for real on a dozen films."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QPushButton, QSpinBox, QTableWidget
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core import progress
from cxr_gui.core.demo import write_demo
from cxr_gui.core.errors import SettingsError
from cxr_gui.core.learning.training_events import BatchDone, EpochDone
from cxr_gui.core.progress import Event
from cxr_gui.core.recipes import RECIPES, load_recipe
from cxr_gui.jobs import Job
from cxr_gui.session import Message, Session
from cxr_gui.ui.settings import Settings
from cxr_gui.ui.training import TrainingTab
from cxr_gui.ui.training.fields import RealBox
from cxr_gui.ui.training.recipe_editor import RecipeEditor

PATIENCE = 120_000
LEFT = Qt.MouseButton.LeftButton
TRAIN_FILMS = 12


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "films"
    return progress.run(write_demo(folder, train=TRAIN_FILMS, test=4))


@dataclass
class Bench:
    """A training tab with a session of its own, and all that happened on it."""

    qtbot: QtBot
    settings: Settings
    session: Session = field(default_factory=Session)
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.session.messageRaised.connect(self.messages.append)
        self.session.jobStarted.connect(self._follow)
        self.tab = TrainingTab(self.session, self.settings)
        self.tab.resize(1280, 700)
        self.qtbot.addWidget(self.tab)

    def _follow(self, job: Job) -> None:
        if job.name == "training":
            job.events.connect(self.events.extend)

    def open(self, data: Path) -> Bench:
        with self.qtbot.waitSignal(self.session.catalogChanged, timeout=PATIENCE):
            self.session.load_catalog()
        with self.qtbot.waitSignal(self.session.datasetChanged, timeout=PATIENCE):
            self.session.open_dataset(data)
        return self

    def click(self, name: str) -> None:
        button = self.tab.findChild(QPushButton, name)
        assert button.isEnabled(), button.toolTip()
        self.qtbot.mouseClick(button, LEFT)

    def button(self, name: str) -> QPushButton:
        return self.tab.findChild(QPushButton, name)

    def train(self, until: Callable[[list[Event]], bool]) -> Job:
        """Click Train and wait until the events of one delivery are so."""
        self.click("trainButton")
        job = self.session.lanes["training"].job
        self.qtbot.waitUntil(lambda: until(self.events), timeout=PATIENCE)
        return job

    def of(self, kind: type) -> list[Event]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def new_bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    """Makes benches that remember the same things, like starts of the program."""
    create_application([])
    benches = []

    def make() -> Bench:
        settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
        settings.store.set_value("training/runs_folder", str(tmp_path / "runs"))
        settings.store.set_value("training/architecture", "compact_cnn")
        benches.append(Bench(qtbot, settings))
        return benches[-1]

    yield make
    for bench in benches:
        assert bench.session.close(30_000)


@pytest.fixture
def bench(new_bench: Callable[[], Bench], data: Path) -> Bench:
    bench = new_bench().open(data)
    bench.tab.findChild(QSpinBox, "epochsBox").setValue(1)
    bench.tab.findChild(QSpinBox, "batchSizeBox").setValue(4)
    return bench


def has(kind: type) -> Callable[[list[Event]], bool]:
    return lambda events: any(isinstance(event, kind) for event in events)


# -- training ----------------------------------------------------------------------------------------------


def test_what_cannot_be_done_says_why(new_bench: Callable[[], Bench], data: Path, qtbot: QtBot) -> None:
    bench = new_bench()
    train = bench.button("trainButton")
    assert not train.isEnabled()
    assert "PyTorch" in train.toolTip()
    with qtbot.waitSignal(bench.session.catalogChanged, timeout=PATIENCE):
        bench.session.load_catalog()
    assert train.toolTip() == "Open a dataset first"
    with qtbot.waitSignal(bench.session.datasetChanged, timeout=PATIENCE):
        bench.session.open_dataset(data / "test")
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
    assert bench.session.classifier is run.classifier
    assert run.folder.parent == Path(bench.settings.store.value("training/runs_folder"))
    assert run.folder.name.endswith("-compact_cnn")
    assert f"{row.train_loss:.4f}" in bench.tab.watch.words.text()
    assert bench.tab.form.folder != run.folder
    assert not [message for message in bench.messages if message.level == "error"]
    with qtbot.waitSignal(bench.tab.sweepRequested):
        bench.click("sweepItButton")


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
    bench.session.close(30_000)
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


# -- the form and the recipe -------------------------------------------------------------------------------


def test_the_form_describes_what_it_shows(bench: Bench) -> None:
    recipes = bench.tab.findChild(QComboBox, "recipeBox")
    recipes.setCurrentText("robust-pgd")
    config = bench.tab.form.config()
    assert config.architecture == "compact_cnn"
    assert config.recipe == RECIPES["robust-pgd"]
    bench.tab.form.epochs_box.setValue(2)
    assert bench.tab.form.config().recipe == RECIPES["robust-pgd"].changed(epochs=2)
    recipes.setCurrentText("paper")
    recipes.setCurrentText("robust-pgd")
    assert bench.tab.form.config().recipe == RECIPES["robust-pgd"]


def test_imagenet_weights_are_offered_where_they_exist(bench: Bench) -> None:
    form = bench.tab.form
    check = form.findChild(QCheckBox, "pretrainedCheck")
    box = form.architecture_box
    box.setCurrentIndex(box.findData("compact_cnn"))
    assert check.isHidden()
    box.setCurrentIndex(box.findData("resnet18"))
    assert not check.isHidden()
    assert form.config().options == {}
    check.setChecked(True)
    asked = form.config()
    assert asked.options == {"pretrained": True}
    box.setCurrentIndex(box.findData("compact_cnn"))
    assert form.config().options == {}
    form.show_config(asked)
    assert form.config() == asked
    check.setChecked(False)
    assert form.config().options == {}


def test_a_changed_recipe_is_not_called_ours(bench: Bench) -> None:
    form = bench.tab.form
    form.set_recipe(RECIPES["paper"].changed(epochs=9))
    assert form.config().recipe.name == "paper"
    form.set_recipe(RECIPES["paper"].changed(rotation=3.0))
    assert form.config().recipe == RECIPES["paper"].changed(rotation=3.0, name="paper, changed")
    form.recipe_box.setCurrentText("paper")
    assert form.config().recipe == RECIPES["paper"]


def test_every_recipe_comes_back_from_the_editor_as_it_was(qtbot: QtBot) -> None:
    create_application([])
    for recipe in RECIPES.values():
        precise = recipe.changed(learning_rate=1 / 3 * 1e-5, gamma=1 / 7, name="precise")
        for shown in (recipe, precise):
            editor = RecipeEditor(shown, shown)
            qtbot.addWidget(editor)
            assert editor.edited() == shown


def test_a_recipe_is_edited_saved_loaded_and_reset(qtbot: QtBot, tmp_path: Path) -> None:
    create_application([])
    editor = RecipeEditor(RECIPES["balanced"], RECIPES["balanced"])
    qtbot.addWidget(editor)
    editor.controls["rotation"].setValue(3.5)
    editor.controls["schedule"].setCurrentText("constant")
    changed = editor.edited()
    assert changed == RECIPES["balanced"].changed(rotation=3.5, schedule="constant", name="balanced, changed")
    for name in ("mine.toml", "mine.json"):
        editor.save_to(tmp_path / name)
        assert load_recipe(tmp_path / name) == changed
        other = RecipeEditor(RECIPES["paper"], RECIPES["paper"])
        qtbot.addWidget(other)
        other.load_from(tmp_path / name)
        other.accept()
        assert other.recipe == changed
    qtbot.mouseClick(editor.findChild(QPushButton, "recipeResetButton"), LEFT)
    assert editor.edited() == RECIPES["balanced"]


def test_a_recipe_that_cannot_be_is_refused_in_the_dialog(qtbot: QtBot, tmp_path: Path) -> None:
    create_application([])
    editor = RecipeEditor(RECIPES["paper"], RECIPES["paper"])
    qtbot.addWidget(editor)
    editor.show()
    trouble = editor.findChild(object, "recipeTrouble")
    editor.controls["adversary"].setCurrentText("pgd")
    with pytest.raises(SettingsError, match="epsilon 0"):
        editor.edited()
    editor.accept()
    assert editor.isVisible()
    assert "epsilon 0" in trouble.text()
    (tmp_path / "bad.toml").write_text("epochs = 'many'")
    editor.load_from(tmp_path / "bad.toml")
    assert "bad.toml" in trouble.text()
    assert editor.controls["epochs"].value() == RECIPES["paper"].epochs


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("1e-4", QValidator.State.Acceptable),
        ("1e-", QValidator.State.Intermediate),
        ("2", QValidator.State.Intermediate),
        ("nan", QValidator.State.Invalid),
        ("many", QValidator.State.Invalid),
    ],
)
def test_a_number_can_be_typed_as_people_write_it(qtbot: QtBot, text: str, state: QValidator.State) -> None:
    create_application([])
    box = RealBox(0.0, 1.0)
    qtbot.addWidget(box)
    assert box.validate(text, len(text))[0] == state


def test_numbers_are_short_and_step_with_their_size(qtbot: QtBot) -> None:
    create_application([])
    box = RealBox(0.0, 1.0)
    qtbot.addWidget(box)
    box.setValue(1e-4)
    assert box.text() == "0.0001"
    box.stepBy(1)
    assert box.value() == 1.1e-4
    box.setValue(0.0)
    box.stepBy(1)
    assert box.value() == 0.01


def test_the_wheel_scrolls_past_what_is_not_focused(bench: Bench) -> None:
    box = bench.tab.findChild(QSpinBox, "epochsBox")
    before = box.value()
    wheel = QWheelEvent(
        QPointF(5, 5),
        QPointF(box.mapToGlobal(QPoint(5, 5))),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, wheel)
    assert box.value() == before
