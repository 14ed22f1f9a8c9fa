"""Folders of runs, sweeps and studies as the program writes them, without a training."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from cxr_gui.core.base.files import sha256
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.classifier import Card
from cxr_gui.core.models.registry import create
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.core.training.events import EpochRow
from cxr_gui.core.training.recipes import RECIPES, TrainConfig
from cxr_gui.core.training.run_folder import RunFolder
from tests.support.report_samples import sweep_result

AUROCS = (0.7, 0.9, 0.8)
"""Of validation, an epoch after the other; the run keeps the second."""


def write_run(
    folder: Path, *, seed: int = 0, recipe: str = "balanced", shift: float = 0.0, **changes: Any
) -> Path:
    """A run of three epochs, whose AUROCs are AUROCS plus `shift`; changes: of the recipe."""
    files = RunFolder(folder)
    config = TrainConfig(
        "compact_cnn", {"width": 4}, RECIPES[recipe].changed(**changes), seed=seed, device="cpu"
    )
    files.write_config(config, folder.parent / "films", "f" * 64)
    history = [
        EpochRow(
            epoch=epoch,
            train_loss=1 / epoch,
            train_accuracy=0.5,
            validation_auroc=auroc + shift,
            validation_balanced_accuracy=auroc / 2,
        )
        for epoch, auroc in enumerate(AUROCS, start=1)
    ]
    files.write_metrics(history)
    torch.manual_seed(seed)
    classifier = create("compact_cnn", width=4)
    classifier.card = Card("Made for a test.", metrics={"epoch": 2})
    save(classifier, files.best)
    return folder


def write_sweep_of(run: Path | None, folder: Path, *, right: int = 0, **changes: Any) -> Path:
    """A sweep of a run's classifier, or of one that nobody knows; so many more are right when clean."""
    result = sweep_result(negative=20, positive=30, **changes)
    clean = result.clean_logits.copy()
    clean[:right] = -1.0
    logits = result.logits.copy()
    logits[0] = clean
    about = {**result.about, "data": {"name": "films", "fingerprint": "f" * 64}}
    if run is not None:
        about |= {"classifier_sha256": sha256(RunFolder(run).best)}
    write_sweep(replace(result, logits=logits, clean_logits=clean, about=about), folder)
    return folder


def write_study(folder: Path, *, seed: int = 0, **changes: Any) -> Path:
    """A study with a run and a sweep, which does not say whose classifier it attacked."""
    write_run(folder / "run", seed=seed, **changes)
    write_sweep_of(None, folder / "sweep")
    record = {"kind": "study", "data": {"name": "demo data"}, "run": "run", "sweep": "sweep"}
    (folder / "study.json").write_text(json.dumps(record), encoding="utf-8")
    return folder
