"""What a stranger installs: both archives, the wheel in an environment of its own, the launcher and its icon.

The wheel is built from the source archive, so each proves the other. Its dependencies are those of the
environment that runs the tests, which the new one borrows.
"""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import textwrap
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

import cxr_gui
from cxr_gui.cli import launcher
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.images import FORMATS
from cxr_gui.core.models.shipped_classifiers import STANDARD
from tests.support.patience import PROGRAM
from tests.support.places import ROOT

pytestmark = pytest.mark.long

RESOURCES = ROOT / "resources"
LAUNCHER = RESOURCES / "desktop" / "cxr-gui.desktop"
METAINFO = RESOURCES / "desktop" / "cxr-gui.metainfo.xml"
NOT_INSTALLED = (
    *("conda/", "docs/", "paper/", "screenshots/"),
    *("desktop/build.py", "desktop/cxr-gui.metainfo.xml", "desktop/cxr-gui.spec", "desktop/cxr-gui.wxs"),
    *("desktop/entitlements.plist", "desktop/pack.py", "desktop/start.py"),
)
"""Resources for those who build the program or read about it."""


def done(command: list[str | Path], **options: object) -> str:
    """What a command prints; it must end well."""
    ended = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert ended.returncode == 0, ended.stderr + ended.stdout
    return ended.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    done([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder], cwd=ROOT)
    [archive] = folder.iterdir()
    return archive


