"""Whatever is opened: read on a lane, and shown once it can be used."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.data import AS_RECOGNISED, Reading
from cxr_gui.session.films import Films
from cxr_gui.session.lanes import Lane, Lanes, Service
from cxr_gui.session.state import State
from cxr_gui.session.values import OpenFilm

if TYPE_CHECKING:
    from cxr_gui.core.choices import Catalog
    from cxr_gui.core.data import Dataset, OnlineDataset
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.study import Opened
    from cxr_gui.jobs import Job

QUIET = 1000
"""Milliseconds after another dataset is shown until nothing is left to do that anybody waits for."""
AT_ONCE = 10_000


class Opening(Service):
    """Datasets, classifiers, radiographs and results. What cannot be used leaves the old one in place."""

    def __init__(self, state: State, lanes: Lanes, films: Films) -> None:
        super().__init__(state, lanes)
        self._films = films
        self._pasted: tempfile.TemporaryDirectory[str] | None = None

    def catalog(self) -> Job:
        """Import torch and list what can be chosen, off the GUI thread."""
        return self._lanes.start(Lane.CATALOG, _catalog, self._state.set_catalog)

    def demo(self) -> Job:
        """Open the demo study: synthetic radiographs and the classifier shipped for them."""
        return self._lanes.start(Lane.DATASET, _demo, self._show_demo)

    def dataset(self, path: str | Path, reading: Reading = AS_RECOGNISED) -> Job:
        """Index a folder or table, as `reading` says."""
        previous = self._state.dataset
        return self._lanes.start(
            Lane.DATASET, lambda: _dataset(Path(path), previous, reading), self._show_dataset
        )

    def download(self, source: OnlineDataset, folder: str | Path) -> Job:
        """Fetch `source` into a folder; the job is done with the dataset's folder."""
        job = self._lanes.start(Lane.DOWNLOAD, lambda: _download(source, Path(folder)))
        job.cancelled.connect(
            lambda: self._state.tell(
                f"The download was stopped; the next one into {folder} goes on from there."
            )
        )
        return job

    def classifier(self, path: str | Path) -> Job:
        """Load a checkpoint."""
        return self._lanes.start(
            Lane.CLASSIFIER, lambda: load_classifier(Path(path)), self._state.choose_classifier
        )

    def image(self, path: str | Path, label: str | None = None) -> Job:
        """Read a radiograph and inspect it. Without a label its record's is used, if it has one."""
        path = Path(path)
        known = label or self._state.label_of(path)
        return self._read(lambda: self._image(path, known))

    def images(self, paths: Sequence[Path]) -> Job:
        """Show the first of several; the others are at hand, and judged."""
        self._state.set_dropped(paths)
        return self.image(paths[0])

    def frame(self, number: int) -> Job | None:
        """Inspect another frame, counted from 0, of the file in the inspector; its label stays."""
        film = self._state.film
        if film is None:
            return None
        path, label = film.path, film.label
        return self._read(lambda: self._image(path, label, number))

    def pasted(self, content: Callable[[], bytes]) -> Job:
        """Inspect an image that came without a file; `content`, called on the lane, gives the bytes of one.

        It lies in a folder that is removed when the session is closed.
        """
        if self._pasted is None:
            self._pasted = tempfile.TemporaryDirectory(prefix="cxr-gui-")
        folder = Path(self._pasted.name)
        return self._lanes.start(Lane.RADIOGRAPH, lambda: self._paste(content, folder), self._show_pasted)

    def results(self, path: str | Path) -> Job:
        """Show a study, a run or sweeps again: dataset, classifier and chart, as far as they are there."""
        return self._lanes.start(Lane.RESULTS, lambda: _results(Path(path)), self._show_results)

    def clean_up(self) -> None:
        """Remove what was pasted."""
        if self._pasted is not None:
            self._pasted.cleanup()
            self._pasted = None

    def _read(self, make: Callable[[], Work[OpenFilm]]) -> Job:
        return self._lanes.start(Lane.RADIOGRAPH, make, self._state.set_film)

    def _image(self, path: Path, label: str | None, frame: int | None = None) -> Work[OpenFilm]:
        """Read a radiograph; `frame` is as of images.read."""
        yield Event("Reading the radiograph", 0, None)
        from cxr_gui.core.images import remarks

        radiograph = self._films.read(path, frame)
        return OpenFilm(path, radiograph, label, remarks(radiograph))

    def _paste(self, content: Callable[[], bytes], folder: Path) -> Work[OpenFilm]:
        """Put an image without a file into one, and read it."""
        yield Event("Reading the radiograph", 0, None)
        from cxr_gui.core.base.files import atomic_open

        path = folder / f"pasted-{sum(1 for _ in folder.iterdir()) + 1}.png"
        with atomic_open(path) as file:
            file.write(content())
        return (yield from self._image(path, None))

    def _show_demo(self, found: tuple[Dataset, Classifier]) -> None:
        dataset, classifier = found
        self._state.use_classifier(classifier)
        self._show_dataset(dataset)

    def _show_dataset(self, dataset: Dataset) -> None:
        old = [] if self._state.dataset is None else [self._state.dataset]
        self._state.set_dataset(dataset)
        QTimer.singleShot(QUIET, self, lambda: self._lanes.start(Lane.TIDYING, lambda: _let_go(old)))

    def _show_pasted(self, film: OpenFilm) -> None:
        self._state.set_dropped([film.path])
        self._state.set_film(film)

    def _show_results(self, opened: Opened) -> None:
        if opened.dataset is not None:
            self._show_dataset(opened.dataset)
        if opened.run is not None:
            self._state.set_run(opened.run)
            self._state.choose_classifier(opened.run.classifier)
        for result in opened.sweeps:
            self._state.add_sweep(result)
        if opened.shifts:
            self._state.set_shifts(opened.shifts)
        self._state.folderUsed.emit(str(opened.folder))
        for problem in opened.problems:
            self._state.tell(f"{opened.folder.name}: {problem}", level="warning")


