"""Verifying: what a sweep's folder or a card claims is worked out anew from the classifier and the data.

Each number that is claimed is held against the one that is found. With all images anew, one image that was
claimed otherwise shows; of a sample it shows when it is drawn, and it is said how many may hide.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cxr_gui.core.attacks import Attack
from cxr_gui.core.base.errors import ArgumentError, CheckpointError
from cxr_gui.core.base.files import read_json
from cxr_gui.core.base.metrics import wilson
from cxr_gui.core.base.progress import Work
from cxr_gui.core.base.units import describe_epsilon
from cxr_gui.core.base.wording import NONE, counted, percent
from cxr_gui.core.certify import DEFAULT_BOUND
from cxr_gui.core.data import Dataset
from cxr_gui.core.models import Classifier
from cxr_gui.core.report import CardClaim, card_table
from cxr_gui.core.study.pipeline import sweep_dataset
from cxr_gui.core.sweep import CHECKED, SweepFolder, SweepResult, read_sweep, sweep_document

EXACT, ROUNDED = 1e-9, 1e-3
"""How far apart two that agree may be: counted ones, and those made of logits, which devices round."""

CLOSE = 1e-4
"""The same of an image's critical epsilon and certified radius (pixel units)."""

OF_LOGITS = ("auroc", "ece", "mcc_ci", "median")
"""Beginnings of the names of numbers made of logits."""


@dataclass(frozen=True)
class ClaimedNumber:
    """What is claimed, what was found, and whether they agree; as they are written."""

    name: str
    claimed: str
    found: str
    agrees: bool


