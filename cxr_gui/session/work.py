"""The session's work, as generators for its lanes. Core's heavy parts are imported where they are first used,
on the lane's thread, so that the window never waits for torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cxr_gui.core.base import units
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.models import DEMO, STANDARD, find_shipped
from cxr_gui.session.values import AttackSetting, Exhibit, Explained, Trace

if TYPE_CHECKING:
    from cxr_gui.core.choices import Catalog
    from cxr_gui.core.data import Dataset, Reading, Source
    from cxr_gui.core.inspect import Explanation, Inspection, Inspector, Judged, SavedImage
    from cxr_gui.core.models import Classifier
    from cxr_gui.core.study import Opened
    from cxr_gui.core.sweep import Outcomes, SweepResult
    from cxr_gui.core.training import Run, TrainConfig

PRINT_DPI = 300
AT_ONCE = 10_000
# Pixel units: 33 epsilons up to 0.2 in model units, closer together near 0, where decisions flip.
TRACE = tuple(units.to_pixel(0.2 * (step / 32) ** 2, "model") for step in range(33))


def load_catalog() -> Work[Catalog]:
    """Import torch and list what can be chosen."""
    yield Event("Loading PyTorch", 0, None)
    from cxr_gui.core.choices import catalog

    return catalog()


def open_demo() -> Work[tuple[Dataset, Classifier]]:
    """The demo dataset, made when it is not there yet, and the classifier shipped for it."""
    from cxr_gui.core.data import scan
    from cxr_gui.core.demo import demo_classifier_path, ensure_demo

    folder = yield from ensure_demo()
    dataset = yield from scan(folder)
    dataset.columns.make_all()
    yield Event("Loading PyTorch and the demo classifier", 0, None)
    from cxr_gui.core.models import load

    return dataset, load(demo_classifier_path())


def open_dataset(path: Path, previous: Dataset | None, reading: Reading) -> Work[Dataset]:
    """Index a folder or table; of the one that was open before, only what has changed is listed."""
    from cxr_gui.core.data import scan

    dataset = yield from scan(path, previous=previous, **vars(reading))
    dataset.columns.make_all()
    return dataset


def let_go(datasets: list[Dataset]) -> Work[None]:
    """Take apart what nobody needs any more, a little at a time: Python can do nothing else meanwhile."""
    records = [record for dataset in datasets for record in dataset.records]
    datasets.clear()
    while records:
        del records[-AT_ONCE:]
        yield Event("Tidying up", 0, None)


def download(source: Source, folder: Path) -> Work[Path]:
    """Fetch what others publish."""
    from cxr_gui.core.data import download

    return (yield from download(source, folder))


def open_classifier(path: Path) -> Work[Classifier]:
    """Load a checkpoint."""
    yield Event("Loading the classifier", 0, None)
    from cxr_gui.core.models import load

    return load(path)


def fitting_classifier(path: Path, current: Path | None) -> Work[Classifier | None]:
    """The shipped classifier for the film or dataset at `path`; None when the `current` file is its."""
    from cxr_gui.core.demo import is_demo

    yield Event("Loading the classifier", 0, None)
    suited = find_shipped(DEMO if is_demo(path) else STANDARD)
    if suited is None or suited.path == current:
        return None
    from cxr_gui.core.models import load

    return load(suited.path)


def open_image(path: Path, label: str | None, frame: int | None = None) -> Work[Exhibit]:
    """Read a radiograph; `frame` is as of images.read."""
    from cxr_gui.core.images import read, remarks

    yield Event("Reading the radiograph", 0, None)
    radiograph = read(path, frame)
    return Exhibit(path, radiograph, label, remarks(radiograph))


def open_pasted(content: Callable[[], bytes], folder: Path) -> Work[Exhibit]:
    """Put an image without a file into one, and read it."""
    yield Event("Reading the radiograph", 0, None)
    from cxr_gui.core.base.files import atomic_open

    path = folder / f"pasted-{sum(1 for _ in folder.iterdir()) + 1}.png"
    with atomic_open(path) as file:
        file.write(content())
    return (yield from open_image(path, None))


def open_results(path: Path) -> Work[Opened]:
    """Read a study, a run or sweeps."""
    from cxr_gui.core.study import open_results

    opened = yield from open_results(path)
    if opened.dataset is not None:
        opened.dataset.columns.make_all()
    return opened


def judge(
    images: Sequence[tuple[Path, str | None]], classifier: Classifier, setting: AttackSetting
) -> Work[tuple[Judged, ...]]:
    """What the attack, as it is set, makes of each image."""
    yield Event("Judging images", 0, len(images))
    from cxr_gui.core.attacks import create_attack
    from cxr_gui.core.inspect import judge

    attack = create_attack(setting.attack, **dict(setting.parameters))
    return (yield from judge(images, classifier, attack, setting.threat, setting.epsilon))


def train(dataset: Dataset, folder: Path, config: TrainConfig, *, resume: bool) -> Work[Run]:
    """Train on `dataset`."""
    yield Event("Loading PyTorch", 0, None)
    from cxr_gui.core.training import train

    return (yield from train(dataset, folder, config, resume=resume))


def open_run(folder: Path) -> Work[Run]:
    """Read a run that was finished or stopped."""
    yield Event("Reading the run", 0, None)
    from cxr_gui.core.training import read_run

    return read_run(folder)


def sweep(
    classifier: Classifier | Path,
    dataset: Dataset,
    setting: AttackSetting,
    epsilons: Sequence[float],
    split: str,
) -> Work[SweepResult]:
    """Sweep the chosen attack over `epsilons`, pixel units, on a split; a path is a checkpoint to load."""
    if isinstance(classifier, Path):
        classifier = yield from open_classifier(classifier)
    from cxr_gui.core.attacks import create_attack
    from cxr_gui.core.study import sweep_dataset

    attack = create_attack(setting.attack, **dict(setting.parameters))
    result = yield from sweep_dataset(
        classifier, dataset, attack, epsilons, split=split, threat=setting.threat
    )
    _ = result.points  # kept by the result; its bootstrap takes too long for the GUI thread
    return result


def outcomes(dataset: Dataset, result: SweepResult) -> Work[Outcomes]:
    """What a sweep found out about each record."""
    from cxr_gui.core.sweep import outcomes

    yield Event("Sorting out what was found", 0, None)
    found = outcomes(dataset, result)
    _ = found.orders  # kept by it
    return found


def inspector(classifier: Classifier, exhibit: Exhibit, setting: AttackSetting) -> Inspector:
    """What attacks this radiograph in this way; takes its gradient."""
    from cxr_gui.core.attacks import create_attack
    from cxr_gui.core.images import to_input
    from cxr_gui.core.inspect import Inspector

    label = classifier.classes.index(exhibit.label) if exhibit.label in classifier.classes else None
    pixels = to_input(exhibit.radiograph.pixels, classifier.input_size)
    attack = create_attack(setting.attack, **dict(setting.parameters))
    return Inspector(classifier, pixels, attack, setting.threat, label, exhibit.radiograph.source)


def trace(inspector: Inspector) -> Work[Trace]:
    """Follow the radiograph's probability over epsilon, a few forwards at a time."""
    logits: list[float] = []
    for start in range(0, len(TRACE), 4):
        yield Event("Tracing the radiograph", start, len(TRACE))
        logits += inspector.curve(TRACE[start : start + 4]).tolist()
    yield Event("Looking for the critical epsilon", 0, None)
    probabilities = tuple(0.5 * (1 + math.tanh(0.5 * logit)) for logit in logits)
    return Trace(TRACE, probabilities, inspector.critical(TRACE[-1]))


