"""Several processes on GPUs speak NCCL, and one that does so alone steps as one that does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from cxr_gui.core.data import Dataset
from cxr_gui.core.models import load
from cxr_gui.core.training import RunFolder
from tests.gpu.test_training import batch_on, learner
from tests.support.places import ROOT

RECIPE = "--model compact_cnn --recipe paper --epochs 4 --batch-size 8 --lr 0.001 --seed 3"


def test_a_step_of_one_process_among_others_is_that_of_one_alone(
    device: torch.device, tmp_path: Path
) -> None:
    if device.type == "mps":
        pytest.skip("processes share no Apple GPU")
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


def test_two_cards_train_and_write_one_run(cuda: torch.device, dataset: Dataset, tmp_path: Path) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("needs two cards")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", ROOT / "main.py"]
    words = [sys.executable, *launcher, "train", dataset.root, "--out", tmp_path / "run", *RECIPE.split()]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = RunFolder(tmp_path / "run").read_metrics()
    assert [row.epoch for row in rows] == [1, 2, 3, 4]
    assert rows[-1].train_loss < rows[0].train_loss
    assert load(tmp_path / "run" / "best.safetensors").device.type == "cpu"
