"""Architectures, the classifier's contract, and checkpoints that cannot run code."""

from __future__ import annotations

import json
import pickle
import struct
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from cxr_gui.core.base.errors import CheckpointError, SettingsError
from cxr_gui.core.base.published import CLASSES
from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.models.classifier import Classifier, Normalisation
from cxr_gui.core.models.registry import architectures, create


def plain_paper_forward(classifier: Classifier, images: torch.Tensor) -> torch.Tensor:
    """The published network written out: conv, ReLU, pool three times, FC, ReLU, FC. images in [-1, 1]."""
    state = classifier.state_dict()
    for layer in range(3):
        weight, bias = state[f"network.{layer}.0.weight"], state[f"network.{layer}.0.bias"]
        images = functional.max_pool2d(functional.relu(functional.conv2d(images, weight, bias, padding=1)), 2)
    hidden = functional.relu(images.flatten(1) @ state["network.4.weight"].T + state["network.4.bias"])
    return (hidden @ state["network.7.weight"].T + state["network.7.bias"]).squeeze(1)


def test_the_paper_cnn_is_the_published_network() -> None:
    classifier = create("paper_cnn").eval()
    convolutions = sum(9 * before * after + after for before, after in ((3, 32), (32, 64), (64, 128)))
    assert (
        classifier.parameter_count() == convolutions + (128 * 28 * 28 * 256 + 256) + (256 + 1) == 25_783_873
    )
    assert [layer.p for layer in classifier.network if isinstance(layer, nn.Dropout)] == [0.5]
    pixels = torch.rand(2, 3, 224, 224)
    torch.testing.assert_close(classifier(pixels), plain_paper_forward(classifier, pixels * 2 - 1))


@pytest.mark.parametrize("name", architectures())
def test_every_architecture_keeps_the_contract(name: str) -> None:
    classifier = create(name).eval()
    grey = torch.rand(2, 1, *classifier.input_size)
    logits = classifier(grey)
    assert logits.shape == (2,)
    torch.testing.assert_close(logits, classifier(grey.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-5)
    assert classifier.classes == CLASSES


def test_pixels_of_a_wrong_shape_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"\[B, 1 or 3, H, W\], got shape \[224, 224\]"):
        create("compact_cnn")(torch.rand(224, 224))


def test_the_threshold_decides_on_the_logit() -> None:
    classifier = Classifier(nn.Flatten(), architecture="none", threshold=0.9)
    logits = torch.linspace(-5, 5, 101)
    assert torch.equal(classifier.positive(logits), torch.sigmoid(logits) >= 0.9)


def test_unknown_architectures_and_options_are_named() -> None:
    with pytest.raises(SettingsError, match="no architecture 'resnet'.*paper_cnn"):
        create("resnet")
    with pytest.raises(SettingsError, match="no option 'depth'.*width"):
        create("compact_cnn", depth=3)


def test_a_checkpoint_brings_everything_back(tmp_path: Path) -> None:
    classifier = create("compact_cnn", width=8).eval()
    classifier.threshold = 0.37
    classifier.classes = ("HEALTHY", "ILL")
    classifier.card.source = "made in a test"
    save(classifier, tmp_path / "c.safetensors")
    loaded = load(tmp_path / "c.safetensors")
    pixels = torch.rand(3, 1, 224, 224)
    assert torch.equal(loaded(pixels), classifier(pixels))
    assert (loaded.threshold, loaded.classes, loaded.card.source) == (
        0.37,
        ("HEALTHY", "ILL"),
        "made in a test",
    )
    assert loaded.options == {"width": 8}
    assert not loaded.training
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


def test_loading_leaves_the_random_state_alone(tmp_path: Path) -> None:
    save(create("compact_cnn", width=8), tmp_path / "c.safetensors")
    before = torch.get_rng_state()
    load(tmp_path / "c.safetensors")
    assert torch.equal(torch.get_rng_state(), before)


def write_header(path: Path, header: dict[str, object]) -> None:
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a safetensors file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "not a safetensors file"),
        (struct.pack("<Q", 2 << 30) + b"{}", "not a safetensors file"),
        (struct.pack("<Q", 2) + b"{]", "not a readable checkpoint"),
        (pickle.dumps(print), "not a"),
    ],
)
def test_files_that_are_no_checkpoint_are_refused_in_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    path = tmp_path / "stranger.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=words) as caught:
        load(path)
    assert caught.value.where == str(path)


def test_a_missing_file_and_a_foreign_safetensors_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read"):
        load(tmp_path / "absent.safetensors")
    write_header(tmp_path / "foreign.safetensors", {"__metadata__": {"format": "pt"}})
    with pytest.raises(CheckpointError, match="does not say which architecture"):
        load(tmp_path / "foreign.safetensors")


def test_a_checkpoint_of_another_architecture_is_explained(tmp_path: Path) -> None:
    liar = create("compact_cnn", width=8)
    liar.architecture, liar.options = "paper_cnn", {}
    save(liar, tmp_path / "liar.safetensors")
    with pytest.raises(
        CheckpointError, match=r"does not fit the architecture 'paper_cnn' \(missing: .*unexpected: "
    ):
        load(tmp_path / "liar.safetensors")
    wide = create("compact_cnn", width=16)
    wide.options = {"width": 8}
    save(wide, tmp_path / "wide.safetensors")
    with pytest.raises(CheckpointError, match="wrong shape: .* needs "):
        load(tmp_path / "wide.safetensors")


def test_grey_normalisation_repeats_nothing() -> None:
    seen: list[torch.Size] = []

    class Spy(nn.Module):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen.append(images.shape)
            return images.mean((1, 2, 3))

    grey = Classifier(Spy(), architecture="spy", normalisation=Normalisation((0.5,), (0.5,)))
    torch.testing.assert_close(grey(torch.ones(1, 3, 4, 4)), torch.ones(1))
    assert seen == [torch.Size((1, 1, 4, 4))]
