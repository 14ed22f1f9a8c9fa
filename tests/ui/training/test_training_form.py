"""The training tab's form and recipe editor: they mean what they show, and show again what was saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QFileDialog, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.training.recipes import RECIPES, load_recipe
from cxr_gui.ui.training.recipe_editor import RecipeEditor
from cxr_gui.ui.widgets.number_box import RealBox
from tests.support.hands import LEFT
from tests.support.training_bench import Bench


def test_the_form_describes_what_it_shows(bench: Bench) -> None:
    recipes = bench.tab.findChild(QComboBox, "recipeBox")
    recipes.setCurrentText("robust-pgd")
    config = bench.tab.form.config()
    assert config.architecture == "compact_cnn"
    assert config.recipe == RECIPES["robust-pgd"]
    bench.tab.form.beside["epochs"].setValue(2)
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
    editor.form.controls["rotation"].setValue(3.5)
    editor.form.controls["schedule"].setCurrentText("constant")
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
    editor.form.controls["adversary"].setCurrentText("pgd")
    with pytest.raises(SettingsError, match="epsilon 0"):
        editor.edited()
    editor.accept()
    assert editor.isVisible()
    assert "epsilon 0" in trouble.text()
    (tmp_path / "bad.toml").write_text("epochs = 'many'")
    editor.load_from(tmp_path / "bad.toml")
    assert "bad.toml" in trouble.text()
    assert editor.form.controls["epochs"].value() == RECIPES["paper"].epochs


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("1e-4", QValidator.State.Acceptable),
        ("1e-", QValidator.State.Intermediate),
        ("2", QValidator.State.Intermediate),
        ("1,5e-4", QValidator.State.Acceptable),
        ("nan", QValidator.State.Intermediate),
        ("many", QValidator.State.Intermediate),
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


def test_a_recipe_file_is_asked_for_and_nothing_happens_without_one(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_application([])
    editor = RecipeEditor(RECIPES["balanced"], RECIPES["balanced"])
    qtbot.addWidget(editor)
    save, load = (editor.findChild(QPushButton, f"recipe{name}Button") for name in ("Save", "Load"))
    file = tmp_path / "mine.toml"
    for chosen in ("", str(file)):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, chosen=chosen: (chosen, ""))
        monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, chosen=chosen: (chosen, ""))
        editor.show_recipe(RECIPES["paper"])
        qtbot.mouseClick(save, LEFT)
        editor.show_recipe(RECIPES["balanced"])
        qtbot.mouseClick(load, LEFT)
        assert file.exists() == bool(chosen)
        found = editor.form.controls["rotation"].value()
        assert found == RECIPES["paper" if chosen else "balanced"].rotation


@pytest.mark.parametrize("accepted", [True, False])
def test_all_settings_come_into_the_form_when_they_are_used(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, accepted: bool
) -> None:
    form = bench.tab.form
    before = form.config().recipe

    def turn(editor: RecipeEditor) -> int:
        editor.form.controls["rotation"].setValue(3.5)
        if accepted:
            editor.accept()
        return editor.result()

    monkeypatch.setattr(RecipeEditor, "exec", turn)
    bench.click("recipeSettingsButton")
    after = before.changed(rotation=3.5, name=f"{before.name}, changed")
    assert form.config().recipe == (after if accepted else before)


def test_a_folder_is_asked_for_and_means_what_it_holds(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = bench.tab.form
    used, unused = tmp_path / "used", tmp_path / "unused"
    for folder in (used / "a run", unused):
        folder.mkdir(parents=True)
    before = form.folder
    for chosen, below in (("", False), (str(unused), False), (str(used), True)):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, chosen=chosen: chosen)
        bench.click("runFolderButton")
        assert (form.folder.parent if below else form.folder) == (Path(chosen) if chosen else before)
