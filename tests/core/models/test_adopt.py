"""A person's own weights: what is understood, what is refused, and that the logits stay what they were."""

from __future__ import annotations

import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models

from cxr_gui.core.base.errors import CheckpointError, SettingsError
from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.models.classifier import Classifier, Normalisation
from cxr_gui.core.models.foreign import adopt, parse_preprocessing
from cxr_gui.core.models.imagenet import IMAGENET
from cxr_gui.core.models.registry import create

CLASSES = ("NORMAL", "PNEUMONIA")


@pytest.fixture(scope="module")
def theirs() -> nn.Module:
    """A network as a person trains it: torchvision's, two classes, BatchNorm that has seen something."""
    torch.manual_seed(1)
    network = models.resnet18(num_classes=2)
    network(torch.rand(4, 3, 64, 64))
    return network.eval()


@pytest.fixture(scope="module")
def pixels() -> Tensor:
    return torch.rand(3, 3, 224, 224, generator=torch.Generator().manual_seed(2))


def adopted(path: Path, **changes: Any) -> Classifier:
    arguments: dict[str, Any] = {"classes": CLASSES, "preprocessing": "imagenet"} | changes
    return adopt(path, arguments.pop("architecture", "resnet18"), **arguments)


def normalised(pixels: Tensor) -> Tensor:
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (IMAGENET.mean, IMAGENET.std))
    return (pixels - mean) / std


@torch.no_grad()
def test_two_logits_become_their_difference(theirs: nn.Module, pixels: Tensor, tmp_path: Path) -> None:
    torch.save(theirs.state_dict(), tmp_path / "mine.pt")
    classifier = adopted(tmp_path / "mine.pt", threshold=0.3)
    z0, z1 = theirs(normalised(pixels)).T
    torch.testing.assert_close(classifier(pixels), z1 - z0, rtol=1e-5, atol=1e-6)
    probability = theirs(normalised(pixels)).softmax(1)[:, 1]
    torch.testing.assert_close(torch.sigmoid(classifier(pixels)), probability, rtol=1e-5, atol=1e-6)
    weight = theirs.fc.weight.double()
    assert torch.equal(classifier.network.fc.weight[0], (weight[1] - weight[0]).float())
    assert (classifier.threshold, classifier.classes) == (0.3, CLASSES)
    assert not classifier.training
    assert not any(parameter.requires_grad for parameter in classifier.parameters())


@torch.no_grad()
def test_the_first_class_can_be_the_positive_one(theirs: nn.Module, pixels: Tensor, tmp_path: Path) -> None:
    torch.save(theirs.state_dict(), tmp_path / "mine.pt")
    classifier = adopted(tmp_path / "mine.pt", classes=("COVID", "HEALTHY"), positive="COVID")
    z0, z1 = theirs(normalised(pixels)).T
    torch.testing.assert_close(classifier(pixels), z0 - z1, rtol=1e-5, atol=1e-6)
    assert classifier.classes == ("HEALTHY", "COVID")


@torch.no_grad()
def test_one_logit_stays_or_changes_its_sign(tmp_path: Path) -> None:
    own = create("compact_cnn").eval()
    torch.save(own.network.state_dict(), tmp_path / "mine.pth")
    pixels = torch.rand(2, 1, 224, 224)
    same = adopted(tmp_path / "mine.pth", architecture="compact_cnn", preprocessing="symmetric")
    assert torch.equal(same(pixels), own(pixels))
    other = adopted(
        tmp_path / "mine.pth", architecture="compact_cnn", preprocessing="symmetric", positive="NORMAL"
    )
    torch.testing.assert_close(other(pixels), -own(pixels))
    assert other.classes == ("PNEUMONIA", "NORMAL")


