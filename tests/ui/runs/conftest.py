"""A runs tab over a folder with runs, sweeps and a study."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from cxr_gui.ui.runs.tab import RunsTab
from cxr_gui.ui.widgets.settings import Settings
from tests.support.patience import WAIT
from tests.support.run_samples import write_run, write_study, write_sweep_of


@pytest.fixture(autouse=True)
def _of_this_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CXR_NOTES", str(tmp_path / "notes.sqlite"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three seeds of one training with a sweep each, another training, and a study with its parts."""
    folder = tmp_path / "work"
    for seed in range(3):
        run = write_run(folder / f"seed-{seed}", seed=seed, shift=seed / 100)
        write_sweep_of(run, folder / f"sweep-{seed}", right=seed)
    write_run(folder / "paper", seed=5, recipe="paper")
    write_study(folder / "study", seed=6, epochs=9)
    return folder


@pytest.fixture
def settings(store: QSettings) -> Settings:
    return Settings(store)


@pytest.fixture
def empty(qtbot: QtBot, session: Session, settings: Settings) -> Iterator[RunsTab]:
    """The tab on screen before anything is known."""
    with qtbot.waitSignal(session.catalogChanged, timeout=WAIT):
        session.opening.catalog()
    tab = RunsTab(session, settings)
    qtbot.addWidget(tab)
    tab.resize(1200, 800)
    with qtbot.waitExposed(tab):
        tab.show()
    yield tab
    tab.hide()


@pytest.fixture
def tab(qtbot: QtBot, empty: RunsTab, session: Session, root: Path) -> RunsTab:
    """The tab with all that is in `root`."""
    session.folderUsed.emit(str(root))
    qtbot.waitUntil(lambda: bool(session.entries) and session.job(Lane.RUNS) is None, timeout=WAIT)
    return empty
