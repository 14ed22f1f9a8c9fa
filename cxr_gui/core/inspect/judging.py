"""Many images under one attack at one epsilon: a verdict for each, and an error where there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cxr_gui.core.attacks import Attack
from cxr_gui.core.base.errors import AnswerError, ImageError
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.images import Radiograph, read, remarks, to_input
from cxr_gui.core.inspect.events import ImageJudged, Judged
from cxr_gui.core.inspect.inspection import Inspector
from cxr_gui.core.models import Classifier

THUMBNAIL = 96
"""The longest side, in pixels, of the image that goes with a verdict."""


def judge(
    images: Sequence[tuple[Path, str | None]],
    classifier: Classifier,
    attack: Attack,
    threat: str,
    epsilon: float,
    read: Callable[[Path], Radiograph] = read,
) -> Work[tuple[Judged, ...]]:
    """Attack each of (file, true class or None) at `epsilon`, pixel units; `read` as `images.read` does.

    One that cannot be read, or gets no answer, does not stop the rest. A class that the classifier does not
    know counts as none.
    """
    done: list[Judged] = []
    yield Event("Judging images", 0, len(images))
    for path, label in images:
        done.append(_judge(path, label, classifier, attack, threat, epsilon, read))
        yield ImageJudged("Judging images", len(done), len(images), judged=done[-1])
    return tuple(done)


def _judge(
    path: Path,
    label: str | None,
    classifier: Classifier,
    attack: Attack,
    threat: str,
    epsilon: float,
    read: Callable[[Path], Radiograph],
) -> Judged:
    truth = classifier.classes.index(label) if label in classifier.classes else None
    try:
        radiograph = read(path)
    except ImageError as error:
        return Judged(path, "unreadable", truth is not None, str(error), error)
    pixels = to_input(radiograph.pixels, classifier.input_size)
    warnings = remarks(radiograph)
    thumbnail = to_input(radiograph.pixels, _thumbnail_size(radiograph))
    try:
        inspection = Inspector(classifier, pixels, attack, threat, truth, radiograph.source).at(epsilon)
    except AnswerError as error:
        return Judged(path, "no answer", truth is not None, str(error), error, warnings, thumbnail)
    known, sentence = inspection.known, inspection.sentence()
    return Judged(path, inspection.state, known, sentence, warnings=warnings, thumbnail=thumbnail)


def _thumbnail_size(radiograph: Radiograph) -> tuple[int, int]:
    """(height, width), in the proportions that the detector's spacing gives."""
    rows, columns = radiograph.source.spacing or (1.0, 1.0)
    height, width = (
        side * spacing for side, spacing in zip(radiograph.pixels.shape, (rows, columns), strict=True)
    )
    scale = THUMBNAIL / max(height, width)
    return max(round(height * scale), 1), max(round(width * scale), 1)
