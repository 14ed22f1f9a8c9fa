"""What a window did not end is offered by the next one, which begins nothing by itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QComboBox, QSpinBox
from pytestqt.qtbot import QtBot

from cxr_gui.core.sweep import sweeping
from cxr_gui.core.sweep.journal import Entry, SweepJournal
from cxr_gui.core.sweep.unfinished import unfinished_sweeps
from cxr_gui.session.lanes import Lane
from cxr_gui.session.values import Message
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import write_films
from tests.support.open_window import Start
from tests.support.patience import LONG

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(sweeping, "chosen_batch_size", lambda *_: 2)


@pytest.fixture
def start(qtbot: QtBot, started: Start, store: QSettings) -> Callable[[], MainWindow]:
    """Puts a window on screen, which has come up."""

    def one() -> MainWindow:
        window = started(store)
        window.show()
        qtbot.waitUntil(lambda: window.session.catalog is not None, timeout=LONG)
        return window

    return one


def end(window: MainWindow) -> None:
    window.close()
    assert window.session.close(LONG)


def offered(qtbot: QtBot, window: MainWindow, text: str) -> Message:
    def there() -> list[Message]:
        return [message for message in window.messages.messages if text in message.text]

    qtbot.waitUntil(lambda: bool(there()), timeout=LONG)
    return there()[0]


def test_a_sweep(
    qtbot: QtBot,
    start: Callable[[], MainWindow],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    films = write_films(tmp_path / "films", train=2, test=3)
    window = start()
    window.open_paths([films])
    fitting = window.session
    qtbot.waitUntil(lambda: fitting.dataset is not None and fitting.classifier is not None, timeout=LONG)
    written: list[None] = []
    write = SweepJournal.write

    def counted(self: SweepJournal, entry: Entry) -> None:
        write(self, entry)
        written.append(None)

    monkeypatch.setattr(SweepJournal, "write", counted)
    window.attack_tab.sweep.bar.epsilons.setText("0, 0.03")
    window.sweep()
    qtbot.waitUntil(lambda: len(written) >= 2, timeout=LONG)
    end(window)
    [left] = unfinished_sweeps()
    window = start()
    message = offered(qtbot, window, "A sweep was interrupted")
    assert f"at {left.done} of 6 images: fgsm, rgb," in message.text
    assert [offer.words for offer in message.offers] == ["Go on", "Discard"]
    assert window.session.job(Lane.SWEEP) is None
    with qtbot.waitSignal(window.session.sweepChanged, timeout=LONG) as changed:
        message.offers[0].accept()
    assert window.tabs.currentWidget() is window.attack_tab
    assert changed.args[0].complete
    assert len(changed.args[0].labels) == 6


def test_a_training(qtbot: QtBot, start: Callable[[], MainWindow], store: QSettings, tmp_path: Path) -> None:
    films = write_films(tmp_path / "films", train=8, test=2)
    store.setValue("training/runs_folder", str(tmp_path / "runs"))
    window = start()
    window.open_paths([films])
    qtbot.waitUntil(lambda: window.session.dataset is not None, timeout=LONG)
    box = window.findChild(QComboBox, "architectureBox")
    box.setCurrentIndex(box.findData("compact_cnn"))
    window.findChild(QSpinBox, "epochsBox").setValue(500)
    window.training_tab.start()
    qtbot.waitUntil(lambda: window.training_tab.watch.table.rowCount() >= 1, timeout=LONG)
    end(window)
    window = start()
    message = offered(qtbot, window, "A training was interrupted")
    assert "of 500 epochs" in message.text
    message.offers[0].accept()
    assert offered(qtbot, window, "Open a dataset first").level == "warning"
    window.open_paths([films])
    qtbot.waitUntil(window.training_tab.train_button.isEnabled, timeout=LONG)
    message.offers[0].accept()
    assert window.session.job(Lane.TRAINING) is not None
    window.training_tab.stop()
    qtbot.waitUntil(lambda: window.session.job(Lane.TRAINING) is None, timeout=LONG)
    qtbot.waitUntil(lambda: window.training_tab.watch.words.text().startswith("Stopped"), timeout=LONG)
    end(window)
    window = start()
    qtbot.waitUntil(lambda: bool(window.training_tab.form.folder_words.text()), timeout=LONG)
    assert not any("interrupted" in each.text for each in window.messages.messages), "it was stopped"
