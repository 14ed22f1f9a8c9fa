"""The commands. Only opening the window imports Qt; only a command that needs torch imports torch."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

import cxr_gui
from cxr_gui.core.errors import ArgumentError, SettingsError, WorkbenchError
from cxr_gui.terminal import Interrupted, show

if TYPE_CHECKING:
    from cxr_gui.core.sweep import SweepResult

FAILED, WRONG_CALL, STOPPED = 1, 2, 130

EXISTING = click.Path(path_type=Path)
data_argument = click.argument("data", type=EXISTING)
out_option = click.option("--out", required=True, type=EXISTING, help="Folder to write into.")
model_file = click.option(
    "--model", "checkpoint", required=True, type=EXISTING, help="A .safetensors checkpoint."
)
device_option = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
seed_option = click.option("--seed", default=0, show_default=True, help="Everything random follows from it.")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."
)
attack_option = click.option("--attack", default="fgsm", show_default=True, help="The attack's name.")
parameter_option = click.option(
    "--param",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the attack; repeatable.",
)
unit_option = click.option(
    "--eps-unit",
    default="model",
    show_default=True,
    type=click.Choice(["model", "pixel", "255"]),
    help="model: images in [-1, 1]; pixel: in [0, 1]; 255: grey levels.",
)
threat_option = click.option(
    "--threat",
    default="rgb",
    show_default=True,
    type=click.Choice(["rgb", "grey"]),
    help="rgb: three channels perturbed independently (as published); grey: still a radiograph.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(cxr_gui.__version__, prog_name="cxr-gui")
def commands() -> None:
    """How vulnerable is a chest X-ray classifier to adversarial attacks?

    Without a command the window opens, on the paths given, if any. Research software, not for clinical use.
    """


@commands.command()
@click.option("--data", type=EXISTING, help="The dataset's folder; without it, the demo data.")
@click.option("--model", "architecture", help="Architecture [paper_cnn; compact_cnn on the demo data].")
@click.option("--recipe", help="A recipe's name or file [paper; a short one on the demo data].")
@click.option("--epochs", type=int, help="Epochs [the recipe's].")
@click.option("--resume", is_flag=True, help="Go on with the training in OUT, if it was interrupted.")
@seed_option
@device_option
@out_option
def study(
    data: Path | None,
    architecture: str | None,
    recipe: str | None,
    epochs: int | None,
    resume: bool,
    seed: int,
    device: str,
    out: Path,
) -> None:
    """The whole thing: train, sweep, report."""
    from cxr_gui.core import study as studies
    from cxr_gui.core.report import table_text
    from cxr_gui.core.sweep import read_sweep

    config = studies.study_config(
        demo=data is None, architecture=architecture, recipe=recipe, epochs=epochs, seed=seed, device=device
    )
    show(studies.study(out, data=data, config=config, command=_command_line(data, out), resume=resume))
    click.echo(table_text(read_sweep(out / "sweep")))
    click.echo(f"Report: {out / 'report.html'} and {out / 'report.pdf'}")


@commands.command()
@data_argument
@click.option("--config", type=EXISTING, help="Repeat a run: its config.json. Other options change it.")
@click.option("--model", "architecture", help="Architecture [paper_cnn].")
@click.option("--recipe", help="A recipe's name, or a recipe file (JSON, TOML) [paper].")
@click.option("--epochs", type=int, help="Epochs [the recipe's].")
@click.option("--batch-size", type=int, help="Images per step [the recipe's].")
@click.option("--lr", "learning_rate", type=float, help="Learning rate [the recipe's].")
@click.option("--seed", type=int, help="Everything random follows from it [0].")
@click.option("--device", help="auto, cpu, cuda or mps [auto].")
@click.option("--resume", is_flag=True, help="Go on with the run in --out.")
@out_option
def train(data: Path, config: Path | None, resume: bool, out: Path, **changes: Any) -> None:
    """Train a classifier on DATA."""
    from cxr_gui.core.dataset import scan
    from cxr_gui.core.training import read_config, train

    start = read_config(config) if config is not None else None
    chosen = _train_config(start, **changes)
    dataset = show(scan(data))
    run = show(train(dataset, out, chosen, resume=resume))
    for row in run.history:
        validation = "" if row.validation_loss is None else f", validation loss {row.validation_loss:.4f}"
        click.echo(
            f"epoch {row.epoch}: loss {row.train_loss:.4f}{validation}, {row.images_per_second:.1f} images/s"
        )
    click.echo(f"Classifier: {out / 'best.safetensors'}")


@commands.command()
@data_argument
@model_file
@click.option(
    "--split", default="test", show_default=True, type=click.Choice(["train", "validation", "test"])
)
@attack_option
@parameter_option
@threat_option
@click.option(
    "--eps", default="0,0.01,0.03,0.05,0.1", show_default=True, help="Epsilons, separated by commas."
)
@unit_option
@click.option("--batch-size", default=32, show_default=True)
@click.option("--limit", type=int, help="Attack only so many images, drawn with the seed.")
@seed_option
@device_option
@json_option
@out_option
def sweep(
    data: Path,
    checkpoint: Path,
    attack: str,
    parameters: tuple[str, ...],
    eps: str,
    eps_unit: str,
    as_json: bool,
    out: Path,
    **options: Any,
) -> None:
    """Attack every image of a split of DATA at several epsilons."""
    from cxr_gui.core import units
    from cxr_gui.core.attacks import create_attack
    from cxr_gui.core.dataset import scan
    from cxr_gui.core.models import load
    from cxr_gui.core.report import table_text
    from cxr_gui.core.study import sweep_dataset

    epsilons = units.parse_epsilons(eps, eps_unit)
    chosen = create_attack(attack, **_parameters(attack, parameters))
    classifier = load(checkpoint)
    dataset = show(scan(data))
    try:
        result = show(sweep_dataset(classifier, dataset, chosen, epsilons, **options))
    except Interrupted as stop:
        partial = getattr(stop.last, "partial", None)
        if partial is not None:
            _write_sweep(partial(), out)
            click.echo(f"Stopped; the images finished so far are in {out}.", err=True)
        raise
    _write_sweep(result, out)
    click.echo((out / "sweep.json").read_text(encoding="utf-8") if as_json else table_text(result))


@commands.command()
@click.argument("files", nargs=-1, required=True, type=EXISTING)
@model_file
@json_option
def predict(files: tuple[Path, ...], checkpoint: Path, as_json: bool) -> None:
    """Classify files: one line each, with class and probability."""
    from cxr_gui.core.models import load
    from cxr_gui.core.predict import predict

    predictions = show(predict(files, load(checkpoint)))
    if as_json:
        _print_json(
            [
                {
                    "file": str(found.path),
                    "class": found.label,
                    "probability": found.probability,
                    "logit": found.logit,
                    "warnings": list(found.warnings),
                    "error": None if found.error is None else str(found.error),
                }
                for found in predictions
            ]
        )
    for found in predictions:
        if found.error is not None:
            click.echo(f"Error: {found.error}", err=True)
        elif not as_json:
            click.echo(f"{found.path}\t{found.label}\t{found.probability:.4f}")
        for warning in () if as_json else found.warnings:
            click.echo(f"{found.path}: {warning}", err=True)
    if any(found.error for found in predictions):
        raise SystemExit(FAILED)


@commands.command()
@click.argument("file", type=EXISTING)
@model_file
@attack_option
@parameter_option
@threat_option
@click.option("--eps", default=0.03, show_default=True, help="Epsilon.")
@unit_option
@click.option("--label", help="The true class; without it the classifier's own decision is attacked.")
@json_option
@out_option
def attack(
    file: Path,
    checkpoint: Path,
    attack: str,
    parameters: tuple[str, ...],
    threat: str,
    eps: float,
    eps_unit: str,
    label: str | None,
    as_json: bool,
    out: Path,
) -> None:
    """Attack one image: clean, perturbed and difference pictures, a panel and the result."""
    from cxr_gui.core import units
    from cxr_gui.core.attacks import create_attack
    from cxr_gui.core.images import read, to_input
    from cxr_gui.core.inspection import Inspector
    from cxr_gui.core.models import load
    from cxr_gui.core.report import write_attack

    classifier = load(checkpoint)
    chosen = create_attack(attack, **_parameters(attack, parameters))
    if label is not None and label not in classifier.classes:
        raise SettingsError(
            f"There is no class '{label}'.", hint=f"Known are: {', '.join(classifier.classes)}."
        )
    truth = None if label is None else classifier.classes.index(label)
    [epsilon] = units.parse_epsilons(str(eps), eps_unit)
    pixels = to_input(read(file).pixels, classifier.input_size)
    inspection = Inspector(classifier, pixels, chosen, threat, truth).at(epsilon)
    write_attack(inspection, classifier, out)
    click.echo((out / "result.json").read_text(encoding="utf-8") if as_json else inspection.sentence())


@commands.command()
@data_argument
@json_option
def audit(data: Path, as_json: bool) -> None:
    """Look for what ruins studies: leaks, duplicates, unreadable files, shortcuts."""
    from cxr_gui.core.audit import audit
    from cxr_gui.core.dataset import scan

    result = show(audit(show(scan(data))))
    if as_json:
        _print_json(result.to_json())
    else:
        click.echo(result.to_text())


@commands.command()
@click.argument("source", metavar="STUDY_OR_SWEEP", type=EXISTING)
@click.option("--out", required=True, type=EXISTING, help="FILE.pdf or FILE.html")
def report(source: Path, out: Path) -> None:
    """Write the report of a study or a sweep."""
    from cxr_gui.core.report import write_report

    click.echo(write_report(source, out))


@commands.command()
@click.argument("folder", metavar="DIR", type=EXISTING)
@click.option("--train", "train_images", default=800, show_default=True, help="Images in train.")
@click.option("--test", "test_images", default=200, show_default=True, help="Images in test.")
@seed_option
def demo(folder: Path, train_images: int, test_images: int, seed: int) -> None:
    """Write the demo dataset: synthetic radiographs of two classes."""
    from cxr_gui.core.demo import write_demo

    show(write_demo(folder, train=train_images, test=test_images, seed=seed))
    click.echo(folder)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run a command, or open the window when there is none; ends the process with the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and (arguments[0] in commands.commands or arguments[0] in ("-h", "--help", "--version")):
        sys.exit(_run_command(arguments))
    sys.exit(_open_window(arguments))


def window() -> NoReturn:
    """Entry point of the desktop launcher: always the window."""
    sys.exit(_open_window(sys.argv[1:]))


def _run_command(arguments: list[str]) -> int:
    try:
        commands.main(arguments, prog_name="cxr-gui", standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return WRONG_CALL
    except (SettingsError, ArgumentError) as error:
        click.echo(f"Error: {error}", err=True)
        return WRONG_CALL
    except WorkbenchError as error:
        click.echo(f"Error: {error}", err=True)
        return FAILED
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped.", err=True)
        return STOPPED
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
    from cxr_gui import app

    return app.run(paths, fresh=fresh)


def _write_sweep(result: SweepResult, out: Path) -> None:
    from cxr_gui.core.study import write_chart
    from cxr_gui.core.sweep import write_sweep

    write_sweep(result, out)
    write_chart([result], out / "chart.png")


def _train_config(start: Any, *, architecture: str | None, recipe: str | None, **changes: Any) -> Any:
    """The configuration a `train` call means: a run's own or the default, with what was said changed."""
    from dataclasses import replace

    from cxr_gui.core.recipes import TrainConfig, find_recipe

    config = start or TrainConfig()
    own = {name: changes.pop(name) for name in ("seed", "device")}
    own["architecture"] = architecture
    if architecture not in (None, config.architecture):
        own["options"] = {}
    base = config.recipe if recipe is None else find_recipe(recipe)
    changed = base.changed(**{name: value for name, value in changes.items() if value is not None})
    return replace(
        config, recipe=changed, **{name: value for name, value in own.items() if value is not None}
    )


def _parameters(attack: str, pairs: tuple[str, ...]) -> dict[str, object]:
    """NAME=VALUE pairs as the attack's parameters, each in its own type."""
    from cxr_gui.core.attacks import parse_parameter

    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"--param takes NAME=VALUE, got '{pair}'.")
        found[name] = parse_parameter(attack, name, value)
    return found


def _command_line(data: Path | None, out: Path) -> str:
    """The call as typed, without the folders' own paths, which say who and where somebody is."""
    words = ["python", "main.py", *sys.argv[1:]]
    hidden = {str(out): "OUT"} | ({} if data is None else {str(data): "DATA"})
    return " ".join(hidden.get(word, word) for word in words)


def _print_json(document: object) -> None:
    import json

    click.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))