def load_classifier(path: Path) -> Work[Classifier]:
    """Load a checkpoint."""
    yield Event("Loading the classifier", 0, None)
    from cxr_gui.core.models import load

    return load(path)


def _catalog() -> Work[Catalog]:
    yield Event("Loading PyTorch", 0, None)
    from cxr_gui.core.choices import catalog

    return catalog()


def _demo() -> Work[tuple[Dataset, Classifier]]:
    """The demo dataset, made when it is not there yet, and the classifier shipped for it."""
    from cxr_gui.core.data import scan
    from cxr_gui.core.demo import demo_classifier_path, ensure_demo

    folder = yield from ensure_demo()
    dataset = yield from scan(folder)
    dataset.columns.make_all()
    yield Event("Loading PyTorch and the demo classifier", 0, None)
    return dataset, (yield from load_classifier(demo_classifier_path()))


def _dataset(path: Path, previous: Dataset | None, reading: Reading) -> Work[Dataset]:
    """Index a folder or table; of the one that was open before, only what has changed is listed."""
    from cxr_gui.core.data import scan

    dataset = yield from scan(path, previous=previous, **vars(reading))
    dataset.columns.make_all()
    return dataset


def _let_go(datasets: list[Dataset]) -> Work[None]:
    """Take apart what nobody needs any more, a little at a time: Python can do nothing else meanwhile."""
    records = [record for dataset in datasets for record in dataset.records]
    datasets.clear()
    while records:
        del records[-AT_ONCE:]
        yield Event("Tidying up", 0, None)


def _download(source: OnlineDataset, folder: Path) -> Work[Path]:
    from cxr_gui.core.data import download

    return (yield from download(source, folder))


def _results(path: Path) -> Work[Opened]:
    from cxr_gui.core.study import open_results

    opened = yield from open_results(path)
    if opened.dataset is not None:
        opened.dataset.columns.make_all()
    return opened
