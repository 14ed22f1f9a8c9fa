"""A session with a small dataset and classifier to attack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pytestqt.qtbot import QtBot

from cxr_gui.app import create_application
from cxr_gui.core.images.radiograph import read, to_input
from cxr_gui.core.models.checkpoint import save
from cxr_gui.core.models.registry import create
from cxr_gui.session.session import Session
from tests.support.patience import WAIT

IMAGES = 5
"""of each class"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("films")
    random = np.random.default_rng(0)
    for label, level in (("NORMAL", 80), ("PNEUMONIA", 150)):
        (root / "test" / label).mkdir(parents=True)
        for number in range(IMAGES):
            coarse = Image.fromarray(random.integers(level - 60, level + 60, (6, 8)).astype(np.uint8))
            film = coarse.resize((80, 96), Image.Resampling.BICUBIC)
            film.save(root / "test" / label / f"person{number}_virus_{number}.png")
    return root


@pytest.fixture(scope="module")
def classifier(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained and small; its threshold lies amid its answers, so that a small epsilon flips some."""
    torch.manual_seed(0)
    classifier = create("compact_cnn", width=4)
    classifier.input_size = (64, 64)
    films = [to_input(read(path).pixels, (64, 64)) for path in sorted(folder.rglob("*.png"))]
    with torch.inference_mode():
        answers = classifier.eval()(torch.from_numpy(np.stack(films))[:, None] / 255)
    classifier.threshold = float(answers.median().sigmoid())
    path = tmp_path_factory.mktemp("classifier") / "small.safetensors"
    save(classifier, path)
    return path


@pytest.fixture
def session(qtbot: QtBot, classifier: Path) -> Iterator[Session]:
    create_application()
    session = Session()
    with qtbot.waitSignals([session.catalogChanged, session.classifierChanged], timeout=WAIT):
        session.opening.catalog()
        session.opening.classifier(classifier)
    yield session
    assert session.close(WAIT)
