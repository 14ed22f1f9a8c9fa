"""NaN is no diagnosis: wherever a logit becomes a decision, one that is not finite is refused by name;
and no JSON that this program writes has a number that JSON does not have.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import cxr_gui
from cxr_gui.cli import program as cli
from cxr_gui.core.attacks.fast_gradient import fgsm
from cxr_gui.core.attacks.noise import Noise
from cxr_gui.core.attacks.projected_gradient import pgd
from cxr_gui.core.attacks.protocol import Batch
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.attacks.resisting import Resisting
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import AnswerError, CheckpointError, TrainingError
from cxr_gui.core.base.files import json_text
from cxr_gui.core.images.radiograph import read, to_input
from cxr_gui.core.inspect.explanation import explain
from cxr_gui.core.inspect.inspection import Inspector
from cxr_gui.core.inspect.judging import judge
from cxr_gui.core.inspect.prediction import predict
from cxr_gui.core.inspect.saved import save_image
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import create
from cxr_gui.core.sweep.files import read_sweep, write_sweep
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.sweep.sweeping import sweep_store
from cxr_gui.core.training import adversary
from cxr_gui.core.training.state import Journal, read_journal, write_state
from cxr_gui.core.training.validation import Validation
from tests.support.films import write_films
from tests.support.made_data import EPSILONS, FakeStore, batches, finished
from tests.support.small_study import small_dataset, trained
from tests.support.victims import SIDE, classifier_of, cnn, radiographs

STRANGE = pytest.mark.parametrize("number", [torch.nan, torch.inf, -torch.inf])


class Fragile(nn.Module):
    """The mean of the pixels less 0.9, and `number` for images brighter than `limit`."""

    def __init__(self, number: float, limit: float) -> None:
        super().__init__()
        self.number, self.limit = number, limit
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, pixels: Tensor) -> Tensor:
        mean = (self.weight * pixels).mean(dim=(1, 2, 3))
        return torch.where(mean > self.limit, self.number, mean - 0.9)


def fragile(number: float, limit: float) -> Classifier:
    return classifier_of(Fragile(number, limit), channels=1)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_films(tmp_path_factory.mktemp("films"))


@pytest.fixture(scope="module")
def film(films: Path) -> Path:
    return min(films.rglob("*.png"))


def inspector(classifier: Classifier, film: Path, attack: str = "fgsm") -> Inspector:
    radiograph = read(film)
    pixels = to_input(radiograph.pixels, (SIDE, SIDE))
    return Inspector(classifier, pixels, create_attack(attack), "grey", 0, radiograph.source)


@STRANGE
def test_predict_refuses_it_naming_the_file_and_goes_on(number: float, films: Path) -> None:
    dark, bright = sorted(films.glob("test/*/*.png"), key=lambda path: read(path).pixels.mean())[:: 4 + 3]
    between = float(np.mean([read(path).pixels.mean() for path in (dark, bright)]))
    refused, decided = progress.run(predict([bright, dark], fragile(number, between)))
    assert (refused.label, refused.probability, refused.logit) == (None, None, None)
    assert isinstance(refused.error, AnswerError)
    assert refused.error.where == str(bright)
    assert "answers NaN or infinity" in str(refused.error)
    assert decided.label is not None


def test_the_predict_command_says_so_and_its_json_is_strict(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every weight is finite, and the answer is none: a variance below 0."""
    classifier = create("compact_cnn", width=2)
    name = next(name for name in classifier.state_dict() if name.endswith("running_var"))
    classifier.state_dict()[name].fill_(-1.0)
    save(classifier, tmp_path / "c.safetensors")
    arguments = ["predict", str(film), "--model", str(tmp_path / "c.safetensors")]
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as ended:
            cli.main([*arguments, *more])
        assert ended.value.code == 1
        said = capsys.readouterr()
        assert f"{film}: gets no prediction" in said.err
        assert "NORMAL" not in said.out.replace(str(film), "")
    [found] = json.loads(said.out, parse_constant=pytest.fail)
    assert (found["class"], found["probability"], found["logit"]) == (None, None, None)


@STRANGE
def test_the_inspector_refuses_it_naming_the_file(number: float, film: Path) -> None:
    with pytest.raises(AnswerError, match=re.escape(str(film))):
        inspector(fragile(number, 0.0), film)
    mean = float(to_input(read(film).pixels, (SIDE, SIDE)).mean() / 255)
    found = inspector(fragile(number, mean + 0.01), film)
    assert found.at(0.0).decision in found.at(0.0).classes
    for refused in (lambda: found.at(0.1), lambda: found.curve([0.1]), found.critical):
        with pytest.raises(AnswerError, match=re.escape(str(film))):
            refused()


@STRANGE
def test_a_film_without_an_answer_is_judged_so_and_stops_nothing(number: float, film: Path) -> None:
    images: list[tuple[Path, str | None]] = [(film, "NORMAL"), (film, None)]
    for judged in progress.run(judge(images, fragile(number, 0.0), create_attack("fgsm"), "grey", 0.1)):
        assert judged.state == "no answer"
        assert str(film) in judged.sentence
        assert judged.thumbnail is not None


@STRANGE
def test_a_saved_file_that_gets_no_answer_is_refused(number: float, film: Path, tmp_path: Path) -> None:
    inspection = inspector(fragile(number, 1.0), film).at(0.01)
    with pytest.raises(AnswerError):
        save_image(inspection, fragile(number, 0.0), tmp_path / "a.png")


@STRANGE
def test_an_explanation_is_of_no_such_answer(number: float) -> None:
    for method in ("grad_cam", "integrated_gradients"):
        with pytest.raises(AnswerError):
            progress.run(explain(fragile(number, 0.0), np.full((SIDE, SIDE), 0.5, np.float32), method))


