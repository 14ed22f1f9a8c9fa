"""What is asked for before there is anything to do it with says what is missing, and starts nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.training.recipes import TrainConfig
from cxr_gui.session.session import Session
from tests.support.report_samples import sweep_result

OUT = Path("nowhere")


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda session: session.exporting.inspection(OUT), "open a radiograph and a classifier"),
        (lambda session: session.exporting.save_image(OUT / "a.png", "png8"), "open a radiograph"),
        (lambda session: session.exporting.sweeps(OUT), "run a sweep first"),
        (lambda session: session.searching.search(), "Open a radiograph and a classifier"),
        (lambda session: session.shifting.start(["rotation"]), "Open a dataset and a classifier"),
        (lambda session: session.sweeping.start([0.0]), "dataset"),
        (lambda session: session.sweeping.part(sweep_result(negative=2, positive=2), print), "films"),
        (lambda session: session.training.start(TrainConfig(), OUT), "Open a dataset first"),
    ],
    ids=["images", "image", "sweeps", "search", "shifts", "sweep", "subgroups", "training"],
)
def test_what_is_missing_is_said(
    qtbot: QtBot, session: Session, ask: Callable[[Session], object], words: str
) -> None:
    with (
        qtbot.assertNotEmitted(session.jobStarted),
        qtbot.waitSignal(session.messageRaised) as raised,
    ):
        assert ask(session) is None
    assert raised.args[0].level == "warning"
    assert words in raised.args[0].text
    assert not OUT.exists()
