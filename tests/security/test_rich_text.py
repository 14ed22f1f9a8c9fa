"""Names from strangers that look like HTML, everywhere in the real window: they stay the words they are.

Each marker names where it came from. Whatever text holds one is read as Qt would draw it, and must say it as
it was written: an image would be fetched, a link could be followed, a heading would pass for our own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QAbstractListModel
from PySide6.QtGui import QAction, Qt, QTextDocument
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QGraphicsTextItem,
    QGraphicsView,
    QLabel,
    QMenu,
    QWidget,
)
from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import Event
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import create
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.core.sweep.trust.check import Check
from cxr_gui.core.training.events import EpochRow
from cxr_gui.core.training.recipes import RECIPES, TrainConfig
from cxr_gui.core.training.run_folder import RunFolder
from cxr_gui.session.lanes import Lane
from cxr_gui.ui.attack.strip.filmstrip import Filmstrip
from cxr_gui.ui.attack.sweep.flipped import FlippedTable
from cxr_gui.ui.training.recipe_editor import RecipeEditor
from cxr_gui.ui.widgets.literal import literal
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import film
from tests.support.patience import LONG, WAIT
from tests.support.report_samples import sweep_result

TAGS = {"b": "<b>", "h": "<h1>", "i": "<img src=", "a": "<a href="}
MARKER = re.compile(r"[bhia]\d\dz([a-z]+?)z")
WRITTEN = re.compile(r"(?:<b>|<h1>|<img src=|<a href=)[bhia]\d\dz([a-z]+?)z>")


def marker(kind: str, tag: str = "b", number: int = 0) -> str:
    """Words that Qt would take for HTML: `kind` says where they come from."""
    return f"{TAGS[tag]}{tag}{number:02}z{kind}z>"


CLASSES = (marker("negative", "h"), marker("positive", "i"))


def hostile_classifier(**changes: object) -> Classifier:
    classifier = create("compact_cnn", width=1)
    classifier.input_size, classifier.classes = (32, 32), CLASSES
    classifier.card.source = marker("card", "h")
    for name, value in changes.items():
        setattr(classifier, name, value)
    return classifier


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A dataset by a table: the names of its folder, files, classes and patients look like HTML."""
    root = tmp_path / marker("dataset", "i")
    lines = ["file,label,patient,split"]
    for number in range(12):
        name = marker("file", "biah"[number % 4], number) + ".jpeg"
        film(root / name, number)
        split = "train" if number < 6 else "test"
        lines.append(f"{name},{CLASSES[number % 2]},{marker('patient', 'a', number)},{split}")
    (root / f"{marker('unreadable')}.png").write_bytes(b"not an image")
    lines.append(f"{marker('unreadable')}.png,{CLASSES[0]},,train")
    (root / "labels.csv").write_text("\n".join(lines), encoding="utf-8")
    return root


@pytest.fixture
def study(tmp_path: Path, films: Path) -> Path:
    """A stranger's study: run, recipe, sweep and trust checks."""
    folder = tmp_path / marker("study")
    run = RunFolder(folder / "run")
    recipe = RECIPES["balanced"].changed(name=marker("recipe"), summary=marker("summary", "a"))
    run.write_config(TrainConfig("compact_cnn", {"width": 1}, recipe), films, "")
    save(hostile_classifier(), run.best)
    run.write_metrics(
        [
            EpochRow(
                epoch=1,
                train_loss=0.5,
                train_accuracy=0.5,
                learning_rate=0.1,
                images_per_second=1.0,
                seconds=1.0,
            )
        ]
    )
    result = sweep_result(
        negative=6,
        positive=6,
        classes=CLASSES,
        paths=tuple(f"{marker('swept', 'i', number)}.png" for number in range(12)),
        checks=(Check(marker("check"), True, 1.0, f"One thing.\n{marker('trust', 'h')}"),),
        about={"classifier": marker("about", "i"), "data": {"name": marker("data"), "fingerprint": ""}},
    )
    write_sweep(result, folder / "sweep")
    (folder / "study.json").write_text(json.dumps({"run": "run", "sweep": "sweep"}), encoding="utf-8")
    return folder


# -- what is read --------------------------------------------------------------------------------------------


