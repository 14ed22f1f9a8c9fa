"""The Export button: files judged before they are saved, images for print, the clipboard."""

from __future__ import annotations

import re
from pathlib import Path

import pydicom
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.session.session import Session
from cxr_gui.ui.attack.export.export_dialog import ExportDialog
from cxr_gui.ui.attack.tab import AttackTab
from cxr_gui.ui.widgets import drawings
from tests.support.patience import WAIT


@pytest.fixture
def shown(qtbot: QtBot, tab: AttackTab, session: Session, folder: Path) -> AttackTab:
    """A film under attack by the demo classifier, far enough that it matters."""
    session.set_epsilon(0.02)
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.opening.image(next(folder.rglob("*.jpeg")))
        session.opening.classifier(demo_classifier_path())
    return tab


@pytest.fixture
def dialog(qtbot: QtBot, shown: AttackTab) -> ExportDialog:
    """The dialog as the menu opens it, with everything tried."""
    shown.findChild(QAction, "exportImageAction").trigger()
    dialog = shown.window().findChild(ExportDialog)
    qtbot.waitUntil(lambda: all(button.isEnabled() for button in saving(dialog)), timeout=WAIT)
    return dialog


def saving(dialog: ExportDialog) -> list[QPushButton]:
    return [dialog.findChild(QPushButton, f"{kind}SaveButton") for kind in ("png8", "png16", "dicom")]


def words(dialog: ExportDialog, name: str) -> str:
    return dialog.findChild(QLabel, name).text()


def test_every_file_is_judged_before_it_is_saved(dialog: ExportDialog, session: Session) -> None:
    inspection = session.inspection
    assert words(dialog, "screenSays").startswith(inspection.decision)
    assert words(dialog, "screenChange") == "5.1/255 of 5.1/255"
    assert words(dialog, "png8Change") == "5/255, 8 bits"
    assert words(dialog, "png16Change").endswith("/255, 16 bits")
    assert words(dialog, "dicomChange") == "5/255, 8 bits", "three channels are 8 bits in DICOM"
    for kind in ("png8", "png16", "dicom"):
        for part in ("Says", "Again"):
            assert re.fullmatch(r"(NORMAL|PNEUMONIA), P = 0\.\d+", words(dialog, f"{kind}{part}"))
        fools = not words(dialog, f"{kind}Says").startswith(inspection.classes[inspection.label])
        assert words(dialog, f"{kind}Verdict").endswith("Yes" if fools else "No")


def test_while_files_are_tried_none_can_be_saved(shown: AttackTab, session: Session) -> None:
    dialog = ExportDialog(session, shown)
    assert not any(button.isEnabled() for button in saving(dialog))
    dialog.reject()


@pytest.mark.parametrize(
    ("kind", "given", "name"),
    [("png8", "a.png", "a.png"), ("png16", "b", "b.png"), ("dicom", "c.dcm", "c.dcm")],
)
def test_saving_reads_back_and_tells(
    qtbot: QtBot,
    dialog: ExportDialog,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    given: str,
    name: str,
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / given), ""))
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as raised:
        qtbot.mouseClick(dialog.findChild(QPushButton, f"{kind}SaveButton"), Qt.MouseButton.LeftButton)
    assert raised.args[0].level in ("info", "warning")
    assert str(tmp_path / name) in raised.args[0].text
    assert "L-infinity 5" in raised.args[0].text
    if kind == "dicom":
        assert "NOT FOR CLINICAL USE" in pydicom.dcmread(tmp_path / name).SeriesDescription
    else:
        with Image.open(tmp_path / name) as file:
            assert file.size == session.inspection.clean.shape[::-1]


def test_a_place_that_cannot_be_written_is_told_and_the_dialog_stays(
    qtbot: QtBot, dialog: ExportDialog, session: Session, tmp_path: Path
) -> None:
    (tmp_path / "occupied").write_text("a file")
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT) as raised:
        dialog.save("png8", tmp_path / "occupied" / "a.png")
    assert raised.args[0].level == "error"
    assert "cannot be written" in raised.args[0].text
    assert dialog.isVisible()


def test_without_a_radiograph_it_says_what_is_missing(qtbot: QtBot, tab: AttackTab, session: Session) -> None:
    for name in ("exportImageAction", "exportViewsAction", "copyViewsAction"):
        with qtbot.waitSignal(session.messageRaised) as raised:
            if name == "exportViewsAction":
                tab.exports.views_to("nowhere.png")
            else:
                tab.findChild(QAction, name).trigger()
        assert "nothing to" in raised.args[0].text


def test_every_entry_of_the_menu_is_named_and_explained(tab: AttackTab) -> None:
    entries = [entry for entry in tab.findChild(QToolButton, "exportButton").menu().actions() if entry.text()]
    assert len(entries) == 7
    assert len({entry.objectName() for entry in entries}) == 7
    assert all(entry.toolTip() != entry.text() for entry in entries)


@pytest.mark.parametrize("dpi", [96, 300])
def test_the_views_are_as_large_on_paper_at_any_resolution(
    qtbot: QtBot, shown: AttackTab, tmp_path: Path, dpi: int
) -> None:
    path = tmp_path / "views.png"
    with qtbot.waitSignal(shown.exports.views_to(path, dpi).done, timeout=WAIT):
        pass
    with Image.open(path) as image:
        assert image.width == pytest.approx(shown.views.width() * dpi / 96, abs=1)
        assert image.info["dpi"] == pytest.approx((dpi, dpi), abs=0.1)
        left = image.crop((0, image.height // 4, image.width // 4, image.height // 2))
        assert len(left.convert("L").getcolors(65536)) > 50, "an image is in it"


def test_the_views_as_svg_keep_their_words(qtbot: QtBot, shown: AttackTab, tmp_path: Path) -> None:
    with qtbot.waitSignal(shown.exports.views_to(tmp_path / "views.svg").done, timeout=WAIT):
        pass
    drawing = (tmp_path / "views.svg").read_text(encoding="utf-8")
    assert "Not for clinical use." in drawing
    assert drawing.count("<image") >= 3


@pytest.mark.parametrize(
    ("chosen", "suffix"), list(zip(drawings.CHOICES, (".png", ".png", ".svg"), strict=True))
)
def test_the_choice_in_the_file_dialog_decides(
    qtbot: QtBot,
    shown: AttackTab,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    chosen: str,
    suffix: str,
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "chart"), chosen))
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT):
        shown.findChild(QAction, "exportChartAction").trigger()
    [written] = [path for path in tmp_path.iterdir() if path.stem == "chart"]
    assert written.suffix == suffix
    if suffix == ".png":
        with Image.open(written) as image:
            assert image.info["dpi"][0] == pytest.approx(drawings.CHOICES[chosen], abs=0.1)


def test_views_and_chart_are_copied(shown: AttackTab) -> None:
    for action, widget in (("copyViewsAction", shown.views), ("copyChartAction", shown.sweep.chart)):
        shown.findChild(QAction, action).trigger()
        copied = QApplication.clipboard().image()
        assert copied.width() == widget.width()
        assert copied.height() > widget.height()


@pytest.mark.parametrize(
    ("name", "what"), [("exportAllAction", "inspection"), ("exportSweepsAction", "sweeps")]
)
def test_a_folder_to_export_to_is_asked_for(
    tab: AttackTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, what: str
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(tab.exports._session.exporting, what, lambda folder, *_: asked.append(folder))
    for chosen in ("", str(tmp_path)):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, chosen=chosen: chosen)
        tab.findChild(QAction, name).trigger()
    assert asked == [tmp_path]
