"""What surrounds a command: its output, the signals it is sent, and the words its page has for it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

import cxr_gui
from cxr_gui.app import closing_at_signals, create_window
from cxr_gui.cli import desktop as cli_desktop
from cxr_gui.cli import program as cli
from tests.support.patience import LONG
from tests.support.places import ROOT

SYNOPSIS = (ROOT / "resources" / "docs" / "command-line.md").read_text(encoding="utf-8")


def call(*arguments: str, to: str | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden} | variables
    with open(to or os.devnull, "w") as output:  # noqa: PTH123
        return subprocess.run(
            [sys.executable, *arguments],
            stdout=output if to else subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
            check=False,
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("arguments", [("--version",), ("--help",), ("shifts",), ("shifts", "--json")])
def test_output_that_cannot_be_written_is_one_line(arguments: tuple[str, ...]) -> None:
    done = call("main.py", *arguments, to="/dev/full")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "No space left" in done.stderr


def test_the_package_is_a_program() -> None:
    assert cxr_gui.__version__ in call("-m", "cxr_gui", "--version").stdout


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a display")
def test_without_arguments_the_package_opens_the_window() -> None:
    done = call("-m", "cxr_gui")
    assert done.returncode == 2
    assert "no display to open the window on" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="there nobody sends SIGTERM")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_the_window_as_its_button_does(qtbot: QtBot, number: int) -> None:
    window = create_window(fresh=True)
    qtbot.addWidget(window)
    window.show()
    with closing_at_signals(window) as came:
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONG)
    assert came == [number]


def test_the_synopsis_names_what_each_command_requires_and_no_option_that_is_not_there() -> None:
    lines = {found[1]: found[0] for found in re.finditer(r"^    main\.py (\w+).*$", SYNOPSIS, re.MULTILINE)}
    assert set(lines) == set(cli.commands.commands)
    for name, line in lines.items():
        options = {option for each in cli.commands.commands[name].params for option in each.opts}
        named = set(re.findall(r"--[\w-]+", line))
        assert named <= options, name
        required = {
            option
            for each in cli.commands.commands[name].params
            if each.required
            for option in each.opts
            if option.startswith("--")
        }
        assert required <= named, name


@pytest.mark.parametrize("file", ["README.md", ".ci/run"])
def test_the_libraries_of_a_bare_linux_are_the_same_wherever_they_are_named(file: str) -> None:
    text = " ".join((ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ").split())
    assert cli_desktop.LIBRARIES in text
