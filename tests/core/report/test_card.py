"""The model card: its numbers are the run's and the sweeps', and its recipe makes the same run again."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cxr_gui.core.attacks.registry import create_attack
from cxr_gui.core.base import progress, units
from cxr_gui.core.base.errors import ArgumentError
from cxr_gui.core.base.wording import percent
from cxr_gui.core.report.card import extend_card, write_card
from cxr_gui.core.study.pipeline import compare
from cxr_gui.core.sweep.result import SweepResult
from cxr_gui.core.training.recipes import load_recipe
from cxr_gui.core.training.run_folder import Run
from tests.support.films import write_films
from tests.support.small_study import small_dataset, trained


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, tuple[SweepResult, ...]]:
    folder = tmp_path_factory.mktemp("card")
    dataset = small_dataset(write_films(folder / "films"))
    run, _ = trained(dataset, folder / "run", "balanced", threshold="sensitivity", sensitivity=0.9)
    attacks = [create_attack("fgsm"), create_attack("pgd", steps=3)]
    epsilons = units.parse_epsilons("0,0.02,0.1", "model")
    options = {"limit": 4, "noise": False, "critical": False, "checked": 2, "descending": True}
    third = [create_attack("ensemble", steps=3, restarts=1, queries=9)]
    levels = units.parse_epsilons("0,1/255,0.01,8/255", "pixel")
    return run, (
        *progress.run(compare([run.classifier], dataset, attacks, epsilons)),
        *progress.run(compare([run.classifier], dataset, third, levels, **options)),
    )


def test_the_card_says_what_the_run_and_the_sweeps_say(
    done: tuple[Run, tuple[SweepResult, ...]], tmp_path: Path
) -> None:
    run, sweeps = done[0], done[1][:2]
    card = tmp_path / "mine.md"
    write_card(run, sweeps, card, title="Mine", others={9: sweeps[:1]}, notes=["Of made films."])
    page = card.read_text(encoding="utf-8")
    assert page.startswith("# Mine\n\n**Not for clinical use.** Of made films.\n")
    assert "`mine.safetensors`" in page
    assert f"p >= {run.threshold:.4g}, the highest with 90 % sensitivity on validation" in page
    assert "--attack pgd --param steps=3 --threat rgb --eps 0,0.02,0.1" in page
    assert page.count("AUROC is an upper bound") == 1, "of PGD, which stops at the first wrong decision"
    for sweep in sweeps:
        for point in sweep.points:
            low, high = point.accuracy_ci
            assert f"{100 * point.accuracy:.1f} % ({100 * low:.1f}–{100 * high:.1f})" in page
            assert percent(point.balanced_accuracy, point.balanced_accuracy_ci) in page
            assert percent(point.unbroken, point.unbroken_ci) in page
    assert page.count("threat model rgb, averaged to grey") == 2, "compact_cnn sees one channel"
    assert "network sees are perturbed independently" not in page
    assert page.count(f"| constant {sweeps[0].constant[0]} |") == 2
    assert "of twenty side by side" in page
    assert not re.search(r"[^\n]\n## ", page), "a heading stands after an empty line"
    seeds = re.findall(r"^\| (\d) \| (FGSM|PGD) \|", page, re.MULTILINE)
    assert [seed for seed, _ in seeds] == ["3", "3", "9"]


def test_a_third_attack_may_have_epsilons_of_its_own(
    done: tuple[Run, tuple[SweepResult, ...]], tmp_path: Path
) -> None:
    run, sweeps = done
    write_card(run, sweeps, tmp_path / "card.md", title="Mine", others={9: sweeps[2:]})
    page = (tmp_path / "card.md").read_text(encoding="utf-8")
    glance = [row.split(" | ") for row in re.findall(r"^\| (.*) \|$", page.split("## How")[0], re.MULTILINE)]
    head = glance.index(["epsilon", "n/255", "FGSM", "PGD", "Ensemble"])
    assert [row[:2] for row in glance[head + 1 :]] == [
        ["0", "0"], ["0.007843", "1"], ["0.02", "2.55"], ["0.06275", "8"], ["0.1", "12.8"],
    ]  # fmt: skip
    first, second = sweeps[0].points[1], sweeps[2].points[1]
    assert glance[head + 3][2] == f"{percent(first.accuracy)} / {percent(first.balanced_accuracy)}"
    assert glance[head + 2][2:] == [
        "–", "–", f"{percent(second.accuracy)} / {percent(second.balanced_accuracy)}"
    ]  # fmt: skip
    call = re.search(r"--attack ensemble .*--eps-unit (\w+) --eps (\S+) (.*) --seed", page)
    assert call is not None
    assert units.parse_epsilons(call[2], call[1]) == tuple(sweeps[2].epsilons)
    assert call[3] == "--no-critical --descending"
    assert page.count("--attack fgsm --threat rgb --eps 0,0.02,0.1 --seed") == 1
    assert page.count("So there is nothing that this attacker can do") == 1
    assert page.count("| accuracy under random noise |") == 2, "the third was swept without the control"
    assert "Ensemble. APGD, then FAB, then Square" in page
    assert "An image that resisted at one was not attacked anew" in page
    assert "| seed | attack | 0 | 0.02 | sensitivity | specificity |" in page
    rows = re.findall(r"^\| (3|9) \| .*$", page, re.MULTILINE)
    assert rows == ["3", "3", "3", "9"]


def test_the_recipe_of_the_card_is_the_runs(
    done: tuple[Run, tuple[SweepResult, ...]], tmp_path: Path
) -> None:
    run, sweeps = done
    write_card(run, sweeps, tmp_path / "card.md", title="Mine")
    page = (tmp_path / "card.md").read_text(encoding="utf-8")
    block = re.search(r"```toml\n(.*?)```", page, re.DOTALL)
    assert block is not None
    (tmp_path / "recipe.toml").write_text(block[1], encoding="utf-8")
    assert load_recipe(tmp_path / "recipe.toml") == run.config.recipe
    assert "Other seeds" not in page


def test_what_is_certified_stands_beside_the_attacks_of_its_seed(
    done: tuple[Run, tuple[SweepResult, ...]], tmp_path: Path
) -> None:
    run, (fgsm, pgd, _) = done
    proven = replace(fgsm, certified=np.full(len(fgsm.labels), fgsm.epsilons[1]))
    vacuous = replace(pgd, certified=np.zeros(len(pgd.labels)))
    write_card(run, [proven, pgd], tmp_path / "card.md", title="Mine", others={9: [vacuous]})
    page = (tmp_path / "card.md").read_text(encoding="utf-8")
    rows = [row.split(" | ") for row in re.findall(r"^\| (.*) \|$", page, re.MULTILINE)]
    points = proven.points
    shares = [f"{percent(each.certified_accuracy)} / {percent(each.certified_balanced)}" for each in points]
    head = rows.index(["epsilon", "n/255", "FGSM", "PGD", "certified"])
    assert [row[-1] for row in rows[head + 1 : head + 4]] == shares
    sides = [percent(points[0].sensitivity), percent(points[0].specificity)]
    assert rows.count(["3", "certified", *shares, *sides]) == 1
    assert not any(row[:2] == ["9", "certified"] for row in rows), "nothing is proven there"
    assert "--attack fgsm --threat rgb --eps 0,0.02,0.1 --certify --seed" in page
    assert "though not below what is certified" in page


def test_two_threat_models_of_an_attack_are_told_apart_at_a_glance(
    done: tuple[Run, tuple[SweepResult, ...]], tmp_path: Path
) -> None:
    run, (fgsm, *_) = done
    write_card(run, [fgsm, replace(fgsm, threat="grey")], tmp_path / "card.md", title="Mine")
    page = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "| epsilon | n/255 | FGSM, rgb, averaged to grey | FGSM, grey |" in page


def test_a_page_that_is_no_card_is_not_added_to(
    done: tuple[Run, tuple[SweepResult, ...]], tmp_path: Path
) -> None:
    run, sweeps = done
    card = tmp_path / f"{run.classifier.name}.md"
    shutil.copy(run.best_path, card.with_suffix(".safetensors"))
    card.write_text("# Shopping\n", encoding="utf-8")
    with pytest.raises(ArgumentError, match="no section of a sweep"):
        extend_card(card, sweeps[:1])
    assert card.read_text(encoding="utf-8") == "# Shopping\n"


def test_a_card_without_sweeps_is_refused(done: tuple[Run, tuple[SweepResult, ...]], tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="sweeps"):
        write_card(done[0], [], tmp_path / "card.md", title="Mine")
    assert not (tmp_path / "card.md").exists()


def test_a_further_sweep_is_added_as_if_it_had_been_there_from_the_start(
    done: tuple[Run, tuple[SweepResult, ...]], tmp_path: Path
) -> None:
    run, (fgsm, pgd, ensemble) = done
    card = tmp_path / f"{run.classifier.name}.md"
    shutil.copy(run.best_path, card.with_suffix(".safetensors"))
    write_card(run, [fgsm], card, title="Mine", others={9: [fgsm]})
    before = card.read_text(encoding="utf-8")
    extend_card(card, [replace(ensemble, about={**ensemble.about, "seed": 1})])
    extend_card(card, [ensemble])  # in the place of the other
    after = card.read_text(encoding="utf-8")
    write_card(run, [fgsm, ensemble], tmp_path / "whole.md", title="Mine", others={9: [fgsm]})
    whole = (tmp_path / "whole.md").read_text(encoding="utf-8")
    title = "## Under Ensemble"
    section = after[after.index(title) : after.index("## Other seeds")]
    assert after.replace(section, "") == before
    assert section.splitlines()[2] == whole[whole.index(title) :].splitlines()[2]  # the command, its seed
    assert [row for row in section.splitlines() if row.startswith("| ")] == [
        row
        for row in whole[whole.index(title) : whole.index("## Other seeds")].splitlines()
        if row.startswith("| ")
    ]
    stranger = replace(pgd, about={**pgd.about, "classifier": "another"})
    with pytest.raises(ArgumentError, match="is no sweep of"):
        extend_card(card, [stranger])
    assert card.read_text(encoding="utf-8") == after
    write_card(run, [fgsm, pgd], card, title="Mine")
    with pytest.raises(ArgumentError, match="at a glance"):
        extend_card(card, [ensemble])
