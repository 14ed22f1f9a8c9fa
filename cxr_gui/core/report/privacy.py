"""Keeping a person's machine out of a report: where files lie, and who lies in that name."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from pathlib import Path

ELIDED = "…"
_ROOT = r"(?:[A-Za-z]:[\\/]|\\\\|~[\w.-]*[\\/]|/(?!/))"
_CLIMB = r"(?:\.\.[\\/])+"
_PATH = re.compile(rf"(?<![\w/\\.:…])(?:{_ROOT}|{_CLIMB})[^\s'\"<>|:;,()\[\]]*")
_HOMES = re.compile(r"^(?:[A-Za-z]:)?[\\/](?:home|Users|Documents and Settings)[\\/][^\\/]+[\\/]?$")


def elide(text: str) -> str:
    """`text` with every path that starts at a root, a home or above shortened to its last part.

    "/data/x/chest_xray" becomes "…/chest_xray". A path that is nothing but someone's home becomes "…". The
    home folder of whoever runs this is found even where its name holds spaces.
    """
    with suppress(RuntimeError):  # who has no home has none to hide
        home = Path.home()
        text = text.replace(str(home), "/home/_") if len(home.parts) > 1 else text
    return _PATH.sub(_elide_found, text)


def _elide_found(found: re.Match[str]) -> str:
    path = found.group().rstrip(".")
    return elide_path(path) + found.group()[len(path) :]


def elide_path(path: str) -> str:
    """One whole path, spaces included: its last part if it leads out of the folder, else as it is."""
    if not re.match(rf"(?:{_ROOT}|{_CLIMB})", path):
        return path
    last = re.split(r"[\\/]", path.rstrip("\\/."))[-1]
    if _HOMES.match(path) or not last or last.startswith("~"):
        return ELIDED
    return f"{ELIDED}/{last}"


def elide_command(command: str) -> str:
    """A command line, each of its words (`--option=PATH` too) elided as a whole and quoted again."""
    try:
        words = shlex.split(command)
    except ValueError:  # an unbalanced quote: no command, but still a text
        return elide(command)
    elided = []
    for word in words:
        option, equals, value = word.partition("=")
        elided.append(
            f"{option}={elide_path(value)}" if equals and word.startswith("-") else elide_path(word)
        )
    return " ".join(word if re.fullmatch(r"[\w…./=:,@+-]+", word) else shlex.quote(word) for word in elided)
