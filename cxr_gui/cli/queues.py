"""Several trainings in one call: queue, and `train --seeds`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cxr_gui.cli.options import FAILED, PATH, json_option, print_json
from cxr_gui.cli.terminal import show
from cxr_gui.core.base import distributed
from cxr_gui.core.base.errors import WorkbenchError

if TYPE_CHECKING:
    from cxr_gui.core.queue import QueuedJob


@click.command()
@click.argument("file", metavar="FILE.toml", type=PATH)
@click.option("--out", type=PATH, help="Folder to write into [the file's `out`].")
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@json_option
def queue(file: Path, out: Path | None, dry_run: bool, as_json: bool) -> None:
    """Do the trainings and sweeps of FILE.toml one after another, overnight for instance.

    A list in a table stands for one job each: see the guide on clusters. What was done already is not done
    again, what was interrupted goes on, what failed is tried again; one failure does not stop the rest.
    """
    from cxr_gui.core.queue import Queue, read_queue_file, run_queue

    place, jobs = read_queue_file(file, out)
    waiting = Queue.read(place / "queue.json")
    if not dry_run:
        waiting.take(jobs)
        jobs = show(run_queue(waiting))
    if as_json:
        print_json([{"name": job.name, "state": job.state, "problem": job.problem} for job in jobs])
    else:
        for job in jobs:
            click.echo(_in_words(job))
    if any(job.state == "failed" for job in jobs):
        raise SystemExit(FAILED)


def _in_words(job: QueuedJob) -> str:
    return f"{job.state:<8} {job.kind:<6} {job.name}" + (f": {job.problem}" if job.problem else "")


def seeds_given(_context: click.Context, _option: click.Parameter, text: str | None) -> tuple[int, ...]:
    """What --seeds was given: whole numbers, each once."""
    words = [word.strip() for word in (text or "").replace(";", ",").split(",") if word.strip()]
    if text is not None and (not words or not all(word.isascii() and word.isdigit() for word in words)):
        raise click.UsageError(f"--seeds takes whole numbers from 0 on, such as 0,1,2; got '{text}'.")
    return tuple(dict.fromkeys(map(int, words)))


def for_each_seed(seeds: Sequence[int], train_one: Callable[[int], None]) -> None:
    """Train once for each seed. A failure is told and does not stop the rest; it exits with 1 at the end."""
    if distributed.started():
        raise click.UsageError("torchrun shares one training: name its --seed.")
    failed = []
    for seed in seeds:
        click.echo(f"Seed {seed}")
        try:
            train_one(seed)
        except WorkbenchError as error:
            failed.append(seed)
            click.echo(f"Error: seed {seed}: {error}", err=True)
    if failed:
        words = ", ".join(map(str, failed))
        click.echo(f"{len(failed)} of {len(seeds)} trainings failed: seed {words}.", err=True)
        raise SystemExit(FAILED)
