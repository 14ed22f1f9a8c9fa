"""The guide: pages that define every number on screen, name only what there is, and are found by words."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QListWidget, QTextBrowser
from pytestqt.qtbot import QtBot

from cxr_gui.cli.program import commands
from cxr_gui.core.base import published
from cxr_gui.core.choices import catalog
from cxr_gui.core.sweep.trust.check import QUESTIONS
from cxr_gui.core.training.recipes import RECIPES
from cxr_gui.ui.attack.sweep.curves import DRAWN
from cxr_gui.ui.attack.verdict.verdict import STATES
from cxr_gui.ui.help.dialog import HelpDialog
from cxr_gui.ui.help.pages import PAGES, page, page_words
from cxr_gui.ui.training.epochs import COLUMNS
from cxr_gui.ui.widgets.theme import theme
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.patience import LONG

CATALOG = catalog()
MEASURES = (
    "L-infinity",
    "L2",
    "PSNR",
    "SSIM",
    "Changed",
    "Threshold",
    "Critical epsilon",
    "Majority",
    "AUROC",
)


class Links(HTMLParser):
    """The links of a page, and the places it names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.links += [found["href"]] if found.get("href") else []
        self.places += [found["name"]] if found.get("name") else []


@pytest.fixture
def guide(qtbot: QtBot) -> HelpDialog:
    dialog = HelpDialog(lambda: CATALOG)
    qtbot.addWidget(dialog)
    with qtbot.waitExposed(dialog):
        dialog.show()
    return dialog


def shown(guide: HelpDialog) -> str:
    return guide.findChild(QTextBrowser, "helpText").toPlainText().splitlines()[0]


# -- what the pages say --------------------------------------------------------------------------------------


def test_every_number_on_screen_is_defined() -> None:
    states = [word for _, word, _ in STATES.values()]
    titles = [entry.title for entry in (*DRAWN, *COLUMNS)]
    terms = [*MEASURES, *states, *titles]
    words = page("numbers", CATALOG)
    assert [term for term in terms if f"<b>{term}" not in words] == []
    assert all(choice.title in words and choice.summary.rstrip(".") in words for choice in CATALOG.attacks)


def test_every_trust_check_is_explained() -> None:
    words = page_words("trust", CATALOG)
    assert [choice.name for choice in CATALOG.checks] == list(QUESTIONS)
    assert len(QUESTIONS) == 16
    assert all(question.meaning in words for question in QUESTIONS.values())


def test_the_published_table_and_the_recipes_are_those_of_the_program() -> None:
    words = page_words("published")
    for point in published.POINTS:
        assert f"{100 * point.accuracy:.1f} %" in words
    assert all(f"{name}." in page_words("robust") for name in RECIPES)


def test_commands_and_options_are_those_that_there_are() -> None:
    calls = [call for name in PAGES for call in CALL.findall(page(name))]
    assert len(calls) >= 10
    for command, rest in calls:
        known = {option for parameter in commands.commands[command].params for option in parameter.opts}
        assert set(OPTION.findall(rest)) <= known


CALL = re.compile(r"(?:cxr-gui|main\.py) +([a-z]+) ((?:[^\n<]|\\\n)*)")
OPTION = re.compile(r"--[a-z-]+")


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_pages(name: str) -> None:
    for link in Links(page(name)).links:
        url = QUrl(link)
        assert url.path() in PAGES
        assert not url.fragment() or url.fragment() in Links(page(url.path())).places


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_left_to_fill_in_and_nothing_comes_from_elsewhere(name: str) -> None:
    text = page(name, CATALOG)
    assert not re.search(r"\$(?!SLURM|HEAD)\w", text)
    assert "://" not in text


# -- the dialog ----------------------------------------------------------------------------------------------


def test_pages_are_chosen_by_title_and_by_link(guide: HelpDialog) -> None:
    assert shown(guide) == "First steps"
    guide.findChild(QListWidget, "helpContents").setCurrentRow(2)
    assert shown(guide) == "Can the numbers be trusted?"
    guide.findChild(QTextBrowser, "helpText").anchorClicked.emit(QUrl("numbers#epsilon"))
    assert shown(guide) == "What the numbers mean"


def test_no_line_is_cut_off(guide: HelpDialog) -> None:
    for name in PAGES:
        guide.go_to(name)
        assert guide.text.horizontalScrollBar().maximum() == 0


def test_words_are_found_on_the_pages_that_have_them(qtbot: QtBot, guide: HelpDialog) -> None:
    contents = guide.findChild(QListWidget, "helpContents")
    entries = [contents.item(row) for row in range(contents.count())]
    qtbot.keyClicks(guide.find_field, "psnr")
    assert [entry.text() for entry in entries if not entry.isHidden()] == ["What the numbers mean"]
    assert shown(guide) == "What the numbers mean"
    assert guide.text.textCursor().selectedText() == "PSNR"
    guide.find_field.setText("epsilon")
    first = guide.text.textCursor().position()
    qtbot.keyClick(guide.find_field, Qt.Key.Key_Return)
    assert guide.isVisible()
    assert guide.text.textCursor().position() > first
    guide.find_field.setText("no such words")
    assert all(entry.isHidden() for entry in entries)
    guide.find_field.clear()
    assert not any(entry.isHidden() for entry in entries)


def test_the_page_follows_the_theme(guide: HelpDialog) -> None:
    accents = []
    for mode in ("light", "dark"):
        theme().set_mode(mode)
        accents.append(theme().palette.accent in guide.text.document().defaultStyleSheet())
        assert shown(guide) == "First steps"
    theme().set_mode("system")
    assert accents == [True, True]


def test_there_is_one_guide_and_the_work_goes_on_beside_it(qtbot: QtBot, window: MainWindow) -> None:
    action = window.findChild(QAction, "guideAction")
    action.trigger()
    action.trigger()
    guide = window.findChild(HelpDialog)
    assert window.findChildren(HelpDialog) == [guide]
    assert not guide.isModal()
    with qtbot.waitSignal(guide.destroyed):
        guide.close()
    if window.session.catalog is None:
        with qtbot.waitSignal(window.session.catalogChanged, timeout=LONG):
            window.load()
    action.trigger()
    again = window.findChild(HelpDialog)
    again.go_to("numbers")
    assert window.findChild(QComboBox, "attackBox").itemText(0) in again.text.toPlainText()
