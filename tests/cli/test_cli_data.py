"""`download DIR` as a person types it, against a server on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cxr_gui.cli import program as cli
from cxr_gui.core import data
from cxr_gui.core.data.downloading import CHUNK
from tests.support.films import film
from tests.support.loopback import Manners, archive, served, source
from tests.support.patience import LONG
from tests.support.places import ROOT

ONE_FILE = """
import sys
from cxr_gui import cli
from cxr_gui.core import data
from cxr_gui.core.data.downloading import OnlineDataset
data.KERMANY = OnlineDataset(*eval(sys.argv[1]))
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
        monkeypatch.setattr(data, "KERMANY", films)
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
        monkeypatch.setattr(data, "KERMANY", source(url, body))
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
    manners = Manners(body, hold=2 * CHUNK)
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
        assert manners.held.wait(LONG / 1000)
        process.send_signal(signal.SIGINT)
        manners.go_on.set()
        _, rest = process.communicate(timeout=LONG / 1000)
    assert process.returncode == 130, rest
    assert "Traceback" not in rest
    part = (tmp_path / "films.zip.part").read_bytes()
    assert part == body[: len(part)]


class TestReading:
    """What is said of DATA on the command line."""

    @pytest.fixture
    def films(self, tmp_path: Path) -> Path:
        for number, label in enumerate(("COVID", "NORMAL", "PNEUMONIA")):
            for copy in range(3):
                film(
                    tmp_path / "films" / split_of(copy) / label / f"x-p{number}{copy}.png", 10 * number + copy
                )
        owners = [f"x-p{number}{copy}.png,owner{number}" for number in range(3) for copy in range(3)]
        (tmp_path / "films" / "people.csv").write_text("\n".join(["file,owner", *owners]), encoding="utf-8")
        return tmp_path / "films"

    def test_audit(self, films: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("audit", films) == 1
        assert "3 classes" in capsys.readouterr().err
        said = ("--classes", "COVID,NORMAL", "--patient-column", "owner", "--json")
        assert run("audit", films, *said) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["counts"]["test"] == {"COVID": 1, "NORMAL": 1}
        findings = {finding["name"]: finding for finding in document["findings"]}
        assert findings["Patients in several splits"]["numbers"]["train and test"] == 2
        assert findings["Positive class"]["summary"].startswith("NORMAL is the positive class")

    def test_a_pattern(self, films: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call = ("audit", films, "--classes", "NORMAL,COVID", "--patient-pattern", r"-(p\d)")
        assert run(*call) == 0
        assert "2 in both train and test" in capsys.readouterr().out
        assert run(*call[:-1], "(") == 2
        assert "no regular expression" in capsys.readouterr().err

    def test_not_two_classes(self, films: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("audit", films, "--classes", "NORMAL") == 2
        assert "NEG,POS" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("command", "said", "answer"),
        [
            (("sweep", "--model", "demo"), ("--classes", "NORMAL,COVID"), "the classifier knows"),
            (("train",), ("--classes", "NORMAL,COVID", "--positive", "flu"), "no class 'flu'"),
            (("study", "--data"), ("--patient-column", "mother"), "a column 'mother'"),
        ],
    )
    def test_other_commands(
        self,
        films: Path,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        command: tuple[str, ...],
        said: tuple[str, ...],
        answer: str,
    ) -> None:
        """Shown by what each of them refuses, before it does any work."""
        assert run(*command, films, *said, "--out", tmp_path / "out") == 1
        assert answer in capsys.readouterr().err


def split_of(copy: int) -> str:
    return "test" if copy == 0 else "train"
