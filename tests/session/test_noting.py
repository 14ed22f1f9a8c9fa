"""What a person says of films is in the state at once, on the disk soon, and there at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.data.notes import Note, read_notes
from cxr_gui.session.session import Session
from tests.support.patience import WAIT


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "notes.sqlite"
    monkeypatch.setenv("CXR_NOTES", str(file))
    return file


def test_all_is_written_when_the_session_ends(qtbot: QtBot, kept: Path) -> None:
    session = Session()
    for number in range(20):
        session.noting.note({"/a.png": Note("bad film", str(number)), f"/{number}.png": Note("look again")})
    session.noting.note({"/3.png": Note()})
    assert "/3.png" not in session.notes
    assert session.close(WAIT)
    assert read_notes(kept) == dict(session.notes)
    assert session.notes["/a.png"] == Note("bad film", "19")
    later = Session()
    with qtbot.waitSignal(later.notesChanged, timeout=WAIT):
        later.noting.load()
    assert dict(later.notes) == dict(session.notes)
    assert later.close(WAIT)


def test_what_is_said_before_the_others_are_read_stays(qtbot: QtBot, kept: Path) -> None:
    first = Session()
    first.noting.note({"/a.png": Note("bad film"), "/b.png": Note("bad film")})
    assert first.close(WAIT)
    session = Session()
    session.noting.load()
    session.noting.note({"/b.png": Note("look again")})
    qtbot.waitUntil(lambda: len(session.notes) == 2, timeout=WAIT)
    assert session.notes["/b.png"] == Note("look again")
    assert session.close(WAIT)


def test_what_cannot_be_kept_is_told(qtbot: QtBot, kept: Path) -> None:
    kept.mkdir()
    session = Session()
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as told:
        session.noting.note({"/a.png": Note("bad film")})
    assert told.args[0].level == "error"
    assert str(kept) in told.args[0].text
    assert session.notes == {"/a.png": Note("bad film")}
    assert session.close(WAIT)
