"""The frames of a multi-frame file: chosen by number, slider or key, each attacked and named as its own."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QSlider, QSpinBox
from pytestqt.qtbot import QtBot

from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.session.lanes import Lane
from cxr_gui.session.values import OpenFilm
from cxr_gui.ui.attack.export.export_dialog import ExportDialog
from cxr_gui.ui.attack.viewer.frame_bar import FrameBar
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.dicom_files import dicom
from tests.support.films import film, pixels_of
from tests.support.patience import LONG

COUNT = 4


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A TIFF of four films."""
    first, *others = (Image.fromarray(pixels_of(seed)) for seed in range(COUNT))
    path = tmp_path / "pages.tiff"
    first.save(path, save_all=True, append_images=others)
    return path


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A DICOM file of four films."""
    values = np.stack([pixels_of(seed) for seed in range(COUNT)])
    return dicom(tmp_path / "series.dcm", values, WindowCenter=128, WindowWidth=256)


@pytest.fixture
def armed(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with the demo classifier."""
    with qtbot.waitSignal(window.session.classifierChanged, timeout=LONG):
        window.open_paths([demo_classifier_path()])
    return window


def show(qtbot: QtBot, window: MainWindow, *paths: Path) -> None:
    with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
        window.open_paths(paths)


def shown_film(window: MainWindow) -> OpenFilm:
    assert window.session.film is not None
    return window.session.film


def box(window: MainWindow) -> QSpinBox:
    return window.findChild(QSpinBox, "frameBox")


def shown(window: MainWindow) -> int:
    """The film whose pixels are in the inspector, found by its pixels."""
    levels = np.rint(255 * shown_film(window).radiograph.pixels)
    return next(seed for seed in range(COUNT) if np.abs(levels - pixels_of(seed)).max() <= 1)


@pytest.mark.parametrize("kind", ["pages", "series"])
def test_a_frame_is_chosen_attacked_and_named(
    qtbot: QtBot, armed: MainWindow, kind: str, request: pytest.FixtureRequest
) -> None:
    with qtbot.waitSignal(armed.session.inspectionChanged, timeout=LONG):
        armed.open_paths([request.getfixturevalue(kind)])
    assert (box(armed).text(), shown(armed)) == ("Frame 1 of 4", 0)
    sentence = armed.findChild(QLabel, "verdictSentence")
    assert sentence.text().startswith("Frame 1 of 4: ")
    first = armed.session.inspection
    with qtbot.waitSignal(armed.session.inspectionChanged, timeout=LONG):
        box(armed).setValue(3)
    assert (box(armed).text(), shown(armed)) == ("Frame 3 of 4", 2)
    assert armed.session.inspection.clean_logit != first.clean_logit
    assert sentence.text().startswith("Frame 3 of 4: ")
    assert armed.attack_tab.views.clean.label.startswith("Clean, frame 3 of 4, ")
    armed.attack_tab.views.set_original(True)
    assert armed.attack_tab.views.clean.label.startswith("Clean, frame 3 of 4, as read")


def test_there_is_nothing_to_choose_of_a_single_image(
    qtbot: QtBot, window: MainWindow, pages: Path, tmp_path: Path
) -> None:
    bar = window.findChild(FrameBar, "frameBar")
    film(tmp_path / "film.jpeg", 0)
    show(qtbot, window, pages)
    assert bar.isVisible()
    show(qtbot, window, tmp_path / "film.jpeg")
    assert not bar.isVisible()
    assert "frame" not in window.attack_tab.views.clean.label
    qtbot.keyClick(window.attack_tab.views, Qt.Key.Key_PageDown)
    assert window.session.job(Lane.RADIOGRAPH) is None


def test_page_keys_go_one_frame_and_stop_at_the_ends(qtbot: QtBot, window: MainWindow, pages: Path) -> None:
    show(qtbot, window, pages)
    slider = window.findChild(QSlider, "frameSlider")
    down, up = Qt.Key.Key_PageDown, Qt.Key.Key_PageUp
    views = window.attack_tab.views
    for widget, key, film_then in (
        (views, down, 1),
        (box(window), down, 2),
        (slider, down, 3),
        (slider, up, 2),
        (box(window), up, 1),
        (views, up, 0),
    ):
        with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
            qtbot.keyClick(widget, key)
        assert shown(window) == film_then
        assert box(window).value() == slider.value() == film_then + 1
    qtbot.keyClick(views, up)
    assert window.session.job(Lane.RADIOGRAPH) is None


def test_of_many_frames_asked_for_quickly_the_last_is_shown(
    qtbot: QtBot, window: MainWindow, series: Path
) -> None:
    show(qtbot, window, series)
    seen: list[OpenFilm] = []
    window.session.filmChanged.connect(seen.append)
    with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
        for _ in range(3):
            qtbot.keyClick(window.attack_tab.views, Qt.Key.Key_PageDown)
        assert shown(window) == 0  # the old one stays until the new one is there
    assert [each.radiograph.source.frame for each in seen] == [3]
    assert shown(window) == 3


