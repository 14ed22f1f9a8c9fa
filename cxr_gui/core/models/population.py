"""Whose films a classifier learned from: of others' it may say anything, and no look at an image tells whose.

A classifier's card names them. Cards from before that was written down go by the index of their training
films; file names would not do, for those of the synthetic films are made like these.
"""

from __future__ import annotations

from collections.abc import Mapping

KERMANY = "children of one to five years, all from one hospital in Guangzhou, China"
"""As Kermany, Zhang and Goldbaum (2018) describe their collection."""

_INDEXES = {"0812e33f8874d62612ac321322de2be262b52f9b227f69e982bbaa830d8823ab": KERMANY}


def population_of(data: Mapping[str, object]) -> str | None:
    """The population in the data of a classifier's card: whose films; None where it is not known."""
    known = data.get("population") or _INDEXES.get(str(data.get("fingerprint")))
    return None if known is None else str(known)


def population_sentence(data: Mapping[str, object]) -> str:
    """What a person should know of a classifier beside its prediction; empty where nothing is known."""
    population = population_of(data)
    if population is None:
        return ""
    return (
        f"It learned from films of {population}; what it says of anyone else, such as an adult, means little."
    )