def explain(
    classifier: Classifier, inspection: Inspection, method: str, clean: Explanation | None
) -> Work[Explained]:
    """Where the classifier looks before and after the attack; `clean` where that is known already."""
    from cxr_gui.core.inspect import explain

    clean = clean or (yield from explain(classifier, inspection.clean, method))
    return Explained(clean, (yield from explain(classifier, inspection.perturbed, method)))


def export_inspection(
    inspection: Inspection, classifier: Classifier, folder: Path, method: str | None, known: Explained | None
) -> Work[Path]:
    """Write the pictures of an attacked radiograph, in every format, and what they show.

    method  by which it is explained as well, or None; `known` is what has been worked out of that
    """
    pairs = []
    if method is not None:
        if known is None or known.perturbed is None:
            known = yield from explain(classifier, inspection, method, None if known is None else known.clean)
        assert known.perturbed is not None  # noqa: S101
        pairs = [(known.clean, known.perturbed)]
    yield Event("Exporting", 0, None)
    from cxr_gui.core.inspect import KINDS
    from cxr_gui.core.report import write_attack

    return write_attack(
        inspection,
        classifier,
        folder,
        dpi=PRINT_DPI,
        kinds=tuple(KINDS),
        panels=("png", "svg"),
        explanations=pairs,
    )


def try_files(inspection: Inspection, classifier: Classifier) -> Work[tuple[SavedImage, ...]]:
    """What files of the perturbed image would do."""
    from cxr_gui.core.inspect import try_files

    return (yield from try_files(inspection, classifier))


def save_image(inspection: Inspection, classifier: Classifier, path: Path, kind: str) -> Work[SavedImage]:
    """Write the perturbed image, read it back and classify it."""
    yield Event("Exporting", 0, None)
    from cxr_gui.core.inspect import save_image

    return save_image(inspection, classifier, path, kind)


def write_file(path: Path, content: Callable[[], bytes]) -> Work[Path]:
    """Write what the window made."""
    yield Event("Exporting", 0, None)
    from cxr_gui.core.base.files import atomic_open

    with atomic_open(path) as file:
        file.write(content())
    return path


def export_sweeps(
    sweeps: Sequence[SweepResult],
    folder: Path,
    dataset: Dataset | None,
    run: Run | None,
    classifier: Classifier | None,
) -> Work[Path]:
    """Write sweeps, their charts and reports with what belongs to them, and how they compare."""
    yield Event("Exporting", 0, None)
    from cxr_gui.core.report import Known, write_whole

    return (yield from write_whole(sweeps, Known(dataset, run, classifier), folder))
