"""The noise control: of the kinds of random noise, the one that does most harm at each epsilon.

Signs that differ from pixel to pixel average away in a network that pools, and a control that cannot move the
logit says nothing. All kinds on all images would cost more than the attack. So they are tried on the first
images alone, and only the strongest goes on.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain

import torch
from torch import Tensor, nn

from cxr_gui.core.attacks import SCALES, Batch, Noise, logits_of, move, threshold_logit
from cxr_gui.core.base.decisions import margin
from cxr_gui.core.base.distributed import World
from cxr_gui.core.sweep.batch_sweep import Plan
from cxr_gui.core.sweep.halves import Halves

SAMPLE = 12
"""Images on which the kinds are tried."""


def harm(classifier: nn.Module, batch: Batch, plan: Plan) -> Generator[None, None, Tensor]:
    """How far each kind moves each logit to the wrong side, at least 0: [B, kinds, epsilons above 0]."""
    threshold, seed = threshold_logit(classifier), plan.noise_seed or 0
    before = margin(logits_of(classifier, batch.pixels), batch.labels, threshold)
    yield
    moved = []
    for scale in SCALES:
        signs = Noise(seed, scale).signs(batch)
        for epsilon in plan.ladder[1:]:
            after = logits_of(classifier, move(batch.pixels, signs, epsilon))
            moved.append((margin(after, batch.labels, threshold) - before).clamp_(min=0))
            yield
    return torch.stack(moved, dim=1).view(len(before), len(SCALES), -1)


def strongest(harm: Tensor) -> tuple[int, ...]:
    """The scale of the kind that does most harm on average, for each epsilon of harm [N, kinds, epsilons]."""
    worst = harm.double().mean(dim=0).nan_to_num(0.0).argmax(dim=0)
    return tuple(SCALES[kind] for kind in worst.tolist())


def with_noise(
    classifier: nn.Module, batches: Iterator[Batch], plan: Plan, halves: Halves, world: World
) -> Generator[None, None, tuple[Plan, Iterator[Batch]]]:
    """The plan with a kind of noise for each epsilon, and all the batches, the first of them looked at.

    The kind is chosen on the first SAMPLE images of all processes, so it is the same in each, and as it is in
    one process or with other batches.
    """
    if not plan.ladder[1:]:
        return plan, batches
    ahead: list[Batch] = []
    found: list[Tensor] = []
    missing = SAMPLE
    while missing > 0 and (batch := next(batches, None)) is not None:
        ahead.append(batch)
        found += yield from halves.each(batch[:missing], partial(harm, classifier, plan=plan))
        missing -= len(batch)
    every = [part for parts in world.gather([part.cpu() for part in found]) for part in parts]
    chosen = strongest(torch.cat(every)[:SAMPLE]) if every else (1,) * len(plan.ladder[1:])
    return replace(plan, noise_scales=(1, *chosen)), chain(ahead, batches)
