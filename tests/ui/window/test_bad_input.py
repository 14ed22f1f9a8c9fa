"""Bad input through the real window: the message bar says it, what was there stays, the rest goes on."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QSpinBox
from pytestqt.qtbot import QtBot
from safetensors import safe_open
from safetensors.torch import save_file

from cxr_gui.core.base.progress import Event
from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.core.training.events import BatchDone
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.attack.strip.filmstrip import FILM
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.hands import drop, shown_message
from tests.support.patience import LONG
from tests.ui.window.test_any_image import judged, strip

NO_IMAGE = b"\xff\xd8\xff half of a film"


@pytest.fixture(autouse=True)
def _quick_runs(store: QSettings, tmp_path: Path) -> None:
    store.setValue("training/runs_folder", str(tmp_path / "runs"))
    store.setValue("training/architecture", "compact_cnn")


@pytest.fixture
def armed(qtbot: QtBot, window: MainWindow, folder: Path) -> MainWindow:
    """The window with the films, the demo classifier and a radiograph under attack."""
    with qtbot.waitSignal(window.session.classifierChanged, timeout=LONG):
        window.open_paths([demo_classifier_path()])
    with qtbot.waitSignal(window.session.inspectionChanged, timeout=LONG):
        window.open_paths([folder])
    return window


def test_of_forty_files_three_are_broken(qtbot: QtBot, armed: MainWindow, tmp_path: Path) -> None:
    paths = [tmp_path / f"film{number:02}.jpeg" for number in range(40)]
    for number, path in enumerate(paths):
        if number in (1, 20, 39):
            path.write_bytes(NO_IMAGE)
        else:
            film(path, number)
    drop(armed, paths)
    words = judged(qtbot, armed, 40)
    assert [number for number, said in enumerate(words) if "Unreadable" in said] == [1, 20, 39]
    assert "3 unreadable" in armed.findChild(QLabel, "stripSummary").accessibleDescription()
    assert armed.session.film.path == paths[0]
    small = [strip(armed).item(row).data(FILM) for row in range(40)]
    assert [number for number, image in enumerate(small) if image is None] == [1, 20, 39]
    assert {(image.width(), image.height()) for image in small if image is not None} == {(96, 72)}
    armed.resize(1280, 800)
    assert not strip(armed).grab().isNull()


def test_the_first_of_many_is_broken_and_the_old_radiograph_stays(
    qtbot: QtBot, armed: MainWindow, tmp_path: Path
) -> None:
    before = armed.session.film
    broken = tmp_path / "broken.jpeg"
    broken.write_bytes(NO_IMAGE)
    film(tmp_path / "good.jpeg", 3)
    with qtbot.waitSignal(armed.session.messageRaised, timeout=LONG):
        drop(armed, [broken, tmp_path / "good.jpeg"])
    assert "broken.jpeg" in shown_message(armed)
    assert armed.session.film is before
    judged(qtbot, armed, 2)
    with qtbot.waitSignal(armed.session.inspectionChanged, timeout=LONG):
        strip(armed).setCurrentRow(1)
    assert armed.session.film.path.name == "good.jpeg"


def test_a_checkpoint_that_does_not_fit_leaves_the_old_classifier_at_work(
    qtbot: QtBot, armed: MainWindow, tmp_path: Path
) -> None:
    """Its header names an architecture that its weights are not of."""
    with safe_open(demo_classifier_path(), "pt") as file:
        weights, header = {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118
    name = next(name for name, tensor in weights.items() if tensor.ndim == 4)
    weights[name] = weights[name][:, :, :1].contiguous()
    save_file(weights, tmp_path / "other.safetensors", header)
    before, text = armed.session.classifier, armed.findChild(QLabel, "perturbedPrediction").text()
    with qtbot.waitSignal(armed.session.messageRaised, timeout=LONG) as told:
        drop(armed, [tmp_path / "other.safetensors"])
    assert told.args[0].level == "error"
    assert "other.safetensors" in shown_message(armed)
    assert armed.session.classifier is before
    assert armed.findChild(QLabel, "perturbedPrediction").text() == text
    with qtbot.waitSignal(armed.session.inspectionChanged, timeout=LONG):
        armed.session.set_epsilon(0.02)


def test_an_image_dropped_during_training_is_attacked_and_the_training_ends_well(
    qtbot: QtBot, armed: MainWindow, tmp_path: Path
) -> None:
    session, button = armed.session, armed.findChild(QPushButton, "trainButton")
    armed.findChild(QSpinBox, "epochsBox").setValue(1)
    armed.findChild(QSpinBox, "batchSizeBox").setValue(4)
    armed.tabs.setCurrentWidget(armed.training_tab)
    begun: list[Event] = []
    qtbot.waitUntil(button.isEnabled, timeout=LONG)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    session.job(Lane.TRAINING).events.connect(begun.extend)
    qtbot.waitUntil(lambda: any(isinstance(event, BatchDone) for event in begun), timeout=LONG)
    film(tmp_path / "dropped.jpeg", 5)
    (tmp_path / "none.jpeg").write_bytes(NO_IMAGE)
    with qtbot.waitSignals([session.inspectionChanged, session.runChanged], timeout=LONG):
        drop(armed, [tmp_path / "none.jpeg"])
        drop(armed, [tmp_path / "dropped.jpeg"])
    assert session.run.outcome == "finished"
    assert session.film.path.name == "dropped.jpeg"


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("exportViewsAction", "views.png"),
        ("exportViewsAction", "views.svg"),
        ("exportChartAction", "chart.png"),
    ],
)
@pytest.mark.parametrize("disk", ["full", "read-only"])
def test_an_export_onto_such_a_disk_is_told_and_leaves_the_old_file(
    qtbot: QtBot, armed: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    action: str, name: str, disk: str,
) -> None:  # fmt: skip
    place = tmp_path / "disk"
    place.mkdir()
    (place / name).write_bytes(b"what was there")
    number = errno.ENOSPC if disk == "full" else errno.EROFS

    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    kinds = {".png": "PNG, 300 dpi for print (*.png)", ".svg": "SVG (*.svg)"}
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(place / name), kinds[Path(name).suffix])
    )
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync" if disk == "full" else "open", refuse)
        # What else writes meanwhile, such as thumbnails, may say so first
        failed = armed.session.messageRaised
        with qtbot.waitSignal(failed, timeout=LONG, check_params_cb=lambda said: said.level == "error"):
            entry = next(
                entry
                for entry in armed.attack_tab.exports.button.menu().actions()
                if entry.objectName() == action
            )
            entry.trigger()
    assert os.strerror(number) in shown_message(armed)
    assert [path.read_bytes() for path in place.iterdir()] == [b"what was there"]
    assert armed.session.inspection is not None


def test_images_are_read_by_others_too(qtbot: QtBot, armed: MainWindow, tmp_path: Path) -> None:
    """300 dots an inch are 300 by what Pillow reads, and an SVG is one that Qt draws."""
    armed.tabs.setCurrentWidget(armed.attack_tab)
    exports = armed.attack_tab.exports
    for write, name in ((exports.views_to, "views.png"), (exports.chart_to, "chart.svg")):
        with qtbot.waitSignal(armed.session.messageRaised, timeout=LONG) as told:
            write(tmp_path / name)
        assert str(tmp_path / name) in told.args[0].text
    with Image.open(tmp_path / "views.png") as image:
        assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert image.width == pytest.approx(armed.attack_tab.views.width() * 300 / 96, rel=0.01)
    assert not QImage(str(tmp_path / "chart.svg")).isNull()


def test_one_export_does_not_stop_another(qtbot: QtBot, armed: MainWindow, tmp_path: Path) -> None:
    armed.tabs.setCurrentWidget(armed.attack_tab)
    exports = armed.attack_tab.exports
    told: list[str] = []
    armed.session.messageRaised.connect(lambda message: told.append(message.text))
    jobs = [exports.images_to(tmp_path / "all"), *(exports.chart_to(tmp_path / f"{n}.png") for n in range(2))]
    assert all(job is not None and job.running for job in jobs)
    qtbot.waitUntil(lambda: len(told) == 3, timeout=LONG)
    assert (tmp_path / "all" / "result.json").is_file()
    assert (tmp_path / "0.png").stat().st_size == (tmp_path / "1.png").stat().st_size > 0
    qtbot.waitUntil(lambda: armed.findChild(QLabel, "jobStatusText").text() == "Ready", timeout=LONG)
