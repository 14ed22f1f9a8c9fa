"""Downloading from the window, from a server on this machine: asked for first, watched, stopped, opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from cxr_gui.core.data.downloading import CHUNK, KERMANY, OnlineDataset
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.window import downloads
from cxr_gui.ui.window.download_dialog import DownloadDialog
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.loopback import Manners, archive, served, source
from tests.support.patience import LONG

Publish = Callable[[OnlineDataset], None]


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Puts a small archive in the place of the published one."""
    return lambda films: monkeypatch.setattr(downloads, "KERMANY", films)


def ask(qtbot: QtBot, window: MainWindow, folder: Path) -> DownloadDialog:
    """Open the dialog from the empty tab and say where to."""
    qtbot.mouseClick(window.findChild(QPushButton, "kermanyButton"), Qt.MouseButton.LeftButton)
    dialog = window.findChild(DownloadDialog)
    dialog.findChild(QLineEdit, "downloadFolder").setText(str(folder))
    return dialog


def press(qtbot: QtBot, dialog: DownloadDialog) -> None:
    qtbot.mouseClick(dialog.findChild(QPushButton, "downloadButton"), Qt.MouseButton.LeftButton)


def message(window: MainWindow) -> str:
    return window.messages.messages[-1].text if window.messages.messages else ""


def test_the_dialog_says_what_how_large_whose_and_where(qtbot: QtBot, window: MainWindow) -> None:
    window.findChild(QAction, "downloadAction").trigger()
    dialog = window.findChild(DownloadDialog)
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    for word in ("5,856", "1.2 GB", "CC BY 4.0", "Kermany, Daniel", KERMANY.page):
        assert word in words
    assert Path(dialog.findChild(QLineEdit, "downloadFolder").text()).is_absolute()
    dialog.reject()


def test_nothing_is_fetched_before_the_button_is_pressed(
    qtbot: QtBot, window: MainWindow, publish: Publish, tmp_path: Path
) -> None:
    manners = Manners(archive())
    with served(manners) as url:
        publish(source(url, manners.body))
        dialog = ask(qtbot, window, tmp_path)
        dialog.reject()
        assert window.session.job(Lane.DOWNLOAD) is None
        assert manners.asked == []


def test_what_was_downloaded_opens_and_its_source_is_named(
    qtbot: QtBot, window: MainWindow, publish: Publish, tmp_path: Path
) -> None:
    manners = Manners(archive())
    with served(manners) as url:
        films = source(url, manners.body)
        publish(films)
        dialog = ask(qtbot, window, tmp_path / "data")
        with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG) as opened:
            press(qtbot, dialog)
    assert opened.args[0].root == tmp_path / "data" / "chest_xray"
    assert len(opened.args[0].records) == 12
    assert films.attribution in message(window)
    qtbot.waitUntil(lambda: window.settings.last_folder == str(tmp_path / "data" / "chest_xray"))
    assert window.settings.download_folder == str(tmp_path / "data")


def test_a_stopped_download_keeps_its_part_and_goes_on_when_asked_again(
    qtbot: QtBot, window: MainWindow, publish: Publish, tmp_path: Path
) -> None:
    body = archive(side=256)
    manners = Manners(body, hold=2 * CHUNK)
    with served(manners) as url:
        publish(source(url, body))
        press(qtbot, ask(qtbot, window, tmp_path))
        job = window.session.job(Lane.DOWNLOAD)
        qtbot.waitUntil(manners.held.is_set, timeout=LONG)
        assert window.findChild(QLabel, "jobStatusText").text().startswith("Downloading")
        window.downloads.choose()  # one at a time
        assert window.findChild(DownloadDialog) is None or not window.findChild(DownloadDialog).isVisible()
        assert "is running" in message(window)
        with qtbot.waitSignal(job.cancelled, timeout=LONG):
            stop = window.findChild(QToolButton, "jobStatusStop")
            qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
            manners.go_on.set()
        assert "goes on from there" in message(window)
        kept = (tmp_path / "films.zip.part").stat().st_size
        manners.hold = None
        with qtbot.waitSignal(window.session.datasetChanged, timeout=LONG):
            press(qtbot, ask(qtbot, window, tmp_path))
    assert kept >= CHUNK
    assert manners.asked == [None, *([f"bytes={kept}-"] if kept < len(body) else [])]


def test_a_download_that_fails_leaves_the_open_dataset(
    qtbot: QtBot, opened: MainWindow, publish: Publish, tmp_path: Path
) -> None:
    manners = Manners(archive(), status=404)
    before = opened.session.dataset
    with served(manners) as url:
        publish(source(url, manners.body))
        opened.downloads.choose()
        dialog = opened.findChild(DownloadDialog)
        dialog.findChild(QLineEdit, "downloadFolder").setText(str(tmp_path / "data"))
        with qtbot.waitSignal(opened.session.messageRaised, timeout=LONG):
            press(qtbot, dialog)
    assert "404 Not Found" in message(opened)
    assert opened.session.dataset is before


def test_the_folder_can_be_chosen_and_must_be_whole(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = ask(qtbot, window, tmp_path)
    button, field = dialog.findChild(QPushButton, "downloadButton"), dialog.findChild(QLineEdit)
    for words in ("", "  ", "somewhere"):
        field.setText(words)
        assert not button.isEnabled()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "chosen"))
    qtbot.mouseClick(dialog.findChild(QPushButton, "downloadChooseButton"), Qt.MouseButton.LeftButton)
    assert field.text() == str(tmp_path / "chosen")
    assert button.isEnabled()
    dialog.reject()
