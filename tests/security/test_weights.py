"""Weights and states from strangers: no pickle runs, no header and no archive makes memory of its claims.

What is damaged or simply something else: test_models, test_adopt, test_xrv_densenet.
"""

from __future__ import annotations

import json
import os
import pickle
import struct
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import CheckpointError, WorkbenchError
from cxr_gui.core.models.checkpoint import header_of, load
from cxr_gui.core.models.foreign import adopt
from cxr_gui.core.models.registry import create
from cxr_gui.core.study.opening import open_results
from cxr_gui.core.training.events import EpochRow
from cxr_gui.core.training.recipes import TrainConfig
from cxr_gui.core.training.run_folder import RunFolder, read_outcome, read_run
from cxr_gui.core.training.state import FORMAT, Journal, read_journal, read_state, write_state
from tests.support.hostile import NESTED, VALUES, grown

GIB = 1 << 30


def adopted(path: Path) -> object:
    return adopt(path, "compact_cnn", classes=("A", "B"), preprocessing="symmetric")


def as_run(name: str) -> Callable[[Path], object]:
    """Open the run in whose folder `path` is put as `name`."""

    def read(path: Path) -> object:
        run = RunFolder(path.parent / "run")
        run.write_config(TrainConfig("compact_cnn", {"width": 1}), path.parent, "")
        run.write_metrics([])
        classifier = create("compact_cnn", width=1)
        save_file(classifier.state_dict(), run.best, metadata=header_of(classifier))
        path.replace(run.path / name)
        progress.run(open_results(run.path))
        return read_run(run.path)

    return read


DOORS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a classifier": ("c.safetensors", load),
    "the state of a training": ("last.ckpt", read_state),
    "its journal alone": ("last.ckpt", read_journal),
    "how a run ended": ("last.ckpt", lambda path: read_outcome(path.parent)),
    "a run's classifier": ("x", as_run("best.safetensors")),
    "a run's state": ("x", as_run("last.ckpt")),
    "weights as .safetensors": ("w.safetensors", adopted),
    "weights as .pt": ("w.pt", adopted),
    "weights as .ckpt": ("w.ckpt", adopted),
    "weights with no suffix": ("w", adopted),
}


WITHOUT = ("how a run ended", "a run's state")
"""What can be shown without the file, where it is none."""


