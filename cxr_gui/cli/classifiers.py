"""The commands about classifiers as files: which architectures there are, adopt, export."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import click

from cxr_gui.cli.options import PATH, json_option, model_file, number_given, print_json
from cxr_gui.cli.terminal import show


@click.command()
@json_option
def models(as_json: bool) -> None:
    """List the architectures (parameters, input, what each needs) and the shipped classifiers."""

    from cxr_gui.core.models import architectures, shipped, unfilled

    rows: list[dict[str, Any]] = []
    for entry in architectures().values():
        row: dict[str, Any] = {
            "name": entry.name,
            "title": entry.title,
            "summary": entry.summary,
            "parameters": None,
            "input": None,
            "options": list(entry.options),
            "needs": entry.needs,
            "install": entry.install,
        }
        if not entry.install:
            with unfilled():  # 86 million numbers take seconds
                classifier = entry.build()
            row["parameters"] = classifier.parameter_count()
            row["input"] = [classifier.normalisation.channels, *classifier.input_size]
        rows.append(row)
    ready = shipped()
    if as_json:
        about = [{"name": known.name, "title": known.title, "card": str(known.card)} for known in ready]
        print_json({"architectures": rows, "classifiers": about})
        return
    for row in rows:
        if row["install"]:
            click.echo(f"{row['name']:<16} not installed: {row['install']}")
        else:
            shape = " x ".join(map(str, row["input"]))
            click.echo(f"{row['name']:<16} {row['parameters']:>11,} parameters  {shape}")
        click.echo(f"{'':<16} {row['title']}: {row['summary']}")
        if row["needs"]:
            click.echo(f"{'':<16} needs {row['needs']}")
    click.echo("\nShipped classifiers, by name where a checkpoint is asked for:")
    for known in ready:
        click.echo(f"{known.name:<16} {known.title}: {known.card}")


@click.command()
@click.argument("file", type=PATH)
@click.option("--architecture", required=True, help="Whose weights they are: a name that 'models' lists.")
@click.option(
    "--classes", required=True, metavar="FIRST,SECOND", help="The classes of outputs (or labels) 0 and 1."
)
@click.option("--positive", help="The positive class [the second].")
@click.option(
    "--threshold",
    callback=number_given,
    metavar="NUMBER",
    help="Positive from this probability on [what its makers published, or 0.5].",
)
@click.option(
    "--preprocessing",
    required=True,
    metavar="imagenet|symmetric|unit|xrayvision|MEAN/STD",
    help="What it was fed in training: ImageNet's normalisation, -1..1, 0..1, TorchXRayVision's -1024..1024, "
    "or numbers for pixels in 0..1.",
)
@click.option("--part", help="Which weights you mean, where the file holds several [the only ones that fit].")
@click.option("--input-size", type=click.IntRange(min=1), help="Side of its images [the architecture's].")
@click.option("--out", required=True, type=PATH, help="The checkpoint to write: FILE.safetensors")
@json_option
def adopt(
    file: Path,
    architecture: str,
    classes: str,
    positive: str | None,
    threshold: float | None,
    preprocessing: str,
    part: str | None,
    input_size: int | None,
    out: Path,
    as_json: bool,
) -> None:
    """Make a checkpoint from your own weights: a state_dict (.pt, .pth) or a .safetensors file.

    It may also be a larger file that a trainer wrote: the part that fits is found, and the rest is named.

    For xrv_densenet121 it may be a file that TorchXRayVision publishes, as you downloaded it.
    """
    from cxr_gui.core.models import adopt, save

    names = [name.strip() for name in classes.split(",")]
    if len(names) != 2:
        raise click.UsageError(f"--classes takes FIRST,SECOND, got '{classes}'.")
    if out.suffix != ".safetensors":
        raise click.UsageError(f"--out takes a file that ends in .safetensors, got '{out.name}'.")
    classifier = adopt(
        file,
        architecture,
        classes=(names[0], names[1]),
        preprocessing=preprocessing,
        positive=positive,
        threshold=threshold,
        input_size=None if input_size is None else (input_size, input_size),
        part=part,
    )
    save(classifier, out)
    aside = cast("list[str]", classifier.card.data.get("left_aside", []))
    if as_json:
        print_json(
            {
                "checkpoint": str(out),
                "architecture": classifier.architecture,
                "parameters": classifier.parameter_count(),
                "classes": list(classifier.classes),
                "threshold": classifier.threshold,
                "mean": list(classifier.normalisation.mean),
                "std": list(classifier.normalisation.std),
                "input_size": list(classifier.input_size),
                "left_aside": aside,
            }
        )
        return
    if aside:
        click.echo(f"Left aside: {', '.join(aside)}")
    negative, positive = classifier.classes
    click.echo(f"{out}: {architecture}, {positive} (or else {negative}) from p = {classifier.threshold:g} on")


@click.command()
@model_file
@click.option("--out", required=True, type=PATH, help="FILE.onnx or FILE.pt2")
@json_option
def export(checkpoint: Path, out: Path, as_json: bool) -> None:
    """Write a classifier for ONNX or torch.export; the file is read back and compared."""
    from cxr_gui.core.models import export, load

    done = show(export(load(checkpoint), out))
    if as_json:
        print_json(
            {
                "file": str(done.path),
                "images": done.images,
                "largest_difference": done.largest_difference,
                "bound": done.bound,
                "input_shape": list(done.input_shape),
            }
        )
        return
    click.echo(
        f"{done.path}: logits of {done.images} made images differ by {done.largest_difference:.2g} at most "
        f"(allowed {done.bound:.2g})"
    )


@click.command()
@click.argument("run", type=PATH)
@click.option("--sweep", "sweeps", multiple=True, required=True, type=PATH, help="A sweep of it; repeatable.")
@click.option(
    "--other", "others", multiple=True, nargs=2, type=PATH, help="RUN SWEEP of another seed; repeatable."
)
@click.option("--title", help="What the classifier is called.")
@click.option(
    "--note", "notes", multiple=True, help="A sentence for the top, such as whose data it is; repeatable."
)
@click.option("--out", type=PATH, help="The card to write: FILE.md")
def card(
    run: Path,
    sweeps: tuple[Path, ...],
    others: tuple[tuple[Path, Path], ...],
    title: str | None,
    notes: tuple[str, ...],
    out: Path | None,
) -> None:
    """Write the model card of the classifier that RUN keeps: how it was made and how it does.

    Where RUN is a card, FILE.md with its checkpoint beside it, sections of further sweeps are added to it.
    """
    from cxr_gui.core.report import extend_card, write_card
    from cxr_gui.core.sweep import read_sweep
    from cxr_gui.core.training import read_run

    done = [read_sweep(sweep) for sweep in sweeps]
    if run.suffix == ".md":
        if others or title or notes or out:
            raise click.UsageError("A card is only added to: give it --sweep and nothing else.")
        extend_card(run, done)
        click.echo(run)
        return
    if title is None or out is None:
        raise click.UsageError("The card of a run takes --title and --out.")
    kept = read_run(run)
    by_seed: dict[int, list[Any]] = {}
    for folder, sweep in others:
        seed = read_run(folder).config.seed
        if seed == kept.config.seed:
            raise click.UsageError(f"--other is about another seed: {folder} has {seed}, as {run} has.")
        by_seed.setdefault(seed, []).append(read_sweep(sweep))
    write_card(kept, done, out, title=title, others=by_seed, notes=notes)
    click.echo(out)
