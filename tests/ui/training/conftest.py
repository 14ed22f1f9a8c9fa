"""Training tabs to work at, for every test here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QSpinBox
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.base import progress
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.ui.widgets.settings import Settings
from tests.support.patience import LONG
from tests.support.training_bench import TRAIN_FILMS, Bench


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "films"
    return progress.run(write_demo(folder, train=TRAIN_FILMS, test=4))


@pytest.fixture
def new_bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Callable[[], Bench]]:
    """Makes benches that remember the same things, like starts of the program."""
    create_application([])
    benches = []

    def make() -> Bench:
        settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
        settings.store.set_value("training/runs_folder", str(tmp_path / "runs"))
        settings.store.set_value("training/architecture", "compact_cnn")
        benches.append(Bench(qtbot, settings))
        return benches[-1]

    yield make
    for bench in benches:
        assert bench.session.close(LONG)


@pytest.fixture
def bench(new_bench: Callable[[], Bench], data: Path) -> Bench:
    bench = new_bench().open(data)
    bench.tab.findChild(QSpinBox, "epochsBox").setValue(1)
    bench.tab.findChild(QSpinBox, "batchSizeBox").setValue(4)
    return bench
