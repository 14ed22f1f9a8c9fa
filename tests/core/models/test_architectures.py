"""Torchvision's networks as classifiers: their normalisation, their weights, and attacks on them."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest
import torch
from torch import nn
from torchvision import models

from cxr_gui.core.attacks.fast_gradient import fgsm
from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.densenet import undotted
from cxr_gui.core.models.imagenet import last_linear
from cxr_gui.core.models.registry import architectures, create

PARAMETERS = {
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "densenet121": 7_978_856,
    "efficientnet_b0": 5_288_548,
    "convnext_tiny": 28_589_128,
    "vit_b_16": 86_567_656,
}
"""What torchvision publishes for 1000 classes."""

NORMAL = models.ResNet18_Weights.DEFAULT.transforms()


@pytest.fixture(scope="module", params=PARAMETERS)
def classifier(request: pytest.FixtureRequest) -> Classifier:
    """Untrained, but its BatchNorms have seen images: without, EfficientNet's signal dies at 1e-13."""
    torch.manual_seed(0)
    classifier = create(request.param)
    norms = [layer for layer in classifier.modules() if isinstance(layer, nn.BatchNorm2d)]
    for layer in norms:
        layer.momentum = 1.0
    if norms:
        with torch.no_grad():
            classifier(torch.rand(2, 1, 224, 224))
    return classifier


def test_it_is_torchvisions_network_with_one_logit(classifier: Classifier) -> None:
    _, head = last_linear(classifier.network)
    assert head.out_features == 1
    thousand_outputs = PARAMETERS[classifier.architecture] + (1 - 1000) * (head.in_features + 1)
    assert classifier.parameter_count() == thousand_outputs
    assert not any(isinstance(value, bool) for value in classifier.options.values())


def test_it_normalises_as_torchvision_does(classifier: Classifier) -> None:
    seen: list[torch.Tensor] = []
    hook = classifier.network.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0]))
    grey = torch.rand(1, 1, 224, 224)
    with torch.no_grad():
        logits = classifier.eval()(grey)
    hook.remove()
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (NORMAL.mean, NORMAL.std))
    torch.testing.assert_close(seen[0], (grey.expand(-1, 3, -1, -1) - mean) / std)
    assert logits.shape == (1,)


def test_an_attack_changes_pixels_and_leaves_the_classifier_alone(classifier: Classifier) -> None:
    classifier.train()
    state = {key: value.clone() for key, value in classifier.state_dict().items()}
    modes = [module.training for module in classifier.modules()]
    pixels, labels = torch.rand(1, 1, 224, 224), torch.tensor([0])
    random_state = torch.get_rng_state()
    adversarial = fgsm(classifier, pixels, labels, 0.01)
    assert torch.equal(torch.get_rng_state(), random_state)
    assert [module.training for module in classifier.modules()] == modes
    assert all(torch.equal(state[key], value) for key, value in classifier.state_dict().items())
    assert all(weight.grad is None and weight.requires_grad for weight in classifier.parameters())
    change = (adversarial - pixels).abs()
    assert 0 < change.max() <= 0.01 + 1e-6
    assert (change > 0).float().mean() > 0.9
    with torch.no_grad():
        before, after = classifier.eval()(torch.cat([pixels, adversarial]))
    assert after > before


def test_a_checkpoint_brings_it_back(tmp_path: Path) -> None:
    classifier = create("resnet18").eval()
    save(classifier, tmp_path / "c.safetensors")
    before = torch.get_rng_state()
    loaded = load(tmp_path / "c.safetensors")
    assert torch.equal(torch.get_rng_state(), before)
    pixels = torch.rand(1, 1, 224, 224)
    assert torch.equal(loaded(pixels), classifier(pixels))
    assert loaded.normalisation == classifier.normalisation


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """PyTorch's folder of downloaded weights, empty, and no network."""

    def refuse(url: str, *_: object, **__: object) -> None:
        raise urllib.error.URLError("no network in tests")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    return folder


def test_without_a_network_pretrained_weights_are_refused_in_words(
    cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CheckpointError, match="no network in tests") as caught:
        create("resnet18", pretrained=True)
    assert str(caught.value.where).endswith("resnet18-f37072fd.pth")
    assert str(cache) in caught.value.hint
    assert capsys.readouterr().out == ""
    create("resnet18")


def test_a_damaged_download_is_refused_in_words(cache: Path) -> None:
    (cache / "resnet18-f37072fd.pth").write_bytes(b"<html>not found</html>")
    with pytest.raises(CheckpointError, match="cannot be downloaded or read"):
        create("resnet18", pretrained=True)


def test_pretrained_weights_come_from_the_file_and_the_checkpoint_needs_it_no_more(
    cache: Path, tmp_path: Path
) -> None:
    published = models.resnet18(weights=None)
    file = cache / "resnet18-f37072fd.pth"
    torch.save(published.state_dict(), file)
    classifier = create("resnet18", pretrained=True).eval()
    assert torch.equal(classifier.network.layer4[1].conv2.weight, published.layer4[1].conv2.weight)
    assert isinstance(classifier.network.fc, nn.Linear)
    assert classifier.network.fc.out_features == 1
    assert "ImageNet" in classifier.card.source
    save(classifier, tmp_path / "c.safetensors")
    file.unlink()
    assert load(tmp_path / "c.safetensors").options == {}


def test_the_old_keys_of_densenets_file_are_understood(cache: Path) -> None:
    published = models.densenet121(weights=None)
    old = {}
    for key, value in published.state_dict().items():
        for layer in ("norm1", "norm2", "conv1", "conv2"):
            if "denselayer" in key:
                key = key.replace(f".{layer}.", f".{layer[:-1]}.{layer[-1]}.")
        if not key.endswith("num_batches_tracked"):
            old[key] = value
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    assert undotted("features.denseblock1.denselayer1.norm.1.weight") in published.state_dict()
    torch.save(old, cache / "densenet121-a639ec97.pth")
    network = create("densenet121", pretrained=True).network
    for key, value in published.features.state_dict().items():
        assert torch.equal(network.features.state_dict()[key], value), key


def test_listing_architectures_and_loading_what_is_shipped_waits_for_no_large_package() -> None:
    code = (
        "import sys; from cxr_gui.core.models import architectures, load, shipped; architectures(); "
        "[load(known.path) for known in shipped()]; "
        "large = ('torchvision', 'torchxrayvision', 'sympy', 'onnx', 'torch._dynamo'); "
        "sys.exit(' '.join(name for name in large if name in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(PARAMETERS) < set(architectures())
    needy = {*PARAMETERS, "xrv_densenet121"}
    assert all(bool(entry.needs) == (name in needy) for name, entry in architectures().items())
