"""How fast `train` is beside a plain ImageFolder + DataLoader loop, and beside the arithmetic alone.

    python -m tests.benchmarks.train_speed --model paper_cnn --side 224
    python -m tests.benchmarks.train_speed --model compact_cnn --side 1500 --device cuda --workers 8

Each runs in a process of its own, as it would; `train` and the arithmetic take memory as `main.py` does
(core/base/memory.py). They take turns, so that a machine that is busy for a while is busy for all; the median
counts.

Recorded on two cores of an AMD EPYC with PyTorch 2.15, images/s:

    network       files     plain loop   train   arithmetic alone   train / plain   of the arithmetic
    paper_cnn      224 px         18.0    44.8               49.5           2.50x               91 %
    paper_cnn     1500 px         12.6    45.7               48.2           3.62x               95 %
    compact_cnn   1500 px         39.0   341.2              352.7           8.75x               97 %

On one H100 with 16 cores and PyTorch 2.11 `train` of paper_cnn took 6,700 to 8,800 images/s, its steps as
written. Captured, and of the others, a GPU is not measured; `python -m tests.gpu` does it.

A turn is an epoch of 1,024 images and all that its end costs; one of the Kermany data is five times as long.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from cxr_gui.core.base import device as devices
from cxr_gui.core.base import memory, progress
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.models.registry import create
from cxr_gui.core.training.events import BatchDone
from cxr_gui.core.training.learner import Learner
from cxr_gui.core.training.meter import Meter
from cxr_gui.core.training.recipes import PAPER, TrainConfig
from cxr_gui.core.training.training import train
from tests.benchmarks.race import Race

PLAIN, TRAIN, ARITHMETIC = "plain ImageFolder + DataLoader", "train", "arithmetic alone"
WARM = 6
"""Steps before any is timed; where steps are captured, the fourth of a kind is."""


def write_films(folder: Path, count: int, side: int) -> Path:
    """`count` JPEGs of about `side` pixels, as large on disk as films are, half of them of each class."""
    random = np.random.default_rng(0)
    for number in range(count):
        place = folder / "train" / ("NORMAL", "PNEUMONIA")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        coarse = Image.fromarray(random.integers(0, 256, (side // 8, side // 8), dtype=np.uint8))
        name = f"person{number}_virus_1.jpeg" if number % 2 else f"IM-{number:04}-0001.jpeg"
        coarse.resize((side, side), Image.Resampling.BICUBIC).save(place / name, quality=90)
    return folder


def plain_network(model: str) -> nn.Module:
    """The network as people write it: ReLU before pooling, weights as they come."""
    if model != "paper_cnn":
        return create(model)

    def block(channels_in: int, channels_out: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(channels_in, channels_out, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))

    head = [
        nn.Flatten(),
        nn.Linear(128 * 28 * 28, 256),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(256, 1),
        nn.Flatten(0),
    ]
    return nn.Sequential(block(3, 32), block(32, 64), block(64, 128), *head)


def plain_steps(
    films: Path, model: str, batch_size: int, workers: int, device: torch.device
) -> Iterator[int]:
    """The plain loop, a step at a time; yields the images of each."""
    look = transforms.Compose(
        [
            transforms.Grayscale(3),
            transforms.Resize((224, 224)),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            *([transforms.Normalize([0.5] * 3, [0.5] * 3)] if model == "paper_cnn" else []),
        ]
    )
    loader = DataLoader(
        ImageFolder(str(films / "train"), look),
        batch_size,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
        multiprocessing_context="fork" if workers and sys.platform == "linux" else None,
    )
    iter(loader)  # once and before the device: copies of this process, none of which reads PyTorch anew
    network = plain_network(model).to(device).train()
    adam = torch.optim.Adam(network.parameters(), lr=1e-4)
    criterion = nn.BCEWithLogitsLoss()
    while True:
        for pixels, labels in loader:
            adam.zero_grad()
            loss = criterion(network(pixels.to(device)), labels.float().to(device))
            loss.backward()
            adam.step()
            loss.item()
            yield len(pixels)


def train_steps(films: Path, model: str, batch_size: int, device: str, out: Path) -> Iterator[int]:
    """Ours, from the store; yields the images of each step."""
    recipe = replace(PAPER, batch_size=batch_size, epochs=10_000)
    dataset = progress.run(scan(films))
    images = len(dataset.of("train"))
    steps = -(-images // batch_size)
    for event in train(dataset, out, TrainConfig(model, {}, recipe, 0, device)):
        if isinstance(event, BatchDone):
            yield images - (steps - 1) * batch_size if event.batch == steps else batch_size


def ceiling_steps(model: str, batch_size: int, device: torch.device) -> Iterator[int]:
    """Our step on random images that lie on the device already: the arithmetic alone."""
    learner = Learner(
        create(model), replace(PAPER, flip=0.0), seed=0, steps=10**9, weights=torch.ones(2), device=device
    )
    side = learner.classifier.input_size
    pixels = torch.rand(batch_size, 1, *side, device=device)
    labels = (torch.arange(batch_size, device=device) % 2).float()
    meter = Meter(device)
    for number in cycle(range(10**9)):
        meter.put(learner.step(pixels, labels, number), number, batch_size)
        for _ in range(meter.ready()):
            meter.read()
        yield batch_size


def contestant(kind: str, place: Path, chosen: argparse.Namespace) -> Iterator[int]:
    """The steps of one of them, in its own process."""
    films, device = place / "films", devices.choose(chosen.device)
    if kind == PLAIN:
        return plain_steps(films, chosen.model, chosen.batch_size, chosen.workers, device)
    memory.settle()
    if kind == TRAIN:
        return train_steps(films, chosen.model, chosen.batch_size, device.type, place / "run")
    return ceiling_steps(chosen.model, chosen.batch_size, device)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="paper_cnn")
    parser.add_argument("--side", type=int, default=224, help="side of the image files in pixels")
    parser.add_argument("--images", type=int, default=1024)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument(
        "--steps", type=int, default=32, help="steps of each in a turn: a whole number of epochs is fair"
    )
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", type=int, default=0, help="DataLoader workers of the plain loop")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--patience", type=float, default=600.0, help="seconds to wait for an answer")
    chosen = parser.parse_args()
    device = devices.choose(chosen.device)
    with tempfile.TemporaryDirectory() as place:
        write_films(Path(place) / "films", chosen.images, chosen.side)
        with Race(chosen.patience) as race:
            for kind in (PLAIN, TRAIN, ARITHMETIC):
                os.environ.pop(memory.HUGE_PAGES, None)
                if kind != PLAIN:
                    os.environ[memory.HUGE_PAGES] = "1"  # which PyTorch must find when it comes
                race.begin(kind, contestant, kind, Path(place), chosen)
            race.turns(1, WARM)  # builds the store, warms up
            speeds = race.turns(chosen.turns, chosen.steps)
    plain, ours, most = (statistics.median(values) for values in speeds.values())
    sys.stdout.write(
        f"{chosen.model}, files of {chosen.side} px, batch {chosen.batch_size}, {devices.describe(device)}\n"
        + "".join(
            f"  {kind:32} {statistics.median(values):8.1f} images/s\n" for kind, values in speeds.items()
        )
        + f"  train / plain   {ours / plain:.2f}x\n  train / arithmetic alone   {ours / most:.1%}\n"
    )


if __name__ == "__main__":
    main()
