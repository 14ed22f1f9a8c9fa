"""The parts that `python -m tests.gpu` measures, each in a process of its own.

python -m tests.gpu.parts NAME ANSWER.json [--device auto] [--small] [--data FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from cxr_gui.core.attacks import Attack, create_attack
from cxr_gui.core.base import device as devices
from cxr_gui.core.base import memory, progress, published, units
from cxr_gui.core.data import Store
from cxr_gui.core.models import Classifier
from cxr_gui.core.sweep import sweep_store
from tests.benchmarks import train_speed
from tests.gpu.made import pixels_of, seconds_of, store_of, taught
from tests.support.films import write_films
from tests.support.places import ROOT

EPSILONS = [units.to_pixel(value, "model") for value in published.EPSILONS]
STEPS = 20
LONG = 4.0
"""Seconds from which on a sweep is not done again to see it warm."""
TEST_IMAGES = published.NEGATIVE_IMAGES + published.POSITIVE_IMAGES


@dataclass(frozen=True)
class Row:
    """One number: what it is of, its unit, and what it should be. met None: there is no aim, or no number."""

    what: str
    value: float | None
    unit: str
    aim: str = ""
    met: bool | None = None


@dataclass(frozen=True)
class Job:
    """What to measure with: the device, whether to rehearse with little, and a dataset's folder if any."""

    device: torch.device
    small: bool
    data: Path | None


def below(what: str, value: float, unit: str, most: float) -> Row:
    return Row(what, value, unit, f"at most {most:g}", value <= most)


def above(what: str, value: float, unit: str, least: float) -> Row:
    return Row(what, value, unit, f"at least {least:g}", value >= least)


# -- sweeps -------------------------------------------------------------------------------------------------


def sweeps(job: Job) -> Iterator[Row]:
    """Sweeps of `paper_cnn` over the published epsilons, and how far they are from the arithmetic alone."""
    model, count = ("compact_cnn", 4) if job.small else ("paper_cnn", TEST_IMAGES)
    store = store_of(count)
    classifier = taught(model, store_of(min(count, 64)), job.device, steps=2 if job.small else 30)
    steps = 2 if job.small else STEPS
    fgsm, pgd = create_attack("fgsm"), create_attack("pgd", steps=steps)
    whole = create_attack("pgd", steps=steps, early_stop=False)

    def swept(attack: Attack, **options: object) -> float:
        work = lambda: progress.run(  # noqa: E731
            sweep_store(
                classifier,
                store,
                attack,
                EPSILONS,
                device=job.device,
                noise=False,
                checked=0,
                **options,  # type: ignore[arg-type]
            )
        )
        first = seconds_of(work, job.device)
        return first if job.small or first > LONG else seconds_of(work, job.device, 3)

    yield below(f"FGSM, {count} films, five epsilons, critical epsilon", swept(fgsm, critical=True), "s", 1.0)
    yield below(f"PGD-{steps}, {count} films, five epsilons", swept(pgd, critical=False), "s", 2.0)
    backward, forward, size = passes(classifier, store, job)
    yield Row("best batch size of the bare passes", size, "films")
    yield Row("bare forward and backward", count / backward, "films/s")
    bare = backward + (len(EPSILONS) - 1) * forward
    yield below("FGSM beside its bare passes", swept(fgsm, critical=False) / bare, "times", 1.25)
    bare = (len(EPSILONS) - 1) * (steps * backward + forward) + forward
    yield below(
        "PGD without early stop beside its bare passes", swept(whole, critical=False) / bare, "times", 1.25
    )


def passes(classifier: Classifier, store: Store, job: Job) -> tuple[float, float, int]:
    """Seconds of a gradient and of a forward of the whole store, at the batch size that is best for them."""
    network = nn.Sequential(classifier).to(job.device).to(memory_format=torch.channels_last)
    pixels = pixels_of(store)[0].to(job.device).contiguous(memory_format=torch.channels_last)

    def gradients(size: int) -> None:
        for some in pixels.split(size):
            leaf = some.detach().requires_grad_()
            torch.autograd.grad(network(leaf).sum(), leaf)

    @torch.no_grad()
    def forwards(size: int) -> None:
        for some in pixels.split(size):
            network(some)

    found = []
    for size in {min(size, len(pixels)) for size in (32, 64, 128, 256, 512, 1024)}:
        gradients(size)
        backward, forward = (seconds_of(partial(work, size), job.device, 3) for work in (gradients, forwards))
        found.append((backward, forward, size))
    return min(found)


# -- training -----------------------------------------------------------------------------------------------


