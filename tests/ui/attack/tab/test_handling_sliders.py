"""A live slider for each way in which a film is handled on a ward, and the search for what flips."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from cxr_gui.core.images import to_input
from cxr_gui.core.inspect import Inspector
from cxr_gui.core.inspect import handled as befall
from cxr_gui.core.shifts import AS_IT_IS, Handling, Ward
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from cxr_gui.ui.attack.tab import AttackTab
from tests.support.patience import WAIT


def handled(qtbot: QtBot, session: Session) -> None:
    """Wait until what is inspected is handled as is set."""
    qtbot.waitUntil(
        lambda: session.inspection is not None and session.inspection.handling == session.handling,
        timeout=WAIT,
    )


def test_they_are_folded_away_and_folded_they_say_how_the_film_is_handled(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    control = shown.controls.handling
    assert not any(each.slider.isVisible() for each in control.sliders.values())
    control.unfold.click()
    assert set(control.sliders) == set(vars(Ward()))
    assert all(each.slider.isVisible() for each in control.sliders.values())
    control.unfold.click()
    session.set_handling(Handling(gamma=1.12, rotation=3))
    assert control.unfold.text() == "Without an attacker: gamma 1.12, rotation 3 degrees"
    handled(qtbot, session)
    control.reset.click()
    assert session.handling == AS_IT_IS
    assert control.unfold.text() == "Without an attacker"


def test_a_slider_moves_its_own_part_within_what_passes(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    sliders = shown.controls.handling.sliders
    sliders["gamma"].slider.setValue(sliders["gamma"].slider.maximum())
    sliders["right"].slider.setValue(sliders["right"].slider.minimum())
    assert session.handling.gamma == pytest.approx(Ward().gamma)
    assert session.handling.right == pytest.approx(-Ward().right)
    assert session.handling.rotation == 0
    assert sliders["gamma"].value.text() == "\N{MULTIPLICATION SIGN} 1.20"
    assert sliders["right"].value.text() == "\N{MINUS SIGN}5.0 %"
    handled(qtbot, session)


def test_what_is_attacked_is_the_film_so_handled(qtbot: QtBot, shown: AttackTab, session: Session) -> None:
    before = session.inspection
    assert before is not None
    assert session.film is not None
    assert session.classifier is not None
    session.set_handling(Handling(exposure=1.2, rotation=5))
    handled(qtbot, session)
    pixels = to_input(session.film.radiograph.pixels, session.classifier.input_size)
    label = session.film.class_of(session.classifier)
    attack = session.setting.create()
    film = befall(torch.from_numpy(pixels / np.float32(255))[None, None], [session.handling])
    levels = np.rint(film[0, 0].numpy() * 255).astype(np.uint8)
    inspector = Inspector(session.classifier, levels, attack, session.setting.threat, label)
    direct = inspector.at(session.setting.epsilon)
    found = session.inspection
    assert found is not None
    assert np.array_equal(found.clean, direct.clean)
    assert found.logit == pytest.approx(direct.logit, abs=1e-4)
    assert found.read_logit == pytest.approx(before.clean_logit, abs=1e-4)
    assert not np.array_equal(found.clean, before.clean)
    assert "exposure 1.2" in shown.views.clean.plate.label
    assert shown.controls.handling.verdict.text().startswith("As read: ")


def test_another_film_is_as_it_was_read_and_another_label_is_the_same_film(
    qtbot: QtBot, shown: AttackTab, session: Session, folder: Path
) -> None:
    session.set_handling(Handling(gamma=1.1))
    session.set_label(None)
    assert session.handling == Handling(gamma=1.1)
    handled(qtbot, session)
    session.opening.image(sorted(folder.rglob("*.png"))[1])
    qtbot.waitUntil(lambda: session.handling == AS_IT_IS, timeout=WAIT)
    handled(qtbot, session)
    assert shown.controls.handling.sliders["gamma"].slider.value() == 0


def test_what_is_proven_and_traced_is_of_the_film_so_handled(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    qtbot.waitUntil(lambda: session.proof is not None, timeout=WAIT)
    with qtbot.waitSignals([session.traceChanged, session.proofChanged], timeout=WAIT):
        session.set_handling(Handling(gamma=1.1))
    assert session.proof is None
    with qtbot.waitSignal(
        session.traceChanged, timeout=WAIT, check_params_cb=lambda it: it is not None
    ) as told:
        handled(qtbot, session)
    assert session.inspection is not None
    found = session.inspection.clean_probability
    assert told.args[0].probabilities[0] == pytest.approx(found, abs=1e-4)
    qtbot.waitUntil(lambda: session.proof is not None, timeout=WAIT)


def test_the_search_sets_the_sliders_to_what_flips_and_says_so(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    inspection, control = session.inspection, shown.controls.handling
    assert inspection is not None
    assert session.classifier is not None
    logit = inspection.clean_logit  # a threshold so near to it that something on a ward flips it
    session.classifier.threshold = 1 / (1 + math.exp(1e-5 - logit))
    session.set_label(session.classifier.classes[1])
    control.unfold.click()
    with qtbot.waitSignal(session.searching.changed, timeout=WAIT, check_params_cb=lambda it: it is not None):
        control.seek.click()
        assert control.cancel.isVisible()
        assert not control.seek.isVisible()
    assert session.handling != AS_IT_IS
    assert control.words.text().startswith(f"Flips at {session.handling.words} (")
    handled(qtbot, session)
    assert session.inspection is not None
    assert session.inspection.flipped_unattacked
    assert "flipped without an attack, as read it is" in session.inspection.sentence()
    assert shown.verdict.state.text().endswith("Flipped without an attack")
    qtbot.waitUntil(lambda: control.seek.isVisible(), timeout=WAIT)
    session.set_label(None)
    assert not control.words.isVisible()


def test_a_search_can_be_stopped_and_leaves_the_film_as_it_was(
    qtbot: QtBot, shown: AttackTab, session: Session
) -> None:
    control = shown.controls.handling
    control.unfold.click()
    control.seek.click()
    job = session.job(Lane.PLAUSIBLE)
    assert job is not None
    with qtbot.waitSignal(job.cancelled, timeout=WAIT):
        control.cancel.click()
    assert session.handling == AS_IT_IS
    assert control.seek.isVisible()
    assert not control.words.isVisible()
