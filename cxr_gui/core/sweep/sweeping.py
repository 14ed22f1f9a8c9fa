"""Accuracy versus epsilon: one attack at several epsilons, batch by batch.

The epsilons are the inner loop: a batch is read and moved once, a single-step attack takes one gradient and
one forward for each further epsilon, and memory does not grow with the number of epsilons.
"""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import cxr_gui
from cxr_gui.core.attacks import (
    THREATS,
    Attack,
    Batch,
    as_threat,
    check_labels,
    check_pixels,
    check_threat,
    device_of,
    frozen,
    threshold_logit,
)
from cxr_gui.core.base import distributed
from cxr_gui.core.base.distributed import ALONE, World
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.progress import Event, Notice, Pace, Work, changed
from cxr_gui.core.base.published import CLASSES
from cxr_gui.core.certify import DEFAULT_BOUND
from cxr_gui.core.models import Classifier
from cxr_gui.core.sweep import trust
from cxr_gui.core.sweep.batch_size import chosen_batch_size
from cxr_gui.core.sweep.batch_sweep import Plan, make_plan, sweep_batch
from cxr_gui.core.sweep.events import SweepProgress
from cxr_gui.core.sweep.halves import Halves
from cxr_gui.core.sweep.journal import SweepJournal
from cxr_gui.core.sweep.noise_control import with_noise
from cxr_gui.core.sweep.proof import Proof
from cxr_gui.core.sweep.result import SweepResult, described
from cxr_gui.core.sweep.subject import attack_subject, batch_size_there, images_digest
from cxr_gui.core.sweep.tally import Tally
from cxr_gui.core.sweep.written_paths import relative_paths

if TYPE_CHECKING:
    from cxr_gui.core.data import Store

Found = TypeVar("Found")

CHECKED = 24
"""Images that the trust checks look at."""

CHECKING = "Checking whether to trust it"


def sweep(
    classifier: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    attack: str | Attack,
    epsilons: Sequence[float],
    *,
    threat: str | None = None,
    seed: int = 0,
    noise: bool = False,
    critical: bool = False,
    certify: bool = False,
    bound: str = DEFAULT_BOUND,
    bound_steps: int = 0,
    descending: bool = False,
    checked: int = 0,
    total: int | None = None,
) -> Work[SweepResult]:
    """Attack every image of `batches` at every epsilon; the result's images are in the order of the batches.

    batches   pairs of pixels [B, 1 or 3, H, W] in 0..1 and labels [B] of 0/1
    attack    a name or an Attack                     epsilons  [K], pixel units
    threat    a name of THREATS; None takes the pixels' own channel count
    noise     also classify under random noise of each epsilon, seeded with `seed`: K - 1 more forwards, of
              the kind that does most harm to the first images, see `noise_control`
    critical  also look for each image's critical epsilon, about five more forwards
    certify   also prove how far no attack at all can change each decision, by a `bound` of BOUNDS that
              is improved in `bound_steps` steps, see `Prover`
    descending  from the largest epsilon down: what resists an attack of many steps is spared it at smaller
              epsilons, where its worst image is shrunk. A single step is cheap, and taken at every epsilon
    checked   number of images, the first ones, for the trust checks; 0 leaves the checks out
    total     number of images, for the progress

    Yields SweepProgress at most 20 times a second; its `partial()` is the sweep over what is finished. The
    classifier is used where it is, as it is, and left as it was. A batch that takes too much memory is
    halved until it fits, and so are those after it. Raises ArgumentError for arguments that are not
    accepted, SettingsError for an unknown attack, ResourceError when one image takes too much memory; with
    `certify` UnboundedError for a layer without bounds, and ArgumentError for an attack in another norm than
    L-infinity, both before the first image.
    """
    if threat is not None:
        check_threat(threat)
    plan = make_plan(
        attack, epsilons, noise_seed=seed if noise else None, critical=critical, descending=descending
    )
    device = device_of(classifier)
    if certify:
        plan = replace(plan, proof=Proof.of(classifier, [plan.attack], bound, bound_steps))
    about: dict[str, object] = {"seed": seed, "device": str(device or "cpu")}
    tally = Tally(_frame(classifier, plan, threat, about))
    prepared = _checked_batches(batches, device, threat)
    return (
        yield from _sweep(classifier, prepared, plan, tally, trust.FirstImages(checked, classifier), total)
    )


