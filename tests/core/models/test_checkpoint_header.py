"""A checkpoint's header and weights are judged where they are read: what cannot be right is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.models.checkpoint import header_of, load, save
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import create


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return create("compact_cnn", width=2).eval()


def written(classifier: Classifier, path: Path, **said: str) -> Path:
    save_file(classifier.state_dict(), path, metadata=header_of(classifier) | said)
    return path


def refused(path: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load(path)
    assert caught.value.where == str(path)
    assert caught.value.hint
    return caught.value.what


def preprocessing(mean: object, std: object) -> dict[str, str]:
    return {"preprocessing": json.dumps({"mean": mean, "std": std, "range": [0, 1]})}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"input_size": "[1, 1]"}, "input size is 1x1"),
        ({"input_size": "[8192, 8192]"}, "input size is 8192x8192"),
        ({"input_size": "[224, 2049]"}, "input size is 224x2049"),
        ({"input_size": "[224, 1e400]"}, "1e400 is not a number"),
        ({"input_size": "[224.5, 224]"}, "input_size: Expected `int`, got `float` - at `$[0]`"),
        ({"input_size": '["224", "224"]'}, "input_size: Expected `int`, got `str`"),
        ({"input_size": "[true, 224]"}, "input_size: Expected `int`, got `bool`"),
        ({"input_size": "[16, 16]"}, "does not take images of 16x16"),
        ({"classes": '["a", "a"]'}, "The classes are 'a' and 'a'"),
        ({"classes": '["", ""]'}, "The classes are '' and ''"),
        ({"classes": '["a", " "]'}, "The classes are 'a' and ' '"),
        ({"classes": '["Normal", "NORMAL "]'}, "The classes are 'Normal' and 'NORMAL '"),
        ({"classes": '["Pneumo\\u00e9", "Pneumoe\\u0301"]'}, "The classes are"),
        ({"classes": "[0, 1]"}, "classes: Expected `str`, got `int`"),
        ({"classes": '"ab"'}, "classes: Expected `array`, got `str`"),
        ({"classes": '["a", "b", "c"]'}, "classes: Expected `array` of length 2"),
        ({"options": '{"width": 2, "pretrained": true}'}, "its options ask for other weights"),
        ({"threshold": "nan"}, "The threshold is nan"),
        ({"threshold": "0.0"}, "The threshold is 0.0"),
        ({"threshold": "1.0"}, "The threshold is 1.0"),
        (preprocessing([0.5], [1e-308]), "The normalisation is"),
        (preprocessing([0.5], [1e-9]), "The normalisation is"),
        (preprocessing([0.5], [1e308]), "The normalisation is"),
        (preprocessing([1e39], [0.5]), "The normalisation is"),
        (preprocessing([0.5], [-0.5]), "The normalisation is"),
        (preprocessing([float("nan")], [0.5]), "NaN is not a number of JSON"),
        (preprocessing([0.5], [float("inf")]), "Infinity is not a number of JSON"),
        (preprocessing([], []), "The normalisation is"),
        (preprocessing([True], [0.5]), "preprocessing: Expected `float`, got `bool` - at `$.mean[0]`"),
        (preprocessing("5", [0.5]), "preprocessing: Expected `array`, got `str` - at `$.mean`"),
        (preprocessing([0.5] * 3, [0.5] * 3), "has 3 channels"),
    ],
    ids=str,
)
def test_what_a_header_cannot_mean_is_refused(
    said: dict[str, str], words: str, classifier: Classifier, tmp_path: Path
) -> None:
    assert words in refused(written(classifier, tmp_path / "c.safetensors", **said))


@pytest.mark.parametrize("size", [(1, 1), (15, 224), (4096, 4096)])
@pytest.mark.parametrize("architecture", ["resnet18", "level_cnn"])
def test_no_architecture_has_an_input_that_is_no_radiograph(
    architecture: str, size: tuple[int, int], tmp_path: Path
) -> None:
    """Adaptive pooling takes even one pixel, and answers."""
    path = written(create(architecture), tmp_path / "c.safetensors", input_size=json.dumps(size))
    assert "input size is" in refused(path)


def test_an_input_size_other_than_the_architectures_own_is_tried(
    classifier: Classifier, tmp_path: Path
) -> None:
    path = written(classifier, tmp_path / "c.safetensors", input_size="[96, 160]")
    assert load(path).input_size == (96, 160)
    path = written(create("paper_cnn"), tmp_path / "c.safetensors", input_size="[256, 256]")
    assert "does not take images of 256x256" in refused(path)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("key", ["weight", "running_var"])
def test_a_weight_that_is_not_finite_is_refused_by_name(key: str, number: float, tmp_path: Path) -> None:
    classifier = create("compact_cnn", width=2)
    name = next(name for name in classifier.state_dict() if name.endswith(key))
    classifier.state_dict()[name].flatten()[0] = number
    save(classifier, tmp_path / "c.safetensors")
    assert refused(tmp_path / "c.safetensors") == f"holds weights that are not finite ({name})."


def test_a_weight_that_overflows_in_the_networks_own_precision_is_refused(tmp_path: Path) -> None:
    classifier = create("compact_cnn", width=2)
    state: dict[str, Any] = dict(classifier.state_dict())
    name = next(name for name in state if name.endswith("weight"))
    state[name] = torch.full_like(state[name], 1e300, dtype=torch.float64)
    save_file(state, tmp_path / "c.safetensors", metadata=header_of(classifier))
    assert "not finite" in refused(tmp_path / "c.safetensors")


def test_weights_that_are_finite_and_answer_infinity_are_refused(tmp_path: Path) -> None:
    classifier = create("compact_cnn", width=2)
    state = {
        name: torch.full_like(value, 1e38) if name.endswith(("weight", "bias")) else value
        for name, value in classifier.state_dict().items()
    }
    said = header_of(classifier) | {"input_size": "[96, 160]"}  # its own is not tried
    save_file(state, tmp_path / "c.safetensors", metadata=said)
    assert refused(tmp_path / "c.safetensors") == "answers NaN or infinity."


def test_undefined_numbers_of_a_card_are_null_and_those_of_old_checkpoints_are_read(tmp_path: Path) -> None:
    classifier = create("compact_cnn", width=2)
    classifier.card.metrics = {"auroc": float("nan"), "accuracy": 0.5}
    assert json.loads(header_of(classifier)["card"])["metrics"] == {"auroc": None, "accuracy": 0.5}
    old = json.dumps({"source": "", "data": {}, "metrics": {"auroc": float("nan")}})
    loaded = load(written(classifier, tmp_path / "old.safetensors", card=old))
    assert str(loaded.card.metrics["auroc"]) == "nan"
    assert "NaN" not in header_of(loaded)["card"]
