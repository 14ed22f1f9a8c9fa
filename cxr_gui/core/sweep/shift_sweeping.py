"""Sweeping: every image of a split under several shifts, for several classifiers in one pass.

Each file is decoded once, on every core, and shifted at its own resolution; the classifiers see what is left
at theirs.
"""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import cxr_gui
from cxr_gui.core.attacks import check_logits, logits_of
from cxr_gui.core.base.errors import ArgumentError, DatasetError, ImageError
from cxr_gui.core.base.parallel import in_order
from cxr_gui.core.base.progress import Notice, Pace, Work
from cxr_gui.core.data import Problem, Record
from cxr_gui.core.images import read, to_input
from cxr_gui.core.models import Classifier
from cxr_gui.core.shifts import Shift, SpacedImage, chance_of, shifted
from cxr_gui.core.sweep.batch_size import chosen_batch_size
from cxr_gui.core.sweep.events import ShiftProgress
from cxr_gui.core.sweep.journal import Entry, SweepJournal
from cxr_gui.core.sweep.result import described
from cxr_gui.core.sweep.shift_result import ShiftResult
from cxr_gui.core.sweep.subject import images_digest, shift_subject
from cxr_gui.core.sweep.written_paths import relative_paths

Size = tuple[int, int]


def sweep_shifts(
    classifiers: Sequence[Classifier],
    records: Sequence[Record],
    shifts: Sequence[Shift],
    *,
    batch_size: int | None = None,
    device: str | torch.device = "cpu",
    seed: int = 0,
    limit: int | None = None,
    root: Path | None = None,
    about: Mapping[str, object] | None = None,
    about_each: Mapping[str, Mapping[str, object]] | None = None,
    journal: Path | None = None,
    resume: bool = False,
) -> Work[tuple[ShiftResult, ...]]:
    """One result for each classifier, over the labelled `records`, which all have one of its classes.

    The images are visited in an order drawn with `seed`, so that what is finished is always a random sample;
    `limit` takes only that many. A film's inputs are classified `batch_size` at a time; None: see
    `chosen_batch_size`. A shift of an image is the same for every classifier. Files that cannot be
    read are in each result's `unread`. `about` is added to what the results say of themselves, and what
    `about_each` has by the classifier's name. `journal` and `resume` as in `sweep_store`, film by film.
    Raises ArgumentError for arguments that are not accepted, DatasetError when no file can be read, and
    AnswerError for a logit that is not finite.
    """
    for name, given in (("classifiers", classifiers), ("records", records), ("shifts", shifts)):
        if not given:
            raise ArgumentError("is empty.", where=name, hint="Accepted: at least one.")
    order = np.random.default_rng(seed).permutation(len(records))[:limit].tolist()
    private = [copy.deepcopy(each).to(device).eval().requires_grad_(False) for each in classifiers]
    sizes = tuple(dict.fromkeys(each.input_size for each in classifiers))
    tally = _Tally(
        classifiers, records, shifts, root, {"seed": seed, "limit": limit, **(about or {})}, about_each or {}
    )
    stage, pace, total = "Shifting", Pace(), len(order)
    with contextlib.ExitStack() as stack:
        kept = None
        if journal is not None:
            call = {**tally.about, "batch_size": batch_size, "device": str(device)}
            images = images_digest((tally.paths[row], records[row].label) for row in order)
            subject = shift_subject(classifiers, shifts, images, call)
            kept = stack.enter_context(SweepJournal.begin(journal, subject, resume=resume))
            order = tally.take_over(kept, order)
        yield ShiftProgress(stage, total - len(order), total, tally.moment())
        films = in_order(partial(_film, records=records, shifts=shifts, sizes=sizes, seed=seed), order)
        stack.enter_context(closing(films))
        for done, (row, film) in enumerate(zip(order, films, strict=True), start=1 + total - len(order)):
            if isinstance(film, ImageError):
                entry: Entry = {"rows": [row], "unread": film.what}
            else:
                path = Path(records[row].path)
                answers = [_answers(each, film.inputs[each.input_size], batch_size, path) for each in private]
                entry = {"rows": [row], "spaced": film.spaced, "logits": [some.tolist() for some in answers]}
            tally.add(entry)
            if kept is not None:
                kept.write(entry | {"seconds": tally.seconds})
                yield from (Notice(stage, done, total, text) for text in kept.news())
            if pace():
                yield ShiftProgress(stage, done, total, tally.moment())
    if not tally.rows:
        raise DatasetError(
            "has no image that can be read.", where=tally.unread[0].path, hint="Check the files."
        )
    results = tally.results(len(tally.rows), complete=True)
    for number, shift in enumerate(shifts):
        yield ShiftProgress("Measuring", number, len(shifts), tally.moment())
        for result in results:
            result.points(shift)
    return results


@dataclass(frozen=True, eq=False)
class _Shifted:
    """What classifiers of each size are given of a film: uint8 [1 + M, H, W], clean and at M severities."""

    inputs: dict[Size, NDArray[np.uint8]]
    spaced: bool


