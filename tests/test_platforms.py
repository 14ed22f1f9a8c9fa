"""What other systems do, told to the program here: how macOS opens files, what Windows forbids."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch
from PIL import Image

from cxr_gui.cli import program as cli
from cxr_gui.core.images import frame_worker, sandbox
from cxr_gui.core.models.checkpoint import load, save
from cxr_gui.core.models.registry import create
from tests.support.places import ROOT


def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, cwd=ROOT, check=False, env=os.environ | variables
    )


@pytest.fixture(
    params=["\N{CJK UNIFIED IDEOGRAPH-80F8}.png", os.fsdecode(b"\xff.png")], ids=["CJK", "undecodable"]
)
def film(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    try:
        path.touch()
    except OSError:
        pytest.skip("this system has no such names")
    Image.linear_gradient("L").save(path)
    return path


# -- Windows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_pipe_takes_the_name_of_any_file(
    film: Path, encoding: str, options: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = io.BytesIO()
    pipe = io.TextIOWrapper(told, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", pipe)
    with pytest.raises(SystemExit) as end:
        cli.main(["predict", str(film), "--model", "demo", *options])
    pipe.flush()
    assert not end.value.code
    assert b".png" in told.getvalue()
    if options:
        said = json.loads(told.getvalue().decode(encoding))
        assert str(film) in json.dumps(said, ensure_ascii=False)


def test_a_loaded_classifier_keeps_no_hold_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "classifier.safetensors"
    save(create("compact_cnn"), file)
    classifier = load(file)
    before = [parameter.clone() for parameter in classifier.parameters()]
    with file.open("rb+") as same:  # not replaced, which would leave the old one to who has it
        same.write(bytes(file.stat().st_size))
    assert all(torch.equal(old, new) for old, new in zip(before, classifier.parameters(), strict=True))


def test_decoding_opens_no_terminal_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    start = subprocess.Popen

    def popen(*arguments: object, creationflags: int, **options: object) -> object:
        asked.append(creationflags)
        return start(*arguments, **options)

    monkeypatch.setattr(subprocess, "CREATE_NO_WINDOW", 0x08000000, raising=False)
    monkeypatch.setattr(subprocess, "Popen", popen)
    process = sandbox._Process()
    process.close()
    assert asked == [0x08000000]


# -- macOS ---------------------------------------------------------------------------------------------------


def test_decoding_works_where_memory_cannot_be_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")

    def refuse(*_: object) -> None:
        raise ValueError("current limit exceeds maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refuse)
    frame_worker._limit_memory()


def test_files_that_the_system_hands_over_are_opened_whenever_they_come(tmp_path: Path) -> None:
    films = [tmp_path / "early.png", tmp_path / "late.png"]
    for film in films:
        Image.linear_gradient("L").save(film)
    code = """
    import sys
    from PySide6.QtCore import QCoreApplication, QSettings
    from PySide6.QtGui import QFileOpenEvent
    from cxr_gui import app
    from cxr_gui.ui.window.splash import Splash

    early, late = sys.argv[1:]
    application, say, create = app.create_application(), Splash.say, app.create_window

    def told_while_loading(splash, words):
        QCoreApplication.sendEvent(application, QFileOpenEvent(early))
        say(splash, words)

    def create_window(**options):
        window = create(**options)
        window.session.filmChanged.connect(shown)
        return window

    def shown(film):
        print(film.path)
        if str(film.path) == early:
            QCoreApplication.sendEvent(application, QFileOpenEvent(late))
        else:
            application.closeAllWindows()

    Splash.say, app.create_window = told_while_loading, create_window
    sys.exit(app.run(fresh=True))
    """
    told = run("-c", textwrap.dedent(code), *films, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path))
    assert told.returncode == 0, told.stderr.decode()
    assert [Path(line) for line in told.stdout.decode().splitlines()] == films
