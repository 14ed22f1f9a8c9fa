"""The bracket in the window: the proof beside the flip, along the slider, in the chart, and in the grid."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QLabel
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.units import to_pixel
from cxr_gui.core.inspect.proof import FilmProof
from cxr_gui.core.sweep.outcome import outcomes
from cxr_gui.session.session import Session
from cxr_gui.ui.attack.settings.bracket import Bracket, BracketSlider
from cxr_gui.ui.attack.sweep.curves import DRAWN, Curves
from cxr_gui.ui.attack.tab import AttackTab
from cxr_gui.ui.widgets.theme import theme
from tests.support.hands import child
from tests.support.patience import WAIT


@pytest.mark.parametrize(
    ("bracket", "parts", "words"),
    [
        (Bracket(), [("undecided", 0.0, 0.1)], ""),
        (
            Bracket(0.02, 0.05),
            [("proven", 0, 0.02), ("undecided", 0.02, 0.05), ("broken", 0.05, 0.1)],
            "both",
        ),
        (Bracket(0.0, 0.05), [("undecided", 0, 0.05), ("broken", 0.05, 0.1)], "flips"),
        (Bracket(0.2, math.inf), [("proven", 0, 0.1)], "proven"),
        (Bracket(0.02, 0.02), [("proven", 0, 0.02), ("broken", 0.02, 0.1)], "both"),
    ],
)
def test_the_parts_of_a_bracket(bracket: Bracket, parts: list[tuple[str, float, float]], words: str) -> None:
    assert list(bracket.parts(0.1)) == parts
    sentence = bracket.sentence()
    assert ("proven to" in sentence) == (words in ("both", "proven"))
    assert ("flips at" in sentence) == (words in ("both", "flips"))


def test_the_grooves_parts_have_three_textures_and_nothing_is_drawn_of_what_is_unknown(qtbot: QtBot) -> None:
    slider = BracketSlider(0.1, lambda epsilon: epsilon / 0.1)
    qtbot.addWidget(slider)
    slider.explain("Epsilon")
    slider.resize(400, 24)
    empty = slider.grab().toImage()
    slider.show_bracket(Bracket(0.03, 0.06))
    image = slider.grab().toImage()

    def inks(part: float) -> set[str]:
        middle, height = round(part * image.width()), image.height() // 2
        places = ((x, y) for x in range(middle - 20, middle + 20) for y in range(height - 4, height + 4))
        return {QColor(image.pixel(*place)).name() for place in places}

    palette = theme().palette
    grounds = {QColor(empty.pixel(200, 1)).name()}
    assert inks(0.2) == {palette.good}  # all of it
    assert inks(0.45) - grounds == {palette.muted}  # dots
    assert palette.bad in inks(0.8)  # strokes
    assert "proven to 0.06" in slider.accessibleDescription()
    for _ in range(2):
        slider.show_bracket(Bracket())
        assert slider.toolTip() == "Epsilon"
    assert slider.grab().toImage() == empty


def opened(qtbot: QtBot, session: Session, folder: object) -> None:
    with qtbot.waitSignals([session.inspectionChanged, session.traceChanged], timeout=WAIT):
        session.opening.dataset(folder)
    qtbot.waitUntil(lambda: session.proof is not None, timeout=WAIT)


def test_the_inspector_says_what_is_proven_of_a_film_or_why_nothing_is(
    qtbot: QtBot, tab: AttackTab, session: Session, folder: object
) -> None:
    opened(qtbot, session, folder)
    words = child(tab, QLabel, "verdictProof")
    assert session.proof is not None
    assert (words.text(), words.toolTip()) == (session.proof.brief(), session.proof.sentence())
    session.set_proof(FilmProof(to_pixel(0.0041, "model"), 1))
    assert words.text() == "Proven to 0.0041"
    assert words.toolTip() == "Proven up to 0.0041 (0.523/255): no attack can change the decision there."
    assert tab.controls.epsilon.slider.bracket.certified == to_pixel(0.0041, "model")


def test_an_attack_that_contradicts_the_proof_is_told_once(
    qtbot: QtBot, tab: AttackTab, session: Session, folder: object
) -> None:
    opened(qtbot, session, folder)
    said: list[str] = []
    session.messageRaised.connect(lambda message: said.append(message.text))
    with qtbot.waitSignals([session.inspectionChanged, session.proofChanged], timeout=WAIT):
        session.set_label(None)  # whatever is decided of it
    qtbot.waitUntil(lambda: session.proof is not None, timeout=WAIT)
    assert session.inspection is not None
    session.set_proof(FilmProof(1.0, session.inspection.label))
    for epsilon in (0.3, 0.31):
        with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
            session.set_epsilon(epsilon)
    assert session.inspection.state == "flipped"
    assert len([words for words in said if "one of the two is wrong" in words]) == 1


def test_a_sweep_that_certifies_has_a_floor_and_columns_for_the_grid(
    qtbot: QtBot, tab: AttackTab, session: Session, folder: object
) -> None:
    opened(qtbot, session, folder)
    child(tab, QCheckBox, "certifyToggle").setChecked(True)
    with qtbot.waitSignal(session.sweepChanged, timeout=4 * WAIT) as changed:
        tab.sweep.start()
    (result,) = changed.args
    assert result.certified is not None
    found = outcomes(session.dataset, result)
    assert found.certified is not None
    assert "certified radius" in found.orders
    known = np.isfinite(found.certified)
    assert known.sum() == len(result.labels)
    (curves,) = tab.sweep.curves()
    nothing, half = (
        Curves("", [replace(point, certified_accuracy=share) for point in curves.points])
        for share in (0.0, 0.5)
    )
    assert (nothing.vacuous, nothing.undecided) == (True, ([], [], []))
    assert (half.vacuous, half.undecided[1]) == (False, [50.0] * len(curves.points))
    certified = next(quantity for quantity in DRAWN if quantity.name == "certified")
    assert [each.shows(certified) for each in (nothing, half)] == [False, True]
