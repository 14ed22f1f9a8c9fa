"""Recipes: what they accept, how they travel, and what the published one says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cxr_gui
from cxr_gui.core.attacks.ascent import Ascent
from cxr_gui.core.attacks.ball import LinfBall
from cxr_gui.core.attacks.registry import attacks
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.fields import describe_fields
from cxr_gui.core.training.recipes import (
    ADVERSARIES,
    RECIPES,
    Recipe,
    TrainConfig,
    find_recipe,
    load_recipe,
    save_recipe,
)

STRANGE = RECIPES["robust-pgd"].changed(
    name='a "quoted"\nname \\ with \x7f and é', summary="# no comment = ["
)


def test_the_published_recipe_is_as_published() -> None:
    paper = RECIPES["paper"]
    assert (paper.epochs, paper.batch_size, paper.learning_rate) == (5, 32, 1e-4)
    assert (paper.weight_decay, paper.schedule, paper.class_weighting) == (0.0, "constant", False)
    assert paper.flip == 0.5
    others = (paper.rotation, paper.shift, paper.zoom, paper.brightness, paper.contrast, paper.gamma)
    assert others == (0.0,) * 6
    assert (paper.validation, paper.keep, paper.threshold, paper.patience) == ("watch", "last", "half", 0)
    assert not paper.robust
    assert not paper.needs_validation


def test_every_field_says_what_it_means_and_epsilon_its_unit() -> None:
    described = {entry.name: entry for entry in describe_fields(Recipe)}
    assert all(entry.meaning for entry in described.values())
    assert described["epsilon"].unit == "model units"


@pytest.mark.parametrize("suffix", [".json", ".toml"])
@pytest.mark.parametrize("recipe", [*RECIPES.values(), STRANGE], ids=lambda recipe: recipe.name[:8])
def test_a_saved_recipe_is_the_same_when_loaded(tmp_path: Path, recipe: Recipe, suffix: str) -> None:
    path = tmp_path / f"recipe{suffix}"
    save_recipe(recipe, path)
    assert load_recipe(path) == recipe
    assert find_recipe(str(path)) == recipe


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("epochs", True),
        ("batch_size", -1),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("learning_rate", "fast"),
        ("flip", 1.1),
        ("schedule", "linear"),
        ("class_weighting", 1),
        ("epsilon", -0.01),
        ("adversary", "square"),
    ],
)
def test_a_value_outside_its_limits_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=name) as refusal:
        RECIPES["paper"].changed(**{name: value})
    assert repr(value) in str(refusal.value)
    assert refusal.value.hint


def test_a_whole_number_will_do_for_a_number() -> None:
    rate = RECIPES["paper"].changed(learning_rate=1).learning_rate
    assert (rate, type(rate)) == (1.0, float)


def test_contradictions_are_refused() -> None:
    with pytest.raises(SettingsError, match="epsilon 0"):
        RECIPES["paper"].changed(adversary="rfgsm")
    with pytest.raises(SettingsError, match="gives rfgsm 3 attack steps"):
        RECIPES["robust-pgd"].changed(adversary="rfgsm")
    with pytest.raises(SettingsError, match="probes no images"):
        RECIPES["robust-pgd"].changed(probe_images=0)
    with pytest.raises(SettingsError, match="bounds \\(ibp\\) with epsilon 0"):
        RECIPES["certified"].changed(epsilon=0.0)
    with pytest.raises(SettingsError, match="on pgd and on bounds"):
        RECIPES["certified"].changed(adversary="pgd")
    for field in ("best_by", "threshold"):
        with pytest.raises(SettingsError, match="computes no bounds"):
            RECIPES["balanced"].changed(**{field: getattr(RECIPES["certified"], field)})


def test_an_adversary_is_a_registered_attack_that_climbs_in_the_norm_of_epsilon() -> None:
    climbing = {
        name for name, kind in attacks().items() if issubclass(kind, Ascent) and kind.norm is LinfBall
    }
    assert set(ADVERSARIES) == climbing


@pytest.mark.parametrize(("steps", "adversary"), [(1, "rfgsm"), (3, "pgd")])
def test_recipes_that_call_a_random_start_fgsm_are_read(tmp_path: Path, steps: int, adversary: str) -> None:
    path, named = tmp_path / "older.toml", RECIPES["robust-pgd"].changed(attack_steps=steps)
    save_recipe(named, path)
    path.write_text(path.read_text().replace('adversary = "pgd"', 'adversary = "fgsm"'), encoding="utf-8")
    assert load_recipe(path) == named.changed(adversary=adversary)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.json", "{"),
        ("a.json", "[1]"),
        ("a.json", '{"epoch": 5}'),
        ("a.json", '{"epochs": "five"}'),
        ("a.toml", "epochs = = 5"),
        ("a.toml", "epochs = 1979-05-27"),
        ("a.toml", "epochs = 0"),
    ],
)
def test_a_file_that_is_no_recipe_is_refused_with_its_place(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        load_recipe(path)
    assert refusal.value.where == str(path)


def test_a_refused_field_of_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("epochs = 0", encoding="utf-8")
    with pytest.raises(SettingsError) as refusal:
        load_recipe(path)
    assert str(refusal.value) == f"{path}: epochs: is 0. Accepted: a whole number from 1 to 10000."


def test_bytes_that_are_no_text_and_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "a.toml", tmp_path / "missing.json"):
        with pytest.raises(SettingsError):
            find_recipe(str(path))
    with pytest.raises(SettingsError, match="paper"):
        find_recipe("papper")


@pytest.mark.parametrize("seed", [-1, 1.0, True, 2**63])
def test_a_strange_seed_is_refused(seed: object) -> None:
    with pytest.raises(SettingsError, match="seed"):
        TrainConfig(seed=seed)  # type: ignore[arg-type]


def test_recipes_and_events_do_not_wait_for_torch() -> None:
    names = "cxr_gui.core.training.recipes, cxr_gui.core.training.events"
    code = f"import sys, {names}; sys.exit('torch' in sys.modules)"
    place = str(Path(cxr_gui.__file__).parents[1])
    assert subprocess.run([sys.executable, "-c", code], cwd=place, check=False).returncode == 0
