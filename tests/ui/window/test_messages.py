"""The message bar: nothing is lost, only notes go by themselves, and colour never says anything alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QLabel, QListWidget, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.base.errors import DatasetError
from cxr_gui.session.session import Session
from cxr_gui.session.values import Message, Offer
from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window.main_window import MainWindow
from cxr_gui.ui.window.messages import MessageBar
from tests.support.films import film
from tests.support.patience import LONG, SOON

BROKEN = Message("error", "films: has no images in it.")
DONE = Message("info", "Exported to OUT.")
DETAILED = Message("warning", "2 files cannot be used.", "a.png: broken\nb.png: broken")


@pytest.fixture
def bar(qtbot: QtBot) -> MessageBar:
    create_application()
    bar = MessageBar()
    bar.resize(900, 60)
    qtbot.addWidget(bar)
    return bar


def text(bar: MessageBar) -> str:
    return bar.findChild(QLabel, "messageText").text()


def test_without_messages_there_is_no_bar(bar: MessageBar) -> None:
    assert bar.isHidden()


@pytest.mark.parametrize(
    ("message", "word"),
    [(BROKEN, "Error"), (DETAILED, "Warning"), (DONE, "Note")],
    ids=lambda value: str(value)[:8],
)
def test_a_message_is_shown_with_its_word_and_icon(bar: MessageBar, message: Message, word: str) -> None:
    bar.show_message(message)
    assert bar.isVisible()
    assert text(bar) == message.text
    labels = bar.findChildren(QLabel)
    assert word in [label.text() for label in labels]
    assert any(not label.pixmap().isNull() for label in labels)
    assert bar.accessibleName() == f"{word}: {message.text}"


def test_later_messages_come_first_and_none_is_lost(qtbot: QtBot, bar: MessageBar) -> None:
    for message in (BROKEN, DETAILED, DONE):
        bar.show_message(message)
    count = bar.findChild(QPushButton, "messageCount")
    dismiss = bar.findChild(QPushButton, "messageDismissButton")
    seen = []
    while bar.isVisible():
        seen.append((text(bar), count.text() if count.isVisible() else ""))
        qtbot.mouseClick(dismiss, Qt.MouseButton.LeftButton)
    assert seen == [(DONE.text, "and 2 more"), (DETAILED.text, "and 1 more"), (BROKEN.text, "")]


def test_the_same_message_is_not_stacked(bar: MessageBar) -> None:
    for message in (BROKEN, DONE, Message("error", BROKEN.text)):
        bar.show_message(message)
    assert [message.text for message in bar.messages] == [DONE.text, BROKEN.text]


def test_a_flood_is_bounded(bar: MessageBar) -> None:
    for number in range(1000):
        bar.show_message(Message("warning", f"file {number}"))
    assert len(bar.messages) == 100
    assert text(bar) == "file 999"


def test_details_are_there_when_asked_for(qtbot: QtBot, bar: MessageBar) -> None:
    details = bar.findChild(QPlainTextEdit, "messageDetails")
    button = bar.findChild(QPushButton, "messageDetailsButton")
    bar.show_message(BROKEN)
    assert button.isHidden()
    bar.show_message(DETAILED)
    assert not details.isVisible()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert details.isVisible()
    assert details.toPlainText() == DETAILED.details
    bar.show_message(DONE)
    assert not details.isVisible()


def test_details_take_no_more_room_than_a_small_window_has(qtbot: QtBot, window: MainWindow) -> None:
    window.resize(1280, 700)
    window.session.tell("It failed.", level="error", details="one line\n" * 100)
    window.findChild(QPushButton, "messageDetailsButton").click()
    details = window.findChild(QPlainTextEdit, "messageDetails")
    qtbot.waitUntil(lambda: details.isVisible() and details.height() >= details.minimumHeight())
    for page in range(window.tabs.count()):
        window.tabs.setCurrentIndex(page)
        assert window.minimumSizeHint().height() <= 730
        assert window.height() <= 730


def test_a_message_from_outside_is_not_taken_for_markup(bar: MessageBar) -> None:
    bar.show_message(Message("error", "<img src=x>.png: cannot be read."))
    label = bar.findChild(QLabel, "messageText")
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_the_bar_follows_the_theme(bar: MessageBar) -> None:
    bar.show_message(BROKEN)
    icon = next(label for label in bar.findChildren(QLabel) if not label.pixmap().isNull())
    theme().set_mode("light")
    light = icon.pixmap().toImage()
    theme().set_mode("dark")
    assert icon.pixmap().toImage() != light
    theme().set_mode("system")


def test_the_session_speaks_through_it(qapp: object, bar: MessageBar) -> None:
    session = Session()
    session.messageRaised.connect(bar.show_message)
    session.tell_error(DatasetError("has one class only.", where="films", hint="Two are needed."))
    assert text(bar) == "films: has one class only. Two are needed."
    try:
        raise ZeroDivisionError("a bug")
    except ZeroDivisionError as error:
        session.tell_error(error)
    assert "a bug" in text(bar)
    assert "ZeroDivisionError" in bar.messages[-1].details
    assert session.close(SOON)


def test_notes_go_by_themselves_and_nothing_else_does(qtbot: QtBot, bar: MessageBar) -> None:
    offer = Message("info", "It has ended.", offers=(Offer("Use it", lambda: None),))
    bar._timer.setInterval(0)
    for message in (BROKEN, offer, DONE):
        bar.show_message(message)
    qtbot.waitUntil(lambda: text(bar) == offer.text)
    with qtbot.assertNotEmitted(bar._timer.timeout, wait=50):
        bar.withdraw(offer)
    assert text(bar) == BROKEN.text


def test_an_offer_is_taken_by_its_button(qtbot: QtBot, bar: MessageBar) -> None:
    taken: list[bool] = []
    bar.show_message(Message("info", "It has ended.", offers=(Offer("Use it", lambda: taken.append(True)),)))
    button = bar.findChild(QPushButton, "messageOfferButton")
    assert button.text() == "Use it"
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert taken == [True]
    assert not bar.isVisible()


def test_all_messages_are_listed_and_one_comes_forward(qtbot: QtBot, bar: MessageBar) -> None:
    for message in (BROKEN, DETAILED, DONE):
        bar.show_message(message)
    qtbot.mouseClick(bar.findChild(QPushButton, "messageCount"), Qt.MouseButton.LeftButton)
    listed = bar.findChild(QListWidget, "messageList")
    assert listed.isVisible()
    assert [listed.item(at).text() for at in range(listed.count())] == [
        f"Note: {DONE.text}",
        f"Warning: {DETAILED.text}",
        f"Error: {BROKEN.text}",
    ]
    listed.itemClicked.emit(listed.item(2))
    assert text(bar) == BROKEN.text
    assert not listed.isVisible()
    qtbot.mouseClick(bar.findChild(QPushButton, "messageCount"), Qt.MouseButton.LeftButton)
    qtbot.mouseClick(bar.findChild(QPushButton, "messageDismissAllButton"), Qt.MouseButton.LeftButton)
    assert not bar.messages


def test_a_message_moves_nothing_below_it(window: MainWindow) -> None:
    before = window.tabs.geometry(), window.tabs.currentWidget().geometry()
    window.session.tell("It failed, and that takes a good many words to say. " * 4, level="error")
    QCoreApplication.processEvents()
    bar = window.messages
    assert bar.isVisible()
    assert (window.tabs.geometry(), window.tabs.currentWidget().geometry()) == before
    tabs = window.tabs.tabBar()
    assert bar.x() > tabs.tabRect(tabs.count() - 1).right()
    words = bar.findChild(QLabel, "messageText")
    assert words.height() >= words.heightForWidth(words.width())
    assert window.centralWidget().rect().contains(bar.geometry())


def test_a_warning_ends_with_its_image(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    colour, grey = tmp_path / "colour.png", tmp_path / "grey.png"
    Image.new("RGB", (300, 300), "red").save(colour)
    film(grey, 1)
    for path, warned in ((colour, True), (grey, False)):
        with qtbot.waitSignal(window.session.filmChanged, timeout=LONG):
            window.open_paths([path])
        assert any(message.text.startswith("colour.png") for message in window.messages.messages) == warned


def test_a_note_stays_while_somebody_reads_the_list(qtbot: QtBot, bar: MessageBar) -> None:
    for message in (BROKEN, DONE):
        bar.show_message(message)
    count = bar.findChild(QPushButton, "messageCount")
    qtbot.mouseClick(count, Qt.MouseButton.LeftButton)
    assert bar.findChild(QListWidget, "messageList").isVisible()
    bar._timer.timeout.emit()
    assert text(bar) == DONE.text
    assert bar._timer.isActive(), "it is tried again later"
    qtbot.mouseClick(count, Qt.MouseButton.LeftButton)
    bar.setFocus()
    bar._timer.timeout.emit()
    assert text(bar) == BROKEN.text
