"""Files in, decisions out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from cxr_gui.core.attacks import check_logits
from cxr_gui.core.base.decisions import probability
from cxr_gui.core.base.errors import AnswerError, ImageError, WorkbenchError
from cxr_gui.core.base.progress import Event, Work
from cxr_gui.core.images import Source, read, remarks, to_input
from cxr_gui.core.models import Classifier


@dataclass(frozen=True)
class Prediction:
    """What a classifier says about one file, or the error that kept it from saying anything.

    probability is of the class named by `label`; `logit` is the classifier's own output. `source` says which
    frame of the file it is about.
    """

    path: Path
    label: str | None = None
    probability: float | None = None
    logit: float | None = None
    warnings: tuple[str, ...] = ()
    error: WorkbenchError | None = None
    source: Source | None = None


def predict(
    paths: Sequence[str | os.PathLike[str]], classifier: Classifier, frame: int | None = None
) -> Work[tuple[Prediction, ...]]:
    """Read and classify each file. One that cannot be read, or of which nothing can be decided, gets its
    error and does not stop the rest.

    frame  which image of a multi-frame file, as of `images.read`
    """
    predictions = []
    for number, path in enumerate(map(Path, paths)):
        yield Event("Predicting", number, len(paths))
        try:
            radiograph = read(path, frame)
        except ImageError as error:
            predictions.append(Prediction(path, error=error))
            continue
        pixels = torch.from_numpy(to_input(radiograph.pixels, classifier.input_size)).float() / 255
        with torch.inference_mode():
            answer = classifier(pixels[None, None].to(classifier.device))
        try:
            logit = float(check_logits(answer, path))
        except AnswerError as error:
            predictions.append(Prediction(path, error=error, source=radiograph.source))
            continue
        positive = bool(classifier.positive(torch.tensor(logit)))
        predictions.append(
            Prediction(
                path,
                label=classifier.classes[int(positive)],
                probability=probability(logit if positive else -logit),
                logit=logit,
                warnings=remarks(radiograph),
                source=radiograph.source,
            )
        )
    return tuple(predictions)