def test_a_frame_on_its_way_keeps_its_number(qtbot: QtBot, window: MainWindow, pages: Path) -> None:
    show(qtbot, window, pages)
    with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
        box(window).setValue(3)
        window.session.filmChanged.emit(window.session.film)
        assert box(window).value() == 3
    with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
        window.findChild(QSlider, "frameSlider").setValue(4)
    assert (box(window).value(), shown(window)) == (4, 3)


def test_a_frame_that_cannot_be_read_leaves_the_old_one(
    qtbot: QtBot, window: MainWindow, pages: Path
) -> None:
    show(qtbot, window, pages)
    Image.fromarray(pixels_of(9)).save(pages)  # by somebody else, meanwhile
    with qtbot.waitSignal(window.session.messageRaised, timeout=LONG) as raised:
        box(window).setValue(3)
    assert raised.args[0].level == "error"
    assert "no frame 3" in raised.args[0].text
    qtbot.waitUntil(lambda: box(window).value() == 1, timeout=LONG)
    assert window.findChild(QSlider, "frameSlider").value() == 1
    assert shown(window) == 0


def test_what_was_said_of_one_frame_is_not_left_beside_another(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    grey = Image.fromarray(pixels_of(0)).convert("RGB")
    red = Image.new("RGB", grey.size, "red")
    path = tmp_path / "pages.tiff"
    grey.save(path, save_all=True, append_images=[grey, red, red])

    def said() -> set[str]:
        return {message.text for message in window.messages.messages}

    show(qtbot, window, path)
    first, colour = f"{path.name}: The file has 4 frames; the first is shown.", "colour image"
    assert first in said()
    for number, coloured in ((3, True), (2, False), (3, True)):
        with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
            box(window).setValue(number)
        assert first not in said()
        assert any(colour in text for text in said()) == coloured
    while window.messages.messages:
        window.findChild(QPushButton, "messageDismissButton").click()
    with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
        box(window).setValue(4)
    assert not said()  # the same as of the frame before, and dismissed


def test_its_label_is_kept_even_when_nobody_knows(qtbot: QtBot, opened: MainWindow, pages: Path) -> None:
    with qtbot.waitSignal(opened.session.filmChanged, timeout=LONG):
        opened.session.opening.image(pages, "NORMAL")
    for label in ("NORMAL", None):
        opened.session.set_label(label)
        with qtbot.waitSignal(opened.session.filmChanged, timeout=LONG):
            box(opened).setValue(5 - box(opened).value())
        assert shown_film(opened).label == label


def test_exports_say_which_frame(
    qtbot: QtBot, armed: MainWindow, pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(qtbot, armed, pages)
    second = armed.session.inspectionChanged  # the first frame's may still be on its way
    with qtbot.waitSignal(second, timeout=LONG, check_params_cb=lambda found: found.which == "frame 2 of 4"):
        box(armed).setValue(2)
    exports = armed.attack_tab.exports
    with qtbot.waitSignal(exports.images_to(tmp_path / "out").done, timeout=LONG):
        pass
    result = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert (result["frame"], result["frames"]) == (2, 4)
    assert result["sentence"].startswith("Frame 2 of 4: ")

    offered: list[str] = []

    def refuse(_parent: object, _title: str, name: str, _kinds: str) -> tuple[str, str]:
        offered.append(name)
        return "", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", refuse)
    next(
        action for action in exports.button.menu().actions() if action.objectName() == "exportViewsAction"
    ).trigger()
    exports.open_dialog()
    save = armed.findChild(ExportDialog).findChild(QPushButton, "dicomSaveButton")
    qtbot.waitUntil(save.isEnabled, timeout=LONG)
    save.click()
    assert offered == ["views-frame-2-of-4.png", "perturbed-frame-2-of-4.dcm"]


def test_the_filmstrip_has_one_film_a_file(
    qtbot: QtBot, armed: MainWindow, pages: Path, series: Path
) -> None:
    show(qtbot, armed, pages, series)
    judging = armed.session.judging
    qtbot.waitUntil(lambda: judging.job is None and len(judging.verdicts) == 2, timeout=LONG)
    with qtbot.waitSignal(armed.session.filmChanged, timeout=LONG):
        box(armed).setValue(4)
    strip = armed.attack_tab.filmstrip
    assert [strip.item(row).text() for row in range(strip.count())] == ["pages.tiff", "series.dcm"]
    assert strip.currentRow() == 0
    assert judging.verdicts[pages].sentence.startswith("Frame 1 of 4: ")
