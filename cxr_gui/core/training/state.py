"""The state of a training between two steps, and last.ckpt, from which it goes on as if never stopped."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from cxr_gui.core.base.errors import CheckpointError
from cxr_gui.core.base.files import json_text, parse_json
from cxr_gui.core.models import check_header, write_tensors
from cxr_gui.core.training.events import EpochRow

FORMAT = "cxr-gui training state 1"


@dataclass
class Journal:
    """How far a training has come, and what it has seen.

    epoch, batch       the epoch at work (from 1) and the steps taken in it
    loss, correct      sums over the images of those steps
    seconds            spent in those steps
    images             the identity of the prepared training images, in their order
    history            the finished epochs
    best_epoch, best   the epoch kept so far (0 = none) and its quality on validation (None = nothing yet)
    rate, retreats     factor on the learning rate, halved at each step back after a collapse
    pieces             micro-batches per step: 2 once the accelerator ran out of memory
    outcome            None while it can go on, else how it ended
    """

    epoch: int = 1
    batch: int = 0
    loss: float = 0.0
    correct: int = 0
    seconds: float = 0.0
    images: str = ""
    history: list[EpochRow] = field(default_factory=list)
    best_epoch: int = 0
    best: float | None = None
    best_robust: float = 0.0
    rate: float = 1.0
    retreats: int = 0
    pieces: int = 1
    outcome: str | None = None

    def next_epoch(self) -> None:
        """Begin the next epoch."""
        self.epoch, self.batch, self.loss, self.correct, self.seconds = self.epoch + 1, 0, 0.0, 0, 0.0


def write_state(path: Path, journal: Journal, tensors: dict[str, Tensor]) -> None:
    """Write last.ckpt, whole or not at all. Raises OutputError, and then the one before is still there."""
    header = {"format": FORMAT, "journal": json_text(asdict(journal))}
    write_tensors(tensors, path, header)


def read_journal(path: str | os.PathLike[str]) -> Journal:
    """The journal in last.ckpt, without its tensors. Raises CheckpointError."""
    return _read(Path(path), tensors=False)[0]


def read_state(path: str | os.PathLike[str]) -> tuple[Journal, dict[str, Tensor]]:
    """What `write_state` wrote. No code in the file can run. Raises CheckpointError."""
    return _read(Path(path), tensors=True)


def _read(path: Path, *, tensors: bool) -> tuple[Journal, dict[str, Tensor]]:
    hint = "Train into a new folder, or delete it to begin again."
    check_header(path, hint)
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            values = {key: file.get_tensor(key) for key in file.keys()} if tensors else {}  # noqa: SIM118
        if header.get("format") != FORMAT:
            raise CheckpointError("is not the state of a training.", where=path, hint=hint)
        return _sensible(parse_json(header["journal"], Journal, finite=False)), values  # earlier: infinity
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise CheckpointError(f"cannot be resumed from ({error}).", where=path, hint=hint) from error


def _sensible(journal: Journal) -> Journal:
    """`journal`, if a training can have come to where it says; ValueError otherwise."""
    counts = (journal.epoch - 1, journal.batch, journal.correct, journal.best_epoch, journal.retreats)
    if min(counts) < 0 or journal.pieces not in (1, 2) or not 0 < journal.rate <= 1:
        raise ValueError("no training is where its journal says")
    return journal
