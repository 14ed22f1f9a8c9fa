"""What several commands have in common: their options, and how they print."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cxr_gui.core.attacks import THREATS
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.files import json_text
from cxr_gui.core.base.numbers import parse_number
from cxr_gui.core.base.registry import refuse_unknown
from cxr_gui.core.certify import BOUNDS, DEFAULT_BOUND

if TYPE_CHECKING:
    from cxr_gui.core.attacks import Attack
    from cxr_gui.core.models import Classifier

FAILED, WRONG_CALL = 1, 2
"""Exit codes; 130 and 143 are those of who was stopped by Ctrl-C or SIGTERM, as shells have it."""

PATH = click.Path(path_type=Path)


def number_given(_context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    """What an option of one number was given, with a decimal point or a comma. Raises SettingsError."""
    try:
        return None if text is None else parse_number(text)
    except SettingsError as error:
        raise SettingsError(error.what, where=option.opts[0], hint=error.hint) from error


def or_shipped(_context: click.Context, _option: click.Parameter, value: Any) -> Any:
    """Paths of checkpoints: what is no file may be the name of a classifier that comes with the program."""
    from cxr_gui.core.models import find_shipped

    if isinstance(value, tuple):
        return tuple(or_shipped(_context, _option, path) for path in value)
    known = None if value.exists() else find_shipped(str(value))
    return value if known is None else known.path


CHECKPOINT_HELP = "A .safetensors checkpoint, or a shipped classifier's name (see `models`)."
data_argument = click.argument("data", type=PATH)
out_option = click.option("--out", required=True, type=PATH, help="Folder to write into.")
model_file = click.option(
    "--model",
    "checkpoint",
    required=True,
    type=PATH,
    callback=or_shipped,
    metavar="CKPT",
    help=CHECKPOINT_HELP,
)
frame_option = click.option(
    "--frame",
    type=click.IntRange(min=1),
    callback=lambda _context, _option, number: None if number is None else number - 1,
    metavar="N",
    help="Which frame or page of a file that has several, counted from 1 [the first].",
)
device_option = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
seed_option = click.option("--seed", default=0, show_default=True, help="The seed of everything random.")
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document and nothing else."
)
parameter_option = click.option(
    "--param",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the attack; repeatable (see `attacks`).",
)
split_option = click.option(
    "--split", default="test", show_default=True, type=click.Choice(["train", "validation", "test"])
)
epsilons_option = click.option(
    "--eps",
    default="0,0.01,0.03,0.05,0.1",
    show_default=True,
    help="Epsilons, separated by commas or semicolons.",
)
batch_option = click.option(
    "--batch-size", type=int, help="Images attacked at once [32 on a CPU, what the memory holds on a GPU]."
)
limit_option = click.option("--limit", type=int, help="Use only this many images, drawn with the seed.")
resume_option = click.option(
    "--resume", is_flag=True, help="Go on with the same sweep where it was interrupted."
)
certify_option = click.option(
    "--certify", is_flag=True, help="Also prove how far no attack at all can change each decision."
)
bound_option = click.option(
    "--bound",
    default=DEFAULT_BOUND,
    show_default=True,
    type=click.Choice([*BOUNDS]),
    help="What to prove by. " + " ".join(f"{name}: {bound.summary}." for name, bound in BOUNDS.items()),
)
paper_option = click.option(
    "--paper",
    "paper",
    callback=lambda _context, _option, text: [] if text is None else _paper_kinds(text),
    metavar="KINDS",
    help="Also write each table of the report as csv, md or tex (booktabs) and each chart as pdf or svg, "
    "into the folder 'paper': --paper csv,tex,pdf",
)
unit_option = click.option(
    "--eps-unit",
    default="model",
    show_default=True,
    type=click.Choice(["model", "pixel", "255"]),
    help="model: images in [-1, 1]; pixel: in [0, 1]; 255: grey levels.",
)
THREAT = click.Choice([*THREATS])
THREAT_HELP = " ".join(f"{name}: {threat.summary}." for name, threat in THREATS.items())


def _paper_kinds(text: str) -> list[str]:
    """The kinds of files, told before the work if one is none."""
    from cxr_gui.core.report import check_paper_kinds

    kinds = [kind.strip().lower() for kind in text.split(",") if kind.strip()]
    check_paper_kinds(kinds)
    return kinds


def named_values(option: str, pairs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The names and values of NAME=VALUE pairs. Raises UsageError for one that is none."""
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise click.UsageError(f"{option} takes NAME=VALUE, got '{pair}'.")
        yield name, value


def chosen_attacks(names: Sequence[str], pairs: Sequence[str]) -> list[Attack]:
    """The attacks, each with those of the NAME=VALUE pairs that are its parameters, in their own types."""
    from cxr_gui.core.attacks import create_attack, describe_parameters

    given = dict(named_values("--param", pairs))
    known = {attack: {field.name: field for field in describe_parameters(attack)} for attack in names}
    quoted = ", ".join(f"'{name}'" for name in names)
    lacking = f"Attack {quoted} has" if len(names) == 1 else f"The attacks {quoted} have"
    refuse_unknown(given, sorted(set().union(*known.values())), f"{lacking} no parameter")
    return [
        create_attack(
            attack,
            **{
                name: known[attack][name].parse(text) for name, text in given.items() if name in known[attack]
            },
        )
        for attack in names
    ]


def class_index(classifier: Classifier, label: str) -> int:
    """The number of a class. Raises SettingsError for one that the classifier does not know."""
    if label not in classifier.classes:
        raise SettingsError(
            f"There is no class '{label}'.", hint=f"Known are: {', '.join(classifier.classes)}."
        )
    return classifier.classes.index(label)


def print_json(document: object) -> None:
    """One JSON document on standard output, in plain ASCII where that has no Unicode."""
    plain = not sys.stdout.encoding.lower().startswith("utf")
    click.echo(json_text(document, indent=2, ascii_only=plain))


def command_line(hidden: Mapping[Path | None, str]) -> str:
    """The call as typed, with a word for each of the paths in `hidden`, which say who and where one is.

    Without --resume: what was interrupted and went on is what the call makes. The command's own name stays,
    though a path may be called so.
    """
    words = {str(path): word for path, word in hidden.items() if path is not None}
    typed = [words.get(word, word) for word in sys.argv[2:] if word != "--resume"]
    return shlex.join(["python", "main.py", *sys.argv[1:2], *typed])
