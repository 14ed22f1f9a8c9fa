"""Whose films a classifier learned from is told with what it says, in one wording, from its card."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cxr_gui.cli.program import main
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.inspect.inspection import Inspector
from cxr_gui.core.models import population
from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.models.registry import create
from cxr_gui.core.models.shipped_classifiers import CERTIFIED, DEMO, ROBUST, STANDARD, find_shipped

CHILDREN = "children of one to five years"


def shipped_path(name: str) -> Path:
    entry = find_shipped(name)
    assert entry is not None
    return entry.path


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)).save(path)
    return path


@pytest.mark.parametrize("name", [STANDARD, ROBUST, CERTIFIED])
def test_a_shipped_classifier_and_its_card_say_whose_films(name: str) -> None:
    path = shipped_path(name)
    said = population.population_sentence(load(path).card.data)
    assert CHILDREN in said
    assert "adult" in said
    card = path.with_suffix(".md").read_text(encoding="utf-8")
    assert said in card
    assert f"| Learned from | films of {population.KERMANY} |" in card


def test_of_others_nothing_is_made_up(tmp_path: Path) -> None:
    assert population.population_sentence(load(shipped_path(DEMO)).card.data) == ""
    own = create("compact_cnn")
    assert population.population_sentence(own.card.data) == ""
    own.card.data["population"] = "adults, at sea"
    save(own, tmp_path / "own.safetensors")
    assert "films of adults, at sea" in population.population_sentence(
        load(tmp_path / "own.safetensors").card.data
    )


def test_the_verdict_carries_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (224, 224), np.uint8)
    for name, known in ((STANDARD, True), (DEMO, False)):
        inspector = Inspector(load(shipped_path(name)), pixels, create_attack("fgsm"), "rgb")
        assert (CHILDREN in inspector.at(0.01).population) is known


@pytest.mark.parametrize(("name", "count"), [(STANDARD, 1), (DEMO, 0)])
def test_predict_says_it_once(film: Path, capsys: pytest.CaptureFixture[str], name: str, count: int) -> None:
    arguments = ["predict", str(film), str(film), "--model", name]
    with pytest.raises(SystemExit, match="0"):
        main(arguments)
    output = capsys.readouterr()
    assert output.err.count(CHILDREN) == count
    assert CHILDREN not in output.out
    with pytest.raises(SystemExit, match="0"):
        main([*arguments, "--json"])
    output = capsys.readouterr()
    assert [entry["learned_from"] for entry in json.loads(output.out)] == [
        population.KERMANY if count else None
    ] * 2
