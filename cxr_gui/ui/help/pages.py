"""The guide's pages: text from `pages/`, with what the program defines elsewhere filled in from there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from html import escape, unescape
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from cxr_gui.core.base import published
from cxr_gui.core.base.units import from_pixel, to_pixel
from cxr_gui.core.images import formats_in_words
from cxr_gui.core.inspect import METHODS
from cxr_gui.core.shifts import NOMINAL_SIDE, SHIFTS
from cxr_gui.core.training import RECIPES
from cxr_gui.ui.attack import DRAWN
from cxr_gui.ui.training import COLUMNS, recipe_words

if TYPE_CHECKING:
    from cxr_gui.core.choices import Catalog, Choice

PAGES = {
    "start": "First steps",
    "numbers": "What the numbers mean",
    "trust": "Can the numbers be trusted?",
    "published": "The published table",
    "proof": "Proven and undecided",
    "shifts": "Without an attacker",
    "robust": "Robust training",
    "runs": "Finding and comparing runs",
    "cluster": "Commands and clusters",
    "extend": "Adding an attack",
}
"""name -> title, in the order of reading"""

INLINE_TAGS = re.compile(r"</?(?:a|b|i|code)\b[^>]*>")
OTHER_TAGS = re.compile(r"<[^>]*>")


def page(name: str, catalog: Catalog | None = None) -> str:
    """The page called `name` as HTML. catalog: what attacks and checks there are, once PyTorch is loaded."""
    attacks, checks = ((), ()) if catalog is None else (catalog.attacks, catalog.checks)
    return _template(name).substitute(_definitions(), attacks=_choices(attacks), checks=_choices(checks))


def page_words(name: str, catalog: Catalog | None = None) -> str:
    """The page called `name` as plain text, on one line."""
    text = OTHER_TAGS.sub(" ", INLINE_TAGS.sub("", page(name, catalog)))
    return " ".join(unescape(text).split())


@cache
def _template(name: str) -> Template:
    file = resources.files(__package__) / "pages" / f"{name}.html"
    return Template(file.read_text(encoding="utf-8"))


@cache
def _definitions() -> dict[str, str]:
    return {
        "quantities": _terms((quantity.title, quantity.meaning) for quantity in DRAWN),
        "epochs": _terms((column.title, column.meaning) for column in COLUMNS),
        "recipes": _terms((recipe.name, recipe_words(recipe)) for recipe in RECIPES.values()),
        "methods": _terms((method.title, method.summary) for method in METHODS.values()),
        "shifts": _terms((shift.title, f"{shift.summary}; {shift.span}") for shift in SHIFTS.values()),
        "nominal": f"{NOMINAL_SIDE:g}",
        "published": _published(),
        "formats": formats_in_words("or"),
    }


def _choices(choices: Iterable[Choice]) -> str:
    return _terms((choice.title, choice.summary) for choice in choices)


def _terms(terms: Iterable[tuple[str, str]]) -> str:
    """Terms with their definitions, one below the other."""
    return "".join(f"<p><b>{escape(term)}.</b> {escape(meaning.rstrip('.'))}.</p>" for term, meaning in terms)


def _published() -> str:
    rows = "".join(
        f"<tr><td>{point.epsilon:g}</td><td>{_levels(point.epsilon):.3g}/255</td>"
        f"<td>{100 * point.accuracy:.1f} %</td></tr>"
        for point in published.POINTS
    )
    return f"<br><table><tr><th>epsilon (model units)</th><th>n/255</th><th>accuracy</th></tr>{rows}</table>"


def _levels(epsilon: float) -> float:
    return from_pixel(to_pixel(epsilon, "model"), "255")
