"""What is found on the disk, and how it is told what could not be looked into."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import Work
from cxr_gui.core.data.records import Problem
from cxr_gui.core.runs import FoundRuns
from cxr_gui.session import indexing
from cxr_gui.session.session import Session
from cxr_gui.session.values import Message
from tests.support.patience import WAIT


def test_what_could_not_be_looked_into_is_told_once_and_gives_way_to_what_is_wrong_later(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[Message] = []
    withdrawn: list[Message] = []
    session.messageRaised.connect(raised.append)
    session.messageWithdrawn.connect(withdrawn.append)

    def find(*unreadable: str) -> None:
        def found(_: object) -> Work[FoundRuns]:
            yield from ()
            return FoundRuns((), tuple(Problem(path, "cannot be read.") for path in unreadable))

        monkeypatch.setattr(indexing, "_find", found)
        with qtbot.waitSignal(session.indexing.find([]).done, timeout=WAIT):
            pass

    find("/runs/a")
    find("/runs/a")
    assert ([message.text for message in raised], withdrawn) == (["a cannot be read."], [])
    find("/runs/b")
    assert [message.text for message in raised] == ["a cannot be read.", "b cannot be read."]
    assert withdrawn == raised[:1]
    find()
    assert withdrawn == raised
