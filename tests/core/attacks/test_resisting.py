"""Steps without the host: an accelerator is waited for every few steps, and what is found is the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from cxr_gui.core.attacks import resisting
from cxr_gui.core.attacks.gradient import logits_of
from cxr_gui.core.attacks.protocol import Attack, Batch, Iterative
from cxr_gui.core.attacks.registry import attacks, create_attack
from cxr_gui.core.attacks.resisting import SELDOM, Resisting
from cxr_gui.core.models import Classifier
from tests.support.victims import classifier_of, cnn, decisions, radiographs
from tests.support.waits import Watch, watched

STEPS, STARTS = 3 * SELDOM, 2
LONG: dict[str, dict[str, Any]] = {
    "ensemble": {"steps": STEPS, "restarts": 1, "queries": STEPS},
    "square": {"queries": STEPS},
    "ifgsm": {"steps": STEPS},
    "mifgsm": {"steps": STEPS},
    "rfgsm": {},
    **{name: {"steps": STEPS, "restarts": STARTS} for name in ("pgd", "pgd_l2", "apgd", "fab")},
}
SEARCHES = [name for name, kind in attacks().items() if issubclass(kind, Iterative) and name != "autoattack"]
EPSILON = 0.012


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU is treated like an accelerator."""
    monkeypatch.setattr(resisting, "between_looks", lambda *_: SELDOM)


def pooled() -> Classifier:
    """One that sees block means alone, so that attacks move among these."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = [nn.AvgPool2d(2), nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 1)]
    classifier = classifier_of(nn.Sequential(*layers))
    with torch.no_grad():
        layers[4].bias -= classifier(radiographs(64)).median()
    return classifier


def apart(attack: Attack) -> int:
    """What waits apart from the steps: a start counts who resists; so does the ensemble before each of its
    members, and takes their numbers to the host.
    """
    return 3 * 4 if attack.name == "ensemble" else int(attack.parameters().get("restarts", 1))


def attacked(attack: Attack, classifier: nn.Module, pixels: Tensor, labels: Tensor) -> tuple[int, Watch]:
    """The steps of an attack, and what it asked of its tensors."""
    search = attack.search(classifier, Batch(pixels, labels, range(len(labels))), EPSILON)
    steps = 0
    with watched() as watch:
        for _ in search:
            steps += 1
    return steps, watch


def test_every_search_is_looked_at() -> None:
    assert set(SEARCHES) == LONG.keys()


@pytest.mark.usefixtures("seldom")
@pytest.mark.parametrize("victim", [cnn, pooled])
@pytest.mark.parametrize("name", SEARCHES)
def test_steps_do_not_wait_for_the_device(name: str, victim: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """At an epsilon that breaks some images and not others, so that there is something to leave behind."""
    monkeypatch.setattr(Classifier, "threshold_logit", 0.0)  # is made of a tensor on the host
    classifier, pixels, attack = victim(), radiographs(16), create_attack(name, **LONG[name])
    steps, watch = attacked(attack, classifier, pixels, decisions(classifier, pixels))
    assert len(watch.waits) <= steps // SELDOM + apart(attack), watch.waits
    assert set(watch.waits) <= {"aten.nonzero.default", "cpu", "numpy", "tolist"}


@pytest.mark.usefixtures("seldom")
@pytest.mark.parametrize("name", ["ifgsm", "pgd", "mifgsm", "pgd_l2"])
def test_what_does_not_stop_early_never_waits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Classifier, "threshold_logit", 0.0)
    attack = create_attack(name, early_stop=False, **LONG[name])
    steps, watch = attacked(attack, cnn(), radiographs(8), torch.arange(8) % 2)
    assert steps >= STEPS
    assert not watch.waits


@pytest.mark.parametrize("kind", ["cpu", "accelerator"])
@pytest.mark.parametrize("name", [name for name in attacks() if name != "autoattack"])
def test_nothing_is_in_float64(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apple's GPU has none; an image in float32 is attacked in float32."""
    monkeypatch.setattr(Classifier, "threshold_logit", 0.0)
    if kind == "accelerator":
        monkeypatch.setattr(resisting, "between_looks", lambda *_: SELDOM)
    attack = create_attack(name, **LONG.get(name, {}))
    for victim in (cnn, pooled):
        _, watch = attacked(attack, victim(), radiographs(4), torch.arange(4) % 2)
        assert not watch.doubles


