"""Several processes on GPUs speak NCCL, and one that does so alone steps as one that does not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from cxr_gui.core.base import progress
from cxr_gui.core.models import load
from cxr_gui.core.training import RunFolder, train
from tests.gpu.test_training import batch_on, config, dataset, learner
from tests.support.places import ROOT

__all__ = ["dataset"]  # a fixture


def test_a_step_of_one_process_among_others_is_that_of_one_alone(
    device: torch.device, tmp_path: Path
) -> None:
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, init_method=f"file://{tmp_path}/meeting", world_size=1, rank=0)
    try:
        alone, shared = learner(device), learner(device)
        shared.network = DistributedDataParallel(shared.classifier)
        batch = batch_on(device)
        for number in range(3):
            torch.testing.assert_close(
                shared.step(*batch, number), alone.step(*batch, number), rtol=0.02, atol=0.02
            )
    finally:
        distributed.destroy_process_group()


def test_two_cards_train_what_one_does(cuda: torch.device, dataset: object, tmp_path: Path) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two cards")
    alone = progress.run(train(dataset, tmp_path / "one", config(cuda)))  # type: ignore[arg-type]
    recipe = (
        "--model",
        "compact_cnn",
        "--recipe",
        "paper",
        "--epochs",
        "4",
        "--batch-size",
        "8",
        "--lr",
        "0.001",
    )
    words = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node=2",
        ROOT / "main.py",
    ]
    words += ["train", dataset.root, *recipe, "--seed", "3", "--out", tmp_path / "two"]  # type: ignore[attr-defined]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=120, env=os.environ)
    assert done.returncode == 0, done.stderr
    rows = RunFolder(tmp_path / "two").read_metrics()
    assert [row.epoch for row in rows] == [row.epoch for row in alone.history]
    assert rows[-1].train_loss < rows[0].train_loss
    assert load(tmp_path / "two" / "best.safetensors").device.type == "cpu"
