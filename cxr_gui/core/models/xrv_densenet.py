"""TorchXRayVision's DenseNet (Cohen et al., 2022): one grey channel in -1024..1024, its Pneumonia logit.

Its published files hold the whole network as a pickle, and upstream's own loader runs whatever is in them;
here they are read by `weights_file`, which runs nothing. Nothing is downloaded: a person fetches one of the
files and adopts it.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from torch import Tensor

from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.models.classifier import Classifier, Normalisation
from cxr_gui.core.models.parts import Wanted
from cxr_gui.core.models.registry import register
from cxr_gui.core.models.weights_file import Weights, read_weights

RANGE = Normalisation(mean=(0.5,), std=(1 / 2048,))
"""0..1 to -1024..1024, which is 1024 (2 pixels - 1), as torchxrayvision.datasets.normalize does."""

OUTPUT = "Pneumonia"

HEAD = ("classifier.weight", "classifier.bias")

LAYERS = (
    "torchxrayvision.models.DenseNet",
    "torchxrayvision.models._DenseBlock",
    "torchxrayvision.models._DenseLayer",
    "torchxrayvision.models._Transition",
    "torch.nn.modules.activation.ReLU",
    "torch.nn.modules.batchnorm.BatchNorm2d",
    "torch.nn.modules.container.Sequential",
    "torch.nn.modules.conv.Conv2d",
    "torch.nn.modules.linear.Linear",
    "torch.nn.modules.pooling.AvgPool2d",
    "torch.nn.modules.pooling.MaxPool2d",
    "torch.nn.backends.thnn._get_thnn_function_backend",  # an attribute of every layer before PyTorch 1.3
)
"""The classes that a published network consists of."""

NAMES = ("pathologies", "targets", "labels")
"""Where such a network, or a dictionary of it, keeps the names of its outputs."""


def read_published(path: Path, wanted: Wanted, *, part: str | None = None) -> Weights:
    """The weights in `path` with the Pneumonia output alone, and its published operating point as threshold.

    It may be a file as TorchXRayVision publishes them, a network saved whole, or a dictionary of its
    state_dict. The names of the outputs are the file's own, or by its name those that TorchXRayVision gives
    for it. Weights with one output are taken as they are. Raises CheckpointError.
    """
    weights = read_weights(path, wanted, LAYERS, part=part)
    tensors = dict(weights.tensors)
    points = tensors.pop("op_threshs", None)
    rows = tensors.get(HEAD[0])
    if rows is None or rows.ndim != 2 or len(rows) == 1:
        return Weights(tensors, aside=weights.aside)
    names, published = _own_names(weights), _numbers(points)
    if not names:
        names, published = _published(path.name)
    place = _place(names, len(rows), path)
    for key in HEAD:
        if key in tensors and len(tensors[key]) == len(rows):
            tensors[key] = tensors[key][place : place + 1]
    point = published[place] if len(published) == len(rows) else math.nan
    return Weights(
        tensors,
        threshold=point if 0 < point < 1 else None,
        part=f", output '{OUTPUT}' of {sum(map(bool, names))}",
        aside=weights.aside,
    )


@register(
    "xrv_densenet121",
    title="XRV DenseNet-121",
    summary="6.9 M parameters; for the weights that TorchXRayVision publishes, their Pneumonia output",
    needs="the extra 'xrayvision'; published weights are files to download yourself and adopt",
    package="torchxrayvision",
    extra="xrayvision",
    read=read_published,
)
def xrv_densenet121() -> Classifier:
    """224x224x1 in -1024..1024 -> dense blocks of 6, 12, 24, 16 layers -> 1024 -> one logit, no sigmoid."""
    network = _upstream().DenseNet(num_classes=1, in_channels=1, op_threshs=None, apply_sigmoid=False)
    return Classifier(network, architecture="xrv_densenet121", normalisation=RANGE)


def _upstream() -> ModuleType:
    """torchxrayvision.models; imported here, for it takes seconds."""
    with warnings.catch_warnings():  # it would silence every later warning of the whole program
        from torchxrayvision import models

    module: ModuleType = models
    return module


def _own_names(weights: Weights) -> list[str]:
    """The names of the outputs as the file gives them; empty when it does not."""
    for key in NAMES:
        names = weights.beside.get(key)
        if isinstance(names, (list, tuple)) and names and all(isinstance(name, str) for name in names):
            return list(names)
    return []


def _numbers(points: Tensor | None) -> Sequence[float]:
    return [float(point) for point in points] if points is not None and points.ndim == 1 else []


def _published(file: str) -> tuple[list[str], Sequence[float]]:
    """(names of the outputs, operating points) that TorchXRayVision gives for a file of that name, if any."""
    for known in _upstream().model_urls.values():
        if known["weights_url"].rsplit("/", maxsplit=1)[-1] == file:
            return list(known["labels"]), list(known.get("op_threshs", ()))
    return [], []


def _place(names: list[str], outputs: int, path: Path) -> int:
    """Which of the outputs is Pneumonia."""
    if not names:
        raise CheckpointError(
            f"has {outputs} outputs and does not say which of them is '{OUTPUT}'.",
            where=path,
            hint="Keep the name it was published under, or save the names beside the weights: "
            'torch.save({"state_dict": model.state_dict(), "targets": model.targets}, FILE).',
        )
    if len(names) != outputs:
        raise CheckpointError(
            f"has {outputs} outputs and {len(names)} names for them.",
            where=path,
            hint="Save it with one name for each output.",
        )
    if names.count(OUTPUT) != 1:
        raise CheckpointError(
            f"has no single output '{OUTPUT}' (it has: {', '.join(filter(None, names)) or 'none'}).",
            where=path,
            hint="Choose weights that were trained to find pneumonia.",
        )
    return names.index(OUTPUT)
