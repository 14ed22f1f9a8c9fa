"""The look: readable in both palettes, one style sheet, icons that follow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor, QGuiApplication, QStyleHints
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.base import resources
from cxr_gui.ui.widgets.icons import pixmap, set_icon
from cxr_gui.ui.widgets.settings import Setting, Settings
from cxr_gui.ui.widgets.theme import DARK, LIGHT, Palette, blend, set_role, theme
from tests.support.contrasts import contrast

PALETTES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
ICONS = sorted(path.stem for path in (resources.folder() / "icons").glob("*.svg"))


@pytest.fixture(autouse=True)
def _system_theme_again(qapp: object) -> Iterator[None]:
    create_application()
    yield
    theme().set_mode("system")


@PALETTES
@pytest.mark.parametrize("ground", ["window", "panel"])
@pytest.mark.parametrize(
    "words", ["text", "muted", "accent", "good", "warning", "bad", "negative", "positive"]
)
def test_words_can_be_read(palette: Palette, ground: str, words: str) -> None:
    assert contrast(getattr(palette, words), getattr(palette, ground)) >= 4.5


@PALETTES
def test_words_on_the_accent_can_be_read(palette: Palette) -> None:
    assert contrast(palette.on_accent, palette.accent) >= 4.5


@PALETTES
def test_curves_and_edges_stand_out_from_the_ground(palette: Palette) -> None:
    grounds = (palette.panel, palette.window)
    assert all(contrast(colour, palette.panel) >= 3 for colour in palette.curve)
    assert all(
        contrast(colour, ground) >= 3 for colour in (palette.edge, palette.accent) for ground in grounds
    )
    assert len(set(palette.curve)) == 6


@PALETTES
def test_the_two_classes_differ_for_every_colour_vision(palette: Palette) -> None:
    """Blue against orange: far apart in the blue channel, which the common deficiencies keep."""
    negative, positive = QColor(palette.negative), QColor(palette.positive)
    assert negative.blue() - positive.blue() > 100
    assert positive.red() - negative.red() > 100


@pytest.mark.parametrize(("mode", "dark"), [("light", False), ("dark", True)])
def test_a_mode_restyles_the_application(qtbot: QtBot, mode: str, dark: bool) -> None:
    label = QLabel("words")
    qtbot.addWidget(label)
    with qtbot.waitSignal(theme().changed):
        theme().set_mode(mode)
    assert theme().palette.dark is dark
    assert label.palette().windowText().color() == QColor(theme().palette.text)
    assert theme().palette.window in QGuiApplication.instance().styleSheet()


def test_the_system_mode_follows_the_system() -> None:
    theme().set_mode("dark")
    theme().set_mode("system")
    system_is_dark = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark
    assert theme().palette.dark is system_is_dark


@pytest.mark.parametrize(("mode", "dark"), [("system", True), ("light", False)])
def test_when_the_system_turns_dark_only_the_system_mode_goes_along(
    monkeypatch: pytest.MonkeyPatch, mode: str, dark: bool
) -> None:
    theme().set_mode("light")
    theme().set_mode(mode)
    monkeypatch.setattr(QStyleHints, "colorScheme", lambda _: Qt.ColorScheme.Dark)
    QGuiApplication.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark)
    assert theme().palette.dark is dark
    assert (DARK if dark else LIGHT).window in QGuiApplication.instance().styleSheet()


def test_an_unknown_mode_is_refused_and_changes_nothing() -> None:
    theme().set_mode("dark")
    with pytest.raises(ValueError, match="sepia"):
        theme().set_mode("sepia")
    assert theme().mode == "dark"
    assert theme().palette.dark


def test_the_style_sheet_is_filled_in_and_finds_its_images() -> None:
    sheet = QGuiApplication.instance().styleSheet()
    assert "$" not in sheet
    images = re.findall(r'url\("(.+?)"\)', sheet)
    assert images
    assert all(Path(image).is_file() for image in images)


def test_a_role_changes_how_a_widget_looks(qtbot: QtBot) -> None:
    button = QPushButton("Train")
    qtbot.addWidget(button)
    button.show()
    plain = button.grab().toImage()
    set_role(button, "primary")
    assert button.grab().toImage() != plain


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_is_drawn_inside_its_square(name: str) -> None:
    image = pixmap(name, "#ff0000", 24).toImage()
    inked = [(x, y) for x in range(24) for y in range(24) if image.pixelColor(x, y).alpha() > 60]
    assert len(inked) > 8
    assert image.size().toTuple() == (24, 24)


def test_icons_follow_the_theme(qtbot: QtBot) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    theme().set_mode("light")
    set_icon(button, "stop")
    for mode in ("light", "dark"):
        theme().set_mode(mode)
        middle = button.icon().pixmap(24, 24).toImage().pixelColor(12, 12)
        assert middle == QColor(theme().palette.text)


def test_a_new_icon_takes_the_place_of_the_old(qtbot: QtBot) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    set_icon(button, "play")
    set_icon(button, "stop", "bad")
    theme().set_mode("dark")
    image = button.icon().pixmap(24, 24).toImage()
    assert image.pixelColor(12, 12) == QColor(theme().palette.bad)
    assert image.pixelColor(16, 16) == QColor(theme().palette.bad)  # where a triangle has nothing


def test_an_icon_keeps_its_distance_from_the_words_beside_it(qtbot: QtBot) -> None:
    wordless, worded = QPushButton(), QPushButton("Stop")
    for button in (wordless, worded):
        qtbot.addWidget(button)
        set_icon(button, "stop")
    assert wordless.iconSize().toTuple() == (16, 16)
    assert worded.iconSize().toTuple() == (20, 16)
    image = worded.icon().pixmap(worded.iconSize()).toImage()
    assert {image.pixelColor(x, y).alpha() for x in range(16, 20) for y in range(16)} == {0}


def test_icons_are_sharp_on_a_fine_screen() -> None:
    image = pixmap("check", "#000000", 20, 2.0)
    assert image.size().toTuple() == (40, 40)
    assert image.deviceIndependentSize().toTuple() == (20, 20)


def test_blending_goes_from_one_colour_to_the_other() -> None:
    assert blend("#000000", "#ffffff", 0) == QColor("#000000")
    assert blend("#000000", "#ffffff", 1) == QColor("#ffffff")
    assert abs(blend("#000000", "#ffffff", 0.5).red() - 128) <= 1


# -- settings ------------------------------------------------------------------------------------------------


class Sample(Settings):
    flag = Setting("sample/flag", True)
    number = Setting("sample/number", 3)
    ratio = Setting("sample/ratio", 0.5)
    name = Setting("sample/name", "a", ("a", "b"))
    state = Setting("sample/state", b"")
    names: Setting[list[str]] = Setting("sample/names", [])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("flag", False), ("number", 7), ("ratio", 0.25), ("name", "b"), ("state", b"\x00\xff")),
        *(("names", []), ("names", ["one"]), ("names", ["one", "two, three"])),
    ],
)
def test_a_setting_comes_back_as_it_was(tmp_path: Path, name: str, value: object) -> None:
    place = str(tmp_path / "settings.ini")
    first = Sample(QSettings(place, QSettings.Format.IniFormat))
    setattr(first, name, value)
    first.store.sync()
    again = getattr(Sample(QSettings(place, QSettings.Format.IniFormat)), name)
    assert again == value
    assert type(again) is type(value)


@pytest.mark.parametrize("name", ["flag", "number", "ratio", "name", "state"])
def test_what_makes_no_sense_counts_as_nothing(tmp_path: Path, name: str) -> None:
    settings = Sample(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    settings.store.set_value(f"sample/{name}", "no such thing")
    assert getattr(settings, name) == getattr(Sample, name).default


def test_recent_folders_are_few_and_each_is_there_once(tmp_path: Path) -> None:
    settings = Settings(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    for name in [*"abcdefghijkl", "c"]:
        settings.remember_folder(name)
    assert settings.recent == list("clkjihgf")
    assert settings.last_folder == "c"
