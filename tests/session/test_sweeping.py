"""What sweeps leave behind: their proofs for the next one, and what the dataset's images are said to be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from cxr_gui.core.certify import Prover
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.registry import create
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.session.session import Session
from tests.support.patience import WAIT

EPSILONS = [0.0, 0.002, 0.05]


@pytest.fixture
def opened(qtbot: QtBot, session: Session, folder: Path) -> Session:
    with qtbot.waitSignal(session.datasetChanged, timeout=WAIT):
        session.opening.dataset(folder)
    return session


def sweep(qtbot: QtBot, session: Session, **options: object) -> SweepResult:
    with qtbot.waitSignal(session.sweepChanged, timeout=WAIT) as changed:
        session.sweeping.start(EPSILONS, **options)
    return changed.args[0]


def sorted_out(qtbot: QtBot, session: Session, result: SweepResult, epsilon: float = 0.0) -> None:
    """Wait until the dataset's images are said to be what this sweep found at an epsilon."""

    def told() -> bool:
        found = session.outcomes
        return found is not None and found.sweep is result and found.epsilon == epsilon

    qtbot.waitUntil(told, timeout=WAIT)


@pytest.fixture
def proven(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many images each call of a prover was asked about."""
    counts: list[int] = []
    radii = Prover.radii

    def counted(self: Prover, pixels: object, labels: object) -> object:
        counts.append(len(labels))  # type: ignore[arg-type]
        return radii(self, pixels, labels)  # type: ignore[arg-type]

    monkeypatch.setattr(Prover, "radii", counted)
    return counts


def test_attacks_on_one_classifier_share_its_proof(
    qtbot: QtBot, opened: Session, folder: Path, proven: list[int]
) -> None:
    first = sweep(qtbot, opened, certify=True)
    assert sum(proven) == len(first.labels)
    opened.set_attack("noise")
    second = sweep(qtbot, opened, certify=True)
    assert sum(proven) == len(first.labels), "no image was proven again"
    assert first.certified is not None
    assert second.certified is not None
    np.testing.assert_array_equal(second.certified, first.certified)
    opened.set_attack("fgsm", threat="grey")
    sweep(qtbot, opened, certify=True)
    assert sum(proven) == 2 * len(first.labels), "another threat model is another ball"
    with qtbot.waitSignal(opened.datasetChanged, timeout=WAIT):
        opened.opening.dataset(folder)
    sweep(qtbot, opened, certify=True)
    assert sum(proven) == 3 * len(first.labels), "another dataset, other images"


def test_a_classifier_beside_keeps_its_proof_too(
    qtbot: QtBot, opened: Session, tmp_path: Path, proven: list[int]
) -> None:
    other = tmp_path / "other.safetensors"
    save(create("compact_cnn", width=4), other)
    images = len(sweep(qtbot, opened, certify=True, beside=other).labels)
    opened.set_attack("noise")
    sweep(qtbot, opened, certify=True, beside=other)
    assert sum(proven) == images
    sweep(qtbot, opened, certify=True)
    assert sum(proven) == 2 * images, "the one in use is another classifier"


def test_the_images_are_what_the_chosen_sweep_found_at_the_chosen_epsilon(
    qtbot: QtBot, opened: Session, tmp_path: Path
) -> None:
    other = tmp_path / "other.safetensors"
    save(create("compact_cnn", width=4), other)
    first = sweep(qtbot, opened)
    sorted_out(qtbot, opened, first)
    beside = sweep(qtbot, opened, beside=other)
    assert opened.sweeps == (first, beside)
    assert (first.is_of(opened.classifier), beside.is_of(opened.classifier)) == (True, False)
    sorted_out(qtbot, opened, first)  # what is swept beside does not take its place
    opened.sweeping.sort_out(first, 2)
    sorted_out(qtbot, opened, first, EPSILONS[2])
    point = first.measure(replicates=0)[2]
    assert opened.outcomes is not None
    assert opened.outcomes.confusion() == {"TP": point.tp, "FP": point.fp, "FN": point.fn, "TN": point.tn}
    opened.sweeping.sort_out(beside)
    sorted_out(qtbot, opened, beside)
    opened.sweeping.remove(beside)
    assert opened.sweeps == (first,)
    sorted_out(qtbot, opened, first)
    opened.sweeping.remove(first)
    assert (opened.sweeps, opened.outcomes) == ((), None)


def test_a_sweep_of_other_films_is_said_to_be_one(
    qtbot: QtBot, opened: Session, folder: Path, tmp_path: Path
) -> None:
    result = sweep(qtbot, opened)
    sorted_out(qtbot, opened, result)
    elsewhere = tmp_path / "elsewhere" / "test"
    for label in ("NORMAL", "PNEUMONIA"):
        (elsewhere / label).mkdir(parents=True)
        source = next((folder / "test" / label).iterdir())
        (elsewhere / label / f"other-{label}.png").write_bytes(source.read_bytes())
    with qtbot.waitSignal(opened.datasetChanged, timeout=WAIT):
        opened.opening.dataset(elsewhere.parent)
    with qtbot.waitSignal(opened.messageRaised, timeout=WAIT) as raised:
        opened.sweeping.sort_out(result)
    assert "None of the films" in raised.args[0].text
    assert opened.outcomes is None
