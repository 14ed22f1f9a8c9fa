"""Anything can be opened: pasted, dropped, recent, a study; a strip of images is judged."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMenu, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from cxr_gui.core import images
from cxr_gui.core.base.progress import Event
from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.session import judging as service
from cxr_gui.ui.attack.strip.dropped import DroppedImages
from cxr_gui.ui.attack.strip.filmstrip import ANSWERS, VERDICT, Filmstrip
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.patience import LONG, WAIT
from tests.support.report_samples import sweep_result


@pytest.fixture
def armed(qtbot: QtBot, window: MainWindow) -> MainWindow:
    """The window with the demo classifier."""
    with qtbot.waitSignal(window.session.classifierChanged, timeout=LONG):
        window.open_paths([demo_classifier_path()])
    return window


def films(folder: Path, count: int) -> list[Path]:
    return sorted((folder / "train" / "PNEUMONIA").iterdir())[:count]


def strip(window: MainWindow) -> Filmstrip:
    return window.findChild(Filmstrip, "filmstrip")


def verdicts(window: MainWindow) -> list[str]:
    shown = strip(window)
    return [(shown.item(row).data(VERDICT) or ("",))[0] for row in range(shown.count())]


def judged(qtbot: QtBot, window: MainWindow, count: int) -> list[str]:
    judging = window.session.judging
    qtbot.waitUntil(lambda: judging.job is None and len(judging.verdicts) == count, timeout=LONG)
    return verdicts(window)


# -- pasting -------------------------------------------------------------------------------------------------


def paste(window: MainWindow) -> None:
    window.findChild(QAction, "pasteAction").trigger()


def test_a_pasted_image_is_inspected_and_leaves_nothing_behind(qtbot: QtBot, armed: MainWindow) -> None:
    levels = np.random.default_rng(0).integers(0, 255, (60, 80), np.uint8)
    QApplication.clipboard().setImage(QImage(levels.tobytes(), 80, 60, 80, QImage.Format.Format_Grayscale8))
    with qtbot.waitSignal(armed.session.inspectionChanged, timeout=LONG):
        paste(armed)
    film = armed.session.film
    np.testing.assert_array_equal(np.rint(255 * film.radiograph.pixels), levels)
    assert film.label is None
    assert armed.tabs.currentWidget() is armed.attack_tab
    assert film.path.exists()
    armed.close()
    assert armed.session.close(LONG)
    assert not film.path.parent.exists()


def test_pasted_files_are_opened(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    data = QMimeData()
    chosen = films(folder, 2)
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in chosen])
    QApplication.clipboard().setMimeData(data)
    with qtbot.waitSignal(window.session.filmChanged, timeout=LONG) as changed:
        paste(window)
    assert changed.args[0].path == chosen[0]
    assert strip(window).paths == tuple(chosen)


def test_pasting_words_says_that_there_is_no_image(qtbot: QtBot, window: MainWindow) -> None:
    QApplication.clipboard().setText("cough")
    with qtbot.waitSignal(window.session.messageRaised) as raised:
        paste(window)
    assert "no image" in raised.args[0].text


# -- recent --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("menu", ["recentMenu", "recentClassifiersMenu", "recentImagesMenu"])
def test_what_was_opened_is_offered_again_until_it_is_gone(
    qtbot: QtBot, window: MainWindow, folder: Path, tmp_path: Path, menu: str
) -> None:
    session = window.session
    classifier = tmp_path / "copy.safetensors"
    classifier.write_bytes(demo_classifier_path().read_bytes())
    what, signal = {
        "recentMenu": (folder, session.datasetChanged),
        "recentClassifiersMenu": (classifier, session.classifierChanged),
        "recentImagesMenu": (films(folder, 1)[0], session.filmChanged),
    }[menu]
    with qtbot.waitSignal(signal, timeout=LONG):
        window.open_paths([what])
    window.findChild(QMenu, "fileMenu").aboutToShow.emit()
    [entry] = window.findChild(QMenu, menu).actions()
    assert entry.text().endswith(what.name)
    with qtbot.waitSignal(signal, timeout=LONG):
        entry.trigger()
    what.rename(tmp_path / "elsewhere")
    with qtbot.waitSignal(session.messageRaised) as raised:
        entry.trigger()
    assert "no longer there" in raised.args[0].text
    window.findChild(QMenu, "fileMenu").aboutToShow.emit()
    assert window.findChild(QMenu, menu).actions() == []


# -- results -------------------------------------------------------------------------------------------------


def test_a_sweep_folder_shows_its_curve(
    qtbot: QtBot, armed: MainWindow, opened: MainWindow, tmp_path: Path
) -> None:
    armed.attack_tab.sweep.bar.epsilons.setText("0, 0.1")
    with qtbot.waitSignal(armed.session.sweepChanged, timeout=WAIT):
        armed.sweep()
    with qtbot.waitSignal(armed.attack_tab.exports.sweeps_to(tmp_path / "out").done, timeout=LONG):
        pass
    armed.session.sweeping.clear()
    with qtbot.waitSignal(armed.session.sweepChanged, timeout=WAIT) as changed:
        armed.open_paths([tmp_path / "out" / "sweep.json"])
    assert changed.args[0].epsilons.tolist() == pytest.approx([0, 0.05])
    assert len(armed.attack_tab.sweep.curves()) == 1
    assert armed.tabs.currentWidget() is armed.attack_tab


def test_a_damaged_study_is_told_and_nothing_is_lost(
    qtbot: QtBot, opened: MainWindow, tmp_path: Path
) -> None:
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.json").write_text(json.dumps({"sweep": "nowhere"}), encoding="utf-8")
    before = opened.session.dataset
    with qtbot.waitSignal(opened.session.messageRaised, timeout=LONG) as raised:
        opened.open_paths([tmp_path / "study"])
    assert raised.args[0].level == "error"
    assert opened.session.dataset is before


# -- the strip -----------------------------------------------------------------------------------------------


def test_dropped_images_are_judged_and_broken_ones_are_marked(
    qtbot: QtBot, armed: MainWindow, folder: Path, tmp_path: Path
) -> None:
    good, broken = films(folder, 4), [tmp_path / f"broken{number}.png" for number in range(2)]
    for path in broken:
        path.write_bytes(b"no image")
    armed.open_paths([good[0], broken[0], *good[1:], broken[1]])
    found = judged(qtbot, armed, 6)
    assert [words for words in found if "Unreadable" in words] == [found[1], found[5]]
    said = armed.findChild(QLabel, "stripSummary").accessibleDescription()
    assert "2 unreadable" in said
    assert said.endswith("; 4 labels unknown"), "said once, not beside each film"
    answers = [strip(armed).item(row).data(ANSWERS) for row in (0, 1)]
    assert re.fullmatch(r"(NORM|PNEU) \d\.\d\d → (NORM|PNEU) \d\.\d\d", answers[0])
    assert answers[1] == ""
    assert "is not an image" in strip(armed).item(1).toolTip()
    assert armed.session.film is None or armed.session.film.path == good[0]


def test_films_opened_together_are_decoded_once_however_often_they_are_looked_at(
    qtbot: QtBot, armed: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded, read = [], images.read
    monkeypatch.setattr(images, "read", lambda path, frame=None: decoded.append(path) or read(path, frame))
    together = films(folder, 3)
    armed.open_paths(together)
    judged(qtbot, armed, 3)
    for row in (1, 2, 0):
        with qtbot.waitSignal(armed.session.inspectionChanged, timeout=LONG):
            strip(armed).setCurrentRow(row)
    armed.session.set_epsilon(0.02)
    qtbot.mouseClick(armed.findChild(QPushButton, "judgeButton"), Qt.MouseButton.LeftButton)
    judged(qtbot, armed, 3)
    assert sorted(decoded) == together


# -- from every side -----------------------------------------------------------------------------------------


def test_the_empty_tab_opens_x_rays_as_the_menu_does(
    qtbot: QtBot, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film, asked = str(films(folder, 1)[0]), []
    monkeypatch.setattr(
        QFileDialog, "getOpenFileNames", lambda *words: asked.append(words[1:]) or ([film], "")
    )
    for button in (
        window.findChild(QAction, "openImageAction").trigger,
        window.findChild(QPushButton, "attackOpenButton").click,
    ):
        window.settings.recent_images = []
        with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
            button()
        assert window.settings.recent_images == [film]
    titles, begins, kinds = zip(*asked, strict=True)
    assert titles[0] == titles[1]
    assert begins == ("", str(Path(film).parent))  # where the one before it ended
    assert kinds[0] == kinds[1]
    assert "*.dcm" in kinds[0]


def test_the_folder_used_last_is_a_dataset_whatever_was_exported_into_it(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    write_sweep(sweep_result(negative=3, positive=3), folder / "1-fgsm-rgb")
    window.settings.last_folder = str(folder)
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG) as changed:
        window.open_first()
    assert changed.args[0].root == folder


def test_the_label_of_all_can_be_given_and_taken_back(qtbot: QtBot, armed: MainWindow, folder: Path) -> None:
    session = armed.session
    with qtbot.waitSignal(session.filmChanged, timeout=LONG):
        armed.open_paths(films(folder, 3))
    judged(qtbot, armed, 3)
    menu = armed.findChild(QToolButton, "stripLabelButton").menu()
    menu.aboutToShow.emit()
    names = [entry.text() for entry in menu.actions()]
    assert names == ["Set all to NORMAL", "Set all to PNEUMONIA", "Label unknown"]
    summary = armed.findChild(QLabel, "stripSummary")
    menu.actions()[1].trigger()
    judged(qtbot, armed, 3)
    assert "unknown" not in summary.accessibleDescription()
    assert session.film.label == "PNEUMONIA"
    with qtbot.waitSignal(session.filmChanged, timeout=LONG):
        strip(armed).setCurrentRow(2)
    assert session.film.label == "PNEUMONIA", "said of all, so of this one"
    menu.aboutToShow.emit()
    menu.actions()[2].trigger()
    judged(qtbot, armed, 3)
    assert summary.accessibleDescription().endswith("; labels unknown")
    assert session.film.label is None


def test_another_epsilon_makes_verdicts_stale_until_asked(
    qtbot: QtBot, armed: MainWindow, folder: Path
) -> None:
    armed.open_paths(films(folder, 3))
    judged(qtbot, armed, 3)
    again = armed.findChild(QPushButton, "judgeButton")
    assert not again.isEnabled()
    armed.session.set_epsilon(0.1)
    assert again.isEnabled()
    assert strip(armed).pale
    qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    judged(qtbot, armed, 3)
    assert armed.session.judging.setting.epsilon == 0.1
    assert not strip(armed).pale
    assert not again.isEnabled()


def test_without_a_classifier_the_strip_waits_for_one(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    window.open_paths(films(folder, 3))
    assert "need a classifier" in window.findChild(QLabel, "stripSummary").text()
    assert verdicts(window) == ["", "", ""]
    window.open_paths([demo_classifier_path()])
    assert all(judged(qtbot, window, 3))


def test_judging_can_be_stopped_and_keeps_what_it_found(
    qtbot: QtBot, armed: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = service._judge

    def endless(images: list, *others: object) -> object:
        yield from real(images[:1], *others)
        while True:
            yield Event("Judging images", 1, len(images))

    monkeypatch.setattr(service, "_judge", endless)
    armed.open_paths(films(folder, 3))
    judging = armed.session.judging
    qtbot.waitUntil(lambda: len(judging.verdicts) == 1, timeout=LONG)
    qtbot.mouseClick(armed.findChild(QPushButton, "stripCancelButton"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: judging.job is None, timeout=LONG)
    assert len(judging.verdicts) == 1
    assert armed.findChild(QPushButton, "judgeButton").isEnabled()


def test_one_image_alone_has_no_strip(qtbot: QtBot, armed: MainWindow, folder: Path) -> None:
    with qtbot.waitSignal(armed.session.inspectionChanged, timeout=LONG):
        armed.open_paths(films(folder, 1))
    assert not armed.findChild(DroppedImages).isVisible()
    assert armed.session.judging.job is None


def test_an_image_too_large_to_keep_is_judged_at_half_its_size_or_refused_in_words(
    qtbot: QtBot, armed: MainWindow, tmp_path: Path
) -> None:
    large, huge = tmp_path / "large.png", tmp_path / "huge.png"
    Image.new("1", (12_000, 12_000)).save(large)
    Image.new("1", (20_000, 20_000)).save(huge)
    film(tmp_path / "good.png", 1)
    armed.open_paths([tmp_path / "good.png", large, huge])
    found = judged(qtbot, armed, 3)
    assert ["Unreadable" in verdict for verdict in found] == [False, False, True]
    assert "12,000 x 12,000 pixels; it is read at half" in strip(armed).item(1).toolTip()
    assert "20,000 x 20,000" in strip(armed).item(2).toolTip()


def test_an_image_that_is_no_chest_x_ray_is_opened_with_a_warning(
    qtbot: QtBot, armed: MainWindow, tmp_path: Path
) -> None:
    noise = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 80), np.uint8)).save(noise)
    session = armed.session
    with (
        qtbot.waitSignal(session.messageRaised, timeout=LONG) as raised,
        qtbot.waitSignal(session.inspectionChanged, timeout=LONG),
    ):
        armed.open_paths([noise])
    assert raised.args[0].level == "warning"
    assert "not like the chest X-rays" in raised.args[0].text
    assert session.film.path == noise
    said = []
    session.messageRaised.connect(said.append)
    session.set_label("NORMAL")
    assert not said, "a label says nothing new of the image"


def test_the_strip_says_what_is_no_chest_x_ray(
    qtbot: QtBot, armed: MainWindow, folder: Path, tmp_path: Path
) -> None:
    noise = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (80, 80), np.uint8)).save(noise)
    armed.open_paths([*films(folder, 1), noise])
    judged(qtbot, armed, 2)
    shown = strip(armed)
    assert "not like" not in shown.item(0).toolTip()
    assert "not like the chest X-rays" in shown.item(1).toolTip()
