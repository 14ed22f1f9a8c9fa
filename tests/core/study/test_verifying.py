"""Verifying: true claims agree number by number, and one image that was claimed otherwise shows."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress, units
from cxr_gui.core.base.errors import ArgumentError, CheckpointError, SettingsError
from cxr_gui.core.data.records import Dataset
from cxr_gui.core.report.card import write_card
from cxr_gui.core.report.card_claims import read_card
from cxr_gui.core.study.pipeline import sweep_dataset
from cxr_gui.core.study.verifying import CardCall, Verification, verify_card, verify_sweep
from cxr_gui.core.sweep.events import SweepProgress
from cxr_gui.core.sweep.files import write_sweep
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.training.run_folder import Run
from tests.support.films import write_films
from tests.support.small_study import small_dataset, trained

EPSILONS = units.parse_epsilons("0,0.03,0.1")


@dataclass(frozen=True)
class Made:
    dataset: Dataset
    run: Run
    result: SweepResult


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("claims")
    dataset = small_dataset(write_films(folder / "films", train=8, test=10))
    run, _ = trained(dataset, folder / "run", epochs=2)
    work = sweep_dataset(run.classifier, dataset, create_attack("fgsm"), EPSILONS, device="cpu", checked=4)
    return Made(dataset, run, progress.run(work))


def verified(folder: Path, made: Made, **options: object) -> Verification:
    return progress.run(verify_sweep(folder, made.run.classifier, made.dataset, device="cpu", **options))


def forged(result: SweepResult, image: int = 3) -> SweepResult:
    """The same but for one image, which is claimed to be decided otherwise at the largest epsilon."""
    logits = result.logits.copy()
    logits[-1, image] = 2 * result.threshold_logit - logits[-1, image]
    return replace(result, logits=logits)


def wrong(found: Verification) -> list[str]:
    return [number.name for number in found.numbers if not number.agrees]


def test_a_true_sweep_agrees_number_by_number(made: Made, tmp_path: Path) -> None:
    found = verified(write_sweep(made.result, tmp_path), made)
    assert found.agrees
    names = [number.name for number in found.numbers]
    for name in ("accuracy at epsilon 0.03", "auroc_ci at epsilon 0.1", "constant_answer", "images"):
        assert name in names
    assert sum(name.startswith("trust check: ") for name in names) == len(made.result.checks)
    assert len(names) == len(set(names))
    assert not any(name.startswith("certified") for name in names), "which was not looked for"


def test_one_image_claimed_otherwise_shows(made: Made, tmp_path: Path) -> None:
    found = verified(write_sweep(forged(made.result), tmp_path), made)
    told = wrong(found)
    assert any(name.startswith("images decided otherwise at epsilon 0.1") for name in told)
    assert "accuracy at epsilon 0.1" in told
    assert "accuracy at epsilon 0.03" not in told


def test_a_sample_of_no_images_and_images_that_are_gone_are_told(made: Made, tmp_path: Path) -> None:
    folder = write_sweep(made.result, tmp_path)
    with pytest.raises(ArgumentError, match="sample: is 0"):
        verified(folder, made, sample=0)
    rest = tuple(record for record in made.dataset.records if "IM-5000" not in record.path)
    without = replace(made, dataset=replace(made.dataset, records=rest))
    with pytest.raises(ArgumentError, match=r"has no image test/NORMAL/IM-5000-0001\.png"):
        verified(folder, without, sample=len(made.result.labels))


def test_a_sample_finds_what_it_draws_and_says_how_much_may_hide(made: Made, tmp_path: Path) -> None:
    true = verified(write_sweep(made.result, tmp_path / "true"), made, sample=6, seed=1)
    assert true.agrees
    assert "6 images of 20" in true.notes[0]
    assert "39.0 %" in true.notes[0]  # Wilson's upper end of 0 of 6
    folder = write_sweep(forged(made.result), tmp_path / "forged")
    drawn = [3 in np.random.default_rng(seed).permutation(20)[:6] for seed in range(6)]
    assert {True, False} == set(drawn)
    caught = [not verified(folder, made, sample=6, seed=seed).agrees for seed in range(6)]
    assert caught == drawn


def test_a_number_that_does_not_follow_from_the_images_shows_in_any_sample(
    made: Made, tmp_path: Path
) -> None:
    write_sweep(made.result, tmp_path)
    document = json.loads((tmp_path / "sweep.json").read_text())
    document["points"][1]["accuracy"] += 1e-3
    (tmp_path / "sweep.json").write_text(json.dumps(document))
    assert wrong(verified(tmp_path, made, sample=1)) == ["accuracy at epsilon 0.03"]


def test_a_stopped_sweep_claims_what_it_did(made: Made, tmp_path: Path) -> None:
    work = sweep_dataset(
        made.run.classifier, made.dataset, create_attack("fgsm"), EPSILONS, device="cpu", batch_size=4
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cxr_gui.core.base.progress.Pace.__call__", lambda self: True)
        event = next(event for event in work if isinstance(event, SweepProgress) and event.done >= 14)
    work.close()
    stopped = event.partial()
    assert not stopped.complete
    assert stopped.noise_logits is not None
    found = verified(write_sweep(stopped, tmp_path), made)
    assert found.agrees, wrong(found)


def test_another_classifier_or_file_does_not_agree(made: Made, tmp_path: Path) -> None:
    about = {**made.result.about, "classifier_sha256": "0" * 64}
    write_sweep(replace(made.result, about=about), tmp_path)
    assert wrong(verified(tmp_path, made, classifier_sha256="1" * 64)) == ["SHA-256 of the classifier"]


def test_a_sweep_without_names_claims_nothing(made: Made, tmp_path: Path) -> None:
    write_sweep(replace(made.result, paths=None), tmp_path)
    with pytest.raises(CheckpointError, match="names no images"):
        verified(tmp_path, made)


# -- cards --------------------------------------------------------------------------------------------------


def card_of(made: Made, path: Path) -> str:
    write_card(made.run, [made.result], path, title="Mine")
    return path.read_text(encoding="utf-8")


def card_verified(path: Path, made: Made, **options: object) -> Verification:
    call = CardCall(create_attack("fgsm"), "rgb", EPSILONS, {})
    claims = [(claim, call) for claim in read_card(path)]
    return progress.run(verify_card(claims, made.run.classifier, made.dataset, device="cpu", **options))


def test_a_true_card_agrees_and_its_command_is_known(made: Made, tmp_path: Path) -> None:
    card_of(made, tmp_path / "card.md")
    [claim] = read_card(tmp_path / "card.md")
    assert claim.words[:5] == ("DATA", "--model", "RUN/best.safetensors", "--attack", "fgsm")
    assert claim.headings[:3] == ("epsilon", "n/255", "accuracy")
    assert [row[0] for row in claim.rows[:3]] == ["0", "0.03", "0.1"]
    found = card_verified(tmp_path / "card.md", made)
    assert found.agrees
    assert len(found.numbers) == 4 * (len(claim.headings) - 1)


def test_a_card_altered_by_one_image_does_not_agree(made: Made, tmp_path: Path) -> None:
    write_card(made.run, [forged(made.result)], tmp_path / "card.md", title="Mine")
    told = wrong(card_verified(tmp_path / "card.md", made))
    assert any(name.endswith("accuracy, 0.1") for name in told)
    assert not any(name.endswith("accuracy, 0.03") for name in told)


def test_of_a_sample_a_card_s_numbers_must_lie_in_the_interval(made: Made, tmp_path: Path) -> None:
    page = card_of(made, tmp_path / "card.md")
    assert card_verified(tmp_path / "card.md", made, sample=8).agrees
    clean = made.result.points[0].accuracy
    assert clean >= 0.5
    cell = f"| {100 * clean:.1f} % ("
    assert cell in page
    (tmp_path / "card.md").write_text(page.replace(cell, "| 1.0 % (", 1), encoding="utf-8")
    assert wrong(card_verified(tmp_path / "card.md", made, sample=8)) == [
        "Under FGSM, threat model rgb, averaged to grey: accuracy, 0"
    ]


def test_what_is_no_card_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Notes\n\n| epsilon |\n|---|\n| 0 |\n", encoding="utf-8")
    for name in ("notes.md", "missing.md"):
        with pytest.raises(SettingsError):
            read_card(tmp_path / name)


def test_the_shipped_cards_can_be_read() -> None:
    from cxr_gui.core.models import shipped

    for known in shipped():
        assert read_card(known.card), known.name
