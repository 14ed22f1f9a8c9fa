"""What a sweep's numbers depend on: a journal of another subject is of no use for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from torch import nn

from cxr_gui.core.models import Classifier
from cxr_gui.core.shifts import Shift
from cxr_gui.core.sweep.batch_sweep import Plan
from cxr_gui.core.sweep.journal import subject_of
from cxr_gui.core.sweep.result import SweepResult

Subject = dict[str, object]


def attack_subject(classifier: nn.Module, frame: SweepResult, plan: Plan, images: str) -> Subject:
    """That of a sweep of `images`, see `images_digest`, of which `frame` says the rest."""
    return {
        "classifier": classifier_digest(classifier),
        "threshold_logit": frame.threshold_logit,
        "images": images,
        "attack": plan.attack.name,
        "parameters": plan.attack.parameters(),
        "threat": frame.threat,
        "epsilons_in_pixel_units": plan.epsilons,
        "noise_control": plan.noise_seed is not None,
        "critical_epsilons": plan.critical,
        "certificate": frame.about.get("certificate"),
        "descending": plan.descending,
        **_of_call(frame.about),
    }


def shift_subject(
    classifiers: Sequence[Classifier], shifts: Sequence[Shift], images: str, about: Mapping[str, object]
) -> Subject:
    """That of a sweep of shifts."""
    return {
        "classifier": classifier_digest(*classifiers),
        "input_sizes": [each.input_size for each in classifiers],
        "images": images,
        "shifts": {shift.name: list(shift.amounts) for shift in shifts},
        **_of_call(about),
    }


def images_digest(images: Iterable[tuple[str, object]]) -> str:
    """SHA-256 of the paths and labels of images, in the order in which they are visited."""
    found = hashlib.sha256()
    for path, label in images:
        found.update(f"{path}\0{label}\n".encode(errors="surrogateescape"))
    return found.hexdigest()


def batch_size_there(folder: Path) -> int | None:
    """That of the sweep whose journal is in `folder`: another one would round otherwise."""
    there = subject_of(folder).get("batch_size")
    return there if type(there) is int and there > 0 else None


def classifier_digest(*classifiers: nn.Module) -> str:
    """SHA-256 of their numbers with their names, on whatever device."""
    found = hashlib.sha256()
    for name, values in (pair for each in classifiers for pair in each.state_dict().items()):
        found.update(f"{name} {tuple(values.shape)}\n".encode())
        found.update(values.detach().cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def _of_call(about: Mapping[str, object]) -> Subject:
    """What a result says of how it was made that its numbers depend on."""
    data = about.get("data")
    named = ("seed", "limit", "batch_size", "device", "program", "torch")
    return {
        "data": data.get("fingerprint") if isinstance(data, Mapping) else None,
        **{name: about.get(name) for name in named},
    }
