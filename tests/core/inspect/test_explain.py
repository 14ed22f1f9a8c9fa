"""Where a classifier looks, against networks whose explanation can be written down."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torchvision.models import VisionTransformer

from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.progress import Event, run
from cxr_gui.core.inspect.explanation import Explanation, explain
from cxr_gui.core.inspect.methods import METHODS
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import architectures, create
from tests.support.victims import SIDE, classifier_of, cnn, linear

MIX = torch.tensor([[2.0], [-1.0], [0.5]])
HEAD = torch.tensor([[1.0, 3.0, -2.0]])


def random_image(height: int = SIDE, width: int = SIDE, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((height, width), np.float32)


def pooled(threshold_bias: float = 0.0) -> Classifier:
    """z = HEAD . mean over places of relu(MIX x) + bias: linear in its only feature map."""
    convolution = nn.Conv2d(1, 3, 1, bias=False)
    head = nn.Linear(3, 1)
    with torch.no_grad():
        convolution.weight.copy_(MIX[:, :, None, None])
        head.weight.copy_(HEAD)
        head.bias.fill_(threshold_bias)
    return classifier_of(
        nn.Sequential(convolution, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), head), channels=1
    )


def explained(classifier: nn.Module, image: NDArray[np.float32], method: str) -> Explanation:
    return run(explain(classifier, image, method))


def test_grad_cam_of_a_network_linear_in_its_map_is_the_weighted_map() -> None:
    image = random_image()
    found = explained(pooled(10.0), image, "grad_cam")
    maps = np.maximum(MIX.numpy()[:, :, None] * image, 0)  # [3, H, W]
    by_hand = np.maximum(np.tensordot(HEAD.numpy()[0], maps, 1), 0) / image.size
    assert found.values == pytest.approx(by_hand, abs=1e-7)
    assert by_hand.max() > 0
    assert found.decision == "PNEUMONIA"
    assert found.layer == "network.1"  # after the ReLU, before the pooling


def test_grad_cam_speaks_for_the_decision_that_was_made() -> None:
    image = random_image()
    positive, negative = (explained(pooled(bias), image, "grad_cam") for bias in (10.0, -10.0))
    assert (positive.decision, negative.decision) == ("PNEUMONIA", "NORMAL")
    assert positive.values.max() > 0
    assert not negative.values.any()  # here every place speaks for PNEUMONIA


def test_grad_cam_is_enlarged_to_the_image() -> None:
    network = nn.Sequential(nn.Conv2d(1, 1, 4, stride=4, bias=False), nn.Flatten(), nn.Linear(2, 1))
    with torch.no_grad():
        network[0].weight.fill_(1 / 16)
        network[2].weight.copy_(torch.tensor([[1.0, 1.0]]))
    image = np.zeros((4, 8), np.float32)
    image[:, 4:] = 1
    found = explained(classifier_of(network, channels=1), image, "grad_cam")
    assert found.values.shape == (4, 8)
    assert found.values[0] == pytest.approx([0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1])


class Tokens(nn.Module):
    """Patches of 4x4 -> tokens, a class token before them; only the patches' mean is read, times a weight."""

    def __init__(self, *, class_token: bool) -> None:
        super().__init__()
        self.class_token = class_token
        self.patches = nn.Conv2d(1, 2, 4, stride=4, bias=False)
        self.last = nn.Identity()
        self.head = nn.Linear(2, 1, bias=False)

    def forward(self, pixels: Tensor) -> Tensor:
        tokens = self.patches(pixels).flatten(2).transpose(1, 2)
        if self.class_token:
            tokens = torch.cat([torch.full_like(tokens[:, :1], 7.0), tokens], dim=1)
        tokens = self.last(tokens)
        return self.head(tokens[:, int(self.class_token) :].mean(dim=1))


