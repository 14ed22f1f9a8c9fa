"""The splash screen says what is being loaded, and makes room for the window."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window.splash import Splash


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_it_says_what_is_loaded_in_the_theme(qtbot: QtBot, mode: str) -> None:
    create_application()
    theme().set_mode(mode)
    splash = Splash()
    qtbot.addWidget(splash)
    splash.show()
    splash.say("Loading")
    assert splash.words == "Loading"
    assert splash.windowHandle().isExposed()
    image = splash.grab().toImage()
    assert image.pixelColor(8, 8) == QColor(theme().palette.window)
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert {QColor(theme().palette.text).name(), QColor(theme().palette.warning).name()} <= colours
    splash.say("")
    assert splash.grab().toImage() != image, "the words were drawn"
