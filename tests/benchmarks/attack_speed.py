"""How much faster are our sweeps than the other libraries'? `python -m tests.benchmarks.attack_speed`.

Same process, same weights, same images; every decision is compared. The peers run twice: on the network as
the paper writes it (convolution, ReLU, pooling; NCHW), and on our own classifier object. Each contestant runs
in turn, several times over; the median of the ratios to ours is printed. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "core"))

from cxr_gui.core.attacks.gradient import logits_of, loss_gradient
from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.models.checkpoint import load
from cxr_gui.core.models.classifier import Classifier
from cxr_gui.core.models.registry import create
from cxr_gui.core.sweep.sweeping import sweep
from tests.support.peers import peer
from tests.support.victims import TwoLogits

GFLOP_PER_FORWARD = 1.06
STEPS = 20
STEP_SIZE = 2.5 / STEPS
RACES: dict[str, tuple[str, str, list[float]]] = {
    "fgsm-5": ("FGSM", "fgsm", [0.0, 0.005, 0.015, 0.025, 0.05]),
    "fgsm-20": ("FGSM", "fgsm", np.linspace(0, 0.05, 20).tolist()),
    "pgd-20": (f"PGD-{STEPS}", "ifgsm", [0.005, 0.015]),
}
Decisions = np.ndarray
Contestant = Callable[[list[float]], Decisions]


class PaperNetwork(nn.Module):
    """The published network written plainly: (conv, ReLU, pool) three times, on images scaled to [-1, 1]."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        for stage in list(classifier.network)[:3]:
            stages += [_plain(stage[0]), nn.ReLU(), nn.MaxPool2d(2)]
        self.network = nn.Sequential(*stages, *list(classifier.network)[3:])

    def forward(self, pixels: Tensor) -> Tensor:
        logits: Tensor = self.network((pixels - 0.5) / 0.5).squeeze(1)
        return logits


def _plain(convolution: nn.Conv2d) -> nn.Conv2d:
    """The same convolution with weights of its own in NCHW."""
    copy = nn.Conv2d(convolution.in_channels, convolution.out_channels, 3, padding=1)
    copy.load_state_dict({name: value.contiguous() for name, value in convolution.state_dict().items()})
    return copy


def ours(classifier: Classifier, pixels: Tensor, labels: Tensor, batch: int, attack: str) -> Contestant:
    """Decisions [K, N] from our sweep."""
    made = create_attack(attack, **({"steps": STEPS} if attack == "ifgsm" else {}))

    def run(epsilons: list[float]) -> Decisions:
        batches = zip(pixels.split(batch), labels.split(batch), strict=True)
        return progress.run(sweep(classifier, batches, made, epsilons)).logits >= 0

    return run


def notebook(network: nn.Module, pixels: Tensor, labels: Tensor, batch: int, attack: str) -> Contestant:
    """The loop of every tutorial: loss.backward(), sign, clamp, classify; anew for each epsilon."""
    if attack != "fgsm":
        raise ImportError("not written in notebooks")

    def run(epsilons: list[float]) -> Decisions:
        rows = []
        for epsilon in epsilons:
            found = []
            for clean, truth in zip(pixels.split(batch), labels.split(batch), strict=True):
                leaf = clean.clone().requires_grad_()
                loss = nn.functional.binary_cross_entropy_with_logits(network(leaf), truth.float())
                network.zero_grad()
                loss.backward()
                with torch.no_grad():
                    found.append(network((leaf + epsilon * leaf.grad.sign()).clamp(0, 1)) >= 0)
            rows.append(torch.cat(found))
        return torch.stack(rows).numpy()

    return run


