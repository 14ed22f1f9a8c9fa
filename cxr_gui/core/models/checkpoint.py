"""Checkpoints: safetensors whose header says everything needed to use the classifier again."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import nn

import cxr_gui
from cxr_gui.core.errors import CheckpointError, SettingsError
from cxr_gui.core.files import atomic_open, open_regular, parse_json
from cxr_gui.core.models.classifier import Card, Classifier, Normalisation
from cxr_gui.core.models.registry import create

FORMAT = "cxr-gui classifier 1"
LARGEST_HEADER = 16 << 20
LARGEST_SIDE = 8192
"""Pixels of the largest input that a stranger's file may ask for: more takes more memory than there is."""


def save(classifier: Classifier, path: str | os.PathLike[str]) -> None:
    """Write `classifier` to `path` (.safetensors), whole or not at all.

    Raises OutputError when the file cannot be written.
    """
    state = {key: value.detach().cpu().contiguous() for key, value in classifier.state_dict().items()}
    with atomic_open(path) as file:
        file.write(serialise(state, metadata=header_of(classifier)))


def header_of(classifier: Classifier) -> dict[str, str]:
    """What a file says about the classifier in it.

    The architecture with its options, input size, classes, threshold, preprocessing, card and versions.
    """
    return {
        "format": FORMAT,
        "architecture": classifier.architecture,
        "options": json.dumps(classifier.options),
        "input_size": json.dumps(classifier.input_size),
        "classes": json.dumps(classifier.classes),
        "threshold": repr(classifier.threshold),
        "preprocessing": json.dumps(
            {"mean": classifier.normalisation.mean, "std": classifier.normalisation.std, "range": [0, 1]}
        ),
        "card": json.dumps(vars(classifier.card)),
        "versions": json.dumps({"cxr-gui": cxr_gui.__version__, "torch": torch.__version__}),
    }


def load(path: str | os.PathLike[str]) -> Classifier:
    """Read a classifier written by `save`, in eval mode on the CPU. No code in the file can run.

    Raises CheckpointError when the file is missing, damaged, not a classifier of this program, or does not
    fit its own architecture, and when that needs a package that is not installed.
    """
    path = Path(path)
    hint = "Choose a .safetensors file written by this program's training."
    header, state = read_safetensors(path, hint)
    if header.get("format") != FORMAT:
        raise CheckpointError("does not say which architecture it belongs to.", where=path, hint=hint)
    try:
        classifier = _rebuilt(header, state, path)
    except SettingsError as error:
        raise CheckpointError(
            f"cannot be used here: {error.what}", where=path, hint=error.hint or hint
        ) from error
    except (
        AttributeError,
        KeyError,
        OverflowError,
        RuntimeError,
        TypeError,
        ValueError,
    ) as error:  # PyTorch's own for options beyond reason
        raise CheckpointError(
            f"has a header that cannot be used ({error}).", where=path, hint=hint
        ) from error
    classifier.name, classifier.file = _name(path), path
    return classifier.eval().requires_grad_(False)


def _rebuilt(header: dict[str, str], state: dict[str, torch.Tensor], path: Path) -> Classifier:
    """The classifier that a header describes, with `state`; any of several errors for what it cannot mean."""
    options = parse_json(header["options"])
    if options.get("pretrained"):  # would be fetched from the network, and these weights take their place
        raise ValueError("its options ask for other weights")
    # On "meta" no weight is drawn only to be replaced: loading leaves the random state alone.
    with torch.device("meta"):
        classifier = create(header["architecture"], **options)
    load_weights(classifier, state, path, classifier.architecture)
    preprocessing = parse_json(header["preprocessing"])
    classifier.normalise_by(Normalisation(tuple(preprocessing["mean"]), tuple(preprocessing["std"])))
    height, width = map(int, parse_json(header["input_size"]))
    if not (0 < height <= LARGEST_SIDE and 0 < width <= LARGEST_SIDE):
        raise ValueError(f"its input size is {height}x{width}")
    classifier.input_size = (height, width)
    negative, positive = parse_json(header["classes"])
    classifier.classes = (str(negative), str(positive))
    classifier.threshold = float(header["threshold"])
    if not 0 <= classifier.threshold <= 1:
        raise ValueError(f"its threshold is {classifier.threshold}")
    classifier.card = Card(**parse_json(header["card"], finite=False))
    if [type(part) for part in vars(classifier.card).values()] != [str, dict, dict]:
        raise TypeError("its card is not one")
    return classifier


def _name(path: Path) -> str:
    """A file's name, or its folder's where a run's files have the names that all runs' files have."""
    return path.resolve().parent.name if path.stem == "best" else path.stem


def read_safetensors(path: Path, hint: str) -> tuple[dict[str, str], dict[str, torch.Tensor]]:
    """The header and the tensors of a safetensors file. Raises CheckpointError, with `hint`.

    The tensors are copies: as parts of the mapped file they would change with it, and on Windows nobody could
    replace it.
    """
    check_header(path, hint)
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            return header, {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"is not a readable checkpoint ({error}).", where=path, hint=hint) from error


def load_weights(module: nn.Module, state: dict[str, torch.Tensor], path: Path, architecture: str) -> None:
    """Put `state` into `module`; a CheckpointError names what is missing, unexpected or misshapen."""
    own = module.state_dict()
    missing = sorted(own.keys() - state.keys())
    unexpected = sorted(state.keys() - own.keys())
    misshapen = [
        f"{key} is {list(state[key].shape)}, needs {list(own[key].shape)}"
        for key in sorted(own.keys() & state.keys())
        if own[key].shape != state[key].shape
    ]
    mistyped = sorted(
        key for key in own.keys() & state.keys() if _is_number(own[key]) != _is_number(state[key])
    )
    problems = [
        f"{name}: {', '.join(keys[:4])}{' and more' if len(keys) > 4 else ''}"
        for name, keys in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("wrong shape", misshapen),
            ("wrong type", mistyped),
        )
        if keys
    ]
    if problems:
        raise CheckpointError(
            f"does not fit the architecture '{architecture}' ({'; '.join(problems)}).",
            where=path,
            hint="Choose the checkpoint of this architecture.",
        )
    module.load_state_dict({key: value.to(own[key].dtype) for key, value in state.items()}, assign=True)


def _is_number(value: torch.Tensor) -> bool:
    """Whether it holds real numbers, as weights do; counters are whole."""
    return value.is_floating_point()


def check_header(path: Path, hint: str) -> None:
    """A stranger's header may claim to be gigabytes long: CheckpointError before anything is allocated."""
    try:
        with open_regular(path) as file:
            start = file.read(8)
    except OSError as error:
        raise CheckpointError(f"cannot be read ({error.strerror}).", where=path, hint=hint) from error
    if len(start) < 8 or struct.unpack("<Q", start)[0] > LARGEST_HEADER:
        raise CheckpointError("is not a safetensors file.", where=path, hint=hint)
