"""`download DIR` as a person types it, against a server on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from loopback import Manners, archive, served, source

from cxr_gui import cli
from cxr_gui.core.data import download

ROOT = Path(__file__).resolve().parents[1]
ONE_FILE = """
import sys
from cxr_gui import cli
from cxr_gui.core.data import download
download.KERMANY = download.Source(*eval(sys.argv[1]))
cli.main(["download", sys.argv[2]])
"""


def run(*arguments: str | Path) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main([str(argument) for argument in arguments])
    return int(end.value.code or 0)


def test_download_prints_the_folder_and_whose_images_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = archive()
    with served(Manners(body)) as url:
        films = source(url, body)
        monkeypatch.setattr(download, "KERMANY", films)
        assert run("download", tmp_path) == 0
    printed = capsys.readouterr()
    assert printed.out.strip() == str(tmp_path / "chest_xray")
    assert films.attribution in printed.err
    assert "CC BY 4.0" in printed.err
    assert run("audit", tmp_path / "chest_xray") == 0


def test_what_goes_wrong_is_a_line_and_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = archive()
    with served(Manners(body, status=404)) as url:
        monkeypatch.setattr(download, "KERMANY", source(url, body))
        assert run("download", tmp_path) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("Error: http://127.0.0.1")
    assert "404" in error


def test_without_a_folder_the_call_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("download") == 2
    assert "DIR" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_exits_130_and_keeps_what_has_arrived(tmp_path: Path) -> None:
    body = archive(side=512)
    manners = Manners(body, hold=2 * download.CHUNK)
    with served(manners) as url:
        films = source(url, body)
        values = repr(tuple(getattr(films, name) for name in films.__dataclass_fields__))
        process = subprocess.Popen(
            [sys.executable, "-c", ONE_FILE, values, str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert manners.held.wait(60)
        process.send_signal(signal.SIGINT)
        manners.go_on.set()
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    part = (tmp_path / "films.zip.part").read_bytes()
    assert part == body[: len(part)]
