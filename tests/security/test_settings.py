"""A settings file by a stranger, or by another version: the window starts and forgets nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from cxr_gui.ui.attack.settings.remembered import AttackTabSettings
from cxr_gui.ui.attack.viewer.mouse import ViewerSettings
from cxr_gui.ui.training.settings import TrainingSettings
from cxr_gui.ui.widgets.settings import Setting, Settings
from tests.support.open_window import Start

KINDS = (AttackTabSettings, Settings, TrainingSettings, ViewerSettings)
KEYS = sorted({entry.key for kind in KINDS for base in kind.__mro__ for entry in vars(base).values()
               if isinstance(entry, Setting)})  # fmt: skip
NONSENSE = {
    "huge number": "9" * 40,
    "endless number": "9" * 5000,
    "infinity": "1e999",
    "not a number": "nan",
    "negative": "-123456789012345678901234567890",
    "long text": "x" * 100_000,
    "long path": "/" + "y" * 5000,
    "no name": "a%00b/../../%00",
    "html": "<img src=/etc/passwd>",
    "bytes": "@ByteArray(\\x1\\xd9\\xd0\\xcb\\0\\x3\\0\\0\\xff\\xff\\xff\\xff\\x7f\\xff\\xff\\xff)",
    "list": ", ".join(["/a"] * 5000),
    "variant": "@Variant(\\0\\0\\0\\x7f\\0\\0\\0\\x10QKeySequence)",
    "size": "@Size(2147483647 2147483647)",
    "invalid": "@Invalid()",
    "boolean": "true",
    "empty": "",
}


def written(path: Path, values: dict[str, str]) -> QSettings:
    """A settings file with these values, as they stand in it."""
    groups: dict[str, list[str]] = {}
    for key, value in values.items():
        group, _, name = key.partition("/")
        groups.setdefault(group, []).append(f"{name}={value}")
    path.write_text("".join(f"[{group}]\n" + "\n".join(lines) + "\n" for group, lines in groups.items()))
    return QSettings(str(path), QSettings.Format.IniFormat)


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_the_window_starts_with_nonsense_under_every_key(
    qtbot: QtBot, started: Start, tmp_path: Path, nonsense: str
) -> None:
    assert len(KEYS) > 12
    store = written(tmp_path / "settings.ini", dict.fromkeys(KEYS, NONSENSE[nonsense]))
    window = started(store)
    screen = window.screen().availableSize()
    with qtbot.waitExposed(window):
        window.show()
    assert window.width() <= 2 * screen.width()
    assert window.tabs.currentIndex() == 0
    for menu, _ in ((action.menu(), action) for action in window.menuBar().actions()):
        assert menu is not None
        menu.aboutToShow.emit()
    recent = window.settings.recent[:1]
    for path in recent:
        window.open_recent(Path(path))
    window.training_tab.form.new_folder()
    window.close()
    again = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    assert again.status() == QSettings.Status.NoError


@pytest.mark.parametrize("nonsense", ["long path", "no name", "html", "huge number"])
def test_what_was_open_last_may_be_nonsense(
    qtbot: QtBot, started: Start, tmp_path: Path, nonsense: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = written(tmp_path / "settings.ini", dict.fromkeys(KEYS, NONSENSE[nonsense]))
    window = started(store)
    demo: list[bool] = []
    monkeypatch.setattr(window, "open_demo", lambda: demo.append(True))
    window.open_first()
    assert demo == [True]


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 10_000, b"\xff\xfe" * 5000, b"[" * 100_000, b"a=b\n" * 50_000]
)
def test_a_file_that_is_no_settings(qtbot: QtBot, started: Start, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "settings.ini").write_bytes(content)
    window = started(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    assert window.settings.theme == "system"
    assert window.settings.recent == []