def _film(
    row: int, records: Sequence[Record], shifts: Sequence[Shift], sizes: Iterable[Size], seed: int
) -> _Shifted | ImageError:
    try:
        radiograph = read(records[row].path)
    except ImageError as error:
        return error
    film = SpacedImage(radiograph.pixels, radiograph.source.spacing)
    return _Shifted(
        {
            size: np.stack(
                [
                    to_input(film.pixels, size),
                    *(
                        shifted(film, shift, amount, size, chance_of(shift, seed, row))
                        for shift in shifts
                        for amount in shift.amounts
                    ),
                ]
            )
            for size in sizes
        },
        film.spacing is not None,
    )


def _answers(
    classifier: Classifier, inputs: NDArray[np.uint8], batch_size: int | None, path: Path
) -> NDArray[np.float32]:
    """Logits [1 + M] of one film's inputs."""
    pixels = torch.from_numpy(inputs)[:, None].to(classifier.device).float() / 255
    size = batch_size or chosen_batch_size(classifier, pixels[:1])
    logits = [logits_of(classifier, some) for some in torch.split(pixels, size)]
    found: NDArray[np.float32] = check_logits(torch.cat(logits), path).float().cpu().numpy()
    return found


class _Tally:
    """What was found so far; any moment of it can be had as results."""

    def __init__(
        self,
        classifiers: Sequence[Classifier],
        records: Sequence[Record],
        shifts: Sequence[Shift],
        root: Path | None,
        about: Mapping[str, object],
        about_each: Mapping[str, Mapping[str, object]],
    ) -> None:
        self.rows: list[int] = []
        self.unread: list[Problem] = []
        self._spaced: list[bool] = []
        self._answers: list[list[NDArray[np.float32]]] = [[] for _ in classifiers]
        self._classifiers, self._records, self._shifts = classifiers, records, tuple(shifts)
        self.paths = relative_paths([Path(record.path) for record in records], root)
        self._about_each = about_each
        self.about = {**about, "program": cxr_gui.__version__, "torch": torch.__version__}
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the beginning, interruptions left out."""
        return time.monotonic() - self._start

    def take_over(self, journal: SweepJournal, order: Sequence[int]) -> list[int]:
        """Take in what an earlier call has finished; returns those of `order` that are left."""
        with journal.understood():
            for entry in journal.entries:
                self.add(entry)
            self._start -= max((float(entry["seconds"]) for entry in journal.entries), default=0.0)
            finished = {row for entry in journal.entries for row in entry["rows"]}
        return [row for row in order if row not in finished]

    def add(self, entry: Entry) -> None:
        """Take in the logits [1 + M] of an image by each classifier, or why it cannot be read."""
        [row] = entry["rows"]
        if "unread" in entry:
            self.unread.append(Problem(self._records[row].path, entry["unread"]))
            return
        self.rows.append(row)
        self._spaced.append(entry["spaced"])
        for those, found in zip(self._answers, entry["logits"], strict=True):
            those.append(np.array(found, np.float32))

    def moment(self) -> Callable[[], tuple[ShiftResult, ...]]:
        """How to get the results over what there is now, marked as not complete, at any later time."""
        return partial(self.results, len(self.rows), complete=False)

    def results(self, count: int, *, complete: bool) -> tuple[ShiftResult, ...]:
        """One for each classifier over the first images, in the order of their numbers."""
        order = np.argsort(self.rows[:count], kind="stable")
        rows = np.array(self.rows[:count], np.int64)[order]
        unspaced = count - sum(self._spaced[:count])
        return tuple(
            replace(
                self._result(classifier, rows, np.array(answers[:count], np.float32)[order].T),
                unspaced=unspaced,
                complete=complete,
            )
            for classifier, answers in zip(self._classifiers, self._answers, strict=True)
        )

    def _result(
        self, classifier: Classifier, rows: NDArray[np.int64], logits: NDArray[np.float32]
    ) -> ShiftResult:
        """That of logits [1 + M, N]."""
        ends = np.cumsum([1, *(len(shift.amounts) for shift in self._shifts)])
        parts = [logits[start:end] for start, end in pairwise(ends.tolist())]
        labels = [classifier.classes.index(str(self._records[row].label)) for row in rows.tolist()]
        return ShiftResult(
            classifier=classifier.name,
            shifts=self._shifts,
            logits={shift.name: part for shift, part in zip(self._shifts, parts, strict=True)},
            clean_logits=logits[0] if len(logits) else np.empty(0, np.float32),
            labels=np.array(labels, np.int64),
            rows=rows,
            threshold_logit=classifier.threshold_logit,
            classes=classifier.classes,
            paths=tuple(self.paths[row] for row in rows.tolist()),
            patients=tuple(self._records[row].patient for row in rows.tolist()),
            unread=tuple(self.unread),
            seconds=self.seconds,
            about={**described(classifier), **self.about, **self._about_each.get(classifier.name, {})},
        )
