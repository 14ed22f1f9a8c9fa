"""What surrounds a command: its output, the signals it is sent, and the words its page has for it."""

from __future__ import annotations

import importlib.abc
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
from pytestqt.qtbot import QtBot

import cxr_gui
from cxr_gui import app
from cxr_gui.app import closing_at_signals, create_window
from cxr_gui.cli import desktop as cli_desktop
from cxr_gui.cli import program as cli
from cxr_gui.cli.terminal import show
from cxr_gui.core.base.progress import Event, Notice
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


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[Path], bool]]:
    """What windows were to be opened on, instead of opening them; each ends with 7."""
    calls: list[tuple[list[Path], bool]] = []

    def run(paths: Sequence[Path] = (), *, fresh: bool = False) -> int:
        calls.append((list(paths), fresh))
        return 7

    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(app, "run", run)
    return calls


@pytest.mark.parametrize("start", [cli.main, cli.window])
def test_the_window_opens_on_what_is_named_and_its_code_is_the_programs(
    opened: list[tuple[list[Path], bool]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    start: Callable[[], object],
) -> None:
    for words in ([], [str(tmp_path), "--fresh"]):
        monkeypatch.setattr(sys, "argv", ["cxr-gui", *words])
        with pytest.raises(SystemExit) as end:
            start()
        assert end.value.code == 7
    assert opened == [([], False), ([tmp_path], True)]


class Broken(importlib.abc.MetaPathFinder):
    """Imports nothing of `cxr_gui.app`, as where a library is missing that the file at `path` needs."""

    def __init__(self, path: str) -> None:
        self.path = path

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == "cxr_gui.app":
            raise ImportError("libEGL.so.1: cannot open shared object file", path=self.path)
        return None


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere Qt brings all that it needs")
def test_a_library_that_qt_lacks_is_told_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.delitem(sys.modules, "cxr_gui.app")
    monkeypatch.delattr(cxr_gui, "app")
    with monkeypatch.context() as patch, pytest.raises(SystemExit) as end:
        patch.setattr(sys, "meta_path", [Broken("/env/PySide6/QtGui.abi3.so"), *sys.meta_path])
        cli.main([])
    assert end.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith("Error: Qt cannot be loaded (libEGL.so.1: cannot open shared object file).")
    assert f"apt-get install {cli_desktop.LIBRARIES}" in error
    monkeypatch.setattr(sys, "meta_path", [Broken("/env/ours.so"), *sys.meta_path])
    with pytest.raises(ImportError, match="libEGL"):
        cli.main([])


def test_a_failure_elsewhere_is_not_taken_for_output_that_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("a fault of ours")

    monkeypatch.setattr(cli.commands, "main", fail)
    with pytest.raises(OSError, match="a fault of ours"):
        cli.main(["shifts"])


class Terminal(io.StringIO):
    """Where somebody watches."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("fails", [False, True])
def test_somebody_who_watches_sees_a_bar_a_stage_which_only_work_that_ended_fills(
    monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")

    def work() -> Iterator[Event]:
        yield Event("Reading", 1, 3)
        yield Notice("Reading", 1, 3, "[red]film[/red].png is damaged.")
        yield Event("Attacking", 2, 5)
        if fails:
            raise KeyboardInterrupt

    if fails:
        with pytest.raises(KeyboardInterrupt):
            show(work())
    else:
        show(work())
    written = terminal.getvalue()
    assert "[red]film[/red].png is damaged." in written
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written).rstrip().splitlines()[-2:]
    counts = ("1/3", "2/5") if fails else ("3/3", "5/5")
    for line, stage, count in zip(last, ("Reading", "Attacking"), counts, strict=True):
        assert line.strip().startswith(stage)
        assert f" {count} " in line


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
