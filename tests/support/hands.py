"""What hands do to the window and its controls, and what eyes then read there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from cxr_gui.session.session import Session
from cxr_gui.ui.window.main_window import MainWindow
from cxr_gui.ui.window.messages import MessageBar
from tests.support.patience import WAIT

LEFT = Qt.MouseButton.LeftButton


def drag(kind: type, paths: list[Path]) -> tuple[QDropEvent, QMimeData]:
    """An event of dragging files, and the data that must outlive it."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place = QPoint(300, 300) if kind is QDragEnterEvent else QPointF(300, 300)
    none = Qt.KeyboardModifier.NoModifier
    return kind(place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, none), data


def drop(window: MainWindow, paths: list[Path]) -> None:
    """Drag the files over the window and let go."""
    for kind in (QDragEnterEvent, QDropEvent):
        event, data = drag(kind, paths)
        QCoreApplication.sendEvent(window, event)
        assert event.isAccepted(), data


def shown_message(window: MainWindow) -> str:
    """The words in the message bar; none when it is hidden."""
    bar = window.findChild(MessageBar, "messageBar")
    return bar.findChild(QLabel, "messageText").text() if bar.isVisible() else ""


def child(tab: QWidget, kind: type, name: str) -> QWidget:
    """The control of that name, which must be there."""
    found = tab.findChild(kind, name)
    assert found is not None, name
    return found


def inspected(qtbot: QtBot, session: Session, act: object) -> object:
    """What the inspection is after `act`."""
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT) as changed:
        act()  # type: ignore[operator]
    return changed.args[0]
