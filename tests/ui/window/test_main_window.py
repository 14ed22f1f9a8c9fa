"""The window: names, dropping, messages, menus, and that it comes up before PyTorch."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from importlib.metadata import version
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QSettings, Qt, QUrl
from PySide6.QtGui import QAction, QColor, QDragEnterEvent, QDragLeaveEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton, QTabWidget, QToolButton, QWidget
from pytestqt.qtbot import QtBot

import cxr_gui
from cxr_gui.app import create_application
from cxr_gui.core.base.progress import Event
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.widgets.theme import DARK, LIGHT, Palette, theme
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.hands import drag, drop, shown_message
from tests.support.patience import LONG, PROGRAM
from tests.support.places import ROOT

NAMES = {
    "window": "tabs messageBar deviceLabel",
    "dataset": "datasetTab openDatasetButton splitFilter classFilter searchField imageGrid auditPanel",
    "training": "trainingTab architectureBox recipeBox epochsBox batchSizeBox learningRateBox trainButton "
    "pauseButton stopButton trainingProgress lossPlot",
    "attack": "attackTab cleanView perturbedView differenceView attackBox epsilonSlider epsilonBox "
    "cleanPrediction perturbedPrediction sweepButton sweepProgress accuracyPlot exportButton",
    "runs": "runsTab runSearchField runKindBox groupSeedsCheck runsTable compareRunsButton",
}


# -- what is there -------------------------------------------------------------------------------------------


def test_every_control_is_found_by_its_name_and_has_one_for_people(window: MainWindow) -> None:
    names = " ".join(NAMES.values()).split()
    assert {name: len(window.findChildren(QWidget, name)) for name in names} == dict.fromkeys(names, 1)
    controls = [name for name in names if not name.endswith("Tab") and name != "messageBar"]
    found = {name: window.findChild(QWidget, name) for name in controls}
    said = {
        name: widget.accessibleName() or (widget.text() if isinstance(widget, QLabel) else "")
        for name, widget in found.items()
    }
    assert [name for name, words in said.items() if not words] == []


def test_the_tabs_come_in_the_order_of_the_work(window: MainWindow) -> None:
    tabs = window.findChild(QTabWidget, "tabs")
    assert [tabs.tabText(number) for number in range(tabs.count())] == [
        "Dataset",
        "Training",
        "Attack",
        "Runs",
    ]
    pages = [tabs.widget(number).objectName() for number in range(tabs.count())]
    assert pages == ["datasetTab", "trainingTab", "attackTab", "runsTab"]


def test_the_application_is_made_once(qapp: object) -> None:
    assert create_application() is create_application([])


def test_the_window_comes_up_before_pytorch(tmp_path: Path) -> None:
    code = f"""
    import sys
    from PySide6.QtCore import QSettings, QTimer
    import cxr_gui.app
    assert "torch" not in sys.modules, "imported with the application"
    window = cxr_gui.app.create_window(QSettings({str(tmp_path / "s.ini")!r}, QSettings.Format.IniFormat))
    assert "torch" not in sys.modules, "imported with the window"
    assert "scipy" not in sys.modules, "imported with the window"
    application = cxr_gui.app.create_application()
    window.show()
    window.grab()
    assert "torch" not in sys.modules, "imported before the window was painted"
    window.session.catalogChanged.connect(lambda _: application.quit())
    application.exec()
    assert "torch" in sys.modules
    print(window.session.catalog.devices[0].title in window.findChild(object, "deviceLabel").text())
    window.close()
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=PROGRAM / 1000,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True\n"


def test_what_is_being_loaded_is_said(qtbot: QtBot, window: MainWindow) -> None:
    said = []
    label = window.findChild(QLabel, "jobStatusText")
    job = window.session.opening.catalog()
    job.ended.connect(lambda: said.append(label.text()))
    assert label.text() == "Loading PyTorch"
    with qtbot.waitSignal(job.ended, timeout=LONG):
        pass
    qtbot.waitUntil(lambda: label.text() == "Ready")


def test_work_in_the_status_bar_counts_and_can_be_stopped(qtbot: QtBot, window: MainWindow) -> None:
    stop = window.findChild(QToolButton, "jobStatusStop")

    def work() -> object:
        step = 0
        while True:
            step += 1
            yield Event("Indexing", step, 100_000_000)

    job = window.session._lanes.start(Lane.DATASET, work)
    label = window.findChild(QLabel, "jobStatusText")
    qtbot.waitUntil(lambda: " of 100,000,000" in label.text())
    with qtbot.waitSignal(job.cancelled):
        qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not stop.isVisible())
    assert label.text() == "Ready"


