"""The attack tab through its real widgets: radiograph, epsilon, keys, label, filmstrip, trace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QDoubleSpinBox,
    QLabel,
    QListWidget,
    QSlider,
    QWidget,
)  # fmt: skip
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.base import units
from cxr_gui.core.base.decisions import probability
from cxr_gui.session.session import Session
from cxr_gui.ui.attack.tab import AttackTab
from cxr_gui.ui.attack.verdict.prediction import share_text
from cxr_gui.ui.attack.verdict.trace_view import TraceView
from cxr_gui.ui.widgets.settings import Settings
from tests.support.hands import child, inspected
from tests.support.patience import WAIT


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
    threshold = share_text(probability(inspection.threshold_logit))
    said = child(shown, QLabel, "cleanPrediction").text()
    positive = share_text(inspection.clean_probability)
    assert said == f"{inspection.clean_decision}, P = {positive} (threshold {threshold})"
    assert child(shown, QLabel, "verdictTitle").text() == "P(PNEUMONIA)"
    assert f"threshold {threshold}" in child(shown, QWidget, "probabilityAxis").accessibleName()
    assert child(shown, QLabel, "perturbedPrediction").text().startswith(inspection.decision)
    assert "\N{RIGHTWARDS ARROW}" in child(shown, QLabel, "verdictSentence").text()
    assert "person0_virus_0.png" in child(shown, QLabel, "radiographTitle").text()
    assert shown.views.perturbed.label.startswith("Perturbed, FGSM, epsilon 0.030 (3.8/255)")


def test_without_a_classifier_the_radiograph_is_shown_and_the_reason_said(qtbot: QtBot, folder: Path) -> None:
    create_application()
    session = Session()
    tab = AttackTab(session, Settings(QSettings("", QSettings.Format.InvalidFormat)))
    qtbot.addWidget(tab)
    with qtbot.waitSignal(session.filmChanged, timeout=WAIT):
        session.opening.image(next(folder.rglob("*.png")))
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
    assert child(shown, QLabel, "epsilonLevel").text() == "= 25.5/255"
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
    first = session.film
    assert first is not None
    inspected(qtbot, session, lambda: qtbot.keyClick(shown.views, Qt.Key.Key_Right))
    assert session.film is not None
    assert session.film.path != first.path
    inspected(qtbot, session, lambda: qtbot.keyClick(shown.views, Qt.Key.Key_Left))
    assert session.film.path == first.path


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
    inspected(qtbot, session, lambda: session.opening.images(dropped))
    strip = child(tab, QListWidget, "filmstrip")
    assert strip.isVisible()
    assert [strip.item(row).text() for row in range(strip.count())] == [path.name for path in dropped]
    inspected(qtbot, session, lambda: tab.step(+1))
    assert session.film is not None
    assert session.film.path == dropped[1]
    assert strip.currentRow() == 1
    inspected(qtbot, session, lambda: strip.setCurrentRow(2))
    assert session.film.path == dropped[2]


def test_a_file_that_is_no_image_leaves_what_was_there(
    qtbot: QtBot, shown: AttackTab, session: Session, tmp_path: Path
) -> None:
    before = child(shown, QLabel, "radiographTitle").text()
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"this is no image")
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as raised:
        session.opening.images([broken])
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
        session.opening.dataset(folder)
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


def test_a_new_classifier_answers_anew(
    qtbot: QtBot, shown: AttackTab, session: Session, classifier: Path
) -> None:
    before = session.inspection
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.opening.classifier(classifier)
    assert session.inspection is not before