@pytest.fixture(scope="module")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from what is in the source archive."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(source) as archive:
        archive.extractall(folder, filter="data")
    [unpacked] = folder.iterdir()
    done([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=unpacked)
    [built] = folder.glob("*.whl")
    return built


@dataclass(frozen=True)
class Installed:
    """An environment with the program in it, and a folder to work in that is no checkout."""

    scripts: Path
    python: Path
    away: Path

    def run(self, *command: str | Path) -> str:
        program, *arguments = command
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return done(
            [self.scripts / program, *arguments], cwd=self.away, env=environment, timeout=PROGRAM / 1000
        )


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    place, away = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("away")
    uv = shutil.which("uv")
    assert uv, "uv installs the wheel; `pip install uv` installs uv"
    done([uv, "venv", "--quiet", "--allow-existing", "--offline", "--python", sys.executable, place])
    scripts = place / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / ("python.exe" if os.name == "nt" else "python")
    done([uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--python", python, wheel])
    lent = [path for path in sys.path if Path(path).name == Path(sysconfig.get_path("purelib")).name]
    own = done([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip()
    Path(own, "lent.pth").write_text("\n".join(lent))
    return Installed(scripts, python, away)


@pytest.fixture
def film(installed: Installed) -> Path:
    path = installed.away / "film.png"
    Image.linear_gradient("L").save(path)
    return path


# -- the archives --------------------------------------------------------------------------------------------


def test_the_wheel_holds_the_program_its_resources_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    package = {f"cxr_gui/{file.relative_to(ROOT / 'cxr_gui').as_posix()}" for file in tracked("cxr_gui")}
    resources = {
        f"cxr_gui/{file.relative_to(ROOT).as_posix()}"
        for file in tracked("resources")
        if not file.relative_to(RESOURCES).as_posix().startswith(NOT_INSTALLED)
    }
    packed = {name for name in names if name.startswith("cxr_gui/")}
    assert packed == package | resources
    assert "cxr_gui/py.typed" in packed
    rest = {name.split("/")[0] for name in names - packed}
    assert rest == {f"cxr_gui-{cxr_gui.__version__}.{kind}" for kind in ("data", "dist-info")}


def tracked(folder: str) -> list[Path]:
    """Files below a folder of the checkout, less what running the program leaves there."""
    files = (file for file in (ROOT / folder).rglob("*") if file.is_file())
    return [file for file in files if "__pycache__" not in file.parts]


def test_the_source_archive_holds_what_the_tests_need(source: Path) -> None:
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = ["LICENSE", "README.md", "CHANGELOG.md", "main.py", "pyproject.toml", "tests/conftest.py"]
    assert set(wanted) <= names
    assert {file.relative_to(ROOT).as_posix() for file in tracked("tests")} <= names
    assert source.stat().st_size < 9_500_000


# -- the installed program -----------------------------------------------------------------------------------


def test_the_installed_commands_work_away_from_the_checkout(installed: Installed, film: Path) -> None:
    assert cxr_gui.__version__ in installed.run("cxr-gui", "--version")
    assert "demo" in installed.run("cxr-gui", "models")
    [line] = installed.run("cxr-gui", "predict", film, "--model", "demo").splitlines()
    assert line.startswith("film.png") or str(film) in line
    assert any(name in line for name in ("NORMAL", "PNEUMONIA"))


def test_the_installed_window_attacks_the_film_it_was_started_with(installed: Installed, film: Path) -> None:
    code = f"""
    import pathlib
    from PySide6.QtCore import QSettings
    from cxr_gui import app
    application = app.create_application()
    window = app.create_window(QSettings("settings.ini", QSettings.Format.IniFormat), fresh=True)
    window.session.inspectionChanged.connect(lambda _: application.quit())
    window.show()
    window.open_first([pathlib.Path({str(film)!r})])
    application.exec()
    print(app.__file__, window.session.classifier.file, not application.windowIcon().isNull(), sep="\\n")
    window.close()
    """
    package, classifier, icon = installed.run(installed.python, "-c", textwrap.dedent(code)).splitlines()
    assert not Path(package).is_relative_to(ROOT)
    assert not Path(classifier).is_relative_to(ROOT)
    assert Path(classifier).stem == STANDARD
    assert icon == "True"


# -- the launcher --------------------------------------------------------------------------------------------


def read(file: Path) -> configparser.SectionProxy:
    """What a launcher says."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(file, encoding="utf-8")
    return parser["Desktop Entry"]


@pytest.fixture
def entry() -> configparser.SectionProxy:
    return read(LAUNCHER)


def test_the_launcher_starts_what_is_installed_with_the_files_it_is_given(
    installed: Installed, entry: configparser.SectionProxy
) -> None:
    program, files = entry["Exec"].split()
    assert entry["TryExec"] == program
    assert files == "%F"
    assert shutil.which(program, path=installed.scripts)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert program in project["gui-scripts"]
    share = installed.scripts.parent / "share"
    assert (share / "applications" / LAUNCHER.name).read_bytes() == LAUNCHER.read_bytes()
    assert (share / "metainfo" / METAINFO.name).read_bytes() == METAINFO.read_bytes()
    icon = share / "icons" / "hicolor" / "scalable" / "apps" / f"{entry['Icon']}.svg"
    assert icon.read_bytes() == (RESOURCES / "icons" / "app.svg").read_bytes()


def test_the_desktop_knows_the_window_by_its_launcher(qapp: object, entry: configparser.SectionProxy) -> None:
    from cxr_gui.app import create_application

    assert create_application().desktopFileName() == LAUNCHER.stem == entry["StartupWMClass"]
    opened = {form.mime for form in FORMATS.values()} | {"inode/directory"}
    assert set(entry["MimeType"].rstrip(";").split(";")) == opened


LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="launchers are for Linux")


@LINUX
def test_an_installation_of_its_own_is_added_to_the_applications(
    installed: Installed, film: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    added = Path(installed.run("cxr-gui", "launcher").strip())
    assert added == tmp_path / launcher.LAUNCHER
    program, files = shlex.split(read(added)["Exec"])
    assert Path(program) == installed.scripts / launcher.PROGRAM
    assert files == "%F"
    assert (tmp_path / launcher.ICON).read_bytes() == (RESOURCES / "icons" / "app.svg").read_bytes()


@LINUX
@pytest.mark.parametrize("name", ["with blanks", "100 %", "a$b`c", 'quo"ted', "back\\slash"])
def test_a_launcher_starts_a_program_wherever_it_lies(tmp_path: Path, name: str) -> None:
    program = tmp_path / name / launcher.PROGRAM
    written = tmp_path / LAUNCHER.name
    written.write_text(launcher.text(str(program)))
    entry = {key: value.replace("\\\\", "\\") for key, value in read(written).items()}
    assert entry["TryExec"] == str(program)
    command = entry["Exec"].replace("%%", "%")  # quoted as a shell has it
    assert done(["sh", "-c", f"printf '%s\\n' {command}"]).splitlines() == [str(program), "%F"]


def test_there_is_no_launcher_of_what_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(SettingsError, match=r"cxr-gui-window|for Linux"):
        launcher.add()
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SettingsError, match="for Linux"):
        launcher.add()


@pytest.mark.skipif(not shutil.which("desktop-file-validate"), reason="desktop-file-validate is not here")
def test_the_launcher_is_valid() -> None:
    done(["desktop-file-validate", LAUNCHER])


def test_software_centres_are_told_what_the_launcher_says(entry: configparser.SectionProxy) -> None:
    told = ElementTree.parse(METAINFO).getroot()  # noqa: S314  our own file
    assert told.findtext("id") == told.findtext("launchable") == LAUNCHER.name
    assert told.findtext("name") == entry["Name"]
    assert told.findtext("provides/binary") == entry["TryExec"]
    assert [each.text for each in told.iter("category")] == entry["Categories"].rstrip(";").split(";")
    assert str(told.findtext("summary")) in entry["Comment"]


@pytest.mark.skipif(not shutil.which("appstreamcli"), reason="appstreamcli is not here")
def test_what_software_centres_are_told_is_valid() -> None:
    """But for its id, which is to be a domain's, and nobody has one yet."""
    done(["appstreamcli", "validate", "--no-net", "--override=cid-desktopapp-is-not-rdns=info", METAINFO])