def test_whatever_runs_is_said_on_every_tab_and_can_be_stopped(qtbot: QtBot, window: MainWindow) -> None:
    label, more = window.findChild(QLabel, "jobStatusText"), window.findChild(QToolButton, "jobStatusMore")

    def work() -> object:
        while True:
            yield Event("Working", 0, None)

    qtbot.waitUntil(lambda: window.session.catalog is not None and label.text() == "Ready", timeout=LONG)
    unsaid = (Lane.THUMBNAILS, Lane.TIDYING, Lane.UNFINISHED)
    assert [lane for lane in Lane if not lane.words and lane not in unsaid] == []
    training = window.session._lanes.start(Lane.TRAINING, work)
    sweep = window.session._lanes.start(Lane.SWEEP, work)
    inspection = window.session._lanes.start(Lane.INSPECTION, work)
    for page in window.tabs.pages():
        window.tabs.setCurrentWidget(page)
        assert label.isVisible()
        assert label.text() in ("Sweeping", "Working")  # not what the slider does
    assert more.text() == "and 2 more"
    more.menu().aboutToShow.emit()
    with qtbot.waitSignals([training.cancelled, inspection.cancelled]):
        for entry in (more.menu().actions()[0], more.menu().actions()[2]):
            entry.trigger()
    sweep.pause()
    assert label.text().startswith("Paused: ")
    assert not more.isVisible()
    with qtbot.waitSignal(sweep.cancelled):
        window.findChild(QToolButton, "jobStatusStop").click()
    qtbot.waitUntil(lambda: label.text() == "Ready")


# -- dropping ------------------------------------------------------------------------------------------------


def test_a_dropped_folder_is_opened(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    window.tabs.setCurrentWidget(window.attack_tab)
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG) as changed:
        drop(window, [folder])
    assert len(changed.args[0].records) == 24
    assert window.tabs.currentWidget() is window.dataset_tab
    assert window.windowTitle().startswith("films")


