"""What a model card claims: its tables of epsilons, each with the command that made it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.files import read_text

LARGEST_CARD = 1 << 20
COMMAND = re.compile(r"^ {4}python main\.py sweep (.*)$")


@dataclass(frozen=True)
class CardClaim:
    """A table with a row an epsilon, as it is written; words: what was typed after `sweep`."""

    title: str
    words: tuple[str, ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_card(path: Path) -> tuple[CardClaim, ...]:
    """The claims of a card. Raises SettingsError for a file that makes none."""
    hint = "Choose the folder of a study or of a sweep, or a card as `card` writes it."
    try:
        lines = read_text(path, most=LARGEST_CARD).splitlines()
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot be read ({error}).", where=path, hint=hint) from error
    claims: list[CardClaim] = []
    title = ""
    words: tuple[str, ...] = ()
    table: list[tuple[str, ...]] = []
    for line in (*lines, ""):
        if line.startswith("## "):
            title = line.removeprefix("## ")
        elif found := COMMAND.match(line):
            words = _words(found[1], path)
        if line.startswith("|"):
            table.append(tuple(cell.strip() for cell in line.strip("| ").split(" | ")))
            continue
        if words and len(table) > 2 and table[0][0] == "epsilon":
            claims.append(CardClaim(title, words, table[0], tuple(table[2:])))
        table = []
    if not claims:
        raise SettingsError("claims nothing: it has no table with its command.", where=path, hint=hint)
    return tuple(claims)


def _words(call: str, path: Path) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(call))
    except ValueError as error:
        raise SettingsError(f"has a command that cannot be read ({error}).", where=path) from error