@dataclass(frozen=True)
class Verification:
    """numbers: each that is claimed; notes: sentences on what was not looked at, or how sure it is."""

    numbers: tuple[ClaimedNumber, ...]
    notes: tuple[str, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether all do."""
        return all(number.agrees for number in self.numbers)


@dataclass(frozen=True)
class CardCall:
    """What a card's command asks for; options: of `sweep_dataset`."""

    attack: Attack
    threat: str
    epsilons: tuple[float, ...]
    options: Mapping[str, Any]


def verify_sweep(
    folder: Path,
    classifier: Classifier,
    dataset: Dataset,
    *,
    classifier_sha256: str = "",
    sample: int | None = None,
    seed: int = 0,
    device: str = "auto",
) -> Work[Verification]:
    """Attack again what the sweep in `folder` says it attacked, all images or a sample drawn with `seed`.

    Raises CheckpointError when the sweep is damaged, DatasetError and ArgumentError for other data.
    """
    claimed = read_sweep(folder)
    if claimed.paths is None or not len(claimed.labels):
        raise CheckpointError("claims nothing: it names no images.", where=folder)
    try:
        said = read_json(SweepFolder(folder).numbers, dict[str, Any])
    except (OSError, ValueError) as error:
        raise CheckpointError(f"cannot be read ({error}).", where=folder) from error
    numbers = list(_origin(claimed, dataset, classifier_sha256))
    unit = str(said["epsilon_unit"])
    if sample is None:
        found = yield from _again(claimed, classifier, dataset, device=device)
        document = sweep_document(found, unit)
        numbers += [*compared(said, document), *_images(claimed, found)]
        return Verification(tuple(numbers), tuple(_not_claimed(said, document)))
    if sample < 1:
        raise ArgumentError(f"is {sample}.", where="sample", hint="Accepted: an integer from 1 on.")
    drawn = np.random.default_rng(seed).permutation(len(claimed.labels))[:sample]
    only = [claimed.paths[place] for place in drawn.tolist()]
    found = yield from _again(claimed, classifier, dataset, device=device, only=only)
    document = sweep_document(claimed, unit)
    numbers += [*compared(said, document), *_images(claimed, found)]
    notes = (_how_sure(len(only), len(claimed.labels)), *_not_claimed(said, document))
    return Verification(tuple(numbers), notes)


def _not_claimed(said: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """What other versions of the program did not write, in a sentence, if there is any."""
    claims = dict(_numbers(said))
    missing = [name for name, value in _numbers(found) if name not in claims and not _is_nothing(value)]
    kinds = dict.fromkeys(name.split(" at epsilon ")[0] for name in missing)
    if kinds:
        yield f"Not claimed there, and so not looked at: {', '.join(kinds)}."


def _how_sure(drawn: int, of: int) -> str:
    most = wilson(0, drawn)[1]
    return (
        f"The numbers are held against images.csv, and {counted(drawn, 'image')} of {of:,} against the "
        f"classifier. Where all of a sample agree, up to {percent(most)} of the images may still be claimed "
        "otherwise (95 %)."
    )


def _again(
    claimed: SweepResult,
    classifier: Classifier,
    dataset: Dataset,
    *,
    device: str,
    only: Sequence[str] = (),
) -> Work[SweepResult]:
    """The same sweep. Of a sample only some images, without the controls that look at the first of all."""
    about = claimed.about
    certificate = about.get("certificate")
    how = certificate if isinstance(certificate, Mapping) else {}
    return (
        yield from sweep_dataset(
            classifier,
            dataset,
            claimed.attack,
            claimed.epsilons.tolist(),
            split=str(about.get("split", "test")),
            threat=claimed.threat,
            batch_size=_whole(about.get("batch_size")),
            device=device,
            seed=_whole(about.get("seed")) or 0,
            limit=_whole(about.get("limit")) if claimed.complete else len(claimed.labels),
            only=only,
            noise=claimed.noise_logits is not None and not only,
            critical=claimed.critical is not None,
            certify=claimed.certified is not None,
            bound=str(how.get("bound", DEFAULT_BOUND)),
            bound_steps=_whole(how.get("steps")) or 0,
            descending=claimed.descending,
            checked=CHECKED if claimed.checks and not only else 0,
        )
    )


def _whole(value: object) -> int | None:
    return value if type(value) is int else None


def _origin(claimed: SweepResult, dataset: Dataset, classifier_sha256: str) -> Iterator[ClaimedNumber]:
    """Whether classifier and data are those that the sweep names, as far as it does."""
    data = claimed.about.get("data")
    pairs = {
        "SHA-256 of the classifier": (claimed.about.get("classifier_sha256"), classifier_sha256),
        "fingerprint of the data": (
            data.get("fingerprint") if isinstance(data, Mapping) else None,
            dataset.fingerprint(),
        ),
    }
    for name, (one, other) in pairs.items():
        if one and other:
            yield ClaimedNumber(name, str(one)[:16], other[:16], one == other)


def compared(said: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[ClaimedNumber]:
    """The numbers of two documents of a sweep, see `sweep_document`."""
    claims, others = dict(_numbers(said)), dict(_numbers(found))
    for name, one in claims.items():
        other = others.get(name)
        if _is_nothing(one) and _is_nothing(other):
            continue  # was not looked for
        rounded = name.startswith(OF_LOGITS)
        agrees = _alike(one, other, ROUNDED if rounded else EXACT)
        yield ClaimedNumber(name, _written(one), _written(other), agrees)


def _numbers(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What a document claims, by name."""
    for name in ("images", "threshold_logit", "vacuous", "constant_answer"):
        if name in document:
            yield name, document[name]
    for name in document:
        if name.startswith("median_"):
            yield name, document[name]
    for point in document.get("points", ()):
        for name, value in point.items():
            if not name.startswith("epsilon"):
                yield f"{name} at epsilon {point['epsilon']:g}", value
    for check in document.get("checks", ()):
        yield f"trust check: {check['name']}", check["passed"]


def _alike(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two values agree: numbers to a tolerance, null with NaN and infinity, their lists."""
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_alike, one, other, [tolerance] * len(one)))
    if isinstance(one, dict) and isinstance(other, dict):
        return _alike(sorted(one), sorted(other), 0) and _alike([*one.values()], [*other.values()], tolerance)
    if _is_number(one) and _is_number(other):
        return bool(abs(one - other) <= tolerance)
    return bool(one == other) or (_is_nothing(one) and _is_nothing(other))


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _is_nothing(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_nothing, value))
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _written(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " to ".join(map(_written, value))
    if isinstance(value, dict):
        return ", ".join(map(_written, value.values()))
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else "none"
    return "none" if value is None else str(value)


def _images(claimed: SweepResult, found: SweepResult) -> Iterator[ClaimedNumber]:
    """Image by image: how many have another label, or are decided otherwise than images.csv has it."""
    places = {path: place for place, path in enumerate(claimed.paths or ())}
    both = [(places[path], place) for place, path in enumerate(found.paths or ()) if path in places]
    one, other = np.array(both, np.int64).reshape(-1, 2).T
    n = len(other)
    yield _of_images("images that the sweep does not name", len(found.labels) - n, len(found.labels))
    yield _of_images("images of another class", int((claimed.labels[one] != found.labels[other]).sum()), n)
    for k, epsilon in enumerate(claimed.epsilons.tolist()):
        otherwise = claimed.correct[k, one] != found.correct[k, other]
        name = f"images decided otherwise at epsilon {describe_epsilon(epsilon)}"
        yield _of_images(name, int(otherwise.sum()), n)
    for name, attribute in (("critical epsilon", "critical"), ("certified radius", "certified")):
        values = getattr(claimed, attribute), getattr(found, attribute)
        if values[0] is not None and values[1] is not None:
            alike = np.isclose(values[0][one], values[1][other], rtol=0, atol=CLOSE)
            yield _of_images(f"images with another {name}", int((~alike).sum()), n)


def _of_images(name: str, count: int, of: int) -> ClaimedNumber:
    return ClaimedNumber(name, "0", f"{count} of {of}", not count)


def verify_card(
    claims: Sequence[tuple[CardClaim, CardCall]],
    classifier: Classifier,
    dataset: Dataset,
    *,
    sample: int | None = None,
    seed: int = 0,
    device: str = "auto",
) -> Work[Verification]:
    """Make the sweeps of a card's tables again, and hold each cell against what is found.

    Of a sample of so many images, drawn with `seed`, what is claimed must lie within the interval.
    """
    numbers: list[ClaimedNumber] = []
    for claim, call in claims:
        options = dict(call.options)
        if sample is not None:
            options |= {"limit": min(sample, call.options.get("limit") or sample), "seed": seed}
        result = yield from sweep_dataset(
            classifier,
            dataset,
            call.attack,
            call.epsilons,
            threat=call.threat,
            device=device,
            checked=0,
            **options,
        )
        numbers += _cells(claim, result, sampled=sample is not None)
    notes = ["Only the tables with a row an epsilon and a command of their own were looked at."]
    if sample is not None:
        notes.append(
            f"Of {counted(sample, 'image')} each: what is claimed agrees where it lies within the 95 % "
            "interval, which one true number in twenty does not."
        )
    return Verification(tuple(numbers), tuple(notes))


def _cells(claim: CardClaim, result: SweepResult, *, sampled: bool) -> Iterator[ClaimedNumber]:
    headings, rows = card_table(result)
    found = {_row_name(row[0]): dict(zip(headings, row, strict=True)) for row in rows}
    for row in claim.rows:
        cells = found.get(_row_name(row[0]), {})
        for heading, cell in list(zip(claim.headings, row, strict=False))[1:]:
            other = cells.get(heading, NONE)
            agrees = _within(cell, other) if sampled else _digits(cell) == _digits(other)
            yield ClaimedNumber(f"{claim.title}: {heading}, {row[0]}", cell, other, agrees)


def _row_name(cell: str) -> object:
    """An epsilon, however many zeros it ends in, or the words there."""
    try:
        return float(cell)
    except ValueError:
        return cell


def _digits(cell: str) -> list[float]:
    """The numbers in a cell, however its interval is written."""
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", cell)]


def _within(cell: str, sampled: str) -> bool:
    """Whether a claimed number lies within the interval of a sample's; what has none is not looked at."""
    claimed, numbers = _digits(cell), _digits(sampled)
    if not claimed or len(numbers) < 3:
        return True
    return numbers[1] <= claimed[0] <= numbers[2]