def test_a_dropped_image_goes_to_the_inspector(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    film = next(folder.rglob("*.jpeg"))
    with qtbot.waitSignal(window.session.filmChanged, timeout=LONG) as changed:
        drop(window, [film])
    assert changed.args[0].path == film
    assert window.tabs.currentWidget() is window.attack_tab


def test_dragging_shows_where_to_drop(window: MainWindow, folder: Path) -> None:
    overlay = window.findChild(QWidget, "dropOverlay")
    assert not overlay.isVisible()
    event, _data = drag(QDragEnterEvent, [folder])
    QCoreApplication.sendEvent(window, event)
    assert overlay.isVisible()
    assert overlay.size() == window.centralWidget().size()
    QCoreApplication.sendEvent(window, QDragLeaveEvent())
    assert not overlay.isVisible()


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_what_is_under_a_drag_is_veiled_framed_and_told_in_words(
    window: MainWindow, folder: Path, palette: Palette
) -> None:
    theme().set_mode("dark" if palette.dark else "light")
    before = window.centralWidget().grab().toImage()
    event, _data = drag(QDragEnterEvent, [folder])
    QCoreApplication.sendEvent(window, event)
    image = window.centralWidget().grab().toImage()
    theme().set_mode("system")
    width, height = image.width(), image.height()
    veil, places = QColor(palette.window), [(x, y) for x in range(40, 300) for y in range(40, 200)]
    apart = [[abs(each.pixelColor(*at).red() - veil.red()) for at in places] for each in (before, image)]
    assert max(apart[0]) > 20, "something is there"
    assert max(apart[1]) <= 0.1 * max(apart[0]) + 1
    inks = [{image.pixelColor(x, y).name() for x in range(width)} for y in range(height)]
    frame, words, more = (
        [y for y in range(height) if ink in inks[y]] for ink in (palette.accent, palette.text, palette.muted)
    )
    assert frame[0] < 20
    assert frame[-1] > height - 20
    assert any(abs(y - height // 2) < 64 for y in frame), "an icon in the middle"
    assert height // 2 < words[0] < more[-1] < height * 3 // 4


def test_a_drag_without_files_is_not_taken(window: MainWindow) -> None:
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/film.png")])
    event = QDragEnterEvent(
        QPoint(9, 9),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    event.ignore()
    QCoreApplication.sendEvent(window, event)
    assert not event.isAccepted()
    assert not window.findChild(QWidget, "dropOverlay").isVisible()


def test_no_field_keeps_a_dropped_file_for_itself(window: MainWindow) -> None:
    fields = window.findChildren(QLineEdit)
    assert fields
    assert not any(field.acceptDrops() for field in fields)


# -- bad input -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["missing", "empty", "one class", "three classes"])
def test_a_folder_that_cannot_be_used_keeps_the_old_one(
    qtbot: QtBot, opened: MainWindow, tmp_path: Path, what: str
) -> None:
    before = opened.session.dataset
    bad = tmp_path / "bad"
    classes = {"one class": ["NORMAL"], "three classes": ["NORMAL", "PNEUMONIA", "COVID"]}.get(what, [])
    if what != "missing":
        bad.mkdir()
    for number, name in enumerate(classes):
        (bad / name).mkdir()
        source = Path(before.records[number].path)
        (bad / name / source.name).write_bytes(source.read_bytes())
    with qtbot.waitSignal(opened.session.messageRaised, timeout=LONG) as raised:
        opened.session.opening.dataset(bad)
    assert raised.args[0].level == "error"
    assert str(bad) in shown_message(opened)
    assert opened.session.dataset is before
    assert opened.dataset_tab.model.rowCount() == 24
    assert opened.settings.last_folder != str(bad)


def test_a_folder_with_a_broken_image_opens_and_says_so(
    qtbot: QtBot, window: MainWindow, folder: Path
) -> None:
    broken = folder / "test" / "NORMAL" / "AA-broken.jpeg"
    broken.write_bytes(next(folder.rglob("*.jpeg")).read_bytes()[:300])
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.open_paths([folder])
    qtbot.waitUntil(lambda: "AA-broken.jpeg" in shown_message(window))
    model = window.dataset_tab.model
    row = next(row for row in range(model.rowCount()) if model.record(row).path == str(broken))
    index = model.index(row, 0)
    qtbot.waitUntil(lambda: "Unreadable: " in index.data(Qt.ItemDataRole.ToolTipRole), timeout=LONG)


def test_a_file_that_is_no_image_is_told(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    text = tmp_path / "notes.png"
    text.write_text("not a radiograph")
    with qtbot.waitSignal(window.session.messageRaised, timeout=LONG):
        window.open_paths([text])
    assert "notes.png" in shown_message(window)
    assert window.session.film is None


# -- menus ---------------------------------------------------------------------------------------------------


def test_open_folder_asks_and_opens(
    qtbot: QtBot, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
        window.findChild(QAction, "openFolderAction").trigger()


def test_open_folder_cancelled_does_nothing(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    with qtbot.assertNotEmitted(window.session.jobStarted):
        window.findChild(QAction, "openFolderAction").trigger()


def test_open_images_opens_the_first_and_keeps_the_others_at_hand(
    qtbot: QtBot, window: MainWindow, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    films = sorted(folder.rglob("*.jpeg"))[:3]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(film) for film in films], ""))
    signals = [window.session.filmChanged, window.session.droppedChanged]
    with qtbot.waitSignals(signals, timeout=LONG):
        window.findChild(QAction, "openImageAction").trigger()
    assert window.session.film.path == films[0]


def test_a_classifier_that_is_none_is_told(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"nothing of the kind")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(bad), ""))
    with qtbot.waitSignal(window.session.messageRaised, timeout=LONG):
        window.findChild(QAction, "openClassifierAction").trigger()
    assert "bad.safetensors" in shown_message(window)
    assert window.session.classifier is None
    assert window.settings.last_classifier == ""


@pytest.mark.parametrize(
    ("action", "dialog"), [("shortcutsAction", "shortcutSheet"), ("aboutAction", "aboutDialog")]
)
def test_help_opens(window: MainWindow, action: str, dialog: str) -> None:
    window.findChild(QAction, action).trigger()
    shown = window.findChild(QWidget, dialog)
    assert shown.isVisible()
    text = " ".join(label.text() for label in shown.findChildren(QLabel))
    assert ("Not for clinical use" in text) == (dialog == "aboutDialog")
    assert ("Search file names" in text) == (dialog == "shortcutSheet")
    shown.close()


def test_the_versions_are_copied_for_a_report(qtbot: QtBot, window: MainWindow) -> None:
    window.findChild(QAction, "aboutAction").trigger()
    dialog = window.findChild(QWidget, "aboutDialog")
    qtbot.mouseClick(dialog.findChild(QPushButton, "copyVersionsButton"), Qt.MouseButton.LeftButton)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0] == f"cxr-gui {cxr_gui.__version__}"
    assert f"torch {version('torch')}" in lines
    assert lines[-1].startswith("System ")
    dialog.close()


def test_the_theme_is_chosen_in_the_menu_and_kept(window: MainWindow, store: QSettings) -> None:
    window.findChild(QAction, "darkThemeAction").trigger()
    assert theme().palette.dark
    assert store.value("window/theme") == "dark"
    window.findChild(QAction, "lightThemeAction").trigger()
    assert not theme().palette.dark
    window.findChild(QAction, "systemThemeAction").trigger()


# -- closing -------------------------------------------------------------------------------------------------


def test_closing_stops_running_work_and_lets_it_clean_up(qtbot: QtBot, window: MainWindow) -> None:
    cleaned = []

    def work() -> object:
        try:
            while True:
                yield Event("Training", 0, None)
        finally:
            cleaned.append(True)

    job = window.session._lanes.start(Lane.TRAINING, work)
    with qtbot.waitSignal(job.events):
        pass
    window.close()
    assert cleaned == [True]
    assert not window.isVisible()
