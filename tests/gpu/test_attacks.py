"""Every attack breaks on the GPU what it breaks on the processor, and its steps do not wait for the host."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch

from cxr_gui.core.attacks import Ascent, Attack, Batch, attacks, create_attack, describe_parameters, logits_of
from cxr_gui.core.base.decisions import wrong
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.models import Classifier
from tests.gpu.made import pixels_of, store_of, taught

Tell = Callable[[str, object], None]
EPSILON = 4 / 255
QUICK: dict[str, object] = {"steps": 8, "restarts": 1, "queries": 40}
"""Of an attack's parameters, those that make it long."""
SHARE = 0.9
NAMES = list(attacks())


@pytest.fixture(scope="module")
def batch(count: int) -> Batch:
    pixels, labels = pixels_of(store_of(count))
    return Batch(pixels.contiguous(memory_format=torch.channels_last), labels, range(count))


@pytest.fixture(scope="module")
def classifier(count: int, device: torch.device) -> Classifier:
    return taught("compact_cnn", store_of(count), device)


def made(name: str, **parameters: object) -> Attack:
    known = {parameter.name for parameter in describe_parameters(name)}
    try:
        return create_attack(
            name, **{key: value for key, value in (QUICK | parameters).items() if key in known}
        )
    except (ImportError, SettingsError) as error:
        pytest.skip(f"{name}: {error}")


def on(device: torch.device, batch: Batch) -> Batch:
    return Batch(batch.pixels.to(device), batch.labels.to(device), batch.rows)


@pytest.mark.parametrize("name", NAMES)
def test_an_attack_breaks_the_same_films_on_both(
    name: str, batch: Batch, classifier: Classifier, device: torch.device, record_property: Tell
) -> None:
    attack = made(name)
    decisions = []
    for place in (torch.device("cpu"), device):
        found = attack.run(classifier.to(place), on(place, batch), EPSILON).cpu()
        assert float(found.min()) >= 0.0
        assert float(found.max()) <= 1.0
        assert float(attack.norm.size(found - batch.pixels).max()) <= EPSILON + 1e-6
        decisions.append(wrong(logits_of(classifier.cpu(), found), batch.labels, 0.0))
    here, there = decisions
    equal = float((here == there).float().mean())
    record_property("equal decisions", round(equal, 4))
    record_property("broken on CPU, GPU", [int(here.sum()), int(there.sum())])
    assert equal >= SHARE


@pytest.mark.parametrize("name", NAMES)
def test_the_steps_of_an_attack_do_not_wait_for_the_host(
    name: str, batch: Batch, classifier: Classifier, cuda: torch.device, record_property: Tell
) -> None:
    """Of every step and the yield after it: once in a few steps an attack may look what is broken by now."""
    attack = made(name, steps=24, queries=120)
    classifier, there = classifier.to(cuda), on(cuda, batch)
    steps, waits = [0, 0], [0, 0]
    for round_ in (0, 1):  # the first one sets up what comes once: kernels, plans, graphs
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            torch.cuda.set_sync_debug_mode("warn")
            try:
                for _ in attack.search(classifier, there, EPSILON):
                    steps[round_] += 1
            finally:
                torch.cuda.set_sync_debug_mode("default")
        waits[round_] = sum("synchronizing" in str(one.message) for one in told)
    record_property("waits in steps", [waits[1], steps[1]])
    assert waits[1] <= 8 + steps[1] / 4


@pytest.mark.parametrize("name", [name for name in NAMES if issubclass(attacks()[name], Ascent)])
def test_uphill_no_step_waits_at_all(
    name: str, batch: Batch, classifier: Classifier, cuda: torch.device
) -> None:
    attack = made(name)
    assert isinstance(attack, Ascent)
    classifier, there = classifier.to(cuda), on(cuda, batch)
    ball = attack.norm.around(there.pixels, EPSILON)
    attack.climb(classifier, there.pixels, there.labels, ball, EPSILON / 4, 2)
    torch.cuda.set_sync_debug_mode("error")
    try:
        attack.climb(classifier, there.pixels, there.labels, ball, EPSILON / 4, 4)
    finally:
        torch.cuda.set_sync_debug_mode("default")
