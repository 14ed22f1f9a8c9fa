"""When the decision about the open film is proven."""

from __future__ import annotations

import copy
import threading
from collections.abc import Generator
from pathlib import Path

from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import Event
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from tests.support.patience import WAIT


def test_an_epochs_classifier_is_proven_when_its_training_has_ended(
    qtbot: QtBot, session: Session, folder: Path
) -> None:
    session.opening.images(sorted(folder.rglob("*.png"))[:1])
    qtbot.waitUntil(lambda: session.proof is not None, timeout=WAIT)
    ends = threading.Event()

    def train() -> Generator[Event, None, None]:
        yield Event("Training", 0, None)
        ends.wait(WAIT / 1000)

    training = session._lanes.start(Lane.TRAINING, train)
    for _ in range(2):  # epochs
        session.choose_classifier(copy.deepcopy(session.classifier))
        assert session.proof is None
        assert session._lanes.job(Lane.PROOF) is None
    film = session.film
    assert film is not None
    session.filmChanged.emit(film)  # somebody looks at one meanwhile
    qtbot.waitUntil(lambda: session.proof is not None, timeout=WAIT)
    session.choose_classifier(copy.deepcopy(session.classifier))
    assert session.proof is None
    with qtbot.waitSignals([training.ended, session.proofChanged], timeout=WAIT):
        ends.set()
    qtbot.waitUntil(lambda: session.proof is not None, timeout=WAIT)