def foolbox(network: nn.Module, pixels: Tensor, labels: Tensor, batch: int, attack: str) -> Contestant:
    """Foolbox takes all epsilons at once; its success flags are the decisions."""
    library = peer("foolbox")
    model = library.PyTorchModel(TwoLogits(network).eval(), bounds=(0, 1), device=str(pixels.device))
    made = (
        library.attacks.FGSM()
        if attack == "fgsm"
        else library.attacks.LinfPGD(rel_stepsize=STEP_SIZE, steps=STEPS, random_start=False)
    )

    def run(epsilons: list[float]) -> Decisions:
        flags = [
            made(model, clean, truth, epsilons=epsilons)[2]
            for clean, truth in zip(pixels.split(batch), labels.split(batch), strict=True)
        ]
        return (torch.cat(flags, dim=1) ^ labels.bool()).numpy()

    return run


def torchattacks(network: nn.Module, pixels: Tensor, labels: Tensor, batch: int, attack: str) -> Contestant:
    """One torchattacks object for each epsilon, then a forward for the decision."""
    library = peer("torchattacks")
    model = TwoLogits(network).eval()

    def run(epsilons: list[float]) -> Decisions:
        rows = []
        for epsilon in epsilons:
            made = (
                library.FGSM(model, eps=epsilon)
                if attack == "fgsm"
                else library.PGD(model, epsilon, STEP_SIZE * epsilon, STEPS, random_start=False)
            )
            rows.append(
                torch.cat(
                    [
                        _decide(network, made(clean, truth))
                        for clean, truth in zip(pixels.split(batch), labels.split(batch), strict=True)
                    ]
                )
            )
        return torch.stack(rows).numpy()

    return run


def art(network: nn.Module, pixels: Tensor, labels: Tensor, batch: int, attack: str) -> Contestant:
    """ART works on numpy arrays; one attack object for each epsilon, then its own predict."""
    evasion = peer("art.attacks.evasion")
    estimator = peer("art.estimators.classification").PyTorchClassifier(
        TwoLogits(network).eval(),
        nn.CrossEntropyLoss(),
        tuple(pixels.shape[1:]),
        2,
        clip_values=(0, 1),
        device_type="cpu",
    )
    images, truth = pixels.numpy(), labels.numpy()

    def run(epsilons: list[float]) -> Decisions:
        rows = []
        for epsilon in epsilons:
            if epsilon == 0:
                adversarial = images
            elif attack == "fgsm":
                made = evasion.FastGradientMethod(estimator, eps=epsilon, batch_size=batch)
                adversarial = made.generate(images, truth)
            else:
                made = evasion.ProjectedGradientDescentPyTorch(
                    estimator,
                    eps=epsilon,
                    eps_step=STEP_SIZE * epsilon,
                    max_iter=STEPS,
                    batch_size=batch,
                    verbose=False,
                )
                adversarial = made.generate(images, truth)
            rows.append(estimator.predict(adversarial, batch_size=batch).argmax(axis=1) == 1)
        return np.stack(rows)

    return run


PEERS: dict[str, Callable[[nn.Module, Tensor, Tensor, int, str], Contestant]] = {
    "notebook loop": notebook,
    "foolbox": foolbox,
    "torchattacks": torchattacks,
    "ART": art,
}


def _decide(network: nn.Module, pixels: Tensor) -> Tensor:
    with torch.no_grad():
        decided: Tensor = network(pixels) >= 0
    return decided


