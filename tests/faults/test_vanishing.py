"""Files that come, go and break while work is on its way: in the real window, and in core's generators."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import DatasetError
from cxr_gui.core.data import folders
from cxr_gui.core.data.auditing import audit
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.store import prepare
from cxr_gui.core.demo.folder import demo_classifier_path
from cxr_gui.core.inspect.judging import judge
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.study import pipeline as study
from cxr_gui.core.training.events import BatchDone
from cxr_gui.core.training.training import train
from cxr_gui.session.values import Message
from cxr_gui.ui.window.main_window import MainWindow
from tests.support.films import write_films
from tests.support.patience import LONG
from tests.support.small_study import small_config, small_dataset, trained, weights
from tests.support.victims import SIDE, cnn

HALF = b"\x89PNG\r\n\x1a\nhalf of a film"


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return write_films(tmp_path / "films", train=8, test=4)


def test_a_film_that_arrives_half_written_while_the_folder_is_read(
    qtbot: QtBot, window: MainWindow, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dataset opens, the broken one is told by name, and the others are there."""
    seen: list[str] = []
    listed = folders._list

    def listing(path: str, known: folders.Listing | None) -> folders.Listing:
        if not seen:
            (films / "test" / "NORMAL" / "arriving.png").write_bytes(HALF)
        seen.append(path)
        return listed(path, known)

    monkeypatch.setattr(folders, "_list", listing)
    told: list[Message] = []
    window.session.messageRaised.connect(told.append)
    window.open_paths([films])
    qtbot.waitUntil(lambda: any(message.text.startswith("arriving.png") for message in told), timeout=LONG)
    assert {message.level for message in told} == {"warning"}
    assert len(window.session.dataset.records) == 25
    assert "25 shown" in window.findChild(QLabel, "shownCount").text()


@pytest.mark.parametrize("what", ["a folder", "all of it"])
def test_folders_that_vanish_while_they_are_read(
    what: str, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = folders._list

    def listing(path: str, known: folders.Listing | None) -> folders.Listing:
        found = listed(path, known)
        if Path(path) == films:
            shutil.rmtree(films / "train" if what == "a folder" else films)
        return found

    monkeypatch.setattr(folders, "_list", listing)
    if what == "all of it":
        with pytest.raises(DatasetError, match="no images"):
            progress.run(scan(films))
        return
    dataset = progress.run(scan(films))
    assert len(dataset.records) == 8
    assert any(str(films / "train") == problem.path for problem in dataset.problems)


def test_films_that_vanish_or_break_while_they_are_prepared(films: Path, tmp_path: Path) -> None:
    """What is left is prepared, and what is not is named: unreadable, or gone."""
    dataset = small_dataset(films)
    records = dataset.of("test")
    Path(records[-1].path).write_bytes(HALF)
    store = progress.run(prepare(records, dataset.classes, (SIDE, SIDE), folder=tmp_path / "stores"))
    assert len(store) == len(records) - 1
    assert [problem.path for problem in store.problems] == [records[-1].path]
    work = prepare(records, dataset.classes, (SIDE * 2, SIDE * 2), folder=tmp_path / "stores")
    next(work)
    Path(records[-2].path).unlink()
    store = progress.run(work)
    assert [problem.path for problem in store.problems] == [records[-2].path, records[-1].path]
    assert len(store) == len(records) - 2


def test_a_dataset_that_vanishes_while_it_is_trained_on_changes_nothing(films: Path, tmp_path: Path) -> None:
    """What is learned from is prepared before: the training ends as it would have, and so does a sweep."""
    dataset = small_dataset(films)
    whole, _ = trained(dataset, tmp_path / "whole", epochs=2)
    shutil.copytree(films, tmp_path / "again")
    other = small_dataset(tmp_path / "again")
    work = train(other, tmp_path / "run", small_config(epochs=2))
    while not isinstance(next(work), BatchDone):
        pass
    shutil.rmtree(tmp_path / "again")
    run = progress.run(work)
    assert run.outcome == "finished"
    assert (weights(run.classifier) == weights(whole.classifier)).all()
    sweeping = study.sweep_dataset(run.classifier, dataset, create_attack("fgsm"), [0.0, 0.1], device="cpu")
    while next(sweeping).stage.startswith(("Preparing", "Indexing")):
        pass
    shutil.rmtree(films)
    assert len(progress.run(sweeping).labels) == 8


def test_images_that_vanish_while_they_are_judged_or_audited(films: Path) -> None:
    dataset = small_dataset(films)
    images = [(Path(record.path), record.label) for record in dataset.of("test")]
    work = judge(images, cnn(), create_attack("fgsm"), "grey", 0.1)
    next(work)
    images[-1][0].unlink()
    judged = progress.run(work)
    assert [found.state == "unreadable" for found in judged] == [False] * 7 + [True]
    shutil.rmtree(films / "test" / "NORMAL")  # indexed, but not read: an audit reads ahead
    found = progress.run(audit(dataset))
    unreadable = next(finding for finding in found.findings if "read" in finding.name.lower())
    assert not unreadable.passed
    assert any("NORMAL" in str(path) for path in unreadable.paths)


def test_a_window_whose_files_are_gone_goes_on(qtbot: QtBot, opened: MainWindow, folder: Path) -> None:
    """Sweep, radiograph, audit and reopening: each is told, and what was there is still shown."""
    session = opened.session
    with qtbot.waitSignal(session.classifierChanged, timeout=LONG):
        opened.open_paths([demo_classifier_path()])
    dataset, paths = session.dataset, [record.path for record in session.dataset.records]
    qtbot.waitUntil(lambda: session.inspection is not None, timeout=LONG)
    shutil.rmtree(folder)
    for act in (
        lambda: session.sweeping.start([0.0, 0.1]),
        lambda: session.opening.image(paths[-1]),
        lambda: opened.open_paths([folder]),
    ):
        with qtbot.waitSignal(session.messageRaised, timeout=LONG) as told:
            act()
        assert str(folder) in told.args[0].text
        assert told.args[0].level == "error"
    assert session.dataset is dataset
    assert session.film is not None
    assert not os.path.exists(folder)  # noqa: PTH110
    assert load(demo_classifier_path()).classes
