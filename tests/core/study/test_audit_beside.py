"""Where a GPU trains, a study's audit goes on beside that, and comes to the same."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cxr_gui.core.base import device as devices
from cxr_gui.core.base import progress, published
from cxr_gui.core.base.files import sha256
from cxr_gui.core.report import StudyFolder
from cxr_gui.core.study import pipeline
from cxr_gui.core.sweep import read_sweep
from cxr_gui.core.sweep.trust import searches
from cxr_gui.core.training import RunFolder
from tests.support.films import write_films
from tests.support.small_study import small_config

AUDIT = ("Examining images", "Looking for near duplicates", "Comparing splits")
"""Its stages, of which a quick one tells the last alone."""


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_films(tmp_path_factory.mktemp("beside") / "films", train=8, test=4)


def studied(films: Path, out: Path) -> tuple[dict[str, Any], list[str]]:
    """A study's record, and the stages that were told."""
    stages: list[str] = []
    work = pipeline.study(out, data=films, config=small_config(epochs=1), command="study")
    progress.run(work, lambda event: stages.append(event.stage))
    return json.loads((out / "study.json").read_text(encoding="utf-8")), list(dict.fromkeys(stages))


def test_it_comes_to_the_same(films: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the record is written before the reports, and is what is looked at
    monkeypatch.setattr(pipeline, "write_reports", lambda folders, path: iter(()))
    monkeypatch.setattr(published, "EPSILONS", published.EPSILONS[:2])
    monkeypatch.setattr(searches, "QUERIES", 10)
    before, stages = studied(films, tmp_path / "before")
    audit = [stage for stage in stages if stage in AUDIT]
    assert audit
    folder = StudyFolder(tmp_path / "before")
    assert read_sweep(folder.sweep).about["classifier_sha256"] == sha256(RunFolder(folder.run).best)
    assert stages.index(audit[-1]) < stages.index("Training")
    asked: list[str] = []

    def choose(name: str) -> object:
        asked.append(name)
        return SimpleNamespace(type="cuda") if len(asked) == 1 else devices.choose(name)

    monkeypatch.setattr(pipeline, "devices", SimpleNamespace(choose=choose))
    beside, _ = studied(films, tmp_path / "beside")
    assert len(asked) > 1
    for record in (before, beside):
        assert record["seconds"].pop("audit") > 0
    assert beside["audit"] == before["audit"]
    assert beside.keys() == before.keys()
