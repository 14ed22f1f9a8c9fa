"""A full disk at every single write: said in words, what was there stays, nothing is left half."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from PySide6.QtCore import QSettings
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress
from cxr_gui.core.base.errors import OutputError
from cxr_gui.core.data.dataset import scan
from cxr_gui.core.data.downloading import download
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.data.store import prepare
from cxr_gui.core.data.thumbnail_cache import ThumbnailCache
from cxr_gui.core.demo.folder import write_demo
from cxr_gui.core.inspect.inspection import Inspection, Inspector
from cxr_gui.core.models.exporting import export
from cxr_gui.core.models.registry import create
from cxr_gui.core.report import charts, drawing, html
from cxr_gui.core.report.documents import write_report
from cxr_gui.core.report.drawing import render
from cxr_gui.core.report.panels import write_attack
from cxr_gui.core.sweep.files import read_sweep, write_sweep
from cxr_gui.core.training.recipes import RECIPES, load_recipe, save_recipe
from cxr_gui.core.training.run_folder import Run, read_run
from cxr_gui.core.training.state import read_state
from cxr_gui.core.training.training import train
from cxr_gui.session.session import Session
from cxr_gui.ui.widgets import drawings, settings_file
from cxr_gui.ui.widgets.drawings import Drawing
from cxr_gui.ui.widgets.plots import Plot
from cxr_gui.ui.widgets.settings import Settings
from tests.support.films import write_films
from tests.support.full_disk import FullDisk, contents, every_full_disk, no_larger_than
from tests.support.loopback import Manners, archive, served, source
from tests.support.patience import LONG, SOON
from tests.support.report_samples import sweep_result
from tests.support.small_study import small_config, small_dataset, trained, weights
from tests.support.victims import SIDE, cnn, radiographs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="counts writes by /proc")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return small_dataset(write_films(tmp_path_factory.mktemp("films"), train=8, test=2))


@pytest.fixture(scope="module")
def whole(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A training on a disk with room."""
    return trained(dataset, tmp_path_factory.mktemp("whole") / "run", epochs=2)[0]


def shown() -> Inspection:
    pixels = np.rint(255 * radiographs(1, channels=1)[0, 0].numpy()).astype(np.uint8)
    return Inspector(cnn(), pixels, create_attack("fgsm"), "rgb").at(0.05)


