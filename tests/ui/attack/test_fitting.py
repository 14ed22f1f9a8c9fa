"""What is opened is judged by the shipped classifier that knows such films, unless one was chosen."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from cxr_gui.core.base.progress import run
from cxr_gui.core.demo.folder import ensure_demo
from cxr_gui.core.models import shipped_classifiers as shipped
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.registry import create
from cxr_gui.session.lanes import Lane
from cxr_gui.session.session import Session
from cxr_gui.session.values import Message
from tests.support.films import film
from tests.support.patience import WAIT


def used(session: Session) -> str:
    """The name of the shipped classifier in use."""
    assert session.classifier is not None
    return next((entry.name for entry in shipped.shipped() if entry.path == session.classifier.file), "")


def test_a_film_is_judged_by_the_standard_classifier(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    film(tmp_path / "film.png", 1)
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.opening.image(tmp_path / "film.png")
    assert used(session) == shipped.STANDARD


def test_a_dataset_is_judged_by_the_standard_classifier(qtbot: QtBot, session: Session, folder: Path) -> None:
    with qtbot.waitSignal(session.classifierChanged, timeout=WAIT):
        session.opening.dataset(folder)
    assert used(session) == shipped.STANDARD


def test_a_dataset_of_other_classes_waits_for_a_classifier_of_its_own(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    for number, name in enumerate(("healthy", "nodule") * 2):
        film(tmp_path / "films" / "test" / name / f"{number}.png", number)
    with qtbot.assertNotEmitted(session.classifierChanged):
        with qtbot.waitSignal(session.datasetChanged, timeout=WAIT):
            session.opening.dataset(tmp_path / "films")
        assert session.job(Lane.CLASSIFIER) is None


def test_the_demo_study_keeps_its_classifier_until_another_film_comes(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    told: list[Message] = []
    session.messageRaised.connect(told.append)
    with qtbot.waitSignal(session.datasetChanged, timeout=WAIT):
        session.opening.demo()
    assert used(session) == shipped.DEMO
    dataset = session.dataset
    assert dataset is not None
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.opening.image(dataset.records[0].path)
    assert used(session) == shipped.DEMO
    film(tmp_path / "film.png", 1)
    with qtbot.waitSignal(session.classifierChanged, timeout=WAIT):
        session.opening.image(tmp_path / "film.png")
    assert used(session) == shipped.STANDARD
    assert "standard classifier" in told[-1].text


def test_a_demo_film_dropped_alone_is_judged_by_the_demo_classifier(qtbot: QtBot, session: Session) -> None:
    path = next(run(ensure_demo()).rglob("*.jpeg"))
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.opening.image(path)
    assert used(session) == shipped.DEMO


def test_a_chosen_classifier_stays(qtbot: QtBot, session: Session, folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    save(create("compact_cnn", width=4), file)
    with qtbot.waitSignal(session.classifierChanged, timeout=WAIT):
        session.opening.classifier(file)
    film(tmp_path / "film.png", 1)
    with qtbot.waitSignal(session.datasetChanged, timeout=WAIT):
        session.opening.dataset(folder)
    with qtbot.waitSignal(session.inspectionChanged, timeout=WAIT):
        session.opening.image(tmp_path / "film.png")
    assert session.job(Lane.CLASSIFIER) is None
    assert session.classifier is not None
    assert session.classifier.file == file
