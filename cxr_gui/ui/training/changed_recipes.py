"""Telling a recipe somebody changed from a known one."""

from __future__ import annotations

from cxr_gui.core.training import RECIPES, Recipe

CHANGED = ", changed"
BESIDE = ("epochs", "batch_size", "learning_rate")
"""The fields that are chosen beside every recipe, and do not make it another one."""


def named_by_values(recipe: Recipe) -> Recipe:
    """`recipe`, under another name where it has the name but not the values of a known one."""
    known = RECIPES.get(recipe.name)
    if known is None or recipe == like(known, recipe):
        return recipe
    return recipe.changed(name=recipe.name + CHANGED)


def like(recipe: Recipe, other: Recipe) -> Recipe:
    """`recipe` with what is chosen beside it as in `other`."""
    return recipe.changed(**{name: getattr(other, name) for name in BESIDE})


def changes(recipe: Recipe) -> list[str]:
    """In which fields a changed known recipe differs from it; nothing for any other."""
    known = RECIPES.get(recipe.name.removesuffix(CHANGED))
    if known is None or known.name == recipe.name:
        return []
    mine, base = recipe.to_dict(), like(known, recipe).to_dict()
    return [name for name in mine if mine[name] != base[name] and name not in ("name", "summary")]