@pytest.fixture
def figures_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts take longest, and are the same at every try."""
    drawn: dict[object, bytes] = {}

    def once(figure: Figure, kind: str, *, dpi: int = 150) -> bytes:
        size = (*figure.get_size_inches(), kind, dpi)
        return drawn[size] if size in drawn else drawn.setdefault(size, render(figure, kind, dpi=dpi))

    monkeypatch.setattr(charts, "render", once)
    monkeypatch.setattr(html, "render", once)
    monkeypatch.setattr(drawing, "render", once)


# -- one file, or some that belong together: the old ones to the last byte ---------------------------------

WRITERS: dict[str, tuple[Callable[[Path], object], Callable[[Path], object]]] = {
    "recipe.toml": (lambda path: save_recipe(RECIPES["balanced"], path), load_recipe),
    "recipe.json": (lambda path: save_recipe(RECIPES["balanced"], path), load_recipe),
    "sweep": (lambda path: write_sweep(small_sweep(9), path), read_sweep),
    "report.html": (lambda path: write_report(path.parent / "swept", path), Path.read_text),
    "report.pdf": (lambda path: write_report(path.parent / "swept", path), Path.read_bytes),
}


def small_sweep(images: int) -> object:
    return sweep_result(negative=images, positive=images)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # ReportLab keeps its file open
@pytest.mark.usefixtures("figures_drawn_once")
@pytest.mark.parametrize("name", WRITERS)
def test_what_was_there_stays_as_it_was(name: str, tmp_path: Path) -> None:
    write, read = WRITERS[name]
    write_sweep(small_sweep(4), tmp_path / "swept")
    path = tmp_path / name
    if name == "sweep":
        write_sweep(small_sweep(7), path)
    else:
        path.write_text("what was there")
    before = contents(tmp_path)
    writes = every_full_disk(
        tmp_path, lambda: write(path), lambda disk, error: unchanged(tmp_path, before, disk)
    )
    assert writes >= 3  # made, written, flushed
    assert contents(tmp_path) != before
    assert read(path)


def unchanged(folder: Path, before: dict[str, bytes], disk: FullDisk) -> None:
    assert contents(folder) == before, f"full at write {disk.full_at}, of {disk.names[0]}"


# -- many files: each is the old one, or the new one, whole -------------------------------------------------


@pytest.mark.usefixtures("figures_drawn_once")
def test_attack_files_are_the_old_ones_or_whole_new_ones(tmp_path: Path) -> None:
    inspection, classifier = shown(), cnn()
    folder = tmp_path / "attack"

    def write() -> None:
        write_attack(inspection, classifier, folder, dpi=30, kinds=("png16", "dicom"), panels=("png", "svg"))

    write()
    names = set(contents(folder))
    assert len(names) == 8
    old = dict.fromkeys(names, b"what was there")
    for name in names:
        (folder / name).write_bytes(old[name])

    def look(disk: FullDisk, error: OutputError) -> None:
        left = contents(folder)
        assert set(left) == names, f"full at write {disk.full_at}"
        for name, content in left.items():
            assert content == old[name] or is_whole(folder / name), name
            (folder / name).write_bytes(old[name])

    every_full_disk(tmp_path, write, look)
    assert all(is_whole(folder / name) for name in names)


def is_whole(path: Path) -> bool:
    """Whether an image decodes to its end, or a text has one."""
    if path.suffix == ".png":
        with Image.open(path) as image:
            image.load()
        return True
    ends = {".svg": b"</svg>\n", ".json": b"}\n"}
    return path.read_bytes().endswith(ends.get(path.suffix, b"")) and path.stat().st_size > 100


def test_the_demo_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    demo = tmp_path / "demo"

    def look(disk: FullDisk, error: OutputError) -> None:
        assert not contents(tmp_path)

    every_full_disk(tmp_path, lambda: progress.run(write_demo(demo, train=2, test=2)), look)
    assert len(progress.run(scan(demo)).records) == 4


def test_a_store_appears_whole_or_not_at_all(dataset: Dataset, tmp_path: Path) -> None:
    records, cache = dataset.of("test"), tmp_path / "stores"

    def write() -> object:
        return progress.run(prepare(records, dataset.classes, (64, 64), folder=cache))

    every_full_disk(cache, write, lambda disk, error: unchanged(tmp_path, {}, disk))
    assert len(progress.run(prepare(records, dataset.classes, (64, 64), folder=cache))) == 4


def test_a_download_keeps_what_arrived_and_goes_on(tmp_path: Path) -> None:
    body = archive()
    with served(Manners(body)) as url:
        films = source(url, body)

        def look(disk: FullDisk, error: OutputError) -> None:
            assert set(contents(tmp_path)) <= {"films.zip.part", ".chest_xray.lock"}
            if disk.full_at % 2:  # now and then from the beginning, otherwise from what there is
                (tmp_path / "films.zip.part").unlink(missing_ok=True)

        every_full_disk(tmp_path, lambda: progress.run(download(films, tmp_path)), look)
    assert len(progress.run(scan(tmp_path / "chest_xray")).records) == 12


# -- a training --------------------------------------------------------------------------------------------


def test_a_training_stops_in_words_and_goes_on_when_there_is_room(
    dataset: Dataset, whole: Run, tmp_path: Path
) -> None:
    """Some failures are resumed from; the others begin anew. Each must end as if nothing had happened."""
    runs = [tmp_path / "0"]

    def write() -> Run:
        return progress.run(train(dataset, runs[-1], small_config(epochs=2), resume=True))

    def look(disk: FullDisk, error: OutputError) -> None:
        left = contents(runs[-1]) if runs[-1].exists() else {}
        assert not [name for name in left if name.startswith(".")], f"full at write {disk.full_at}"
        if "last.ckpt" in left:
            journal, _ = read_state(runs[-1] / "last.ckpt")
            assert journal.epoch >= 1
        if "best.safetensors" in left and "config.json" in left:
            assert read_run(runs[-1]).outcome in ("unfinished", "finished")
        if disk.full_at % 6 == 0:
            resumed = write()
            assert (weights(resumed.classifier) == weights(whole.classifier)).all()
        runs.append(tmp_path / str(len(runs)))

    writes = every_full_disk(tmp_path, write, look)
    assert writes > 20
    assert (weights(read_run(runs[-1]).classifier) == weights(whole.classifier)).all()


# -- what libraries write by themselves ----------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1000])
def test_an_export_that_does_not_fit_leaves_the_old_one(size: int, tmp_path: Path) -> None:
    path = tmp_path / "classifier.pt2"
    path.write_bytes(b"what was there")
    with no_larger_than(size), pytest.raises(OutputError, match="cannot be written"):
        progress.run(export(create("compact_cnn", width=1).eval(), path))
    assert contents(tmp_path) == {"classifier.pt2": b"what was there"}


@pytest.mark.parametrize("size", [0, 500])
@pytest.mark.parametrize("form", ["png", "svg"])
def test_a_plot_that_does_not_fit_leaves_the_old_one(
    form: str, size: int, tmp_path: Path, qtbot: QtBot, session: Session
) -> None:
    plot = Plot()
    qtbot.addWidget(plot)
    plot.plot(np.arange(50.0), np.arange(50.0))
    drawing = Drawing("plot", plot.size(), QColor("white"), plot.paint)
    content = drawings.svg(drawing) if form == "svg" else drawings.png(drawings.drawn(drawing))
    path = tmp_path / f"plot.{form}"
    path.write_bytes(b"what was there")
    with no_larger_than(size), qtbot.waitSignal(session.messageRaised, timeout=LONG) as told:
        session.exporting.write(path, lambda: content, "The plot")
    assert "cannot be written" in told.args[0].text
    assert contents(tmp_path) == {path.name: b"what was there"}


@pytest.mark.parametrize("size", [0, 1000, 10_000, 100_000])
def test_thumbnails_do_without_their_cache(size: int, tmp_path: Path) -> None:
    films = [Path(record.path) for record in small_dataset(write_films(tmp_path / "films", train=4)).records]
    file = tmp_path / "cache" / "thumbnails.sqlite"
    with no_larger_than(size), ThumbnailCache(file) as cache:
        first = [cache.read(path, SIDE * 4).tobytes() for path in films]
    with ThumbnailCache(file) as cache:  # and when there is room again, it is used again
        assert [cache.read(path, SIDE * 4).shape for path in films] == [(32, 32)] * len(films)
        assert [cache.read(path, SIDE * 4).shape for path in films] == [(32, 32)] * len(films)
    assert all(len(pixels) == 32 * 32 for pixels in first)
    assert file.stat().st_size > 1000


def test_settings_that_cannot_be_stored_leave_the_old_ones(tmp_path: Path, qapp: QApplication) -> None:
    place = str(tmp_path / "settings.ini")
    first = Settings(QSettings(place, QSettings.Format.IniFormat))
    first.theme = "dark"
    first.store.sync()
    before = contents(tmp_path)
    with no_larger_than(8):
        second = Settings(QSettings(place, QSettings.Format.IniFormat))
        second.theme, second.recent = "light", ["/a/folder"] * 8
        second.store.sync()
        assert second.theme == "light"  # this start goes on with what was chosen in it
        assert contents(tmp_path) == before
        del second


@pytest.mark.parametrize("size", [0, 8, 40])
def test_settings_written_meanwhile_leave_the_old_ones(
    tmp_path: Path, qtbot: QtBot, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_file, "QUIET", 50)
    place = str(tmp_path / "settings.ini")
    first = Settings(QSettings(place, QSettings.Format.IniFormat))
    first.theme = "dark"
    first.store.sync()
    before = contents(tmp_path)
    with no_larger_than(size), qtbot.waitSignal(first.store.failed, timeout=SOON) as failed:
        first.recent = ["/a/folder"] * 8
    assert contents(tmp_path) == before
    assert isinstance(failed.args[0], OutputError)
