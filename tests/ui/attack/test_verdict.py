"""The verdict on the screen explains itself, whatever room it has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.inspect.inspection import Inspection, Inspector
from cxr_gui.core.models import population
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.shipped_classifiers import DEMO, STANDARD, find_shipped
from cxr_gui.ui.attack.verdict.prediction import DecisionLabel, share_text
from cxr_gui.ui.attack.verdict.verdict import SENTENCE_FROM, Verdict


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


@pytest.mark.parametrize(
    ("probability", "text"),
    [
        (0.46, "0.46"),
        (0.5, "0.50"),
        (0.0031, "0.003"),
        (0.9968, "0.997"),
        (0.0, "0"),
        (1.0, "1"),
        (1e-9, "<0.000001"),
        (1 - 1e-9, ">0.999999"),
    ],
)
def test_a_probability_is_never_rounded_to_certainty(probability: float, text: str) -> None:
    assert share_text(probability) == text


def test_all_predictions_are_written_alike_and_the_class_is_never_shortened(qtbot: QtBot) -> None:
    verdict = Verdict()
    qtbot.addWidget(verdict)
    verdict.show()
    verdict.show_inspection(inspected(STANDARD))
    said = verdict.findChildren(DecisionLabel)
    fits = []
    for width in (230, 320, 700):
        verdict.resize(width, 300)
        (fitting,) = {words._fitting() for words in said}
        fits.append(fitting)
        assert fitting[0] >= 2, "the probability is there"
        for words in said:
            assert words._width(*fitting) <= words.width()
    assert fits == sorted(fits)
    assert fits[-1] == (3, 1.5)
    assert all(words.text().endswith(")") for words in said), "the threshold too is read out"


def test_a_class_wider_than_the_card_leaves_the_probability_in_sight(qtbot: QtBot) -> None:
    verdict = Verdict()
    qtbot.addWidget(verdict)
    verdict.show()
    found = replace(inspected(STANDARD), classes=("WITHOUT A FINDING " * 20, "PNEUMONIA " * 20))
    verdict.show_inspection(found)
    verdict.resize(240, 300)
    assert verdict.width() == 240
    assert {words._fitting() for words in verdict.findChildren(DecisionLabel)} == {(2, 1.0)}
    assert not verdict.grab().isNull()


def test_the_axis_of_the_bars_labels_the_threshold_at_its_tick(qtbot: QtBot) -> None:
    verdict = Verdict()
    qtbot.addWidget(verdict)
    found = inspected(STANDARD)
    verdict.show_inspection(found)
    assert verdict.title.text() == f"P({found.classes[1]})"
    (threshold, at), *ends = verdict.axis.words
    assert threshold == f"threshold {at:.2f}"
    assert ends == [("0 %", 0.0), ("100 %", 1.0)]
    verdict.clear()
    assert verdict.axis.words == []


def test_the_sentence_gives_way_to_the_trace_but_not_where_it_says_why(qtbot: QtBot) -> None:
    verdict = Verdict()
    qtbot.addWidget(verdict)
    verdict.show()
    verdict.resize(300, SENTENCE_FROM - 20)
    assert verdict.sentence.isVisible()
    verdict.show_inspection(inspected(STANDARD))
    assert not verdict.sentence.isVisible()
    verdict.resize(300, SENTENCE_FROM + 20)
    assert verdict.sentence.isVisible()