@STRANGE
def test_attacks_refuse_it(number: float) -> None:
    pixels, labels = radiographs(2, channels=1), torch.tensor([0, 1])
    with pytest.raises(AnswerError):
        fgsm(fragile(number, 0.0), pixels, labels, 0.1)
    found = pgd(fragile(number, 0.0), pixels, labels, 0.1)
    with pytest.raises(AnswerError):
        fgsm(fragile(number, 0.0), found, labels, 0.1)


@STRANGE
@pytest.mark.parametrize("label", [0, 1])
def test_no_search_mistakes_it_for_a_wrong_decision_or_passes_it_by(number: float, label: int) -> None:
    batch = Batch(torch.zeros(1, 1, 1, 1), torch.tensor([label]), [0])
    for until_broken in (True, False):
        seen = Resisting(batch, nn.Identity(), until_broken=until_broken)
        seen.see(torch.full((1, 1, 1, 1), 0.5), torch.tensor([number]))
        seen.see(torch.ones(1, 1, 1, 1), torch.tensor([1.0 - 2.0 * label]))
        assert seen.worst.item() == 0.5
        assert until_broken == (seen.leave() is not None)


@STRANGE
@pytest.mark.parametrize("attack", ["fgsm", "pgd", "square"])
@pytest.mark.parametrize("limit", [0.0, 0.55])
def test_a_sweep_refuses_it_clean_attacked_or_under_noise(attack: str, number: float, limit: float) -> None:
    """At a limit of 0.55 only attacked images are bright enough."""
    given = [(torch.full((4, 1, SIDE, SIDE), 0.5), torch.zeros(4))]
    with pytest.raises(AnswerError, match=r"classifier: answered NaN or infinity for image 0\."):
        finished(fragile(number, limit), given, attack, [0.0, 0.2], critical=True)


def test_a_sweep_refuses_it_under_noise_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Noise, "signs", lambda self, batch: torch.ones_like(batch.pixels))
    given = [(torch.full((4, 1, SIDE, SIDE), 0.5), torch.ones(4))]  # whose attack makes them darker
    with pytest.raises(AnswerError, match="for image 0"):
        finished(fragile(torch.nan, 0.55), given, "fgsm", [0.0, 0.2], noise=True)


def test_a_sweep_of_a_dataset_names_the_film() -> None:
    store: Any = FakeStore(30)
    with pytest.raises(AnswerError) as caught:
        progress.run(sweep_store(fragile(torch.nan, 0.0), store, "fgsm", EPSILONS, threat="grey"))
    assert str(caught.value.where).endswith((".png", ".jpeg"))


@pytest.mark.parametrize("number", ["nan", "inf", ""])
@pytest.mark.parametrize("column", ["logit_0", "logit_clean", "noise_0"])
def test_a_sweep_whose_table_has_it_is_not_read(column: str, number: str, tmp_path: Path) -> None:
    result: SweepResult = finished(cnn(), batches(5), "fgsm", EPSILONS, noise=True)
    write_sweep(result, tmp_path)
    names, first, *rest = (tmp_path / "images.csv").read_text().splitlines()
    cells = first.split(",")
    cells[names.split(",").index(column)] = number
    (tmp_path / "images.csv").write_text("\n".join([names, ",".join(cells), *rest]))
    with pytest.raises(CheckpointError):
        read_sweep(tmp_path)


@STRANGE
@pytest.mark.parametrize("recipe", ["balanced", "robust-pgd"])
def test_validation_chooses_nothing_by_it(
    recipe: str, number: float, films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither threshold nor best epoch; what was on disk before is still there."""

    def broken(self: Classifier, pixels: Tensor) -> Tensor:
        logits = plain(self, pixels)
        return logits if self.training else logits + number

    plain = Classifier.forward
    monkeypatch.setattr(Classifier, "forward", broken)
    monkeypatch.setattr(adversary, "pgd", lambda classifier, pixels, *_, **__: pixels)
    with pytest.raises(TrainingError, match="gets no prediction") as caught:
        trained(small_dataset(films), tmp_path / "run", recipe)
    assert Path(str(caught.value.where)).is_file()
    assert not (tmp_path / "run" / "best.safetensors").exists()


def test_an_undefined_auroc_is_not_what_the_best_epoch_is_chosen_by() -> None:
    one_class = Validation(np.array([-1, 1, 2], np.float32), np.ones(3, np.int64))
    assert np.isnan(one_class.auroc)
    assert one_class.quality("auroc") == one_class.balanced_accuracy == pytest.approx(2 / 3)


def test_json_is_strict_and_undefined_numbers_are_null() -> None:
    deep = {"a": [1.5, float("nan"), (float("inf"), {"b": -float("inf")})], "c": np.float64("nan"), "d": True}
    for text in (json_text(deep), json_text(deep, indent=2, ascii_only=False)):
        assert json.loads(text, parse_constant=pytest.fail) == {
            "a": [1.5, None, [None, {"b": None}]],
            "c": None,
            "d": True,
        }


def test_json_is_written_in_one_place() -> None:
    root = Path(cxr_gui.__file__).parent
    writers = {path for path in root.rglob("*.py") if "json.dump" in path.read_text(encoding="utf-8")}
    assert writers == {root / "core" / "base" / "files.py"}


def test_a_journal_before_the_first_verdict_is_strict_json(tmp_path: Path) -> None:
    write_state(tmp_path / "last.ckpt", Journal(), {"x": torch.zeros(1)})
    assert b"Infinity" not in (tmp_path / "last.ckpt").read_bytes()
    assert read_journal(tmp_path / "last.ckpt").best is None
