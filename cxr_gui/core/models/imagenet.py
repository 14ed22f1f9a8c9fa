"""Torchvision's networks as classifiers: ImageNet's normalisation before, one logit after."""

from __future__ import annotations

import contextlib
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn

from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.models.classifier import Classifier, Normalisation

IMAGENET = Normalisation(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
NEEDS = "the network, once, and only when ImageNet weights are asked for (pretrained)"


def adapted(
    name: str, *, pretrained: bool = False, rename: Callable[[str], str] = lambda key: key
) -> Classifier:
    """Torchvision's network `name`: 224x224x3 normalised as for ImageNet -> one logit.

    The weights are random; with `pretrained`, all but the last layer are torchvision's own, downloaded at the
    first call. `rename` turns the keys of the downloaded file into those of the network. A checkpoint brings
    its own weights, so its options do not say `pretrained`.

    Raises CheckpointError when the weights cannot be had.
    """
    from torchvision import models  # seconds, so only whoever wants such a network waits

    network = models.get_model(name, weights=None)
    source = ""
    if pretrained:
        weights = models.get_model_weights(name).DEFAULT
        network.load_state_dict({rename(key): value for key, value in download_weights(weights).items()})
        source = f"ImageNet weights of torchvision, {weights}; the last layer is random."
    where, head = last_linear(network)
    network.set_submodule(where, nn.Linear(head.in_features, 1))
    classifier = Classifier(network, architecture=name, normalisation=IMAGENET)
    classifier.card.source = source
    return classifier


def last_linear(network: nn.Module) -> tuple[str, nn.Linear]:
    """The layer that gives the logit, and its name: the last nn.Linear of `network`."""
    *_, last = ((name, layer) for name, layer in network.named_modules() if isinstance(layer, nn.Linear))
    return last


def download_weights(weights: Any) -> dict[str, torch.Tensor]:
    """The tensors of torchvision's `weights`, from PyTorch's cache or else from the network.

    Raises CheckpointError, which names the address and the file that would do instead.
    """
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    try:
        # PyTorch announces the download on stdout, which belongs to our results.
        with contextlib.redirect_stdout(sys.stderr):
            state: dict[str, torch.Tensor] = weights.get_state_dict(
                progress=sys.stderr.isatty(), check_hash=True, weights_only=True
            )
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise CheckpointError(
            f"cannot be downloaded or read ({reason}).",
            where=weights.url,
            hint=f"Connect to the network, put the file into {folder}, or train without pretrained weights.",
        ) from error
    return state
