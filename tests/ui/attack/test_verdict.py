"""The verdict on the screen says whose films the classifier learned from, where its card does."""

from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.inspect.inspection import Inspection, Inspector
from cxr_gui.core.models import population
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.shipped_classifiers import DEMO, STANDARD, find_shipped
from cxr_gui.ui.attack.verdict.verdict import Verdict


def inspected(name: str) -> Inspection:
    entry = find_shipped(name)
    assert entry is not None
    pixels = np.random.default_rng(0).integers(0, 256, (224, 224), np.uint8)
    return Inspector(load(entry.path), pixels, create_attack("fgsm"), "rgb").at(0.01)


def test_the_verdict_says_whose_films(qtbot: QtBot) -> None:
    verdict = Verdict()
    qtbot.addWidget(verdict)
    verdict.show_inspection(inspected(STANDARD))
    assert f"films of {population.KERMANY}" in verdict.sentence.toolTip()
    verdict.show_inspection(inspected(DEMO))
    assert verdict.sentence.toolTip() == ""
    verdict.show_inspection(inspected(STANDARD))
    verdict.clear()
    assert verdict.sentence.toolTip() == ""
