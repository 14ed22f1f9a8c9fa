"""Many images under one attack at one epsilon: a verdict for each, and an error where there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cxr_gui.core.attacks import Attack
from cxr_gui.core.base.errors import AnswerError, ImageError
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.images import Radiograph, Source, read, remarks, to_input
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
    largest: float | None = None,
) -> Work[tuple[Judged, ...]]:
    """Attack each of (file, true class or None) at `epsilon`, pixel units; `read` as `images.read` does.

    largest  up to there, pixel units, the critical epsilons are looked for once all verdicts are told, under
             attacks of a single step, which pay one forward for each epsilon; None: they are not
    An image that cannot be read, or gets no answer, does not stop the rest. A class that the classifier does
    not know counts as none.
    """

    def inspector(film: _Film) -> Inspector:
        return Inspector(classifier, film.pixels, attack, threat, film.truth, film.source)

    done: list[Judged] = []
    films: list[_Film | None] = []
    seeking = largest if attack.single_step else None
    total = len(images) * (1 if seeking is None else 2)
    yield Event("Judging images", 0, total)
    for path, label in images:
        truth = classifier.classes.index(label) if label in classifier.classes else None
        film: _Film | None = None
        try:
            radiograph = read(path)
        except ImageError as error:
            done.append(Judged(path, "unreadable", truth is not None, str(error), error))
        else:
            film = _Film(to_input(radiograph.pixels, classifier.input_size), truth, radiograph.source)
            done.append(_judged(path, radiograph, film, inspector, epsilon))
        films.append(film)
        yield ImageJudged("Judging images", len(done), total, judged=done[-1])
    if seeking is not None:
        for place, film in enumerate(films):
            critical = None if film is None else _critical(done[place], film, inspector, seeking)
            done[place] = replace(done[place], critical=critical)
            step = len(images) + place + 1
            yield ImageJudged("Looking for critical epsilons", step, total, judged=done[place])
    return tuple(done)


@dataclass(frozen=True, eq=False)
class _Film:
    """What is attacked: uint8 [H, W] of the classifier's input size, its true class, where it came from."""

    pixels: NDArray[np.uint8]
    truth: int | None
    source: Source


def _judged(
    path: Path, radiograph: Radiograph, film: _Film, inspector: Callable[[_Film], Inspector], epsilon: float
) -> Judged:
    warnings, known = remarks(radiograph), film.truth is not None
    thumbnail = to_input(radiograph.pixels, _thumbnail_size(radiograph))
    try:
        found = inspector(film).at(epsilon)
    except AnswerError as error:
        return Judged(path, "no answer", known, str(error), error, warnings, thumbnail=thumbnail)
    return Judged(
        path,
        found.state,
        found.known,
        found.sentence(),
        warnings=warnings,
        classes=found.classes,
        clean=(found.classes.index(found.clean_decision), found.clean_probability),
        attacked=(found.classes.index(found.decision), found.probability),
        thumbnail=thumbnail,
    )


def _critical(
    judged: Judged, film: _Film, inspector: Callable[[_Film], Inspector], largest: float
) -> float | None:
    if judged.state == "already wrong":
        return 0.0
    if judged.state not in ("flipped", "resisted"):
        return None
    try:
        return inspector(film).critical(largest)
    except AnswerError:  # at another epsilon than that of the verdict
        return None


def _thumbnail_size(radiograph: Radiograph) -> tuple[int, int]:
    """(height, width), in the proportions that the detector's spacing gives."""
    rows, columns = radiograph.source.spacing or (1.0, 1.0)
    height, width = (
        side * spacing for side, spacing in zip(radiograph.pixels.shape, (rows, columns), strict=True)
    )
    scale = THUMBNAIL / max(height, width)
    return max(round(height * scale), 1), max(round(width * scale), 1)
