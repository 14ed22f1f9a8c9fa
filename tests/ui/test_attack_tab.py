"""The attack tab through its real widgets: radiograph, epsilon, keys, label, sweep, export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QListWidget,
    QProgressBar,
    QSlider,
    QWidget,
)  # fmt: skip
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core import units
from cxr_gui.core.images import read, to_input
from cxr_gui.core.models import create, save
from cxr_gui.session import Session
from cxr_gui.ui.attack import AttackTab
from cxr_gui.ui.attack.trace_view import TraceView
from cxr_gui.ui.settings import Settings

WAIT = 60_000
IMAGES = 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("films")
    random = np.random.default_rng(0)
    for label, level in (("NORMAL", 80), ("PNEUMONIA", 150)):
        (root / "test" / label).mkdir(parents=True)
        for number in range(IMAGES):
            coarse = Image.fromarray(random.integers(level - 60, level + 60, (6, 8)).astype(np.uint8))
            film = coarse.resize((80, 96), Image.Resampling.BICUBIC)
            film.save(root / "test" / label / f"person{number}_virus_{number}.png")
    return root


@pytest.fixture(scope="module")
def classifier(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained and small; its threshold lies amid its answers, so that a small epsilon flips some."""
    torch.manual_seed(0)
    classifier = create("compact_cnn", width=4)
    classifier.input_size = (64, 64)
    films = [to_input(read(path).pixels, (64, 64)) for path in sorted(folder.rglob("*.png"))]
    with torch.inference_mode():
        answers = classifier.eval()(torch.from_numpy(np.stack(films))[:, None] / 255)
    classifier.threshold = float(answers.median().sigmoid())
    path = tmp_path_factory.mktemp("classifier") / "small.safetensors"
    save(classifier, path)
    return path


@pytest.fixture
def session(qtbot: QtBot, classifier: Path) -> Iterator[Session]:
    create_application()
    session = Session()
    with qtbot.waitSignals([session.catalogChanged, session.classifierChanged], timeout=WAIT):
        session.load_catalog()
        session.open_classifier(classifier)
    yield session
    assert session.close(WAIT)


@pytest.fixture
def tab(qtbot: QtBot, session: Session, tmp_path: Path) -> AttackTab:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    tab = AttackTab(session, Settings(store))
    qtbot.addWidget(tab)
    tab.resize(1280, 700)
    tab.show()
    return tab


@pytest.fixture
def shown(qtbot: QtBot, session: Session, tab: AttackTab, folder: Path) -> AttackTab:
    """The tab with a dataset and its first positive radiograph."""
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.open_dataset(folder)
    return tab


def child(tab: QWidget, kind: type, name: str) -> QWidget:
    found = tab.findChild(kind, name)
    assert found is not None, name
    return found


def inspected(qtbot: QtBot, session: Session, act: object) -> object:
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT) as changed:
        act()  # type: ignore[operator]
    return changed.args[0]


def test_every_control_of_the_contract_is_there_by_name(shown: AttackTab) -> None:
    for name in [
        "cleanView",
        "perturbedView",
        "differenceView",
        "attackBox",
        "epsilonSlider",
        "epsilonBox",
        "cleanPrediction",
        "perturbedPrediction",
        "sweepButton",
        "sweepProgress",
        "accuracyPlot",
        "exportButton",
    ]:
        widget = child(shown, QWidget, name)
        assert widget.accessibleName(), name


def test_without_a_radiograph_it_says_what_to_do(tab: AttackTab) -> None:
    words = [label.text() for label in tab.findChildren(QLabel) if label.isVisible()]
    assert "Drop an X-ray here, or open the demo study" in words
    assert child(tab, QAbstractButton, "attackDemoButton").isVisible()
    assert not tab.views.isVisible()


def test_a_radiograph_is_predicted_and_attacked(shown: AttackTab, session: Session) -> None:
    inspection = session.inspection
    assert inspection is not None
    said = child(shown, QLabel, "cleanPrediction").text()
    assert said.startswith(inspection.clean_decision)
    assert said.endswith(" %")
    assert child(shown, QLabel, "perturbedPrediction").text().startswith(inspection.decision)
    assert "\N{RIGHTWARDS ARROW}" in child(shown, QLabel, "verdictSentence").text()
    assert "person0_virus_0.png" in child(shown, QLabel, "radiographTitle").text()
    assert shown.views.perturbed.label.startswith("Perturbed, FGSM, epsilon 0.030 (3.8/255)")


