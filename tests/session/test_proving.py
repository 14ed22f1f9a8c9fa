"""When the decision about the open film is proven."""

from __future__ import annotations

import copy
from pathlib import Path

from pytestqt.qtbot import QtBot

from cxr_gui.session.session import Session
from tests.support.patience import WAIT


def test_the_film_is_proven_anew_of_each_classifier(qtbot: QtBot, session: Session, folder: Path) -> None:
    session.opening.images(sorted(folder.rglob("*.png"))[:1])
    qtbot.waitUntil(lambda: session.proof is not None, timeout=WAIT)
    session.choose_classifier(copy.deepcopy(session.classifier))
    assert session.proof is None
    qtbot.waitUntil(lambda: session.proof is not None, timeout=WAIT)