def read(text: str, form: Qt.TextFormat = Qt.TextFormat.AutoText) -> str:
    """What a person sees of `text` where Qt is given it in this form."""
    rich = form == Qt.TextFormat.RichText or (form == Qt.TextFormat.AutoText and Qt.mightBeRichText(text))
    if form == Qt.TextFormat.MarkdownText or rich:
        document = QTextDocument()
        (document.setHtml if rich else document.setMarkdown)(text)
        return document.toPlainText()
    return text


def texts_of(widget: QWidget) -> Iterator[tuple[str, str, str]]:
    """(what it is, the text as Qt has it, the text as it is read) for all that Qt might take for HTML."""
    yield "tooltip", widget.toolTip(), read(widget.toolTip())
    yield "what's this", widget.whatsThis(), read(widget.whatsThis())
    if isinstance(widget, QLabel):
        yield "label", widget.text(), read(widget.text(), widget.textFormat())
    if isinstance(widget, QAbstractItemView | QComboBox) and widget.model() is not None:
        for tip in item_tooltips(widget.model()):
            yield "item's tooltip", tip, read(tip)
    if isinstance(widget, QMenu) and widget.toolTipsVisible():
        for action in widget.actions():
            yield "action's tooltip", action.toolTip(), read(action.toolTip())
    if isinstance(widget, QGraphicsView):
        for item in widget.scene().items():
            if isinstance(item, QGraphicsTextItem):
                yield "drawn text", item.toHtml(), item.toPlainText()


def item_tooltips(model: QAbstractItemModel) -> Iterator[str]:
    columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
    for row in range(model.rowCount()):
        for column in range(columns):
            yield str(model.index(row, column).data(Qt.ItemDataRole.ToolTipRole) or "")


def shown_in(widgets: Iterable[QWidget]) -> dict[str, set[str]]:
    """{kind of marker: where it is read}; fails where one is taken for HTML."""
    seen: dict[str, set[str]] = {}
    for widget in widgets:
        for what, given, shown in texts_of(widget):
            kinds, name = MARKER.findall(given), widget.objectName() or type(widget).__name__
            assert WRITTEN.findall(shown) == kinds, f"the {what} of {name}: {given!r} is read as {shown!r}"
            for kind in kinds:
                seen.setdefault(kind, set()).add(name)
    return seen


def everything() -> dict[str, set[str]]:
    """All markers in the window and in every dialog, menu and popup."""
    return shown_in(QApplication.allWidgets())


def test_the_reader_of_these_tests_sees_what_qt_would_draw(qtbot: QtBot) -> None:
    label = QLabel(f"Folder {marker('x')}", objectName="victim")
    qtbot.addWidget(label)
    with pytest.raises(AssertionError, match="label of victim"):
        shown_in([label])
    label.setTextFormat(Qt.TextFormat.PlainText)
    assert shown_in([label]) == {"x": {"victim"}}
    label.setToolTip(marker("y", "i"))
    with pytest.raises(AssertionError, match="tooltip of victim"):
        shown_in([label])
    label.setToolTip(literal(marker("y", "i")))
    assert set(shown_in([label])) == {"x", "y"}


@pytest.mark.parametrize("text", ["", "plain", "a < b", "two\nlines", "<b>x</b> & <img src='y'>\n  &lt;z"])
def test_literal_reads_as_it_was_written(text: str) -> None:
    assert read(literal(text)).split() == text.split()
    assert literal("nothing special") == "nothing special"
    assert literal("a\nb") == "a\nb"


# -- the window ----------------------------------------------------------------------------------------------


