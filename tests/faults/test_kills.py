"""`kill -9` at random moments: every file is whole or absent; the command, run again, ends as it would have.

A few kills of each kind; `CXR_KILLS=50 pytest tests/faults/test_kills.py` for fifty.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch

from cxr_gui.core.base import progress
from cxr_gui.core.base.files import read_json
from cxr_gui.core.data.store import Store, prepare
from cxr_gui.core.sweep.files import read_sweep
from cxr_gui.core.training.run_folder import RunFolder, read_run
from tests.support.nursery import Ended, Nursery, timed
from tests.support.results import whole_results, whole_run
from tests.support.small_study import small_config, small_dataset, weights

KILLS = int(os.environ.get("CXR_KILLS", "2"))
IMPORTED = ("torch._dynamo", "torch.export._trace", "torch.utils._sympy.numbers", "sympy.tensor.tensor")
"""What exporting a classifier imports: most kills would fall into these seconds, and few into the writing."""
IN_A_ROW = 3
"""Kills of one training before it may end."""


@pytest.fixture(autouse=True, scope="module")
def _imported(nursery: Nursery) -> None:
    nursery.bring(*IMPORTED)


def test_a_training(nursery: Nursery, films: Path, place: Path) -> None:
    cache, moments = place / "cache", random.Random(1)
    config = small_config(epochs=2)
    start = place / "start"
    RunFolder(start).write_config(config, films, "")

    def train(out: Path, seconds: float | None = None) -> Ended:
        call = ("train", films, "--config", start / "config.json", "--out", out, "--resume")
        return nursery.run(*call, cache=cache, seconds=seconds)

    takes = timed(lambda: train(place / "whole"))
    expected = weights(read_run(place / "whole").classifier)
    kills, number = 0, 0
    while kills < KILLS:
        out = place / f"run-{number}"
        for _ in range(IN_A_ROW):
            ended = train(out, moments.uniform(0.0, takes))
            if not ended.killed:
                break
            kills += 1
            whole_run(out)
        ended = train(out)
        assert ended.code == 0, ended.said
        torch.testing.assert_close(
            weights(read_run(out).classifier), expected, atol=1e-6, rtol=1e-5, msg=f"run {number}"
        )
        assert not list(out.glob(".*")), "what a killed process left is removed by the next"
        number += 1


def test_making_a_store(nursery: Nursery, films: Path, place: Path) -> None:
    dataset, moments = small_dataset(films), random.Random(2)
    records = dataset.of("test")

    def found(cache: Path) -> Store:
        return progress.run(prepare(records, dataset.classes, (224, 224), folder=cache / "stores"))

    expected = found(place / "expected")
    takes = timed(lambda: nursery.run("store", films, cache=place / "store-cache"))
    kills, number = 0, 0
    while kills < KILLS:
        number += 1
        cache = place / f"store-{number}"
        ended = nursery.run("store", films, cache=cache, seconds=moments.uniform(0.0, takes))
        kills += ended.killed
        finished = [path for path in (cache / "stores").glob("*") if not path.name.startswith(".")]
        for store in finished:
            assert (store / "pixels.u8").stat().st_size == expected.pixels.nbytes
            assert read_json(store / "index.json", dict) == {"problems": {}}
        np.testing.assert_array_equal(found(cache).pixels, expected.pixels)


def test_a_sweep(nursery: Nursery, films: Path, place: Path, checkpoint: Path) -> None:
    cache, moments = place / "cache", random.Random(3)

    def sweep(out: Path, seconds: float | None = None) -> Ended:
        call = ("sweep", films, "--model", checkpoint, "--eps", "0,0.1", "--out", out)
        return nursery.run(*call, cache=cache, seconds=seconds)

    takes = timed(lambda: sweep(place / "swept"))
    expected = read_sweep(place / "swept")
    kills = 0
    out = place / "swept-again"
    while kills < KILLS:
        kills += sweep(out, moments.uniform(0.0, takes)).killed
        whole_results(out)
    assert sweep(out).code == 0
    assert whole_results(out) == whole_results(place / "swept") >= {"sweep.json", "images.csv", "chart.png"}
    np.testing.assert_allclose(read_sweep(out).logits, expected.logits, atol=1e-6)


@pytest.mark.parametrize("what", ["classifier", "images"])
def test_exporting(what: str, nursery: Nursery, films: Path, place: Path, checkpoint: Path) -> None:
    cache, moments = place / "cache", random.Random(4)
    film = next(films.glob("test/PNEUMONIA/*.png"))

    def export(out: Path, seconds: float | None = None) -> Ended:
        call: tuple[str | Path, ...] = ("attack", film, "--model", checkpoint, "--out", out)
        if what == "classifier":
            out.mkdir(exist_ok=True)
            call = ("export", "--model", checkpoint, "--out", out / "classifier.pt2")
        return nursery.run(*call, cache=cache, seconds=seconds)

    takes = timed(lambda: export(place / what))
    out, kills = place / f"{what}-again", 0
    while kills < KILLS:
        kills += export(out, moments.uniform(0.0, takes)).killed
        whole_results(out)
    assert export(out).code == 0
    assert whole_results(out) == whole_results(place / what)