def test_the_watch_sees_what_waits() -> None:
    values, mask = torch.arange(4.0), torch.tensor([True, False, True, False])
    asked = {
        "item": lambda: values[0].item(),
        "bool": lambda: bool(mask.any()),
        "int": lambda: int(values.sum()),
        "nonzero": lambda: mask.nonzero(),
        "mask": lambda: values[mask],
        "masked": lambda: values.__setitem__(mask, torch.ones(2)),
        "tolist": lambda: values.tolist(),
        "numpy": lambda: values.numpy(),
        "cpu": lambda: values.cpu(),
        "equal": lambda: values.equal(values),
    }
    for name, ask in asked.items():
        with watched() as watch:
            ask()  # type: ignore[no-untyped-call]
        assert watch.waits, name
    with watched() as watch:
        torch.where(mask, values, 0.0)[torch.tensor([0, 2])].sum()
    assert not watch.waits
    with watched() as watch:
        values.double()
    assert watch.doubles


@pytest.mark.parametrize("victim", [cnn, pooled])
@pytest.mark.parametrize("name", SEARCHES)
def test_looking_seldom_finds_the_same_worst_points(
    name: str, victim: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Image for image; some are wrong at once, some break at an epsilon of their own, some resist."""
    classifier, pixels = victim().double(), radiographs(24, dtype=torch.float64)
    labels = decisions(classifier, pixels)
    labels[3] ^= 1
    found = []
    for every in (1, 5, math.inf):
        monkeypatch.setattr(resisting, "between_looks", lambda *_, every=every: every)
        attack = create_attack(name, **LONG[name])
        epsilons = 0.3 * EPSILON, EPSILON, torch.linspace(0, 3 * EPSILON, 24, dtype=torch.float64)
        found += [attack(classifier, pixels, labels, epsilon) for epsilon in epsilons]
    broken = [decisions(classifier, adversarial) != labels for adversarial in found]
    for number, adversarial in enumerate(found):
        assert torch.equal(broken[number], broken[number % 3])
        torch.testing.assert_close(adversarial, found[number % 3], atol=1e-12, rtol=0)
    assert 0 < int(broken[1].sum()) < 24


class Counting(nn.Module):
    """Counts the images that it is asked about."""

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        self.classifier, self.asked = classifier, 0

    def forward(self, pixels: Tensor) -> Tensor:
        self.asked += len(pixels)
        return self.classifier(pixels)


def test_looking_at_every_step_spares_the_cpu_what_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    for every in (1, 1000):
        monkeypatch.setattr(resisting, "between_looks", lambda *_, every=every: every)
        classifier, pixels = Counting(cnn()), radiographs(16)
        create_attack("ifgsm")(classifier, pixels, decisions(classifier.classifier, pixels), EPSILON)
        asked.append(classifier.asked)
    assert asked[0] < asked[1] == 16 * 21


def test_an_answer_that_is_no_number_is_the_worst_point_and_ends_the_search() -> None:
    """Whoever decides of the points is to meet it, not a finite one that was seen before or after."""

    class Breaking(nn.Module):
        def forward(self, pixels: Tensor) -> Tensor:
            mean = pixels.mean(dim=(1, 2, 3))
            return torch.where(mean > 0.55, torch.nan, mean - 1)

    pixels = torch.full((1, 1, 8, 8), 0.5)
    found = create_attack("ifgsm", steps=10)(Breaking(), pixels, torch.zeros(1), 0.2)
    assert logits_of(Breaking(), found).isnan().all()


def test_only_points_that_count_are_answers() -> None:
    batch = Batch(radiographs(3), torch.ones(3, dtype=torch.long), range(3))
    seen = Resisting(batch, nn.Identity())
    counts = torch.tensor([True, False, True])
    seen.see(batch.pixels + 1, torch.tensor([-1.0, -1.0, 1.0]), counts)
    assert seen.leave() is not None
    assert seen.places.tolist() == [1, 2]
    assert torch.equal(seen.worst[1], batch.pixels[1])
    assert torch.equal(seen.worst[[0, 2]], batch.pixels[[0, 2]] + 1)
    seen.see(torch.zeros(2, 3, 8, 8), torch.tensor([-1.0, -1.0]))
    seen.leave()
    assert not len(seen)
    assert not seen.worst[1:].any()
