"""How often core/images/domain.py warns of X-rays, and of what is none; and how its stored reference is made.

    python tests/benchmarks/domain_rates.py DATA [--write]

DATA is the Kermany folder. Prints the share of each kind of image that is unlike, as domain.py's docstring
lists them, and for which reason. --write first fits the reference anew, to the training split, and stores it
in resources/domain.json. The photographs are those that foolbox and matplotlib carry.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import foolbox
import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from cxr_gui.core.base import progress, resources
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.core.images import domain
from cxr_gui.core.images.radiograph import read, to_input

EACH, SIDE = 60, 256
LETTERS = list("abcdefghijklmnopqrstuvwxyz     ")
Pixels = NDArray[np.float32]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    dataset = progress.run(scan(options.data))
    if options.write:
        reference = domain.fit(read(record.path).pixels for record in dataset.of("train"))
        text = json.dumps(asdict(reference)).replace("], [", "],\n [")
        (resources.folder() / "domain.json").write_text(text + "\n", encoding="utf-8")
        domain.stored.cache_clear()
    print(f"{'':32}  all     unlike upside down  mirrored   contrast      shape")  # noqa: T201
    test = [read(record.path).pixels for record in dataset.of("test")]
    for name, images in (("test X-rays", iter(test)), *kinds(test)):
        said = ["; ".join(domain.warnings(image)) for image in images]
        of = [
            sum(word in each for each in said) for word in ("is", "upside", "mirrored", "contrast", "times")
        ]
        shares = "".join(f"{100 * count / len(said):9.1f} %" for count in of)
        print(f"{name:32}{len(said):5}{shares}")  # noqa: T201


def kinds(test: list[Pixels]) -> Iterator[tuple[str, Iterator[Pixels]]]:
    """What is not an upright chest X-ray, by kind; and the demo's films, which resemble one."""
    yield "demo films", iter(demo_films())
    carried = Path(foolbox.__file__).parent / "data"
    portrait = Path(mpl.get_data_path()) / "sample_data" / "grace_hopper.jpg"
    yield "photographs", (read(path).pixels for path in [*sorted(carried.glob("imagenet_*")), portrait])
    others = sorted(path for path in carried.glob("*.png") if not path.name.startswith("imagenet"))
    yield "small images", (read(path).pixels for path in others)
    random = np.random.default_rng(1)
    yield "noise", (random.random((SIDE, SIDE), np.float32) for _ in range(EACH))
    yield "blobs", (blobs(random) for _ in range(EACH))
    yield "gradients", (gradient(random) for _ in range(EACH))
    yield "pages of text", (page(random) for _ in range(EACH // 3))
    yield "flat grey", (np.full((SIDE, SIDE), level, np.float32) for level in (0, 0.3, 0.5, 1))
    yield "test X-rays on their side", (image.T for image in test)
    yield "test X-rays inverted", (1 - image for image in test)
    yield "test X-rays turned by 180", (image[::-1, ::-1] for image in test)
    yield "test X-rays upside down", (image[::-1] for image in test)
    yield "test X-rays mirrored", (image[:, ::-1] for image in test)
    yield "test X-rays, half contrast", (0.5 + (image - 0.5) / 2 for image in test)
    yield "test X-rays, quarter contrast", (0.5 + (image - 0.5) / 4 for image in test)
    yield "test X-rays, tenth contrast", (0.5 + (image - 0.5) / 10 for image in test)
    yield "test X-rays, 2000 x 500", (to_input(image, (500, 2000)) / np.float32(255) for image in test)


def demo_films() -> list[Pixels]:
    with tempfile.TemporaryDirectory() as folder:
        films = sorted(progress.run(write_demo(Path(folder) / "demo", train=4, test=120)).glob("test/*/*"))
        return [read(path).pixels for path in films]


def blobs(random: np.random.Generator) -> Pixels:
    coarse = Image.fromarray(random.integers(0, 255, (6, 6), np.uint8))
    return np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32) / 255


def gradient(random: np.random.Generator) -> Pixels:
    angle = random.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    slope = np.cos(angle) * x + np.sin(angle) * y
    return ((slope - slope.min()) / np.ptp(slope)).astype(np.float32)


def page(random: np.random.Generator) -> Pixels:
    sheet = Image.new("L", (640, 800), 255)
    draw = ImageDraw.Draw(sheet)
    for y in range(40, 760, 18):
        draw.text((40, y), "".join(random.choice(LETTERS, int(random.integers(40, 90)))), fill=0)
    return np.asarray(sheet, np.float32) / 255


if __name__ == "__main__":
    main()
