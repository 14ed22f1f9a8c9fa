"""A sweep on an accelerator: it waits at no step or probe, needs no float64, and finds the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from cxr_gui.core.attacks import resisting
from cxr_gui.core.attacks.protocol import Batch
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base.device import between_looks, finest
from cxr_gui.core.base.roots import TOLERANCE, RootBracket
from cxr_gui.core.models import Classifier
from cxr_gui.core.sweep import batch_sweep, critical
from cxr_gui.core.sweep.batch_sweep import make_plan, sweep_batch
from cxr_gui.core.sweep.critical import USUAL, critical_epsilons
from cxr_gui.core.sweep.tally import Found
from tests.support.victims import cnn, decisions, radiographs
from tests.support.waits import Watch, watched

LADDER = [0.0, 0.004, 0.012, 0.03]


@pytest.fixture
def accelerator(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU is treated like Apple's GPU."""
    for module in (resisting, critical):
        monkeypatch.setattr(module, "between_looks", lambda _, seldom: seldom)
    monkeypatch.setattr(batch_sweep, "finest", lambda _: torch.float32)
    monkeypatch.setattr(Classifier, "threshold_logit", 0.0)  # is made of a tensor on the host


def swept(name: str, *, descending: bool = False) -> tuple[int, Watch, Found]:
    """Steps, what they asked of tensors, and what was found."""
    classifier, pixels = cnn(), radiographs(24)
    batch = Batch(pixels, decisions(classifier, pixels), range(24))
    attack = create_attack(name, **({"steps": 12} if name in ("pgd", "apgd") else {}))
    plan = make_plan(attack, LADDER, noise_seed=3, critical=True, descending=descending)
    work, steps = sweep_batch(classifier, batch, replace(plan, noise_scales=(1, 1, 8, 0))), 0
    with watched() as watch:
        while True:
            try:
                next(work)
            except StopIteration as end:
                return steps, watch, end.value
            steps += 1


def test_the_cpu_looks_at_every_step_and_who_has_to_be_waited_for_seldom() -> None:
    assert between_looks(torch.device("cpu"), 9) == 1
    assert between_looks(torch.device("cuda"), 9) == between_looks(torch.device("mps"), 9) == 9
    assert finest(torch.device("mps")) == torch.float32
    assert finest(torch.device("cuda")) == finest(torch.device("cpu")) == torch.float64


@pytest.mark.usefixtures("accelerator")
@pytest.mark.parametrize(
    ("name", "descending", "waits"),
    [("fgsm", False, 1 + 4), ("pgd", False, 30), ("pgd", True, 40), ("apgd", False, 30)],
)
def test_a_batch_waits_a_few_times_and_never_for_float64(name: str, descending: bool, waits: int) -> None:
    """With noise and critical epsilons. Once for who flips; then after every few probes, or after every few
    steps of each attack, of which there are three of the ladder and three of the critical epsilon.
    """
    steps, watch, _ = swept(name, descending=descending)
    assert len(watch.waits) <= waits, watch.waits
    assert len(watch.waits) < steps / 2
    assert not watch.doubles


@pytest.mark.parametrize("name", ["fgsm", "pgd"])
def test_an_accelerator_finds_what_the_cpu_does(name: str, request: pytest.FixtureRequest) -> None:
    _, _, plain = swept(name)
    request.getfixturevalue("accelerator")
    _, _, fast = swept(name)
    torch.testing.assert_close(plain.logits, fast.logits, atol=1e-5, rtol=0)
    assert torch.equal(plain.logits >= 0, fast.logits >= 0)
    assert plain.critical is not None
    assert fast.critical is not None
    assert (plain.critical.dtype, fast.critical.dtype) == (torch.float64, torch.float32)
    assert 0 < int(plain.critical.isfinite().sum()) < 24 or name == "fgsm"
    torch.testing.assert_close(plain.critical.float(), fast.critical, atol=2 * TOLERANCE, rtol=0)


def flipping_at(roots: Tensor, asked: list[int]) -> Any:
    """Logits that cross 0 at these epsilons, each bent in its own way."""

    def logits_at(images: Tensor, epsilons: Tensor) -> Tensor:
        asked.append(len(images))
        rise = epsilons - roots[images]
        return torch.where(images % 2 == 0, rise, torch.sign(rise) * rise.abs() ** (1 + images % 5))

    return logits_at


@pytest.mark.parametrize("every", [1, USUAL, 100])
def test_looking_seldom_narrows_each_bracket_the_same(every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interval that is narrow enough stays, however often it is probed."""
    roots = torch.linspace(-0.01, 0.12, 40, dtype=torch.float64)
    grid = torch.tensor([0.0, 0.03, 0.05, 0.1], dtype=torch.float64)
    labels = torch.zeros(40, dtype=torch.long)
    found = []
    for step in (1, every):
        monkeypatch.setattr(critical, "between_looks", lambda *_, step=step: min(step, 20))
        asked: list[int] = []
        logits_at = flipping_at(roots, asked)
        logits = torch.stack([logits_at(torch.arange(40), epsilon.expand(40)) for epsilon in grid])
        work = critical_epsilons(logits_at, labels, grid, logits, 0.0)
        while True:
            try:
                next(work)
            except StopIteration as end:
                found.append(end.value)
                break
        assert len(asked) < 30
    assert torch.equal(*found)
    assert torch.equal(found[0] == 0, roots <= 0)
    assert torch.equal(found[0].isinf(), roots > 0.1)
    inside = (roots > 0) & (roots <= 0.1)
    distance = (found[0] - roots)[inside]
    assert 0 <= distance.min() <= distance.max() <= TOLERANCE


def test_probes_are_no_more_than_bisections_and_two() -> None:
    """For a step, of which a secant knows nothing; in float32 as well."""
    for dtype in (torch.float64, torch.float32):
        roots = torch.linspace(0.001, 0.049, 30, dtype=dtype)
        low, high = torch.zeros_like(roots), torch.full_like(roots, 0.05)
        bracket = RootBracket(low, high, torch.full_like(low, -1.0), torch.full_like(low, 1e6))
        probes = 0
        while bool(bracket.wide.any()):
            probe = bracket.next_probe()
            flipped = probe >= roots
            bracket.narrow(probe, torch.where(flipped, 1e6, -1.0).to(dtype), flipped)
            probes += 1
        assert probes <= int(np.ceil(np.log2(0.05 / TOLERANCE))) + 2
        assert ((bracket.low <= roots) & (roots <= bracket.high)).all()
        assert bracket.low.dtype == dtype
