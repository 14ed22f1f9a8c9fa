"""The commands. Only opening the window imports Qt; only a command that needs torch imports torch."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

import cxr_gui
from cxr_gui.cli import (
    attacks,
    claims,
    classifiers,
    data,
    desktop,
    films,
    proofs,
    queues,
    shifts,
    subgroups,
)
from cxr_gui.cli.data import reading_options
from cxr_gui.cli.options import (
    FAILED,
    PATH,
    WRONG_CALL,
    certify_option,
    command_line,
    data_argument,
    device_option,
    json_option,
    number_given,
    out_option,
    paper_option,
    print_json,
    seed_option,
)
from cxr_gui.cli.queues import for_each_seed, seeds_given
from cxr_gui.cli.terminal import accept_any_name, handling, lost_output, show, stop_at_once
from cxr_gui.core.base import distributed, memory
from cxr_gui.core.base.errors import ArgumentError, SettingsError, WorkbenchError
from cxr_gui.core.data import AS_RECOGNISED, Reading, check_there


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(cxr_gui.__version__, prog_name="cxr-gui")
def commands() -> None:
    """How vulnerable is a chest X-ray classifier to adversarial attacks?

    Without a command the window opens, on the paths given, if any. Research software, not for clinical use.
    """


@commands.command()
@click.option("--data", type=PATH, help="The dataset's folder; without it, the demo data.")
@click.option("--model", "architecture", help="Architecture [paper_cnn; compact_cnn on the demo data].")
@click.option("--recipe", help="A recipe's name or file [paper; a short one on the demo data].")
@click.option("--epochs", type=int, help="Epochs [the recipe's].")
@click.option("--resume", is_flag=True, help="Go on with what was interrupted in OUT.")
@certify_option
@reading_options
@seed_option
@device_option
@paper_option
@out_option
def study(
    data: Path | None,
    reading: Reading,
    architecture: str | None,
    recipe: str | None,
    epochs: int | None,
    resume: bool,
    certify: bool,
    seed: int,
    device: str,
    paper: list[str],
    out: Path,
) -> None:
    """The whole thing: train, sweep, report."""
    if data is not None:
        check_there(data)
    from cxr_gui.core.report import StudyFolder, table_text, write_paper
    from cxr_gui.core.study import study as run_study
    from cxr_gui.core.study import study_config
    from cxr_gui.core.sweep import read_sweep

    config = study_config(
        demo=data is None, architecture=architecture, recipe=recipe, epochs=epochs, seed=seed, device=device
    )
    show(
        run_study(
            out,
            data=data,
            reading=reading,
            config=config,
            command=command_line({data: "DATA", out: "OUT"}),
            resume=resume,
            certify=certify,
        )
    )
    folder = StudyFolder(out)
    if paper:
        show(write_paper([out], out / "paper", paper))
    click.echo(table_text(read_sweep(folder.sweep)))
    click.echo(f"Report: {' and '.join(map(str, folder.reports))}")


@commands.command()
@data_argument
@click.option("--config", type=PATH, help="Repeat a run: its config.json. Other options change it.")
@click.option("--model", "architecture", help="Architecture [paper_cnn].")
@click.option(
    "--pretrained", is_flag=True, help="Start from ImageNet weights, downloaded if they are not there yet."
)
@click.option("--recipe", help="A recipe's name, or a recipe file (JSON, TOML) [paper].")
@click.option("--epochs", type=int, help="Epochs [the recipe's].")
@click.option("--batch-size", type=int, help="Images per step [the recipe's].")
@click.option(
    "--lr", "learning_rate", callback=number_given, metavar="NUMBER", help="Learning rate [the recipe's]."
)
@click.option("--seed", type=int, help="The seed of everything random [0].")
@click.option(
    "--seeds",
    callback=seeds_given,
    metavar="0,1,2",
    help="Train once for each of these seeds, into --out/seed-N.",
)
@click.option("--device", help="auto, cpu, cuda or mps [auto].")
@click.option("--resume", is_flag=True, help="Continue the run in --out, with its own configuration.")
@reading_options
@out_option
def train(
    data: Path,
    reading: Reading,
    config: Path | None,
    seeds: tuple[int, ...],
    resume: bool,
    out: Path,
    **changes: Any,
) -> None:
    """Train a classifier on DATA.

    `torchrun --nproc-per-node N main.py train ...` shares every batch among N processes.
    """
    check_there(data)
    if not seeds:
        _train(data, reading, config, resume=resume, out=out, **changes)
        return
    if changes["seed"] is not None:
        raise click.UsageError("--seed and --seeds both say which; give one of them.")

    def train_one(seed: int) -> None:
        _train(data, reading, config, resume=resume, out=out / f"seed-{seed}", **{**changes, "seed": seed})

    for_each_seed(seeds, train_one)


def _train(
    data: Path, reading: Reading, config: Path | None, *, resume: bool, out: Path, **changes: Any
) -> None:
    """Train once and tell its epochs."""
    from cxr_gui.core.data import scan
    from cxr_gui.core.training import RunFolder, read_config, read_run_config, train

    known = config or (RunFolder(out).config if resume and RunFolder(out).config.exists() else None)
    chosen = _train_config(None if known is None else read_config(known), resume=resume, **changes)
    if known is not None and reading == AS_RECOGNISED:
        reading = read_run_config(known).reading
    dataset = show(scan(data, **vars(reading)))
    run = show(train(dataset, out, chosen, resume=resume))
    if not distributed.first():
        return
    for row in run.history:
        validation = "" if row.validation_loss is None else f", validation loss {row.validation_loss:.4f}"
        click.echo(
            f"epoch {row.epoch}: loss {row.train_loss:.4f}{validation}, {row.images_per_second:.1f} images/s"
        )
    click.echo(f"Classifier: {run.best_path}")


@commands.command()
@data_argument
@reading_options
@json_option
def audit(data: Path, reading: Reading, as_json: bool) -> None:
    """Look for what ruins studies: leaks, duplicates, unreadable files, shortcuts."""
    from cxr_gui.core.data import audit, scan

    result = show(audit(show(scan(data, **vars(reading)))))
    if as_json:
        print_json(result.to_json())
    else:
        click.echo(result.to_text())


@commands.command()
@click.argument("sources", metavar="STUDY_OR_SWEEP...", nargs=-1, required=True, type=PATH)
@click.option("--out", required=True, type=PATH, help="FILE.pdf or FILE.html")
@paper_option
def report(sources: tuple[Path, ...], out: Path, paper: list[str]) -> None:
    """Write the report of a study or a sweep.

    Of several, or of a folder of sweeps, it also compares each with the first, image by image: differences
    in accuracy with paired 95 % intervals, on the images that all of them attacked.
    """
    from cxr_gui.core.report import write_paper, write_reports

    show(write_reports(sources, [out]))
    if paper:
        show(write_paper(sources, out.parent / "paper", paper))
    click.echo(out)


@commands.command()
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--train", "train_images", default=800, show_default=True, help="Images in train.")
@click.option("--test", "test_images", default=200, show_default=True, help="Images in test.")
@seed_option
def demo(folder: Path, train_images: int, test_images: int, seed: int) -> None:
    """Write the demo dataset: synthetic radiographs of two classes."""
    from cxr_gui.core.demo import write_demo

    show(write_demo(folder, train=train_images, test=test_images, seed=seed))
    click.echo(folder)


for command in (attacks.list_attacks, attacks.sweep, proofs.certify, claims.verify):
    commands.add_command(command)
for command in (films.predict, films.attack, films.plausible):
    commands.add_command(command)
for command in (classifiers.models, classifiers.adopt, classifiers.export, classifiers.card):
    commands.add_command(command)
commands.add_command(shifts.shifts)
commands.add_command(subgroups.subgroups)
commands.add_command(queues.queue)
commands.add_command(data.download)
commands.add_command(desktop.launcher)


SHARED = ("sweep", "train")
"""The commands that several processes can do together."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command, or open the window when there is none; ends the process with the exit code."""
    memory.settle()
    accept_any_name()
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and (arguments[0] in commands.commands or arguments[0] in ("-h", "--help", "--version")):
        sys.exit(_run_command(arguments))
    sys.exit(_open_window(arguments))


