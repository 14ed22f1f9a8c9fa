"""Small classifiers to attack: some can be worked out by hand, some are broken on purpose."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cxr_gui.core.models.classifier import Classifier, Normalisation

SIDE = 8


def classifier_of(network: nn.Module, *, channels: int = 3, threshold: float = 0.5) -> Classifier:
    """`network` on plain pixels, in eval mode."""
    return Classifier(
        network,
        architecture="test",
        input_size=(SIDE, SIDE),
        normalisation=Normalisation(mean=(0.0,) * channels, std=(1.0,) * channels),
        threshold=threshold,
    ).eval()


def linear(seed: int = 0, *, channels: int = 3, threshold: float = 0.5) -> Classifier:
    """z = w x + b in float64, with b such that grey images around 0.5 are near the boundary."""
    generator = torch.Generator().manual_seed(seed)
    layer = nn.Linear(channels * SIDE * SIDE, 1).double()
    with torch.no_grad():
        layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator, dtype=torch.float64))
        layer.bias.copy_(-0.5 * layer.weight.sum() + 0.2)
    classifier = classifier_of(nn.Sequential(nn.Flatten(), layer), channels=channels, threshold=threshold)
    return classifier.double()


def cnn(seed: int = 0, *, scale: float = 1.0) -> Classifier:
    """Convolution, BatchNorm, pooling, dropout and a linear layer; half of `radiographs` are positive.

    The logits are multiplied by `scale`.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(0.3),
            nn.Linear(8 * (SIDE // 2) ** 2, 1),
            Times(scale),
        )
    classifier = classifier_of(network)
    with torch.no_grad():
        network[8].bias -= classifier(radiographs(64)).median() / scale
    return classifier


class Times(nn.Module):
    """Multiplies by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, values: Tensor) -> Tensor:
        return self.factor * values


class Rounding(nn.Module):
    """Rounds to 16 levels: hides the gradient, not the weakness."""

    def forward(self, pixels: Tensor) -> Tensor:
        return torch.round(16 * pixels) / 16


class Masked(nn.Module):
    """Answers like one classifier, with the gradient of another."""

    def __init__(self, answer: nn.Module, gradient: nn.Module) -> None:
        super().__init__()
        self.answer, self.gradient = answer, gradient

    def forward(self, pixels: Tensor) -> Tensor:
        logits, other = self.answer(pixels), self.gradient(pixels)
        return logits.detach() + (other - other.detach())


class Chancy(nn.Module):
    """A little different each time it is asked, in eval mode too."""

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, pixels: Tensor) -> Tensor:
        logits = self.classifier(pixels)
        return logits + 0.004 * torch.randn_like(logits)


class Purifying(nn.Module):
    """Takes a small step of its own on the pixels before it answers."""

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, pixels: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = pixels.detach().requires_grad_()
            (step,) = torch.autograd.grad(self.classifier(leaf).sum(), leaf)
        return self.classifier(pixels + 1e-3 * step)


class TwoLogits(nn.Module):
    """The classifier as other libraries want it: logits [-z/2, z/2] of two classes."""

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, pixels: Tensor) -> Tensor:
        logits = self.classifier(pixels)
        return torch.stack([-logits / 2, logits / 2], dim=1)


def radiographs(
    count: int, *, channels: int = 3, seed: int = 1, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Pixels [count, channels, SIDE, SIDE] in 0..1, some of them exactly black and white."""
    generator = torch.Generator().manual_seed(seed)
    pixels = torch.rand(count, channels, SIDE, SIDE, generator=generator, dtype=torch.float64)
    return (1.2 * pixels - 0.1).clamp(0, 1).to(dtype)


def decisions(classifier: Classifier, pixels: Tensor) -> Tensor:
    """The class the classifier decides for, int64 [B]: labels under which it is right."""
    with torch.no_grad():
        return classifier.positive(classifier(pixels)).long()
