"""The attack tab by itself, on whichever session a test has."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from cxr_gui.session.session import Session
from cxr_gui.ui.attack.tab import AttackTab
from cxr_gui.ui.widgets.settings import Settings


@pytest.fixture
def tab(qtbot: QtBot, session: Session, tmp_path: Path) -> AttackTab:
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    tab = AttackTab(session, Settings(store))
    qtbot.addWidget(tab)
    tab.resize(1280, 700)
    tab.show()
    return tab