def sweep_store(
    classifier: Classifier,
    store: Store,
    attack: str | Attack,
    epsilons: Sequence[float],
    *,
    threat: str = "rgb",
    batch_size: int | None = None,
    device: str | torch.device = "cpu",
    seed: int = 0,
    limit: int | None = None,
    only: Sequence[str] = (),
    noise: bool = True,
    critical: bool = True,
    certify: bool | Proof = False,
    bound: str = DEFAULT_BOUND,
    bound_steps: int = 0,
    descending: bool = False,
    checked: int = CHECKED,
    root: str | os.PathLike[str] | None = None,
    about: Mapping[str, object] | None = None,
    journal: Path | None = None,
    resume: bool = False,
) -> Work[SweepResult]:
    """Sweep a prepared dataset, with the controls that make its numbers believable; see `sweep`.

    Under torchrun each process sweeps its share, and each returns the whole; the first has the checks too.

    The images are visited in an order drawn with `seed`, so that the curve over the first of them is that of
    a random sample, and returned in the store's. `limit` attacks only that many of them, `only` those of
    these paths (as the result has them) in this order, `batch_size` so many
    at once; None: as many as suit the device, see `chosen_batch_size`. Works on a private
    copy of the classifier on `device`. Paths in the result are relative to `root`, or else to the folder that
    all records have in common. `about` is added to what the result says of itself. `certify` may be the Proof
    that sweeps of this classifier, store and threat model share.

    journal  the sweep's folder: what is finished is kept there, batch by batch, until it is written (see
             `SweepFolder.forget_journals`). With `resume` the sweep goes on from there, and ends as if it had
             never been interrupted, to the bit on the same device. Raises CheckpointError where the journal
             is of another sweep, and OutputError where it cannot be written
    """
    plan = make_plan(
        attack, epsilons, noise_seed=seed if noise else None, critical=critical, descending=descending
    )
    check_threat(threat)
    if batch_size is not None and batch_size < 1:
        raise ArgumentError(f"is {batch_size}.", where="batch_size", hint="Accepted: an integer from 1 on.")
    if limit is not None and limit < 1:
        raise ArgumentError(f"is {limit}.", where="limit", hint="Accepted: an integer from 1 on, or None.")
    paths = relative_paths([Path(record.path) for record in store.records], root)
    order = _named(paths, only) if only else np.random.default_rng(seed).permutation(len(paths))[:limit]
    if not len(order):
        raise ArgumentError("leaves no image to attack.", where="store", hint="Accepted: at least one image.")
    device = torch.device(device)
    world = distributed.world()
    private = copy.deepcopy(classifier).to(device).to(memory_format=torch.channels_last)
    private.eval().requires_grad_(False)
    if batch_size is None and journal is not None and resume:
        batch_size = world.gather(batch_size_there(journal) if world.first else None)[0]
    if batch_size is None:
        image = torch.zeros(1, THREATS[threat].channels, *classifier.input_size, device=device)
        fair = -(-len(order) // world.size)  # so that every process has something to do
        batch_size = min(world.gather(chosen_batch_size(private, image, fair)))  # and the same in each
    share, _ = world.share(order, batch_size)
    if isinstance(certify, Proof):
        plan = replace(plan, proof=certify)
    elif certify:
        plan = replace(plan, proof=Proof.of(private, [plan.attack], bound, bound_steps))
    settings = {
        "classifier": getattr(classifier, "name", ""),
        "seed": seed,
        "device": str(device),
        "batch_size": batch_size,
        "limit": limit,
    }
    frame = _frame(private, plan, threat, {**settings, **(about or {})})
    patients = [record.patient for record in store.records]
    with contextlib.ExitStack() as stack:
        kept = None
        if journal is not None:
            images = images_digest((paths[row], int(store.labels[row])) for row in order.tolist())
            subject = attack_subject(classifier, frame, plan, images)
            kept = stack.enter_context(SweepJournal.begin(journal, subject, resume=resume, world=world))
        tally = Tally(frame, paths, patients, world, kept)
        if plan.proof is not None:
            plan.proof.known.update(tally.certified())
        total = tally.images + sum(row not in tally.finished for row in share.tolist())
        batches = _store_batches(store, share, batch_size, device, threat)
        first_images = trust.FirstImages(checked if world.first else 0, classifier)
        return (yield from _sweep(private, batches, plan, tally, first_images, total, world))


def _named(paths: Sequence[str], only: Sequence[str]) -> NDArray[np.int64]:
    """The numbers of the images of these paths."""
    numbers = {path: number for number, path in enumerate(paths)}
    missing = [path for path in only if path not in numbers]
    if missing:
        others = f", and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ArgumentError(
            f"has no image {missing[0]}{others}.", where="store", hint="Choose the dataset that has it."
        )
    return np.array([numbers[path] for path in only], np.int64)


def in_turn(sweeps: Iterable[Work[SweepResult]]) -> Work[tuple[SweepResult, ...]]:
    """Sweeps one after another.

    The progress of a stopped call has what was finished before in `earlier`.
    """
    finished: list[SweepResult] = []
    for work in sweeps:
        after = partial(_after, tuple(finished))
        finished.append((yield from changed(work, after)))
    return tuple(finished)


def _after(finished: tuple[SweepResult, ...], event: Event) -> Event:
    """The same event, which knows what was finished before."""
    return replace(event, earlier=finished) if isinstance(event, SweepProgress) else event