def window() -> NoReturn:
    """Entry point of the desktop launcher: always the window."""
    memory.settle()
    sys.exit(_open_window(sys.argv[1:]))


def _run_command(arguments: list[str]) -> int:
    if distributed.started() and arguments[0] not in SHARED:
        click.echo(f"Error: torchrun is for {' and '.join(SHARED)}, not for '{arguments[0]}'.", err=True)
        return WRONG_CALL
    try:
        with handling(stop_at_once), distributed.joined():
            commands.main(arguments, prog_name="cxr-gui", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return WRONG_CALL
    except (SettingsError, ArgumentError) as error:
        click.echo(f"Error: {error}", err=True)
        return WRONG_CALL
    except WorkbenchError as error:
        click.echo(f"Error: {error}", err=True)
        return FAILED
    except (KeyboardInterrupt, click.Abort) as stop:  # click makes the one into the other
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # it ends now
        click.echo("Stopped.", err=True)
        return 128 + getattr(stop.__cause__ or stop, "number", signal.SIGINT)
    except OSError:
        reason = lost_output()
        if reason is None:
            raise
        click.echo(
            f"Error: The output cannot be written ({reason}). Send it elsewhere, or free space.", err=True
        )
        return FAILED
    return 0


def _open_window(arguments: list[str]) -> int:
    fresh = "--fresh" in arguments
    paths = [Path(argument) for argument in arguments if argument != "--fresh"]
    for path in paths:
        if not path.exists():
            names = ", ".join(commands.commands)
            click.echo(
                f"Error: '{path}' is neither a command ({names}) nor an existing file or folder.", err=True
            )
            return WRONG_CALL
    linux = sys.platform.startswith("linux")
    if linux and not any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        click.echo(
            "Error: there is no display to open the window on; 'study' does the work without one.", err=True
        )
        return WRONG_CALL
    try:
        from cxr_gui import app
    except ImportError as error:
        if not linux or "PySide6" not in (error.path or ""):
            raise
        install = f"apt-get install {desktop.LIBRARIES}"
        click.echo(f"Error: Qt cannot be loaded ({error}). On Debian or Ubuntu: {install}", err=True)
        return FAILED
    return app.run(paths, fresh=fresh)


def _train_config(
    start: Any, *, resume: bool, architecture: str | None, pretrained: bool, recipe: Any, **changes: Any
) -> Any:
    """The configuration a `train` call means: a run's own or the default, with what was said changed.

    A run that is resumed has its recipe as it was changed then; its name alone changes nothing.
    """
    from dataclasses import replace

    from cxr_gui.core.training import TrainConfig, find_recipe

    config = start or TrainConfig()
    own = {name: changes.pop(name) for name in ("seed", "device")}
    own["architecture"] = architecture
    if architecture not in (None, config.architecture):
        own["options"] = {}
    if pretrained:
        own["options"] = {**own.get("options", config.options), "pretrained": True}
    own_recipe = recipe is None or (resume and recipe == config.recipe.name)
    base = config.recipe if own_recipe else find_recipe(recipe)
    changed = base.changed(**{name: value for name, value in changes.items() if value is not None})
    return replace(
        config, recipe=changed, **{name: value for name, value in own.items() if value is not None}
    )
