"""Where the classifier looks, in the real window: only when asked, kept up, and let go again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QLabel, QSlider, QToolButton
from pytestqt.qtbot import QtBot
from torch import nn

from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.classifier import Classifier, Normalisation
from cxr_gui.core.models.registry import create
from cxr_gui.session.values import Explained
from cxr_gui.ui.attack.viewer.compare import CompareMode
from cxr_gui.ui.attack.viewer.mouse import Bindings
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.open_window import Start
from tests.support.patience import WAIT


@pytest.fixture
def shown(qtbot: QtBot, window: MainWindow, folder: Path, tmp_path: Path) -> Iterator[MainWindow]:
    """The window with a small classifier and its first film under attack."""
    torch.manual_seed(0)
    classifier = create("compact_cnn", width=4)
    classifier.input_size = (64, 64)
    path = tmp_path / "small.safetensors"
    save(classifier, path)
    session = window.session
    with qtbot.waitSignal(session.classifierChanged, timeout=WAIT):
        session.opening.classifier(path)
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        window.open_paths([folder])
    window.tabs.setCurrentWidget(window.attack_tab)
    yield window
    session.explaining.explain(None)


def complete(explained: Explained | None) -> bool:
    return explained is not None and explained.perturbed is not None


def wait_for_both(qtbot: QtBot, window: MainWindow) -> Explained:
    qtbot.waitUntil(lambda: complete(window.session.explaining.explained), timeout=WAIT)
    explained = window.session.explaining.explained
    assert explained is not None
    return explained


def button(window: MainWindow, name: str) -> QToolButton:
    found = window.findChild(QToolButton, name)
    assert found is not None
    return found


def test_nothing_is_explained_until_somebody_asks(qtbot: QtBot, shown: MainWindow) -> None:
    session, tab = shown.session, shown.attack_tab
    lanes: list[str] = []
    session.jobStarted.connect(lambda job: lanes.append(job.name))
    assert not tab.explain_bar.isVisible()
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.set_epsilon(0.02)
    assert "explanation" not in lanes
    button(shown, "explainButton").click()
    explained = wait_for_both(qtbot, shown)
    assert lanes.count("explanation") == 1
    assert tab.explain_bar.isVisible()
    assert button(shown, "explainButton").isChecked()
    words = tab.findChild(QLabel, "explainWarning").text()
    assert words == "An explanation of the model, not of the disease."
    for view, said in ((tab.views.clean, explained.clean), (tab.views.perturbed, explained.perturbed)):
        assert view.plate is not None
        assert view.plate.heat is not None
        assert view.plate.heat.title.startswith("Grad-CAM, ")
        assert view.plate.heat.title.endswith(f"for {said.decision}")


def test_asking_again_by_key_lets_go(qtbot: QtBot, shown: MainWindow) -> None:
    views = shown.attack_tab.views
    views.setFocus()
    qtbot.keyClick(views, Qt.Key.Key_E)
    wait_for_both(qtbot, shown)
    qtbot.keyClick(views, Qt.Key.Key_E)
    assert shown.session.explaining.explained is None
    assert not button(shown, "explainButton").isChecked()
    assert not shown.attack_tab.explain_bar.isVisible()
    assert views.clean.plate is not None
    assert views.clean.plate.heat is None


def test_another_epsilon_keeps_the_clean_image_s_and_explains_the_perturbed_one_anew(
    qtbot: QtBot, shown: MainWindow
) -> None:
    session = shown.session
    session.explaining.explain("grad_cam")
    before = wait_for_both(qtbot, shown)
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.set_epsilon(0.1)
    assert session.explaining.explained is not None
    assert session.explaining.explained.perturbed is None
    perturbed = shown.attack_tab.views.perturbed.plate
    assert perturbed is not None
    assert perturbed.heat is None  # what was said of another epsilon is gone at once
    after = wait_for_both(qtbot, shown)
    assert after.clean is before.clean
    assert after.perturbed is not before.perturbed


def test_what_is_explained_is_exported_at_once_or_when_it_is_known(
    qtbot: QtBot, shown: MainWindow, tmp_path: Path
) -> None:
    def exported(name: str) -> list[dict[str, object]]:
        job = shown.attack_tab.exports.images_to(tmp_path / name)
        assert job is not None
        with qtbot.waitSignal(job.done, timeout=WAIT):
            pass
        return json.loads((tmp_path / name / "result.json").read_text())["explanations"]

    assert exported("without") == []
    shown.session.explaining.explain("grad_cam")
    assert shown.session.explaining.explained is None
    at_once = exported("at once")
    wait_for_both(qtbot, shown)
    assert exported("known") == at_once  # with the images' hashes
    assert [said["method"] for said in at_once] == ["grad_cam"]
    for which in ("clean", "perturbed"):
        with Image.open(tmp_path / "known" / f"grad-cam-{which}.png") as image:
            image.load()


def test_another_radiograph_is_explained_from_the_start(qtbot: QtBot, shown: MainWindow) -> None:
    session = shown.session
    session.explaining.explain("grad_cam")
    before = wait_for_both(qtbot, shown)
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        shown.attack_tab.step(1)
    assert session.explaining.explained is None
    after = wait_for_both(qtbot, shown)
    assert after.clean is not before.clean


def test_another_method_replaces_the_first(qtbot: QtBot, shown: MainWindow) -> None:
    button(shown, "explainButton").click()
    wait_for_both(qtbot, shown)
    box = shown.findChild(QComboBox, "explainMethodBox")
    box.setCurrentIndex(box.findText("Integrated gradients"))
    explained = wait_for_both(qtbot, shown)
    assert explained.clean.method == "integrated_gradients"
    plate = shown.attack_tab.views.clean.plate
    assert plate is not None
    assert plate.heat is not None
    assert plate.heat.signed
    assert shown.attack_tab.explain_bar.legend.ends == ("against", "for")


def test_cancelling_the_work_ends_the_explaining(qtbot: QtBot, shown: MainWindow) -> None:
    session = shown.session
    started = []
    session.jobStarted.connect(started.append)
    session.explaining.explain("integrated_gradients")
    with qtbot.waitSignal(started[-1].events, timeout=WAIT):
        pass
    started[-1].cancel()
    qtbot.waitUntil(lambda: session.explaining.method is None, timeout=WAIT)
    assert session.explaining.explained is None
    assert not button(shown, "explainButton").isChecked()


def test_the_slider_sets_how_opaque_it_is(shown: MainWindow) -> None:
    shown.findChild(QSlider, "explainOpacitySlider").setValue(25)
    assert shown.attack_tab.views.look.opacity == pytest.approx(0.25)


def test_a_classifier_that_a_method_cannot_read_is_said_so_once(qtbot: QtBot, shown: MainWindow) -> None:
    session = shown.session
    flat = Classifier(
        nn.Sequential(nn.Flatten(), nn.Linear(64 * 64, 1)),
        architecture="flat",
        input_size=(64, 64),
        normalisation=Normalisation((0.0,), (1.0,)),
    )
    told: list[str] = []
    session.messageRaised.connect(lambda message: told.append(message.text))
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.choose_classifier(flat.eval().requires_grad_(False))
    button(shown, "explainButton").click()
    qtbot.waitUntil(lambda: session.explaining.method is None, timeout=WAIT)
    assert [words for words in told if "no feature map" in words] == told
    assert len(told) == 1
    assert not button(shown, "explainButton").isChecked()


def test_the_toolbar_says_which_comparison_is_on(shown: MainWindow) -> None:
    views = shown.attack_tab.views
    swipe, lens = button(shown, "swipeButton"), button(shown, "lensButton")
    difference = lens.menu().findChild(QAction, "differenceLensAction")
    swipe.click()
    assert (views.comparison, swipe.isChecked(), lens.isChecked()) == (CompareMode.SWIPE, True, False)
    difference.trigger()
    assert (views.comparison, swipe.isChecked(), lens.isChecked()) == (CompareMode.DIFFERENCE, False, True)
    difference.trigger()
    assert (views.comparison, lens.isChecked(), difference.isChecked()) == (CompareMode.NONE, False, False)


def test_mouse_buttons_are_remembered_until_the_next_start(
    started: Start, window: MainWindow, store: QSettings
) -> None:
    chosen = Bindings(left="pan", middle="window", right="zoom")
    window.attack_tab.views.look.set_bindings(chosen)
    other = started(store)
    assert other.attack_tab.views.look.bindings == chosen