@torch.no_grad()
@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "module._orig_mod.", "model.network."])
def test_prefixes_and_nests_are_seen_through(
    prefix: str, theirs: nn.Module, pixels: Tensor, tmp_path: Path
) -> None:
    state = {prefix + key: value for key, value in theirs.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": state}, tmp_path / "mine.pt")
    save_file(state, tmp_path / "mine.safetensors")
    z0, z1 = theirs(normalised(pixels[:1])).T
    for name in ("mine.pt", "mine.safetensors"):
        torch.testing.assert_close(adopted(tmp_path / name)(pixels[:1]), z1 - z0, rtol=1e-5, atol=1e-6)


def test_half_precision_and_missing_counters_are_taken(theirs: nn.Module, tmp_path: Path) -> None:
    state = {key: value.half() for key, value in theirs.state_dict().items() if "num_batches" not in key}
    torch.save(state, tmp_path / "mine.pt")
    classifier = adopted(tmp_path / "mine.pt")
    assert {value.dtype for value in classifier.parameters()} == {torch.float32}
    assert torch.equal(classifier.network.conv1.weight, theirs.conv1.weight.half().float())


def test_the_checkpoint_keeps_preprocessing_and_input_size(theirs: nn.Module, tmp_path: Path) -> None:
    torch.save(theirs.state_dict(), tmp_path / "mine.pt")
    classifier = adopted(tmp_path / "mine.pt", preprocessing="0.4/0.2,0.25,0.3", input_size=(96, 128))
    save(classifier, tmp_path / "mine.safetensors")
    loaded = load(tmp_path / "mine.safetensors")
    assert loaded.normalisation == Normalisation((0.4, 0.4, 0.4), (0.2, 0.25, 0.3))
    assert loaded.input_size == (96, 128)
    assert "mine.pt" in loaded.card.source
    assert str(tmp_path) not in str(vars(loaded.card))
    pixels = torch.rand(2, 3, 96, 128)
    torch.testing.assert_close(loaded(pixels), classifier(pixels), rtol=1e-5, atol=1e-6)
    with pytest.raises(CheckpointError, match="is a checkpoint of this program already"):
        adopted(tmp_path / "mine.safetensors")


def test_what_does_not_fit_is_named(theirs: nn.Module, tmp_path: Path) -> None:
    state = theirs.state_dict()
    del state["conv1.weight"]
    state["extra.weight"] = torch.zeros(1)
    state["fc.weight"], state["fc.bias"] = torch.zeros(14, 512), torch.zeros(14)
    torch.save(state, tmp_path / "mine.pt")
    with pytest.raises(CheckpointError) as caught:
        adopted(tmp_path / "mine.pt")
    assert caught.value.where == str(tmp_path / "mine.pt")
    for words in (
        "does not fit the architecture 'resnet18'",
        "missing: conv1.weight;",
        "unexpected: extra.weight;",
        "fc.weight is [14, 512], needs [1, 512]",
    ):
        assert words in caught.value.what
    with pytest.raises(CheckpointError, match=r"missing: (\S+, ){3}\S+ and more; unexpected: "):
        adopted(tmp_path / "mine.pt", architecture="densenet121")


def write_stranger(kind: str, path: Path) -> None:
    module = nn.Linear(2, 1)
    if kind == "module":
        torch.save(module, path)
    elif kind == "torchscript":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # TorchScript is deprecated, people's files are there
            torch.jit.save(torch.jit.script(module), path)
    elif kind == "pickle":
        path.write_bytes(pickle.dumps(print))
    elif kind == "cut":
        torch.save(module.state_dict(), path)
        path.write_bytes(path.read_bytes()[:300])
    elif kind == "numbers":
        torch.save({"epoch": 3, "loss": 0.1}, path)
    elif kind == "list":
        torch.save([torch.ones(2)], path)
    elif kind == "empty":
        path.touch()
    elif kind == "image":
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("module", "holds Python objects beside them, which could run code"),
        ("torchscript", "is TorchScript, a program"),
        ("pickle", "could run code"),
        ("cut", "is not a readable file of weights"),
        ("numbers", "does not hold tensors by their keys"),
        ("list", "does not hold tensors by their keys"),
        ("empty", "is not a readable file of weights"),
        ("image", "is no file of weights"),
        ("absent", "cannot be read"),
    ],
)
def test_files_that_are_not_weights_alone_are_refused(kind: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.pt"
    write_stranger(kind, path)
    with pytest.raises(CheckpointError, match=words) as caught:
        adopted(path)
    assert caught.value.where == str(path)
    assert "state_dict()" in caught.value.hint


def test_nothing_in_a_pickle_is_run(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    torch.save({"conv1.weight": Trap()}, tmp_path / "trap.pt")
    with pytest.raises(CheckpointError, match="could run code"):
        adopted(tmp_path / "trap.pt")
    assert not (tmp_path / "sprung").exists()


def test_weights_that_cannot_be_right_are_refused(theirs: nn.Module, tmp_path: Path) -> None:
    torch.save(theirs.state_dict() | {"bn1.bias": torch.full((64,), torch.nan)}, tmp_path / "nan.pt")
    with pytest.raises(CheckpointError, match=r"weights that are not finite \(bn1.bias\)"):
        adopted(tmp_path / "nan.pt")
    torch.save(theirs.state_dict() | {"bn1.bias": torch.zeros(64, dtype=torch.int8)}, tmp_path / "int.pt")
    with pytest.raises(CheckpointError, match=r"whole numbers where weights belong \(bn1.bias\)"):
        adopted(tmp_path / "int.pt")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"classes": ("A", "A")}, "Name two different classes"),
        ({"positive": "C"}, "the positive one is 'C'"),
        ({"threshold": 1.0}, "between 0 and 1"),
        ({"threshold": float("nan")}, "between 0 and 1"),
        ({"preprocessing": "magic"}, "no preprocessing 'magic'"),
        ({"preprocessing": "0.5/0.5/2"}, "no preprocessing"),
        ({"preprocessing": "0.5/0"}, "one std above 0"),
        ({"preprocessing": "0.5,0.5/0.5,0.5"}, "has 2 channels, architecture 'compact_cnn' 1"),
        ({"preprocessing": "imagenet"}, "has 3 channels, architecture 'compact_cnn' 1"),
        ({"architecture": "resnet"}, "no architecture 'resnet'"),
        ({"input_size": (16, 16)}, "does not take images of 16x16"),
    ],
    ids=str,
)
def test_wrong_arguments_are_named(changes: dict[str, Any], words: str, tmp_path: Path) -> None:
    torch.save(create("compact_cnn").network.state_dict(), tmp_path / "mine.pt")
    arguments = {"architecture": "compact_cnn", "preprocessing": "symmetric"} | changes
    with pytest.raises(SettingsError, match=words):
        adopted(tmp_path / "mine.pt", **arguments)


def test_preprocessing_in_words() -> None:
    assert parse_preprocessing("imagenet", 3) == IMAGENET
    assert parse_preprocessing("symmetric", 1) == Normalisation((0.5,), (0.5,))
    assert parse_preprocessing("unit", 3) == Normalisation((0.0,) * 3, (1.0,) * 3)
    assert parse_preprocessing("0,5/0,25", 3) == Normalisation((0.5,) * 3, (0.25,) * 3)
    assert parse_preprocessing("0.1,0.2,0.3/2", 3) == Normalisation((0.1, 0.2, 0.3), (2.0,) * 3)
