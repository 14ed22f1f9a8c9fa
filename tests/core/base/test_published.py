"""What stands beside the published values is the same classifier, trained alike, on the same films."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cxr_gui.core.base import published
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.classifier import Card
from cxr_gui.core.models.registry import create
from cxr_gui.core.report.figures import comparable
from cxr_gui.core.report.source import read_source
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.core.sweep.sweeping import described
from cxr_gui.core.training.recipes import RECIPES, TrainConfig
from cxr_gui.core.training.run_folder import RunFolder
from tests.support.report_samples import ABOUT, as_published, sweep_result

KERMANY = Path(os.environ.get("CXR_DATA", "../shared/datasets/chest_xray"))


def differences(**changes: object) -> tuple[str, ...]:
    same: dict[str, object] = {
        "attack": "fgsm",
        "threat": "rgb",
        "negative": 234,
        "positive": 390,
        "architecture": "paper_cnn",
        "recipe": "paper",
        "files": published.TEST_FILES,
    }
    return published.differences(**{**same, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"architecture": "compact_cnn"}, "architecture is compact_cnn here"),
        ({"architecture": ""}, "architecture is not known here"),
        ({"recipe": "paper (changed: epochs)"}, "recipe is paper (changed: epochs) here"),
        ({"recipe": ""}, "recipe is not known here"),
        ({"files": published.digest(["a"])}, "not those of the Kermany data's test split"),
        ({"files": ""}, "not those of the Kermany data's test split"),
        ({"attack": "pgd"}, "attack is pgd here"),
        ({"threat": "grey"}, "threat model is grey here"),
        ({"negative": 233}, "images are others"),
    ],
)
def test_whatever_differs_is_said(changes: dict[str, object], word: str) -> None:
    assert differences() == ()
    [found] = differences(**changes)
    assert word in found


@pytest.mark.skipif(not KERMANY.is_dir(), reason="the Kermany X-rays are not here (CXR_DATA)")
def test_the_films_of_the_kermany_data_are_known_by_their_names() -> None:
    tests = [str(path) for path in (KERMANY / "test").glob("*/*.jpeg")]
    assert published.digest(tests) == published.TEST_FILES
    assert published.digest(path.replace(".jpeg", ".png") for path in reversed(tests)) == published.TEST_FILES
    others = sorted(str(path) for path in (KERMANY / "train").glob("*/*.jpeg"))[: len(tests)]
    assert published.digest(others) != published.TEST_FILES


def test_a_sweep_of_the_same_can_be_compared_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    as_published(monkeypatch)
    assert comparable(sweep_result())
    assert not comparable(sweep_result(about=ABOUT | {"architecture": "resnet18"}))
    assert not comparable(sweep_result(paths=None))
    monkeypatch.undo()
    assert not comparable(sweep_result()), "as many images are not the same ones"


@pytest.mark.parametrize(
    ("source", "recipe"),
    [
        ("Trained with recipe 'paper' on 5216 images of 'chest_xray', seed 0: epoch 5 of 5.", "paper"),
        ("Trained with recipe 'paper' on 9 images of 'a: b', seed 0: epoch 2 of 5.", "paper, epoch 2 of 5"),
        ("Trained with recipe 'its' on 9 images of 'x', seed 0: stopped within epoch 1.",
         "its, stopped within epoch 1"),
        ("Adopted from 'weights.pth'.", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_card_says_by_which_recipe(source: str, recipe: str) -> None:
    assert Card(source=source).recipe == recipe


def test_a_recipe_that_was_changed_is_not_called_by_its_name_alone() -> None:
    paper = RECIPES["paper"]
    assert paper.title == "paper"
    assert paper.changed(epochs=3, batch_size=8).title == "paper (changed: epochs, batch size)"
    assert paper.changed(name="mine", epochs=3).title == "mine"


def test_a_sweep_says_what_was_attacked() -> None:
    classifier = create("compact_cnn")
    classifier.card.source = "Trained with recipe 'balanced' on 9 images of 'x', seed 0: epoch 7 of 9."
    assert described(classifier) == {
        "architecture": "compact_cnn",
        "channels": 1,
        "recipe": "balanced, epoch 7 of 9",
    }


def test_what_an_older_sweep_does_not_say_its_run_does(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    run.write_config(TrainConfig("compact_cnn", recipe=RECIPES["paper"].changed(epochs=3)), tmp_path, "f")
    run.write_metrics([])
    save(create("compact_cnn"), run.best)
    write_sweep(sweep_result(about={"seed": 7}), tmp_path / "sweep")
    (tmp_path / "study.json").write_text("{}", encoding="utf-8")
    about = read_source(tmp_path).sweep.about
    assert (about["architecture"], about["channels"], about["seed"]) == ("compact_cnn", 1, 7)
    assert about["recipe"] == "paper (changed: epochs)"