@pytest.mark.parametrize("form", ["pickle", "zip", "stream"])
@pytest.mark.parametrize("door", DOORS)
def test_no_pickle_runs_behind_any_door(door: str, form: str, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "sprung",)

    name, read = DOORS[door]
    path = tmp_path / name
    if form == "pickle":
        path.write_bytes(pickle.dumps({"state_dict": Trap()}))
    else:
        torch.save({"weight": Trap()}, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(WorkbenchError) as refused:
        read(path)
    assert refused.value.where
    assert not (tmp_path / "sprung").exists()


def safetensors_file(path: Path, metadata: dict[str, Any], tensors: dict[str, Any] | None = None) -> Path:
    header = json.dumps({"__metadata__": metadata} | (tensors or {})).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return path


@pytest.mark.parametrize("length", [2 << 30, 2**63, 2**64 - 1, 16 << 20])
@pytest.mark.parametrize("door", DOORS)
def test_a_header_that_claims_gigabytes(door: str, length: int, tmp_path: Path) -> None:
    name, read = DOORS[door]
    path = tmp_path / name
    path.write_bytes(struct.pack("<Q", length) + b"{}")
    with pytest.raises(WorkbenchError):
        read(path)


def journal_file(path: Path, journal: str) -> Path:
    return safetensors_file(path, {"format": FORMAT, "journal": journal})


def test_a_journal_with_any_value_changed_is_refused_or_has_its_types(tmp_path: Path) -> None:
    numbers = {"train_loss": 0.5, "train_accuracy": 0.5, "learning_rate": 0.1}
    row = EpochRow(epoch=1, images_per_second=1.0, seconds=1.0, **numbers)
    path = tmp_path / "last.ckpt"
    write_state(path, Journal(epoch=2, history=[row]), {"x": torch.zeros(1)})
    good = {**vars(Journal(epoch=2)), "history": [vars(row)]}
    assert read_journal(path).history == [row]
    for name in good:
        for value in VALUES:
            text = json.dumps(good | {name: value})
            try:
                read = read_journal(journal_file(path, text))
            except CheckpointError:
                continue
            assert read.epoch >= 1, (name, value)
            assert min(read.batch, read.correct, read.best_epoch, read.retreats) >= 0, (name, value)
            assert read.pieces in (1, 2), (name, value)
            assert 0 < read.rate <= 1, (name, value)
    for text in (
        *NESTED.values(),
        "null",
        "[]",
        '"x"',
        "3",
        json.dumps([good]),
        json.dumps({"history": [[]]}),
    ):
        with pytest.raises(CheckpointError):
            read_journal(journal_file(path, text))


def test_a_checkpoint_with_any_part_of_its_header_changed(tmp_path: Path) -> None:
    classifier = create("compact_cnn", width=1)
    header, path = header_of(classifier), tmp_path / "c.safetensors"
    for name in header:
        for text in (*map(json.dumps, VALUES), *NESTED.values(), "", "nan", "inf", "x"):
            save_file(classifier.state_dict(), path, metadata=header | {name: text})
            try:
                loaded = load(path)
            except CheckpointError:
                continue
            assert loaded.classes[0].__class__ is str
            assert 0 <= loaded.threshold <= 1
            assert bool(torch.isfinite(loaded(torch.rand(1, 1, 32, 32))).all()), (name, text)


def test_memory(tmp_path: Path) -> None:
    """Headers, archives and streams that claim to be far larger than they are."""
    for number, claim in enumerate((2 << 30, 8 << 40)):
        header = json.dumps({"a": {"dtype": "U8", "shape": [claim], "data_offsets": [0, claim]}}).encode()
        (tmp_path / f"claim{number}.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    nested = json.dumps({"__metadata__": {"format": "x" * (15 << 20)}}).encode()
    (tmp_path / "long.safetensors").write_bytes(struct.pack("<Q", len(nested)) + nested)
    many = ",".join(f'"{n}":{{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}' for n in range(25_000))
    (tmp_path / "many.safetensors").write_bytes(struct.pack("<Q", len(many) + 2) + f"{{{many}}}".encode())
    torch.save({"weight": torch.zeros(1 << 18)}, tmp_path / "small.pt")
    with zipfile.ZipFile(tmp_path / "small.pt") as small:
        entries = {entry.filename: small.read(entry) for entry in small.infolist()}
    with zipfile.ZipFile(tmp_path / "bomb.pt", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        for name, data in entries.items():
            if not name.endswith("/data/0"):
                bomb.writestr(name, data)
                continue
            with bomb.open(name, "w", force_zip64=True) as member:
                for _ in range(24):
                    member.write(bytes(64 << 20))
    torch.save({"weight": torch.zeros(4)}, tmp_path / "stream.pt", _use_new_zipfile_serialization=False)
    stream = (tmp_path / "stream.pt").read_bytes()
    (tmp_path / "stream.pt").write_bytes(stream.replace(b"K\x04N", b"\x8a\x05\0\0\0\0\x02N", 1))
    (tmp_path / "text.pt").write_bytes(b"\x80\x04\x8d" + struct.pack("<Q", 4 << 30) + b"x.")
    script = """
from cxr_gui.core.training.state import read_state
from cxr_gui.core.models import load
from cxr_gui.core.models.foreign import adopt
ready()
for path in sorted(Path(sys.argv[1]).iterdir()):
    refused(lambda: adopt(path, "compact_cnn", classes=("A", "B"), preprocessing="symmetric"))
    refused(load, path)
    refused(read_state, path)
"""
    assert grown(script, tmp_path) < GIB


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes in folders")
@pytest.mark.parametrize("door", [door for door in DOORS if door not in WITHOUT])
def test_a_pipe_is_not_waited_for(door: str, tmp_path: Path) -> None:
    name, read = DOORS[door]
    os.mkfifo(tmp_path / name)
    with pytest.raises(WorkbenchError):
        read(tmp_path / name)