@pytest.mark.parametrize("class_token", [True, False])
def test_grad_cam_reads_tokens_as_a_map_and_leaves_the_class_token_out(class_token: bool) -> None:
    network = Tokens(class_token=class_token)
    with torch.no_grad():
        network.patches.weight.copy_(torch.tensor([1 / 16, 0.0])[:, None, None, None].expand(2, 1, 4, 4))
        network.head.weight.copy_(torch.tensor([[6.0, 1.0]]))
    image = np.kron(np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], np.float32), np.ones((4, 4), np.float32))
    found = explained(classifier_of(network, channels=1), image, "grad_cam")
    assert found.layer == "network.last"
    # dz/dA = 6/6 at each of six places; corners lie beyond the middles of the outer patches
    corners = found.values[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners == pytest.approx([0.1, 0.3, 0.4, 0.6], abs=1e-6)


def test_in_a_transformer_the_last_tokens_still_looked_at_are_read() -> None:
    torch.manual_seed(0)
    network = VisionTransformer(
        image_size=32, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=32, num_classes=1
    )
    nn.init.normal_(network.heads.head.weight)
    found = explained(classifier_of(network), random_image(32, 32), "grad_cam")
    assert found.layer == "network.encoder.layers.encoder_layer_1.ln_1"
    assert found.values.max() > 0


def test_integrated_gradients_of_a_linear_classifier_are_weight_times_pixel() -> None:
    classifier, image = linear(channels=1), random_image()
    weight = classifier.network[1].weight.detach().numpy().reshape(SIDE, SIDE)
    found = explained(classifier, image, "integrated_gradients")
    sign = 1 if found.decision == "PNEUMONIA" else -1
    assert found.values == pytest.approx(sign * weight * image, abs=1e-6)


@pytest.mark.parametrize("colour", [False, True])
def test_integrated_gradients_add_up_to_the_change_of_the_logit(colour: bool) -> None:
    image = random_image()
    if colour:
        image = np.stack([image, image**2, 1 - image], axis=2)
    found = explained(cnn(seed=3, scale=50.0), image, "integrated_gradients")
    assert abs(found.total) > 0.1
    assert float(found.values.sum()) == pytest.approx(found.total, rel=0.02)
    assert found.signed


def test_the_work_can_be_followed_and_left_between_its_segments() -> None:
    classifier = cnn()
    flags = [weight.requires_grad for weight in classifier.parameters()]
    work = explain(classifier, random_image(), "integrated_gradients")
    events = [next(work) for _ in range(4)]
    assert [event for event in events if event.total] == [
        Event("Integrating gradients", n, 8) for n in range(3)
    ]
    work.close()
    assert [weight.requires_grad for weight in classifier.parameters()] == flags


@pytest.mark.parametrize("method", METHODS)
def test_the_classifier_is_left_as_it_was(method: str) -> None:
    classifier = cnn().train()
    weight = next(classifier.parameters())
    weight.grad = torch.ones_like(weight)
    before = {name: value.clone() for name, value in classifier.state_dict().items()}
    explained(classifier, random_image(), method)
    assert all(module.training for module in classifier.modules())
    assert all(parameter.requires_grad for parameter in classifier.parameters())
    assert all(torch.equal(value, before[name]) for name, value in classifier.state_dict().items())
    assert torch.equal(weight.grad, torch.ones_like(weight))
    assert [parameter.grad is None for parameter in classifier.parameters()].count(False) == 1
    assert not any(module._forward_hooks for module in classifier.modules())


def test_the_classifier_itself_is_never_watched() -> None:
    """Another thread may ask the same classifier at the same moment."""
    seen: list[bool] = []

    class Spy(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            seen.append(any(module._forward_hooks for module in classifier.modules()))
            return pixels

    classifier = pooled()
    classifier.network.insert(0, Spy())
    explained(classifier, random_image(), "grad_cam")
    assert seen == [False, False]


@pytest.mark.parametrize("name", architectures())
def test_every_architecture_can_be_explained(name: str) -> None:
    torch.manual_seed(0)
    classifier = create(name).eval().requires_grad_(False)
    found = explained(classifier, random_image(*classifier.input_size), "grad_cam")
    assert found.values.shape == classifier.input_size
    assert np.isfinite(found.values).all()
    assert found.values.min() >= 0
    assert found.layer


def test_a_classifier_that_looks_at_nothing_gets_an_empty_map() -> None:
    classifier = pooled()
    nn.init.zeros_(classifier.network[4].weight)
    assert not explained(classifier, random_image(), "grad_cam").values.any()


def test_a_classifier_without_a_map_is_refused_by_grad_cam_only() -> None:
    with pytest.raises(ArgumentError, match="no feature map.*integrated gradients"):
        explained(linear(channels=1), random_image(), "grad_cam")


@pytest.mark.parametrize(
    ("image", "method", "words"),
    [
        (random_image(), "saliency", "method: is 'saliency'.*grad_cam"),
        (random_image()[None], "grad_cam", r"image: has shape \[1, 8, 8\]"),
    ],
)
def test_what_cannot_be_explained_is_said(image: NDArray[np.float32], method: str, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        explained(cnn(), image, method)