def training(job: Job) -> Iterator[Row]:
    """The command line's loop on `paper_cnn` at batch 32, beside its step alone and the device's own time."""
    model, images, size, steps, turns = (
        ("compact_cnn", 8, 4, 2, 1) if job.small else ("paper_cnn", 1024, 32, 64, 5)
    )
    with tempfile.TemporaryDirectory() as place:
        films = train_speed.write_films(Path(place) / "films", images, 224)
        ours = train_speed.train_steps(films, model, size, job.device.type, Path(place) / "run")
        alone = train_speed.ceiling_steps(model, size, job.device)
        speeds: dict[str, list[float]] = {"train": [], "alone": []}
        for turn in range(turns + 1):
            for name, steps_of in (("train", ours), ("alone", alone)):
                start = time.perf_counter()
                done = sum(islice(steps_of, steps))
                if turn:  # the first one warms up
                    speeds[name].append(done / (time.perf_counter() - start))
        ours.close()
        train, step = (statistics.median(values) for values in speeds.values())
    yield Row("training", train, "images/s")
    yield Row("the step alone", step, "images/s")
    yield above("training beside the step alone", train / step, "of 1", 0.9)
    if job.device.type != "cuda":
        yield Row("share of the time the GPU is busy", None, "of 1", "at least 0.9")
        return
    computing = _device_seconds(lambda: sum(islice(alone, steps))) / (steps * size)
    yield above("share of the time the GPU is busy", train * computing, "of 1", 0.9)


def _device_seconds(work: Callable[[], object]) -> float:
    """Seconds for which kernels ran in `work`."""
    from torch.autograd import DeviceType
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as told:
        work()
        torch.cuda.synchronize()
    kernels = [event for event in told.events() if event.device_type == DeviceType.CUDA]
    return sum(float(event.self_device_time_total) for event in kernels) / 1e6


def window(job: Job) -> Iterator[Row]:
    """The window's training beside the command line's of the same films, and the GUI thread's gaps."""
    for needed in ("PySide6", "pyqtgraph"):
        __import__(needed)
    count, model, epochs = (12, "compact_cnn", 2) if job.small else (1024, "paper_cnn", 8)
    with tempfile.TemporaryDirectory() as place:
        films = write_films(Path(place) / "films", train=count, test=min(count, 312) // 2)
        words = ["-m", "tests.gpu.window", films, "--device", job.device.type, "--model", model]
        told = json.loads(_python(*words, "--epochs", epochs))
        run = Path(place) / "run"
        words = ["main.py", "train", films, "--model", model, "--recipe", "paper", "--epochs", epochs]
        _python(*words, "--device", job.device.type, "--out", run)
        from cxr_gui.core.training import RunFolder

        speed = max(row.images_per_second for row in RunFolder(run).read_metrics())
    yield Row("training in the window", told["images_per_second"], "images/s")
    yield above(
        "training in the window beside the command line", told["images_per_second"] / speed, "of 1", 0.8
    )
    yield below("99 of 100 gaps of the GUI thread while it trains", told["train_p99_ms"], "ms", 20.0)
    yield Row("the longest of them", told["train_worst_ms"], "ms")
    yield below("99 of 100 gaps of the GUI thread while it sweeps", told["sweep_p99_ms"], "ms", 20.0)
    yield Row("the longest of them ", told["sweep_worst_ms"], "ms")


def study(job: Job) -> Iterator[Row]:
    """The whole study of a folder of X-rays, as the command line makes it."""
    if job.data is None:
        raise SystemExit("no folder of X-rays was named")
    with tempfile.TemporaryDirectory() as place:
        words = ["main.py", "study", "--data", job.data, "--device", job.device.type, "--out"]
        start = time.perf_counter()
        _python(*words, Path(place) / "study")
        yield below(f"`study` of {job.data.name}", time.perf_counter() - start, "s", 15.0)


def _python(*words: object) -> str:
    """What this Python prints for them, from the checkout and with a cache of its own."""
    with tempfile.TemporaryDirectory() as cache:
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            check=True,
            env={**os.environ, "CXR_CACHE": cache},
        )
    return done.stdout


PARTS: dict[str, Callable[[Job], Iterator[Row]]] = {
    "sweeps": sweeps,
    "training": training,
    "window": window,
    "study": study,
}


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("name", choices=list(PARTS))
    parser.add_argument("answer", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--data", type=Path)
    options = parser.parse_args(words)
    memory.settle()
    job = Job(devices.choose(options.device), options.small, options.data)
    rows: list[dict[str, object]] = []
    for row in PARTS[options.name](job):  # written at once: what comes after may fail
        rows.append(asdict(row))
        options.answer.write_text(json.dumps(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
