"""The trainer: epochs of steps, the verdict after each, what is kept, and when it ends."""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch

from cxr_gui.core.base.device import memory_used
from cxr_gui.core.base.errors import CheckpointError, OutputError, TrainingError
from cxr_gui.core.base.progress import Pace, Work
from cxr_gui.core.base.randomness import Purpose, generator, seeded
from cxr_gui.core.data import Dataset, Feed, Store
from cxr_gui.core.models import Card, Classifier, load, save
from cxr_gui.core.training.adversary import risen
from cxr_gui.core.training.events import ROW_FIELDS, BatchDone, EpochDone, EpochRow
from cxr_gui.core.training.learner import NOT_FINITE_HINT, Learner, class_weights
from cxr_gui.core.training.meter import Meter, StepResult
from cxr_gui.core.training.recipes import TrainConfig
from cxr_gui.core.training.run_folder import RunFolder
from cxr_gui.core.training.state import Journal, read_state, write_state
from cxr_gui.core.training.tensorboard import Board, NoBoard
from cxr_gui.core.training.validation import Validation, chosen_threshold, validate

STAGE = "Training"
SECONDS_BETWEEN_STATES = 180.0
WRITING_SHARE = 0.1
MOST_RETREATS = 3
COLLAPSE = 0.5


class Trainer:
    """One training at work in one folder. Goes on from the folder's last.ckpt where there is one."""

    def __init__(
        self,
        folder: RunFolder,
        dataset: Dataset,
        config: TrainConfig,
        classifier: Classifier,
        training: Store,
        validation: Store | None,
        device: torch.device,
        twins: Store | None = None,
    ) -> None:
        self.folder, self.dataset, self.config, self.recipe = folder, dataset, config, config.recipe
        self.training = Feed(training, device, twins)
        self.validation = None if validation is None else Feed(validation, device)
        self.images, self.unreadable = len(training.labels), len(training.problems)
        self.batches = math.ceil(self.images / self.recipe.batch_size)
        self.learner = Learner(
            classifier,
            self.recipe,
            seed=config.seed,
            steps=self.batches * self.recipe.epochs,
            weights=class_weights(training.labels, self.recipe),
            device=device,
        )
        self.world = self.learner.world
        self.meter = Meter(device)
        self.journal = Journal(images=_identity(training))
        self.kept: Classifier | None = None
        self.written: tuple[int, int] | None = None  # the epoch and batch last.ckpt was written at
        self.written_at, self.writing_took = time.monotonic(), 0.0
        self.pace: float | None = None  # seconds a step takes, smoothed
        self.mark = time.perf_counter()
        self.tick = Pace(per_second=5)
        self.memory = memory_used(device)
        if folder.state.exists():
            self._resume()

    @property
    def steps_taken(self) -> int:
        return (self.journal.epoch - 1) * self.batches + self.journal.batch

    @property
    def position(self) -> tuple[int, int]:
        return self.journal.epoch, self.journal.batch

    # -- the method -----------------------------------------------------------------------------------------

    def run(self) -> Work[None]:
        """Train until the last epoch, an early stop or a collapse."""
        with closing(self._board()) as board:
            try:
                while self.journal.outcome is None:
                    yield from self._train_epoch(board)
                    verdict = None
                    if self.validation is not None:
                        verdict = yield from validate(
                            self.learner.judged, self.validation, self.recipe, seed=self.config.seed
                        )
                    yield self._end_epoch(verdict, board)
            except (TrainingError, OutputError):
                raise  # what is on disk is the last good state
            except BaseException:  # stopped, interrupted, or failed elsewhere between two steps
                self._write()
                raise

    def _train_epoch(self, board: Board | NoBoard) -> Iterator[BatchDone]:
        """Take the steps of this epoch that are still to be taken, in its own random order."""
        journal, size = self.journal, self.recipe.batch_size
        draws = generator(self.config.seed, Purpose.ORDER, journal.epoch)
        order = torch.randperm(self.images, generator=draws).numpy()
        if self.recipe.shifts:
            shifted = torch.rand(self.images, generator=draws).numpy() < self.recipe.shifts
            order = order + self.images * shifted
        order = order[journal.batch * size :]
        if not len(order):
            return
        self.mark = time.perf_counter()
        for pixels, labels in self.training.batches(size, order):
            outcome = self.learner.step(pixels, labels, self.steps_taken)
            journal.batch += 1
            self.meter.put(outcome, self.steps_taken, len(pixels))
            yield from self._report(self.meter.ready(), board)
            if time.monotonic() - self.written_at > SECONDS_BETWEEN_STATES:
                self._write()
        yield from self._report(len(self.meter), board)

    def _report(self, count: int, board: Board | NoBoard) -> Iterator[BatchDone]:
        """Read and tell so many steps; the time the listener takes, a pause for instance, is not theirs."""
        for left in range(count, 0, -1):
            result = self.meter.read()
            seconds = (time.perf_counter() - self.mark) / left
            self._account(result)
            self.journal.seconds += seconds
            self.pace = seconds if self.pace is None else 0.9 * self.pace + 0.1 * seconds
            speed = self.recipe.batch_size / self.pace
            if self.tick():
                self.memory = memory_used(self.learner.device)
                board.add({"train/loss": result.loss, "train/images_per_second": speed}, result.step)
            yield BatchDone(
                stage=STAGE,
                done=result.step,
                total=self.learner.steps,
                epoch=self.journal.epoch,
                batch=result.step - (self.journal.epoch - 1) * self.batches,
                loss=result.loss,
                images_per_second=speed,
                seconds_left=(self.learner.steps - result.step) * self.pace,
                memory=self.memory,
            )
            self.mark = time.perf_counter() - (left - 1) * seconds

    def _account(self, result: StepResult) -> None:
        if not math.isfinite(result.loss):
            self.learner.sound = False
            raise TrainingError(
                f"The loss is {result.loss} at step {result.step} (epoch {self.journal.epoch}).",
                where=self.folder.path,
                hint=NOT_FINITE_HINT,
            )
        self.journal.loss += result.loss * result.count
        self.journal.correct += result.correct

    def _end_epoch(self, verdict: Validation | None, board: Board | NoBoard) -> EpochDone:
        """Judge the epoch, decide what is kept and whether to go on, and write it all."""
        row = self._row(verdict)
        snapshot = self.learner.snapshot()
        threshold = None if verdict is None else chosen_threshold(verdict, self.recipe)
        if threshold is not None:
            snapshot.threshold = threshold
        snapshot.name = f"{self.folder.path.name}, epoch {row.epoch}"
        snapshot.card = self._card(f"epoch {row.epoch} of {self.recipe.epochs}", row)
        self.journal.history.append(row)
        self._keep(row, snapshot, verdict)
        self.journal.outcome = self._outcome(row)
        if row.collapsed and self.journal.outcome is None:
            self._step_back()
        self.journal.next_epoch()
        curves = {name.replace("_", "/", 1): value for name, value in _numbers(row).items()}
        board.add(curves, self.steps_taken)
        if self.world.first:
            self.folder.write_metrics(self.journal.history)
        # On a fast device an epoch may take less time than writing its state.
        waited = time.monotonic() - self.written_at
        if self.journal.outcome is not None or WRITING_SHARE * waited >= self.writing_took:
            self._write()
            board.flush()
        return EpochDone(
            stage=STAGE, done=self.steps_taken, total=self.learner.steps, classifier=snapshot, **asdict(row)
        )

    def _board(self) -> Board | NoBoard:
        return Board(self.folder.path, self.steps_taken) if self.world.first else NoBoard()

    # -- its parts ------------------------------------------------------------------------------------------

    def _row(self, verdict: Validation | None) -> EpochRow:
        journal = self.journal
        row = EpochRow(
            epoch=journal.epoch,
            train_loss=journal.loss / self.images,
            train_accuracy=journal.correct / self.images,
            learning_rate=self.learner.learning_rate(self.steps_taken - 1),
            images_per_second=self.images / journal.seconds,
            seconds=journal.seconds,
        )
        if verdict is None:
            return row
        robust, certified = verdict.robust_balanced_accuracy, verdict.certified_balanced_accuracy
        # Bounds that are too wide teach one answer for all, which nothing can change and nobody needs.
        constant = certified is not None and certified <= 0.5 and self._risen
        return replace(
            row,
            validation_loss=verdict.loss,
            validation_accuracy=verdict.accuracy,
            validation_balanced_accuracy=verdict.balanced_accuracy,
            validation_auroc=None if math.isnan(verdict.auroc) else verdict.auroc,
            robust_accuracy=verdict.robust_accuracy,
            robust_balanced_accuracy=robust,
            certified_accuracy=verdict.certified_accuracy,
            certified_balanced_accuracy=certified,
            collapsed=constant or (robust is not None and robust < COLLAPSE * journal.best_robust),
        )

    @property
    def _risen(self) -> bool:
        """Whether the whole epoch was trained at all of the recipe's epsilon."""
        return risen(self.recipe, (self.journal.epoch - 1) / self.recipe.epochs) == 1.0

    def _keep(self, row: EpochRow, snapshot: Classifier, verdict: Validation | None) -> None:
        journal = self.journal
        journal.best_robust = max(journal.best_robust, row.robust_balanced_accuracy or 0.0)
        quality = 0.0 if verdict is None else verdict.quality(self.recipe.best_by)
        worse = journal.best is not None and quality <= journal.best
        if row.collapsed or (self.recipe.keep == "best" and worse):
            return
        journal.best_epoch, journal.best = row.epoch, quality
        self.kept = snapshot

    def _outcome(self, row: EpochRow) -> str | None:
        """How the training ends with this epoch, or None when it goes on."""
        journal, recipe = self.journal, self.recipe
        if row.collapsed and (recipe.on_collapse == "stop" or journal.retreats == MOST_RETREATS):
            return "collapsed"
        if row.epoch == recipe.epochs:
            return "finished"
        if recipe.patience and row.epoch - journal.best_epoch >= recipe.patience:
            return "stopped early"
        return None

    def _step_back(self) -> None:
        """After a collapse: the kept classifier again, with fresh moments and half the learning rate."""
        if self.kept is None:
            raise CheckpointError("holds no epoch to step back to.", where=self.folder.path)
        self.learner.go_back(self.kept)
        self.journal.retreats += 1

    def _card(self, when: str, row: EpochRow | None) -> Card:
        config = self.config
        counts = np.bincount(self.training.labels, minlength=2).tolist()
        return Card(
            source=f"Trained with recipe '{self.recipe.title}' on {self.images} images of "
            f"'{self.dataset.root.name}', seed {config.seed}: {when}.",
            data={
                "name": self.dataset.root.name,
                "fingerprint": self.dataset.fingerprint(),
                "train": dict(zip(self.dataset.classes, counts, strict=True)),
                "unreadable": self.unreadable,
            },
            metrics={} if row is None else {"epoch": row.epoch, **_numbers(row)},
        )

    def _write(self) -> None:
        """Write best.safetensors and last.ckpt, unless the last step went wrong or nothing has changed."""
        while len(self.meter):
            self._account(self.meter.read())
        if not self.world.first or not self.learner.sound or self.written == self.position:
            return
        start = time.monotonic()
        journal = self.journal
        journal.rate, journal.pieces = self.learner.rate, self.learner.pieces.count
        tensors = self.learner.tensors()
        kept = self.kept
        if kept is None:
            kept = self.learner.snapshot()
            kept.card = self._card(f"stopped within epoch {journal.epoch}", None)
        save(kept, self.folder.best)
        self.folder.write_metrics(journal.history)
        write_state(self.folder.state, journal, tensors)
        self.written, self.written_at = self.position, time.monotonic()
        self.writing_took = self.written_at - start

    def _resume(self) -> None:
        """Take over what last.ckpt and best.safetensors hold."""
        journal, tensors = read_state(self.folder.state)
        if journal.images != self.journal.images:
            raise TrainingError(
                "was trained on other images than can be read now.",
                where=self.folder.path,
                hint="Put the missing files back, or train into a new folder.",
            )
        try:
            if journal.outcome is None and journal.epoch > self.recipe.epochs:
                raise KeyError(journal.epoch)  # it would never come to its last epoch
            self.learner.restore(tensors)
        except (KeyError, RuntimeError) as error:
            raise CheckpointError(
                "does not fit this training.", where=self.folder.state, hint="Train into a new folder."
            ) from error
        self.learner.rate, self.learner.pieces.count = journal.rate, journal.pieces
        self.journal = journal
        self.written = self.position
        if journal.best_epoch:
            with seeded(torch.device("cpu"), self.config.seed, Purpose.WEIGHTS):
                self.kept = load(self.folder.best)


def _identity(store: Store) -> str:
    """What the prepared images are, in their order: a digest of their names and labels."""
    digest = hashlib.sha256(store.labels.tobytes())
    for record in store.records:
        digest.update(f"\n{Path(record.path).name}".encode())
    return digest.hexdigest()


def _numbers(row: EpochRow) -> dict[str, float]:
    """What was measured in an epoch, without what only concerns the machine."""
    names = [
        name for name in ROW_FIELDS if name.startswith(("train_", "validation_", "robust_", "certified_"))
    ]
    return {name: value for name in names if (value := getattr(row, name)) is not None}
