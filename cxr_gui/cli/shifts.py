"""Films changed without an attacker: what `sweep --shift` does, and the list of the shifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from cxr_gui.cli.options import (
    json_option,
    print_json,
)
from cxr_gui.cli.terminal import Interrupted, show

if TYPE_CHECKING:
    from cxr_gui.core.data import Dataset
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.shifts import Shift
    from cxr_gui.core.sweep import ShiftResult

EVERY = "every"
"""Instead of a shift's name: all of them."""

ABOUT_ATTACKS = {
    "attacks",
    "parameters",
    "threats",
    "eps",
    "eps_unit",
    "critical",
    "certify",
    "bound",
    "descending",
    "requirements",
}
"""Parameters of `sweep` that mean nothing with --shift."""


@click.command()
@json_option
def shifts(as_json: bool) -> None:
    """List the shifts: what befalls films without an attacker, mildest to most severe."""
    from cxr_gui.core.shifts import SHIFTS

    if as_json:
        print_json(
            [
                {name: value for name, value in vars(shift).items() if name != "change"}
                for shift in SHIFTS.values()
            ]
        )
        return
    for name, shift in SHIFTS.items():
        click.echo(f"{name:<18} {shift.title}: {shift.summary}")
        click.echo(f"{'':<18} {shift.span}")


def chosen_shifts(names: Sequence[str]) -> list[Shift]:
    """The shifts of these names; "every" means all. Raises SettingsError for an unknown name."""
    from cxr_gui.core.shifts import SHIFTS

    wanted = list(SHIFTS) if EVERY in names else list(dict.fromkeys(names))
    return [SHIFTS.find(name) for name in wanted]


def refuse_attack_options(context: click.Context) -> None:
    """Raise UsageError where an option was typed that says how to attack: nobody attacks."""
    for parameter in context.command.params:
        typed = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        if typed and parameter.name in ABOUT_ATTACKS:
            raise click.UsageError(f"{parameter.opts[0]} is about attacks; --shift has none.")


def run_shifts(
    classifiers: Sequence[Classifier],
    dataset: Dataset,
    shifts: Sequence[Shift],
    out: Path,
    *,
    baseline: str | None,
    as_json: bool,
    split: str,
    batch_size: int | None,
    limit: int | None,
    seed: int,
    device: str,
    resume: bool,
    paper: Sequence[str],
    about: Mapping[str, Mapping[str, object]],
) -> None:
    """Sweep, write and print; `about` is added to what each classifier's result says of itself."""
    from cxr_gui.core.study import compare_shifts
    from cxr_gui.core.sweep import ShiftProgress, shift_document

    names = [classifier.name for classifier in classifiers]
    if baseline is not None and baseline not in names:
        raise click.UsageError(f"--baseline names none of the classifiers: {', '.join(names)}.")

    work = compare_shifts(
        classifiers,
        dataset,
        shifts,
        split=split,
        batch_size=batch_size,
        limit=limit,
        seed=seed,
        device=device,
        about_each=about,
        journal=out,
        resume=resume,
    )
    try:
        results = show(work)
    except Interrupted as stop:
        if isinstance(stop.last, ShiftProgress):
            partial = stop.last.partial()
            if len(partial[0].labels):
                _write(partial, out, baseline)
                click.echo(f"Stopped; the images finished so far are in {out}; --resume goes on.", err=True)
        raise
    against = _write(results, out, baseline)
    if paper:
        _write_paper(results, out / "paper", paper, against)
    if as_json:
        print_json(shift_document(results, against))
        return
    from cxr_gui.core.report import shift_text

    for result in results:
        click.echo(shift_text(result, against))


def _write(results: Sequence[ShiftResult], out: Path, baseline: str | None) -> ShiftResult | None:
    """Write numbers and heat table; returns the baseline's result."""
    from cxr_gui.core.report import heat_chart, save_figure
    from cxr_gui.core.sweep import SweepFolder, write_shifts

    against = next((result for result in results if result.classifier == baseline), None)
    write_shifts(results, out, baseline=against)
    save_figure(heat_chart(results), out / "heat.png", dpi=200)
    if all(result.complete for result in results):
        SweepFolder(out).forget_journals()
    return against


def _write_paper(
    results: Sequence[ShiftResult], folder: Path, kinds: Sequence[str], against: ShiftResult | None
) -> None:
    """The heat table as a chart, and a table of each classifier."""
    from cxr_gui.core.report import heat_chart, save_figure, shift_table, write_table

    for kind in {"pdf", "svg"} & set(kinds):
        save_figure(heat_chart(results), folder / f"chart-01-shifts.{kind}")
    for number, result in enumerate(results, start=1):
        command = str(result.about.get("command", ""))
        write_table(shift_table(result, against), folder / f"table-{number:02d}-shifts", kinds, command)
