"""The facts of the film in the inspector, less the patient's where somebody wants them hidden."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from cxr_gui.ui.window.film_facts import FilmFacts
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.dicom_files import dicom
from tests.support.films import film
from tests.support.patience import LONG


def words(facts: FilmFacts) -> set[str]:
    return {label.text() for label in facts.findChildren(QLabel)}


def test_they_follow_the_inspector_and_hide_the_patient(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (64, 48)).astype(np.uint16)
    taken = dicom(
        tmp_path / "a.dcm", values, ViewPosition="AP", PatientAge="004Y", PatientSex="M",
        ImagerPixelSpacing=[0.2, 0.2],
    )  # fmt: skip
    window.findChild(QAction, "filmFactsAction").trigger()
    facts = window.findChild(FilmFacts)
    assert "No X-ray is open" in words(facts)
    with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
        window.open_paths([taken])
    assert {"a.dcm", "AP", "4 years", "male", "0.2 \N{MULTIPLICATION SIGN} 0.2 mm"} <= words(facts)
    facts.hide_patient.click()
    assert window.settings.patient_hidden
    qtbot.waitUntil(lambda: not {"4 years", "male"} & words(facts))
    assert "AP" in words(facts)
    film(tmp_path / "b.png", 1)
    with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
        window.open_paths([tmp_path / "b.png"])
    assert "b.png" in words(facts)
    window.findChild(QAction, "filmFactsAction").trigger()
    assert window.findChildren(FilmFacts) == [facts]
