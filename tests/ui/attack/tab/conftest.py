"""The attack tab of a session that has a small dataset and classifier from the first."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.session.session import Session
from cxr_gui.ui.attack.tab import AttackTab
from tests.support.patience import WAIT
from tests.support.small_session import classifier, folder, session

__all__ = ["classifier", "folder", "session", "shown"]


@pytest.fixture
def shown(qtbot: QtBot, session: Session, tab: AttackTab, folder: Path) -> AttackTab:
    """The tab with a dataset and its first positive radiograph."""
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.opening.dataset(folder)
    return tab