def _sweep(
    classifier: nn.Module,
    batches: Iterator[Batch],
    plan: Plan,
    tally: Tally,
    first_images: trust.FirstImages,
    total: int | None,
    world: World = ALONE,
) -> Work[SweepResult]:
    """The loop of every sweep."""
    stage = f"Attacking with {plan.attack.title}"
    pace, heartbeat = Pace(), Pace()  # apart, or the steps of slow batches would leave none for the results
    progress = SweepProgress(stage, 0, total, tally.moment(), 0)
    yield progress
    halves, hold = Halves(), partial(frozen, classifier)
    yield from _news(tally, progress)
    if plan.noise_seed is not None and tally.noise_scales:
        plan = plan.with_noise_scales(tally.noise_scales)
    elif plan.noise_seed is not None:
        choice = with_noise(classifier, batches, plan, halves, world)
        plan, batches = yield from _announced(choice, progress, heartbeat, hold)
    for batch in batches:
        first_images.take(batch)
        batch = tally.missing(batch)
        if not len(batch):
            continue
        attack = halves.each(batch, partial(sweep_batch, classifier, plan=plan))
        for found in (yield from _announced(attack, progress, heartbeat, hold)):
            tally.add(found)
        if halves.most is not None:
            first_images.keep(halves.most)
        if pace():
            tally.fetch()
            yield from _news(tally, progress)
            progress = SweepProgress(stage, tally.images, total, tally.moment(), tally.images)
            yield progress
    result = tally.result()
    yield from _news(tally, progress)
    if not len(result.labels):
        raise ArgumentError("is empty.", where="batches", hint="Accepted: at least one image.")
    if not first_images:
        return result
    evidence = first_images.evidence(classifier, result)
    made: list[trust.Check] = []
    for question in evidence.questions:
        count, all_of = len(made), len(evidence.questions)
        progress = SweepProgress(CHECKING, count, all_of, tally.moment(), len(result.labels))
        yield progress
        made.append((yield from _announced(question.ask(evidence), progress, heartbeat)))
    return replace(result, checks=tuple(made))


def _announced(
    steps: Generator[None, None, Found],
    progress: SweepProgress,
    pace: Pace,
    hold: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> Work[Found]:
    """Drive `steps`, repeating the last progress now and then: a slow batch can be paused or stopped.

    They are driven within the block that `hold` makes, from one progress to the next.
    """
    with closing(steps):
        while True:
            try:
                with hold():
                    next(steps)
                    while not pace():
                        next(steps)
            except StopIteration as end:
                found: Found = end.value
                return found
            yield progress


def _news(tally: Tally, progress: SweepProgress) -> Iterator[Notice]:
    """What the journal has to say."""
    for text in tally.news():
        yield Notice(progress.stage, progress.done, progress.total, text)


def _frame(classifier: nn.Module, plan: Plan, threat: str | None, about: dict[str, object]) -> SweepResult:
    """A result without images; what is known before the first."""
    k = len(plan.epsilons)
    return SweepResult(
        epsilons=np.array(plan.epsilons),
        logits=np.empty((k, 0), np.float32),
        clean_logits=np.empty(0, np.float32),
        labels=np.empty(0, np.int64),
        rows=np.empty(0, np.int64),
        threshold_logit=threshold_logit(classifier),
        classes=getattr(classifier, "classes", CLASSES),
        attack=plan.attack,
        threat=threat or "",
        noise_logits=None if plan.noise_seed is None else np.empty((k, 0), np.float32),
        critical=np.empty(0) if plan.critical else None,
        certified=None if plan.proof is None else np.empty(0),
        about={
            **described(classifier),
            **about,
            **({} if plan.proof is None else {"certificate": plan.proof.described}),
            **({"descending": True} if plan.descending else {}),
            "program": cxr_gui.__version__,
            "torch": torch.__version__,
        },
    )


def _checked_batches(
    batches: Iterable[tuple[Tensor, Tensor]], device: torch.device | None, threat: str | None
) -> Iterator[Batch]:
    """The caller's batches, checked and moved to the classifier; NHWC in memory, which convolutions like."""
    start = 0
    for pixels, labels in batches:
        pixels = check_pixels(pixels)
        labels = check_labels(labels, len(pixels))
        if threat is not None:
            pixels = as_threat(pixels, threat)
        device = pixels.device if device is None else device
        rows = range(start, start + len(pixels))
        start = rows.stop
        if len(rows):
            yield Batch(
                pixels.to(device).contiguous(memory_format=torch.channels_last), labels.to(device), rows
            )


def _store_batches(
    store: Store, order: NDArray[np.int64], batch_size: int, device: torch.device, threat: str
) -> Iterator[Batch]:
    """The store's images in `order`, as the threat model wants them."""
    start = 0
    for pixels, labels in store.batches(batch_size, order=order, device=device):
        rows = order[start : start + len(pixels)].tolist()
        start += len(rows)
        pixels = as_threat(pixels, threat).contiguous(memory_format=torch.channels_last)
        yield Batch(pixels, labels.to(torch.int64), rows)
