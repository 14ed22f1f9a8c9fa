"""Working on a queue: one job after another, each from where it was interrupted; a failure ends no other."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cxr_gui.core.base.errors import CheckpointError, WorkbenchError
from cxr_gui.core.base.files import sha256
from cxr_gui.core.base.progress import Event, Notice, Work
from cxr_gui.core.data import Dataset, scan
from cxr_gui.core.models import load
from cxr_gui.core.queue.queue_file import reading_of, sweep_arguments, train_config
from cxr_gui.core.queue.queued import Queue, QueuedJob, State
from cxr_gui.core.report import write_chart
from cxr_gui.core.study import sweep_dataset
from cxr_gui.core.sweep import SweepFolder, write_sweep
from cxr_gui.core.training import train


@dataclass(frozen=True)
class QueueProgress(Event):
    """How far `job` is, in the words of its own work, or that it has ended; `behind` of `jobs` have.

    inner  the latest event of its own work, while it is at work
    """

    job: QueuedJob
    behind: int
    jobs: int
    inner: Event | None = field(default=None, compare=False)


def run_queue(queue: Queue, enough: Callable[[], bool] = lambda: False) -> Work[tuple[QueuedJob, ...]]:
    """Do what waits, what was interrupted and what failed before, until it is `enough`; returns all jobs, as
    they ended.

    Jobs that are added, moved or taken out meanwhile are seen when the one at work ends. Closing it stops
    that one where it can go on, and lets it wait. Raises TrainingError when another process is at it.
    """
    with queue.locked():
        queue.begin_again()
        while not enough() and (job := queue.begin_next()) is not None:
            yield from _one(queue, job)
    return queue.jobs


def _one(queue: Queue, job: QueuedJob) -> Work[None]:
    start = time.monotonic()

    def ended(state: State, problem: str = "") -> QueueProgress:
        seconds = round(job.seconds + time.monotonic() - start, 2)
        queue.update(job.name, state=state, problem=problem, seconds=seconds)
        return _progress(queue, replace(job, state=state, problem=problem, seconds=seconds))

    try:
        with closing(WORK[job.kind](job.options)) as work:
            job = replace(job, state="running")
            for event in work:
                yield event if isinstance(event, Notice) else _progress(queue, job, event)
    except WorkbenchError as error:
        yield ended("failed", str(error))
    except Exception as error:  # noqa: BLE001  whatever it is, the rest of the night does not hang on it
        yield ended("failed", f"{type(error).__name__}: {error}")
    except BaseException:  # stopped: what was finished is kept, and gone on with
        ended("waiting")
        raise
    else:
        yield ended("done")


def _progress(queue: Queue, job: QueuedJob, inner: Event | None = None) -> QueueProgress:
    behind = sum(each.state in ("done", "failed") for each in queue.jobs)
    count = len(queue.jobs)
    if inner is None:
        return QueueProgress(f"{job.name}: {job.state}", behind, count, job, behind, count)
    stage = f"Queue {behind + 1} of {count}: {job.name}: {inner.stage}"
    return QueueProgress(stage, inner.done, inner.total, job, behind, count, inner)


def _dataset(options: Mapping[str, Any]) -> Work[Dataset]:
    return (yield from scan(options["data"], **vars(reading_of(options))))


def _train(options: Mapping[str, Any]) -> Work[None]:
    dataset = yield from _dataset(options)
    yield from train(dataset, options["out"], train_config(options), resume=True)


def _sweep(options: Mapping[str, Any]) -> Work[None]:
    checkpoint, out = Path(options["classifier"]), Path(options["out"])
    if not checkpoint.exists():
        raise CheckpointError("is not there: its training has not ended well.", where=checkpoint)
    classifier = load(checkpoint)
    dataset = yield from _dataset(options)
    arguments = sweep_arguments(options)
    attack, epsilons = arguments.pop("attack"), arguments.pop("epsilons")
    about = {"classifier_sha256": sha256(checkpoint)}
    result = yield from sweep_dataset(
        classifier, dataset, attack, epsilons, journal=out, resume=True, about=about, **arguments
    )
    write_sweep(result, out)
    write_chart([result], SweepFolder(out).chart)
    SweepFolder(out).forget_journals()


WORK: dict[str, Callable[[Mapping[str, Any]], Work[None]]] = {"train": _train, "sweep": _sweep}