def test_a_dataset_its_audit_and_an_attack_on_it(
    qtbot: QtBot, window: MainWindow, films: Path, tmp_path: Path
) -> None:
    session = window.session
    checkpoint = tmp_path / f"{marker('classifier')}.safetensors"
    save(hostile_classifier(), checkpoint)
    with qtbot.waitSignals([session.datasetChanged, session.classifierChanged], timeout=LONG):
        window.open_paths([films, checkpoint])
    with qtbot.waitSignal(session.inspectionChanged, timeout=LONG):
        session.opening.image(session.dataset.of("test")[0].path)
    with qtbot.waitSignal(session.outcomesChanged, timeout=WAIT):
        session.sweeping.start([0.0, 0.5])
    several = [*sorted(films.glob("*.jpeg"))[:3], next(films.glob("*.png"))]
    window.open_paths(several)
    judging = session.judging
    qtbot.waitUntil(lambda: judging.job is None and len(judging.verdicts) == 4, timeout=LONG)
    window.dataset_tab.audit.run()
    qtbot.waitUntil(lambda: bool(window.dataset_tab.audit.cards), timeout=LONG)
    window.attack_tab.findChild(QAction, "exportImageAction").trigger()
    for number in range(window.tabs.count()):
        window.tabs.setCurrentIndex(number)
        QApplication.processEvents()
    seen = everything()
    assert set(seen) >= {"dataset", "file", "patient", "negative", "positive", "classifier", "card"}
    assert seen["dataset"] >= {"datasetTitle", "datasetPlace", "imageGrid"}
    assert window.findChild(Filmstrip).objectName() in seen["unreadable"]
    assert seen["negative"] | seen["positive"] >= {"verdictSentence", "screenSays"}


def test_a_study_with_its_recipe_and_sweep(qtbot: QtBot, window: MainWindow, study: Path) -> None:
    session = window.session
    with qtbot.waitSignals([session.sweepChanged, session.runChanged, session.catalogChanged], timeout=WAIT):
        window.load()
        window.open_paths([study])
    panel = window.attack_tab.sweep
    (curves,) = panel.curves()
    assert panel.flipped.show_point(curves, 1)
    panel.chips.checksRequested.emit(curves)
    panel.chart.pointHovered.emit(f"{curves.title}: 1 %")
    with qtbot.waitSignal(window.training_tab.folderRead, timeout=LONG):
        window.training_tab.form.set_folder(study / "run")
    editor = RecipeEditor(session.run.config.recipe, session.run.config.recipe, window)
    qtbot.addWidget(editor)
    editor.load_from(study / f"{marker('missing')}.toml")
    seen = everything()
    assert set(seen) >= {"about", "trust", "swept", "recipe", "summary", "study", "missing"}
    assert "sweepReadout" in seen["about"]
    assert window.findChild(FlippedTable).table.objectName() in seen["swept"]


def test_a_message_about_a_stranger_is_read_as_it_is(qtbot: QtBot, window: MainWindow, films: Path) -> None:
    with qtbot.waitSignal(window.session.messageRaised, timeout=LONG):
        window.open_paths([films / f"{marker('unreadable')}.png"])
    assert "messageText" in everything()["unreadable"]


def test_words_told_while_work_runs(qtbot: QtBot, window: MainWindow) -> None:
    def work() -> Iterator[Event]:
        yield Event(marker("stage", "i"), 1, 2)
        raise ValueError(marker("failure", "h"))

    job = window.session._lanes.start(Lane.RESULTS, work)
    said: list[str] = []
    job.events.connect(lambda _: said.extend(everything().get("stage", ())))
    with qtbot.waitSignal(window.session.messageRaised, timeout=LONG):
        pass
    assert "jobStatusText" in said
    assert "messageText" in everything()["failure"]


def test_names_of_any_length_leave_the_window_its_size(
    qtbot: QtBot, window: MainWindow, films: Path, tmp_path: Path
) -> None:
    long = tuple(f"{'x' * 3000}{number}" for number in (0, 1))
    table = (films / "labels.csv").read_text(encoding="utf-8")
    for name, other in zip(CLASSES, long, strict=True):
        table = table.replace(name, other)
    (films / "labels.csv").write_text(table, encoding="utf-8")
    save(hostile_classifier(classes=long), tmp_path / "long.safetensors")
    session = window.session
    with qtbot.waitSignals([session.datasetChanged, session.inspectionChanged], timeout=LONG):
        window.open_paths([films, tmp_path / "long.safetensors"])
    with qtbot.waitSignal(session.outcomesChanged, timeout=WAIT):
        session.sweeping.start([0.0, 0.5])
    for number in range(window.tabs.count()):
        window.tabs.setCurrentIndex(number)
        QApplication.processEvents()
    wide = {
        widget.objectName() or type(widget).__name__
        for widget in window.findChildren(QWidget)
        if widget.minimumSizeHint().boundedTo(widget.maximumSize()).width() > 1280
    }
    assert not wide
    assert window.minimumSizeHint().width() <= 1280
    assert window.width() == 1280
