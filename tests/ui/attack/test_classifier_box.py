"""The box that says which classifier is attacked, and changes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.models import population
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.registry import create
from cxr_gui.core.models.shipped_classifiers import STANDARD, shipped
from cxr_gui.session.session import Session
from cxr_gui.ui.attack.settings.classifier_box import ClassifierBox
from tests.support.patience import WAIT


@pytest.fixture
def box(qtbot: QtBot, session: Session) -> ClassifierBox:
    box = ClassifierBox(session)
    qtbot.addWidget(box)
    return box


def pick(box: ClassifierBox, index: int) -> None:
    """What a person's choice does."""
    box.setCurrentIndex(index)
    box.activated.emit(index)


def entries(box: ClassifierBox) -> list[str]:
    return [box.itemText(number) for number in range(box.count())]


def test_the_shipped_ones_are_there_and_none_is_chosen(box: ClassifierBox) -> None:
    assert entries(box) == [entry.title for entry in shipped()]
    assert box.currentIndex() == -1


def test_choosing_opens_and_opening_chooses(
    qtbot: QtBot, session: Session, box: ClassifierBox, tmp_path: Path
) -> None:
    with qtbot.waitSignal(session.classifierChanged, timeout=WAIT) as changed:
        pick(box, 0)
    assert changed.args[0].file == shipped()[0].path
    file = tmp_path / "mine <b>.safetensors"
    save(create("compact_cnn", width=4), file)
    with qtbot.waitSignal(session.classifierChanged, timeout=WAIT):
        session.opening.classifier(file)
    assert box.currentText() == "mine <b>"
    assert "mine &lt;b&gt;" in box.toolTip()
    with qtbot.waitSignal(session.classifierChanged, timeout=WAIT):
        pick(box, 0)
    assert len(entries(box)) == len(shipped()) + 1
    with qtbot.assertNotEmitted(session.jobStarted):
        pick(box, 0)


def test_one_that_cannot_be_opened_leaves_the_old_one_chosen(
    qtbot: QtBot, session: Session, box: ClassifierBox, tmp_path: Path
) -> None:
    file = tmp_path / "gone.safetensors"
    save(create("compact_cnn", width=4), file)
    for path in (file, shipped()[0].path):
        with qtbot.waitSignal(session.classifierChanged, timeout=WAIT):
            session.opening.classifier(path)
    file.unlink()
    with qtbot.waitSignal(session.messageRaised, timeout=WAIT):
        pick(box, box.findText("gone"))
    assert box.currentText() == shipped()[0].title


def test_a_classifier_in_training_has_one_entry(session: Session, box: ClassifierBox) -> None:
    for epoch in (1, 2):
        snapshot = create("compact_cnn", width=4).eval()
        snapshot.name = f"run, epoch {epoch}"
        session.classifier = snapshot
        session.classifierChanged.emit(snapshot)
    assert box.currentText() == "run, epoch 2"
    assert len(entries(box)) == len(shipped()) + 1


def test_a_long_name_is_shortened_in_the_middle_and_keeps_its_end(
    session: Session, box: ClassifierBox
) -> None:
    box.resize(160, box.sizeHint().height())
    images = []
    for name in ("2026-11-24-082743-compact_cnn-1", "2026-11-24-082743-compact_cnn-2"):
        box.addItem(name, name)
        box.setCurrentIndex(box.count() - 1)
        images.append(box.grab().toImage())
    assert images[0] != images[1]
    box.setCurrentIndex(-1)
    nothing = box.grab().toImage()
    box.setPlaceholderText("")
    assert box.grab().toImage() != nothing


def test_the_tool_tip_says_whose_films_it_learned_from(
    qtbot: QtBot, session: Session, box: ClassifierBox
) -> None:
    names = [entry.name for entry in shipped()]
    with qtbot.waitSignal(session.classifierChanged, timeout=WAIT):
        pick(box, names.index(STANDARD))
    assert f"films of {population.KERMANY}" in box.toolTip()
