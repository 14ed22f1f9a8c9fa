"""Telling a recipe somebody changed from one of ours."""

from __future__ import annotations

from cxr_gui.core.training import RECIPES, Recipe

CHANGED = ", changed"
BESIDE = ("epochs", "batch_size", "learning_rate")
"""The fields that are chosen beside every recipe, and do not make it another one."""


def honest(recipe: Recipe) -> Recipe:
    """`recipe`, under another name where it has the name but not the values of one of ours."""
    ours = RECIPES.get(recipe.name)
    if ours is None or recipe == like(ours, recipe):
        return recipe
    return recipe.changed(name=recipe.name + CHANGED)


def like(recipe: Recipe, other: Recipe) -> Recipe:
    """`recipe` with what is chosen beside it as in `other`."""
    return recipe.changed(**{name: getattr(other, name) for name in BESIDE})


def changes(recipe: Recipe) -> list[str]:
    """In which fields a changed recipe of ours differs from it; nothing for any other."""
    ours = RECIPES.get(recipe.name.removesuffix(CHANGED))
    if ours is None or ours.name == recipe.name:
        return []
    mine, base = recipe.to_dict(), like(ours, recipe).to_dict()
    return [name for name in mine if mine[name] != base[name] and name not in ("name", "summary")]