def race(
    say: Callable[[str], object],
    title: str,
    attack: str,
    epsilons: list[float],
    networks: dict[str, nn.Module],
    classifier: Classifier,
    pixels: Tensor,
    labels: Tensor,
    options: argparse.Namespace,
) -> None:
    """Run everybody in turn and print times and ratios."""
    contestants: dict[str, Contestant] = {"ours": ours(classifier, pixels, labels, options.batch, attack)}
    missing = set()
    for where, network in networks.items():
        for name, make in PEERS.items():
            try:
                contestants[f"{name}, {where}"] = make(network, pixels, labels, options.batch, attack)
            except ImportError:
                missing.add(name)
    for contestant in contestants.values():
        contestant(epsilons[-1:])  # libraries choose their kernels at the first call
    times: dict[str, list[float]] = {name: [] for name in contestants}
    decided: dict[str, Decisions] = {}
    for _ in range(options.repeats):
        for name, contestant in contestants.items():
            start = time.perf_counter()
            decided[name] = contestant(epsilons)
            times[name].append(time.perf_counter() - start)
    say(f"\n{title}: {len(pixels)} images, {len(epsilons)} epsilons")
    for name in contestants:
        ratio = statistics.median(
            theirs / mine for theirs, mine in zip(times[name], times["ours"], strict=True)
        )
        other = int((decided[name] != decided["ours"]).sum())
        seconds = statistics.median(times[name])
        say(f"  {name:34} {seconds:8.2f} s   {ratio:6.2f}x   decisions that differ: {other}")
    for name in sorted(missing):
        say(f"  {name:34} not installed")


def roofline(say: Callable[[str], object], classifier: Classifier, pixels: Tensor, batch: int) -> None:
    """What the machine could do: a matrix product, a bare forward and a bare gradient."""
    side = 2048
    square = torch.rand(side, side)
    gemm = 2 * side**3 / _best(lambda: square @ square) / 1e9
    clean = pixels[:batch].contiguous(memory_format=torch.channels_last)
    labels = torch.zeros(len(clean), dtype=torch.long)
    forward = _best(lambda: logits_of(classifier, clean)) / len(clean)
    gradient = _best(lambda: loss_gradient(classifier, clean, labels)) / len(clean)
    say(f"Matrix product {gemm:.0f} GFLOP/s; {torch.get_num_threads()} threads")
    say(f"Forward  {1 / forward:6.1f} images/s = {GFLOP_PER_FORWARD / forward:4.0f} GFLOP/s")
    say(f"Gradient {1 / gradient:6.1f} images/s = {2 * GFLOP_PER_FORWARD / gradient:4.0f} GFLOP/s")


def _best(work: Callable[[], Any], repeats: int = 4) -> float:
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def victim(checkpoint: Path | None) -> Classifier:
    """A trained paper CNN, or an untrained one whose decisions on the benchmark's images are mixed."""
    if checkpoint is not None:
        return load(checkpoint)
    torch.manual_seed(0)
    return create("paper_cnn").eval()


def images(count: int) -> Tensor:
    """Smooth random images [count, 3, 224, 224] of eight bits."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(count, 1, 14, 14, generator=generator)
    smooth = nn.functional.interpolate(coarse, size=(224, 224), mode="bicubic").clamp(0, 1)
    return (torch.round(255 * smooth) / 255).repeat(1, 3, 1, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="a trained paper_cnn; without it the weights are random")
    parser.add_argument("--images", type=int, default=64)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--races", nargs="*", choices=list(RACES), default=list(RACES))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    say: Callable[[str], object] = lambda text: sys.stdout.write(text + "\n")  # noqa: E731
    classifier = victim(options.model)
    pixels = images(options.images)
    logits = torch.cat([logits_of(classifier, some) for some in pixels.split(options.batch)])
    with torch.no_grad():
        classifier.network[-1].bias -= logits.median()
    labels = (logits >= logits.median()).long()
    networks: dict[str, nn.Module] = {
        "network as published": PaperNetwork(classifier).eval(),
        "our classifier": create_like(classifier),
    }
    classifier.to(memory_format=torch.channels_last)
    roofline(say, classifier, pixels, options.batch)
    for name in options.races:
        race(say, *RACES[name], networks, classifier, pixels, labels, options)


def create_like(classifier: Classifier) -> Classifier:
    """A second object of the same weights, as `create` makes it, for the peers."""
    twin = create(classifier.architecture, **classifier.options)
    twin.load_state_dict(classifier.state_dict())
    return twin.eval()


if __name__ == "__main__":
    main()
