"""The classifier: pixels 0..1 in, one logit out, with its normalisation inside."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.published import CLASSES
from cxr_gui.core.base.spelling import folded

SIDES = range(16, 2049)
"""Pixels of an input's side: less shows no chest, and more keeps a processor busy for minutes an image."""

LARGEST = 1e6
"""How far a normalisation may stretch or shift: pixels of 16 bits, fed as they are, need a tenth of it."""


@dataclass(frozen=True)
class Normalisation:
    """What the network wants to see: (pixels - mean) / std, per channel.

    The default maps 0..1 to -1..1 in three channels, as the published study does. Raises SettingsError where
    the result would not be finite in float32, or the same for every pixel.
    """

    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)

    def __post_init__(self) -> None:
        usable = all(abs(mean) <= LARGEST for mean in self.mean)
        usable &= all(1 / LARGEST <= std <= LARGEST for std in self.std)
        if not usable or len(self.mean) != len(self.std) or not self.mean:
            raise SettingsError(
                f"The normalisation is mean {self.mean}, std {self.std}.",
                hint="It takes one finite mean and one std above 0 for each channel, "
                f"the std from {1 / LARGEST:g} to {LARGEST:g}.",
            )

    @property
    def channels(self) -> int:
        return len(self.mean)


def check_classes(classes: tuple[str, str]) -> tuple[str, str]:
    """`classes`, if both have a name and people can tell them apart. Raises SettingsError."""
    first, second = map(folded, classes)
    if not first or not second or first == second:
        raise SettingsError(
            f"The classes are '{classes[0]}' and '{classes[1]}'.", hint="Name two different classes."
        )
    return classes


def check_input_size(height: int, width: int) -> tuple[int, int]:
    """(height, width), if both are within SIDES. Raises SettingsError."""
    if height not in SIDES or width not in SIDES:
        raise SettingsError(
            f"The input size is {height}x{width}.",
            hint=f"Both sides must have {SIDES.start} to {SIDES.stop - 1} pixels.",
        )
    return height, width


def check_threshold(threshold: float) -> float:
    """`threshold`, if it is between 0 and 1: at either end every answer is the same. Raises SettingsError."""
    if not 0 < threshold < 1:
        raise SettingsError(f"The threshold is {threshold}.", hint="It must lie between 0 and 1.")
    return threshold


@dataclass
class Card:
    """What a classifier says about itself; travels in the header of its checkpoint.

    source       where its weights come from, in one sentence
    data         fingerprint and description of the training data
    metrics      named numbers measured on it, with the command that measured them
    """

    source: str = ""
    data: dict[str, object] = field(default_factory=dict)
    metrics: dict[str, object] = field(default_factory=dict)

    @property
    def recipe(self) -> str:
        """By which recipe a training of this program made it, as `source` says: its name, and the epoch if
        that was not the last one. "" where it says nothing of the kind.
        """
        found = re.match(r"Trained with recipe '(.+?)' on .+: (?:epoch (\d+) of \2|(.+))\.$", self.source)
        return ", ".join(filter(None, found.group(1, 3))) if found else ""


class Classifier(nn.Module):
    """A network with its preprocessing, classes and threshold.

    `classifier(pixels)`: pixels float [B, 1 or 3, H, W] in 0..1 -> logits [B]; p = sigmoid(logit) is the
    probability of `classes[1]`, the positive class, and p >= threshold means positive. One channel is
    repeated for networks that take three, so the gradient of grey pixels is that of a grey perturbation;
    three channels are averaged for networks that take one.

    name  what people call it: its file or its run     file  where it was read from, if it was
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        network: nn.Module,
        *,
        architecture: str,
        options: dict[str, object] | None = None,
        input_size: tuple[int, int] = (224, 224),
        normalisation: Normalisation | None = None,
        classes: tuple[str, str] = CLASSES,
        threshold: float = 0.5,
    ) -> None:
        super().__init__()
        normalisation = normalisation or Normalisation()
        self.network = network
        self.architecture = architecture
        self.options = dict(options or {})
        self.input_size = input_size
        self.normalisation = normalisation
        self.classes = classes
        self.threshold = threshold
        self.card = Card()
        self.name = architecture
        self.file: Path | None = None
        self.set_constants()

    def normalise_by(self, normalisation: Normalisation) -> None:
        """Take another normalisation. Raises SettingsError when it has not the network's channels."""
        if normalisation.channels != self.normalisation.channels:
            raise SettingsError(
                f"The normalisation has {normalisation.channels} channels, "
                f"architecture '{self.architecture}' {self.normalisation.channels}.",
                hint="Give one mean and one std for each channel.",
            )
        self.normalisation = normalisation
        self.set_constants()

    def set_constants(self) -> None:
        """(Re)make what is part of the classifier but not of its weights: the normalisation as tensors."""
        shape = (1, self.normalisation.channels, 1, 1)
        self.register_buffer("mean", torch.tensor(self.normalisation.mean).view(shape), persistent=False)
        self.register_buffer("std", torch.tensor(self.normalisation.std).view(shape), persistent=False)

    def forward(self, pixels: Tensor) -> Tensor:
        if pixels.ndim != 4 or pixels.shape[1] not in (1, 3):
            raise ValueError(f"pixels must be [B, 1 or 3, H, W], got shape {list(pixels.shape)}.")
        channels = self.normalisation.channels
        if pixels.shape[1] < channels:
            pixels = pixels.expand(-1, channels, -1, -1)
        elif pixels.shape[1] > channels:
            pixels = pixels.mean(dim=1, keepdim=True)
        logits: Tensor = self.network((pixels - self.mean) / self.std)
        return logits.reshape(pixels.shape[0])  # len() would fix the batch size in an export

    @property
    def device(self) -> torch.device:
        return self.mean.device

    @property
    def threshold_logit(self) -> float:
        """The threshold on the logit scale: logit >= threshold_logit means positive."""
        return float(torch.logit(torch.tensor(self.threshold, dtype=torch.float64)))

    def positive(self, logits: Tensor) -> Tensor:
        """The decision: logits [...] -> bool [...], True where p >= threshold."""
        return logits >= self.threshold_logit

    def parameter_count(self) -> int:
        return sum(parameter.numel() for parameter in self.parameters())
