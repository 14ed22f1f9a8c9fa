"""The classifiers that come with the program: small, described by their cards, and as good as these say."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from cxr_gui.core.attacks.projected_gradient import pgd
from cxr_gui.core.base import progress
from cxr_gui.core.certify import certified
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.store import prepare
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.shipped_classifiers import (
    CERTIFIED,
    DEMO,
    ROBUST,
    STANDARD,
    Shipped,
    find_shipped,
    shipped,
)

EVERY = 8
"""Of the test images, to be quick."""


def test_there_are_three_and_each_has_its_card() -> None:
    assert [entry.name for entry in shipped()] == [CERTIFIED, DEMO, ROBUST, STANDARD]
    assert all(entry.card.is_file() for entry in shipped())
    assert find_shipped("none") is None


@pytest.mark.parametrize("entry", shipped(), ids=lambda entry: entry.name)
def test_a_card_describes_its_classifier(entry: Shipped) -> None:
    classifier, card = load(entry.path), entry.card.read_text(encoding="utf-8")
    assert entry.path.stat().st_size < 5_000_000
    assert f"{classifier.parameter_count():,} parameters" in card
    assert f"p >= {classifier.threshold:.4g}" in card
    assert "Not for clinical use" in card
    assert "main.py train" in card
    if entry.name != DEMO:
        assert "10.17632/rscbjbr9sj.2, CC BY 4.0" in card


@pytest.mark.parametrize("entry", shipped(), ids=lambda entry: entry.name)
def test_a_card_sets_balanced_accuracy_and_the_constant_answer_beside_accuracy(entry: Shipped) -> None:
    card = entry.card.read_text(encoding="utf-8")
    tables = re.sub(r"\n## At a glance\n.*?(?=\n## )", "", card, flags=re.DOTALL)
    places, constants = [0], 0
    for line in tables.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "epsilon":
            places = [cells.index(name) for name in ("balanced accuracy", "sensitivity", "specificity")]
        elif re.match(r"\| (?:[\d.]+ \| [\d.]+|constant PNEUMONIA \| –) \|", line):
            found, one, two = (float(cells[place].split(" %")[0]) for place in places)
            assert found == pytest.approx((one + two) / 2, abs=0.11)
            if cells[0].startswith("constant"):
                constants += 1
                assert cells[places[0]] == "50.0 %"
    assert constants == tables.count("| epsilon |") > 0
    assert load(entry.path).normalisation.channels == 1
    assert not re.search(
        r"threat model rgb(?!, averaged to grey| \(the classifier sees the mean|\), but)", card
    )


@pytest.fixture(scope="module")
def films(real_data: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Every eighth test image: pixels [78, 1, 224, 224] in 0..1 and labels [78]."""
    dataset = progress.run(scan(real_data))
    store = progress.run(prepare(dataset.of("test")[::EVERY], dataset.classes, (224, 224)))
    return torch.from_numpy(np.array(store.pixels))[:, None] / 255.0, torch.from_numpy(store.labels)


def shipped_classifier(name: str) -> Classifier:
    entry = find_shipped(name)
    assert entry is not None
    return load(entry.path)


def share_right(classifier: Classifier, pixels: torch.Tensor, labels: torch.Tensor) -> float:
    with torch.no_grad():
        return float((classifier.positive(classifier(pixels)) == labels.bool()).float().mean())


@pytest.mark.parametrize("name", [STANDARD, ROBUST, CERTIFIED])
def test_on_real_films_a_classifier_is_what_its_card_says(
    name: str, films: tuple[torch.Tensor, torch.Tensor]
) -> None:
    """Clean and under PGD at 0.03 in model units, within four standard errors of the card's shares."""
    entry, classifier, (pixels, labels) = find_shipped(name), shipped_classifier(name), films
    assert entry is not None
    _, _, under_pgd = entry.card.read_text(encoding="utf-8").partition("## Under PGD")
    attacked = pgd(classifier, pixels, labels, 0.015, steps=20)
    for epsilon, images in (("0", pixels), ("0.03", attacked)):
        said = re.search(rf"^\| {re.escape(epsilon)} \|[^|]*\| ([\d.]+) %", under_pgd, re.MULTILINE)
        assert said is not None
        share = float(said[1]) / 100
        error = 4 * np.sqrt(max(share * (1 - share), 0.05) / len(labels))
        assert share_right(classifier, images, labels) == pytest.approx(share, abs=error)


def test_on_real_films_as_much_is_certified_as_the_card_says(
    films: tuple[torch.Tensor, torch.Tensor],
) -> None:
    entry, classifier, (pixels, labels) = find_shipped(CERTIFIED), shipped_classifier(CERTIFIED), films
    assert entry is not None
    said = re.search(
        r"^\| 0 \| certified \|(?: [^|]*\|){2} ([\d.]+) %", entry.card.read_text(encoding="utf-8"), re.M
    )
    assert said is not None
    share = float(said[1]) / 100
    proven = certified(classifier, pixels, labels, 0.015)
    error = 4 * np.sqrt(share * (1 - share) / len(labels))
    assert float(proven.float().mean()) == pytest.approx(share, abs=error)
    attacked = pgd(classifier, pixels, labels, 0.015, steps=20)
    with torch.no_grad():
        right = classifier.positive(classifier(attacked)) == labels.bool()
    assert right[proven].all()
