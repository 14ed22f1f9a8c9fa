"""Checkpoints: safetensors whose header says everything needed to use the classifier again."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

import cxr_gui
from cxr_gui.core.base.errors import CheckpointError, SettingsError
from cxr_gui.core.base.files import Form, atomic_path, json_text, open_regular, parse_json
from cxr_gui.core.models.classifier import (
    Card,
    Classifier,
    Normalisation,
    check_classes,
    check_input_size,
    check_threshold,
)
from cxr_gui.core.models.foreign_formats import foreign_format
from cxr_gui.core.models.meta import unfilled
from cxr_gui.core.models.registry import create

FORMAT = "cxr-gui classifier 1"
LARGEST_HEADER = 16 << 20


def save(classifier: Classifier, path: str | os.PathLike[str]) -> None:
    """Write `classifier` to `path` (.safetensors), whole or not at all.

    Raises OutputError when the file cannot be written.
    """
    state = {key: value.detach().cpu().contiguous() for key, value in classifier.state_dict().items()}
    write_tensors(state, path, header_of(classifier))


def write_tensors(
    tensors: Mapping[str, Tensor], path: str | os.PathLike[str], header: Mapping[str, str]
) -> None:
    """Write tensors as safetensors, whole or not at all: without a copy of them all in memory, and without
    holding Python's lock for as long as that takes.

    Raises OutputError when the file cannot be written.
    """
    with atomic_path(path) as temporary:
        try:
            save_file(dict(tensors), temporary, dict(header))
        except SafetensorError as error:  # what the disk said, as a text
            raise OSError(str(error)) from error


def header_of(classifier: Classifier) -> dict[str, str]:
    """What a file says about the classifier in it.

    The architecture with its options, input size, classes, threshold, preprocessing, card and versions.
    """
    return {
        "format": FORMAT,
        "architecture": classifier.architecture,
        "options": json_text(classifier.options),
        "input_size": json_text(classifier.input_size),
        "classes": json_text(classifier.classes),
        "threshold": repr(classifier.threshold),
        "preprocessing": json_text(
            {"mean": classifier.normalisation.mean, "std": classifier.normalisation.std, "range": [0, 1]}
        ),
        "card": json_text(vars(classifier.card)),
        "versions": json_text({"cxr-gui": cxr_gui.__version__, "torch": torch.__version__}),
    }


@dataclass(frozen=True)
class Header:
    """What `header_of` writes, as it is read from a file that anybody may have written."""

    architecture: str
    options: dict[str, Any]
    input_size: tuple[int, int]
    classes: tuple[str, str]
    threshold: float
    normalisation: Normalisation
    card: Card

    @classmethod
    def read(cls, said: Mapping[str, str]) -> Header:
        """Checked before anything is built of it.

        Raises SettingsError for a value that is not accepted, KeyError for one that is missing and ValueError
        for one of another kind.
        """
        options = _value(said, "options", dict[str, Any])
        if options.get("pretrained"):  # would be fetched from the network, and these weights take their place
            raise ValueError("its options ask for other weights")
        preprocessing = _value(said, "preprocessing", _Preprocessing)
        return cls(
            architecture=said["architecture"],
            options=options,
            input_size=check_input_size(*_value(said, "input_size", tuple[int, int])),
            classes=check_classes(_value(said, "classes", tuple[str, str])),
            threshold=check_threshold(float(said["threshold"])),
            normalisation=Normalisation(preprocessing.mean, preprocessing.std),
            card=_value(said, "card", Card),
        )


@dataclass(frozen=True)
class _Preprocessing:
    mean: tuple[float, ...]
    std: tuple[float, ...]


def _value(said: Mapping[str, str], name: str, form: type[Form]) -> Form:
    """What a header says of `name`, as a `form`; ValueError otherwise."""
    try:
        return parse_json(said[name], form, finite=name != "card")  # earlier versions wrote NaN into cards
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def load(path: str | os.PathLike[str]) -> Classifier:
    """Read a classifier written by `save`, in eval mode on the CPU. No code in the file can run.

    Raises CheckpointError when the file is missing, damaged, not a classifier of this program, or does not
    fit its own architecture, and when that needs a package that is not installed.
    """
    path = Path(path)
    hint = "Choose a .safetensors file written by this program's training."
    said, state = read_safetensors(path, hint)
    if said.get("format") != FORMAT:
        raise CheckpointError("does not say which architecture it belongs to.", where=path, hint=hint)
    try:
        classifier = _rebuilt(Header.read(said), state, path)
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


def _rebuilt(header: Header, state: dict[str, torch.Tensor], path: Path) -> Classifier:
    """The classifier that a header describes, with `state`; any of several errors for what it cannot mean."""
    with unfilled():
        classifier = create(header.architecture, **header.options)
    load_weights(classifier, state, path, classifier.architecture)
    classifier.normalise_by(header.normalisation)
    classifier.classes, classifier.threshold = header.classes, header.threshold
    classifier.card = header.card
    if classifier.input_size != header.input_size:
        classifier.input_size = header.input_size
        check_answer(classifier.eval(), path)
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
    fitting = {key: value.to(own[key].dtype) for key, value in state.items()}
    if odd := [key for key, value in fitting.items() if not _is_finite(value)]:
        raise CheckpointError(
            f"holds weights that are not finite ({', '.join(odd[:4])}{' and more' if len(odd) > 4 else ''}).",
            where=path,
            hint="Its training went wrong: choose an earlier checkpoint.",
        )
    module.load_state_dict(fitting, assign=True)


def check_answer(classifier: Classifier, path: Path) -> None:
    """Ask about one grey image: what is wrong with the input size, or overflows, shows here, not in a sweep.

    Raises SettingsError for an input size that the architecture does not take, CheckpointError for an answer
    that is not finite.
    """
    height, width = classifier.input_size
    try:
        with torch.no_grad():
            sound = bool(torch.isfinite(classifier(torch.full((1, 1, height, width), 0.5))).all())
    except (RuntimeError, AssertionError) as error:
        raise SettingsError(
            f"Architecture '{classifier.architecture}' does not take images of {height}x{width}.",
            hint="Give the input size it was trained with.",
        ) from error
    if not sound:
        raise CheckpointError("answers NaN or infinity.", where=path, hint="Its training went wrong.")


def _is_finite(value: torch.Tensor) -> bool:
    """Whether all numbers of a tensor are, found in one pass and without another tensor of its size."""
    return not value.numel() or bool(torch.isfinite(torch.stack(torch.aminmax(value))).all())


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
        kind = foreign_format(path)
        raise CheckpointError(
            f"is {f'{kind}, ' if kind else ''}not a safetensors file.", where=path, hint=hint
        )