def test_without_a_classifier_the_radiograph_is_shown_and_the_reason_said(qtbot: QtBot, folder: Path) -> None:
    create_application()
    session = Session()
    tab = AttackTab(session, Settings(QSettings("", QSettings.Format.InvalidFormat)))
    qtbot.addWidget(tab)
    with qtbot.waitSignal(session.exhibitChanged, timeout=WAIT):
        session.open_image(next(folder.rglob("*.png")))
    assert tab.views.clean.label.startswith("Clean, as read (96")
    assert "no classifier" in tab.views.perturbed.placeholder
    assert "no classifier" in child(tab, QLabel, "verdictSentence").text()
    assert session.close(WAIT)


def test_moving_the_slider_attacks_with_that_epsilon(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    slider = child(shown, QSlider, "epsilonSlider")
    inspection = inspected(qtbot, session, lambda: slider.setValue(slider.maximum()))
    assert inspection.epsilon == pytest.approx(units.to_pixel(0.2, "model"))
    assert np.abs(inspection.difference).max() == pytest.approx(0.1, abs=1e-6)
    assert child(shown, QDoubleSpinBox, "epsilonBox").value() == pytest.approx(0.2)
    assert child(shown, QLabel, "epsilonLevel").text() == "= 25.50/255"
    assert "epsilon 0.200 (25.5/255)" in shown.views.perturbed.label


def test_the_slider_is_finer_near_zero(shown: AttackTab, session: Session) -> None:
    slider = child(shown, QSlider, "epsilonSlider")
    found = []
    for step in (1, 2, slider.maximum() - 1, slider.maximum()):
        slider.setValue(step)
        found.append(session.setting.epsilon)
    assert 0 <= found[1] - found[0] < (found[3] - found[2]) / 5


def test_of_many_moves_the_last_one_is_answered(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    slider = child(shown, QSlider, "epsilonSlider")
    answers: list[float] = []
    session.inspectionChanged.connect(lambda inspection: answers.append(inspection.epsilon))
    for step in range(0, slider.maximum() + 1, 4):
        slider.setValue(step)
    qtbot.waitUntil(lambda: bool(answers) and answers[-1] == session.setting.epsilon, timeout=WAIT)
    assert answers == sorted(answers)
    assert len(answers) < slider.maximum() // 4


def test_the_box_takes_model_units(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    box = child(shown, QDoubleSpinBox, "epsilonBox")
    inspection = inspected(qtbot, session, lambda: box.setValue(0.05))
    assert inspection.epsilon == pytest.approx(0.025)


def test_another_attack_brings_its_own_parameters(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    attacks = child(shown, QComboBox, "attackBox")
    assert not shown.controls.parameters.isVisible()
    inspection = inspected(qtbot, session, lambda: attacks.setCurrentIndex(attacks.findData("pgd")))
    assert inspection.attack.name == "pgd"
    assert shown.controls.parameters.isVisible()
    steps = child(shown, QWidget, "stepsParameter")
    inspection = inspected(qtbot, session, lambda: steps.setValue(3))
    assert inspection.attack.steps == 3


def test_the_grey_threat_has_one_channel(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    assert session.inspection is not None
    assert session.inspection.perturbed.ndim == 3
    threat = child(shown, QComboBox, "threatBox")
    inspection = inspected(qtbot, session, lambda: threat.setCurrentIndex(threat.findData("grey")))
    assert inspection.perturbed.ndim == 2
    assert shown.views.perturbed.label.endswith("grey")
    assert not child(shown, QComboBox, "channelBox").isVisible()


def test_the_label_comes_from_the_record_and_can_be_unknown(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    label = child(shown, QComboBox, "labelBox")
    assert label.currentText() == "NORMAL"
    inspection = inspected(qtbot, session, lambda: label.setCurrentIndex(0))
    assert not inspection.known
    assert inspection.classes[inspection.label] == inspection.clean_decision
    assert "unknown" in child(shown, QLabel, "verdictUnknown").text().lower()
    assert child(shown, QLabel, "verdictUnknown").isVisible()
    inspection = inspected(qtbot, session, lambda: label.setCurrentIndex(label.findData("NORMAL")))
    assert (inspection.known, inspection.label) == (True, 0)


def test_arrows_go_through_the_split(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    shown.views.setFocus()
    first = session.exhibit
    assert first is not None
    inspected(qtbot, session, lambda: qtbot.keyClick(shown.views, Qt.Key.Key_Right))
    assert session.exhibit is not None
    assert session.exhibit.path != first.path
    inspected(qtbot, session, lambda: qtbot.keyClick(shown.views, Qt.Key.Key_Left))
    assert session.exhibit.path == first.path


def test_keys_that_no_control_wants_reach_the_viewer(qtbot: QtBot, shown: AttackTab) -> None:
    qtbot.keyClick(shown, Qt.Key.Key_I)
    assert shown.views.look.inverted
    assert child(shown, QAbstractButton, "invertButton").isChecked()
    qtbot.keyClick(shown, Qt.Key.Key_R)
    assert not child(shown, QAbstractButton, "invertButton").isChecked()


def test_dropped_images_make_a_filmstrip_that_arrows_follow(
    qtbot: QtBot, tab: AttackTab, session: Session, folder: Path
) -> None:
    dropped = sorted(folder.rglob("*.png"))[:3]
    inspected(qtbot, session, lambda: session.open_paths(dropped))
    strip = child(tab, QListWidget, "filmstrip")
    assert strip.isVisible()
    assert [strip.item(row).text() for row in range(strip.count())] == [path.name for path in dropped]
    inspected(qtbot, session, lambda: tab.step(+1))
    assert session.exhibit is not None
    assert session.exhibit.path == dropped[1]
    assert strip.currentRow() == 1
    inspected(qtbot, session, lambda: strip.setCurrentRow(2))
    assert session.exhibit.path == dropped[2]


def test_a_file_that_is_no_image_leaves_what_was_there(
    qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path
) -> None:
    before = child(shown, QLabel, "radiographTitle").text()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"this is no image")
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as raised:
        session.open_paths([broken])
    assert raised.args[0].level == "error"
    assert "broken.png" in raised.args[0].text
    assert child(shown, QLabel, "radiographTitle").text() == before
    assert shown.views.perturbed.plate is not None


def test_the_trace_ends_where_the_inspection_says_and_moves_the_slider(
    qtbot: QtBot, tab: AttackTab, session: Session, folder: Path
) -> None:
    with qtbot.waitSignal(
        session.traceChanged, timeout=WAIT, check_params_cb=lambda trace: trace is not None
    ) as traced:
        session.open_dataset(folder)
    trace = traced.args[0]
    view = child(tab, TraceView, "traceView")
    assert len(trace.probabilities) == len(trace.epsilons)
    assert session.inspection is not None
    assert trace.probabilities[0] == pytest.approx(session.inspection.clean_probability, abs=1e-4)
    assert view.sentence
    inspection = inspected(
        qtbot, session, lambda: qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    )
    assert inspection.epsilon == session.setting.epsilon > 0


def sweep(qtbot: QtBot, tab: AttackTab, session: Session) -> object:
    with qtbot.waitSignal(session.sweepChanged, timeout=WAIT) as changed:
        qtbot.mouseClick(child(tab, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
        assert child(tab, QProgressBar, "sweepProgress").isVisible()
    return changed.args[0]


def test_a_sweep_through_the_button_fills_the_chart_and_is_exported(
    qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path
) -> None:
    child(shown, QWidget, "sweepEpsilons").setText("0, 0.05, 0.1")
    result = sweep(qtbot, shown, session)
    assert result.epsilons.tolist() == pytest.approx([0, 0.025, 0.05])
    assert len(result.labels) == 2 * IMAGES
    (curves,) = shown.sweep.curves()
    assert curves.result is result
    qtbot.waitUntil(child(shown, QAbstractButton, "sweepButton").isVisible)
    assert not child(shown, QProgressBar, "sweepProgress").isVisible()

    job = shown.exports.sweeps_to(tmp_path / "sweeps")
    assert job is not None
    with qtbot.waitSignal(job.done, timeout=4 * WAIT):
        pass
    written = json.loads((tmp_path / "sweeps" / "sweep.json").read_text(encoding="utf-8"))
    assert [point["n"] for point in written["points"]] == [2 * IMAGES] * 3
    assert (tmp_path / "sweeps" / "images.csv").stat().st_size > 0
    report = (tmp_path / "sweeps" / "report.html").read_text(encoding="utf-8")
    for words in ("Audit of the data", "Model card", "Confusion matrices", "Trust checks"):
        assert words in report, words
    assert (tmp_path / "sweeps" / "report.pdf").read_bytes().startswith(b"%PDF")

    chart = shown.sweep.chart
    with qtbot.waitSignal(shown.exports.chart_to(tmp_path / "chart.png").done, timeout=WAIT):
        pass
    with Image.open(tmp_path / "chart.png") as picture:
        assert picture.width == pytest.approx(chart.width() * 300 / 96, abs=1)
        assert picture.height > chart.height() * 300 / 96
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    with qtbot.waitSignal(shown.exports.chart_to(tmp_path / "chart.svg").done, timeout=WAIT):
        pass
    drawing = (tmp_path / "chart.svg").read_text(encoding="utf-8")
    assert "<svg" in drawing
    assert "Accuracy, 95 % band" in drawing, "the key belongs to the chart"


def test_a_point_lists_the_images_that_flipped_and_opens_them(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    result = sweep(qtbot, shown, session)
    index = int(np.argmax([len(result.flipped_at(k)) for k in range(len(result.epsilons))]))
    flipped = result.flipped_at(index)
    assert len(flipped)
    shown.sweep.chart.pointClicked.emit(shown.sweep.curves()[0], index)
    names = child(shown, QListWidget, "flippedList")
    assert names.isVisible()
    assert {names.item(row).text() for row in range(names.count())} == {
        Path(result.paths[image]).name for image in flipped
    }
    inspected(qtbot, session, lambda: names.itemClicked.emit(names.item(0)))
    assert session.exhibit is not None
    assert session.exhibit.path.name == names.item(0).text()
    qtbot.mouseClick(child(shown, QAbstractButton, "flippedBackButton"), Qt.MouseButton.LeftButton)
    assert not names.isVisible()


def test_cancelling_keeps_what_is_finished(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    child(shown, QWidget, "sweepEpsilons").setText(", ".join(f"{n / 1000}" for n in range(100)))
    jobs: list[object] = []
    session.jobStarted.connect(jobs.append)
    qtbot.mouseClick(child(shown, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
    (job,) = jobs
    with qtbot.waitSignal(job.ended, timeout=WAIT):
        qtbot.waitUntil(lambda: shown.sweep.curves() != [], timeout=WAIT)
        qtbot.mouseClick(child(shown, QAbstractButton, "sweepCancelButton"), Qt.MouseButton.LeftButton)
    assert job.outcome == "cancelled"
    (partial,) = session.sweeps
    assert not partial.complete
    assert len(partial.labels)
    assert "not finished" in shown.sweep.curves()[0].title
    assert child(shown, QAbstractButton, "sweepButton").isVisible()


def test_a_sweep_stopped_before_its_first_image_leaves_nothing(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    jobs: list[object] = []
    session.jobStarted.connect(jobs.append)
    qtbot.mouseClick(child(shown, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
    (job,) = jobs
    with qtbot.waitSignal(job.ended, timeout=WAIT):
        qtbot.mouseClick(child(shown, QAbstractButton, "sweepCancelButton"), Qt.MouseButton.LeftButton)
    assert session.sweeps == []
    assert child(shown, QAbstractButton, "sweepButton").isVisible()


def test_sweeps_can_be_cleared(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    sweep(qtbot, shown, session)
    sweep(qtbot, shown, session)
    assert len(shown.sweep.curves()) == 2
    qtbot.mouseClick(child(shown, QAbstractButton, "clearSweepsButton"), Qt.MouseButton.LeftButton)
    assert session.sweeps == []
    assert shown.sweep.curves() == []


def test_an_epsilon_that_is_none_is_said_so_and_nothing_starts(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    child(shown, QWidget, "sweepEpsilons").setText("0, -1")
    with qtbot.waitSignal(session.messageRaised) as raised:
        qtbot.mouseClick(child(shown, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
    assert "-1" in raised.args[0].text
    assert session.lanes["sweep"].job is None


def test_a_sweep_without_a_dataset_says_what_is_missing(
    qtbot: QtBot, tab: AttackTab, session: Session
) -> None:
    with qtbot.waitSignal(session.messageRaised) as raised:
        qtbot.mouseClick(child(tab, QAbstractButton, "sweepButton"), Qt.MouseButton.LeftButton)
    assert "dataset" in raised.args[0].text
    assert child(tab, QAbstractButton, "sweepButton").isVisible()


def test_images_are_exported(qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path) -> None:
    job = shown.exports.images_to(tmp_path / "images")
    assert job is not None
    with qtbot.waitSignal(job.done, timeout=WAIT):
        pass
    for name in ("clean.png", "perturbed.png", "difference.png", "panel.png", "result.json"):
        assert (tmp_path / "images" / name).stat().st_size > 0, name


def test_a_folder_that_cannot_be_written_is_said_so(
    qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path
) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("a file, not a folder", encoding="utf-8")
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as raised:
        shown.exports.images_to(occupied)
    assert raised.args[0].level == "error"
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as raised:
        shown.exports.chart_to(occupied / "chart.png")
    assert raised.args[0].level == "error"


def test_the_panel_is_copied_with_its_verdict(shown: AttackTab) -> None:
    shown.exports.copy_views()
    copied = QApplication.clipboard().image()
    assert copied.width() == shown.views.width()
    assert copied.height() > shown.views.height()


def test_a_new_classifier_answers_anew(
    qtbot: QtBot, shown: AttackTab, session: Session, classifier: Path
) -> None:
    before = session.inspection
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.open_classifier(classifier)
    assert session.inspection is not before
