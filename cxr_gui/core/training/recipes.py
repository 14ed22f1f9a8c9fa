"""Recipes: all that decides how a classifier is trained, as one short object people can read and edit."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from cxr_gui.core.attacks import THREATS
from cxr_gui.core.base.errors import SettingsError
from cxr_gui.core.base.fields import accept_fields, describe_fields, setting
from cxr_gui.core.base.files import atomic_open, parse_json, read_text, write_json
from cxr_gui.core.base.registry import Registry, refuse_unknown

LARGEST_FILE = 16 << 10
"""Bytes of the largest recipe that is read; ours have four thousand. TOML's keys of many parts take long."""

ADVERSARIES = ("rfgsm", "pgd", "ifgsm", "mifgsm")
"""The attacks of core.attacks that training can climb with, in the norm of its epsilon."""


@dataclass(frozen=True)
class Recipe:
    """How to train. Raises SettingsError for a value outside a field's limits."""

    name: str = setting("custom", "what the recipe is called")
    summary: str = setting("", "what it is good for, in one line")

    epochs: int = setting(5, "passes over the training images", minimum=1, maximum=10_000)
    batch_size: int = setting(32, "images per optimiser step", minimum=1, maximum=65_536)
    learning_rate: float = setting(1e-4, "Adam's step size", minimum=0.0, maximum=1.0)
    weight_decay: float = setting(0.0, "decoupled weight decay (AdamW)", minimum=0.0, maximum=1.0)
    schedule: str = setting("constant", "how the learning rate changes", choices=("constant", "cosine"))
    warmup: float = setting(
        0.0, "part of training in which the rate rises to its value", minimum=0.0, maximum=0.5
    )
    averaging: float = setting(
        0.0,
        "how much of their running mean the weights keep at a step",
        minimum=0.0,
        maximum=0.99999,
        zero="no mean",
    )
    class_weighting: bool = setting(False, "weigh both classes alike, however unequal their numbers")

    flip: float = setting(0.5, "chance of a horizontal flip", minimum=0.0, maximum=1.0)
    rotation: float = setting(0.0, "largest rotation either way", minimum=0.0, maximum=45.0, unit="degrees")
    shift: float = setting(0.0, "largest shift", minimum=0.0, maximum=0.5, unit="of the side")
    zoom: float = setting(0.0, "largest change of scale", minimum=0.0, maximum=0.5, unit="of the size")
    stretch: float = setting(0.0, "largest change of the log of width over height", minimum=0.0, maximum=1.0)
    heighten_negatives: float = setting(
        0.0,
        "how much taller negatives are made at most, by the log of height over width: so that the shape of a "
        "chest, where it differs between the classes in training, is nothing to tell them by",
        minimum=-1.0,
        maximum=1.0,
    )
    brightness: float = setting(
        0.0, "largest change of brightness", minimum=0.0, maximum=0.5, unit="of full range"
    )
    contrast: float = setting(
        0.0, "largest change of contrast", minimum=0.0, maximum=0.9, unit="of the contrast"
    )
    gamma: float = setting(0.0, "largest change of the log of gamma", minimum=0.0, maximum=1.0)
    black: float = setting(0.0, "largest rise of black", minimum=0.0, maximum=0.5, unit="of full range")
    softness: float = setting(
        0.0, "largest change of local contrast, softer or sharper", minimum=0.0, maximum=1.0, unit="of it"
    )
    shifts: float = setting(
        0.0,
        "share of the training images that are seen after a shift: of all that befall films without an "
        "attacker, one is drawn for each film, and how severe it is",
        minimum=0.0,
        maximum=1.0,
    )

    validation: str = setting(
        "watch",
        "'watch': train on all of train, the folder's validation split is only looked at; "
        "'carve': where it is missing or tiny, set patients of train aside for it",
        choices=("watch", "carve"),
    )
    keep: str = setting("last", "which epoch's classifier the run keeps", choices=("last", "best"))
    best_by: str = setting(
        "auroc",
        "what makes an epoch the best, on validation",
        choices=("auroc", "balanced accuracy", "robust balanced accuracy", "certified balanced accuracy"),
    )
    threshold: str = setting(
        "half",
        "'half': p >= 0.5 is positive; 'validation': where balanced accuracy on validation is highest; "
        "'sensitivity': the highest that keeps the sensitivity named below on validation; "
        "'robust': where balanced accuracy, the mean of clean and of attacked validation images, is highest; "
        "'certified': of clean ones and of what no attack can break",
        choices=("half", "validation", "sensitivity", "robust", "certified"),
    )
    sensitivity: float = setting(
        0.95, "share of validation's positives that threshold 'sensitivity' finds", minimum=0.5, maximum=1.0
    )
    patience: int = setting(
        0, "stop after so many epochs without a better one", minimum=0, maximum=1000, zero="never"
    )

    adversary: str = setting(
        "none",
        "the attack on the training images: one step from a random start (rfgsm; Wong et al., 2020), several "
        "(pgd; Madry et al., 2018), or several from the clean image (ifgsm, mifgsm)",
        choices=("none", *ADVERSARIES),
    )
    bound: str = setting(
        "none",
        "train on logits that no attack can get past instead: interval bounds (ibp; Gowal et al., 2018)",
        choices=("none", "ibp"),
    )
    clean_share: float = setting(
        0.0,
        "part of the loss that stays with the clean images when bounds have risen to epsilon",
        minimum=0.0,
        maximum=1.0,
    )
    epsilon: float = setting(
        0.0, "L-infinity radius in training", minimum=0.0, maximum=2.0, unit="model units"
    )
    epsilon_warmup: float = setting(
        0.0, "part of training in which epsilon rises from 0 to its value", minimum=0.0, maximum=1.0
    )
    threat: str = setting(
        "rgb",
        "channels perturbed together or independently; the same for a network that averages them",
        choices=tuple(THREATS),
    )
    attack_steps: int = setting(1, "gradient steps of the attack in training", minimum=1, maximum=100)
    step_size: float = setting(1.25, "length of one gradient step", minimum=0.0, maximum=4.0, unit="epsilons")
    probe_images: int = setting(
        0, "validation images attacked with PGD after each epoch", minimum=0, maximum=100_000, zero="none"
    )
    probe_steps: int = setting(10, "gradient steps of that PGD", minimum=1, maximum=1000)
    on_collapse: str = setting(
        "stop",
        "when PGD accuracy falls below half its best: stop, or step back to the best epoch at half the rate",
        choices=("stop", "step back"),
    )

    def __post_init__(self) -> None:
        accept_fields(self)
        if (self.robust or self.bounded) and self.epsilon == 0.0:
            against = self.adversary if self.robust else f"bounds ({self.bound})"
            raise SettingsError(
                f"Recipe '{self.name}' trains against {against} with epsilon 0.",
                hint="Give epsilon a value above 0, or set adversary and bound to 'none'.",
            )
        if self.robust and self.bounded:
            raise SettingsError(
                f"Recipe '{self.name}' trains on {self.adversary} and on bounds ({self.bound}).",
                hint="Set adversary or bound to 'none'.",
            )
        certain = self.best_by == "certified balanced accuracy" or self.threshold == "certified"
        if certain and not self.bounded:
            raise SettingsError(
                f"Recipe '{self.name}' chooses by certified balanced accuracy but computes no bounds.",
                hint="Set bound to 'ibp'.",
            )
        if self.adversary == "rfgsm" and self.attack_steps > 1:
            raise SettingsError(
                f"Recipe '{self.name}' gives rfgsm {self.attack_steps} attack steps.",
                hint="It takes one: set attack_steps to 1, or adversary to 'pgd'.",
            )
        robustly = self.best_by == "robust balanced accuracy" or self.threshold == "robust"
        if robustly and self.probe_images == 0:
            raise SettingsError(
                f"Recipe '{self.name}' chooses by robust balanced accuracy but probes no images.",
                hint="Give probe_images a value above 0.",
            )

    @property
    def robust(self) -> bool:
        """True when the training images are attacked."""
        return self.adversary != "none"

    @property
    def bounded(self) -> bool:
        """True when training is on the worst logits within epsilon."""
        return self.bound != "none"

    @property
    def needs_validation(self) -> bool:
        """True when something is decided on validation images, not only watched."""
        decided = self.keep == "best" or self.threshold != "half"
        return decided or self.patience > 0 or self.probe_images > 0

    def changed(self, **values: object) -> Recipe:
        """This recipe with other values. Raises SettingsError for an unknown field or a refused value."""
        _refuse_unknown(values)
        return replace(self, **values)  # type: ignore[arg-type]

    @property
    def title(self) -> str:
        """Its name, and which fields are not those of the recipe that comes with the program by that name."""
        known = RECIPES.get(self.name, self)
        changed = [
            entry.name.replace("_", " ")
            for entry in fields(self)
            if entry.name != "summary" and getattr(self, entry.name) != getattr(known, entry.name)
        ]
        return f"{self.name} (changed: {', '.join(changed)})" if changed else self.name

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain values, ready for JSON or TOML."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Recipe:
        """The recipe of plain values; fields not named have their defaults. Raises SettingsError."""
        _refuse_unknown(values)
        if values.get("adversary") == "fgsm":  # as random starts were called, whatever the number of steps
            several = values.get("attack_steps", 1) != 1
            values = {**values, "adversary": "pgd" if several else "rfgsm"}
        return cls(**values)


def _refuse_unknown(values: Iterable[str]) -> None:
    refuse_unknown(values, [entry.name for entry in fields(Recipe)], "A recipe has no field")


def load_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Read a recipe from a .toml or .json file. Raises SettingsError when it cannot be used."""
    path = Path(path)
    try:
        text = read_text(path, most=LARGEST_FILE)
        values = tomllib.loads(text) if path.suffix.lower() == ".toml" else parse_json(text, dict)
    except OSError as error:
        raise SettingsError(f"cannot be read ({error.strerror}).", where=path) from error
    except (RecursionError, ValueError) as error:  # both decoders' errors, and text that is not UTF-8
        raise SettingsError(
            f"is not a recipe ({error}).", where=path, hint="Save one to see the form."
        ) from error
    try:
        return Recipe.from_dict(values)
    except SettingsError as error:
        raise SettingsError(
            ": ".join(filter(None, [error.where, error.what])), where=path, hint=error.hint
        ) from error


def find_recipe(name: str) -> Recipe:
    """The recipe called `name`, or the one in the .toml or .json file `name`. Raises SettingsError."""
    a_file = name not in RECIPES and Path(name).suffix.lower() in (".toml", ".json")
    return load_recipe(name) if a_file else RECIPES.find(name)


def save_recipe(recipe: Recipe, path: str | os.PathLike[str]) -> None:
    """Write a recipe as .toml, each field explained, or as .json. Raises OutputError."""
    path = Path(path)
    if path.suffix.lower() != ".toml":
        write_json(path, recipe.to_dict())
        return
    with atomic_open(path, "w", encoding="utf-8") as file:
        for entry in describe_fields(Recipe):
            file.write(f"# {entry.meaning}{f' [{entry.unit}]' if entry.unit else ''}\n")
            file.write(f"{entry.assignment(getattr(recipe, entry.name))}\n")


PAPER = Recipe(name="paper", summary="as published: all of train, 5 epochs, the last one kept, threshold 0.5")
BALANCED = Recipe(
    name="balanced",
    summary="classes weighed alike, mild augmentation, best epoch, threshold from validation",
    epochs=15,
    learning_rate=1e-3,
    weight_decay=0.01,
    schedule="cosine",
    warmup=0.05,
    class_weighting=True,
    rotation=7.0,
    shift=0.05,
    zoom=0.1,
    stretch=0.3,  # radiographs of the two classes differ in shape, which squaring them makes visible
    brightness=0.1,
    contrast=0.2,
    gamma=0.2,
    validation="carve",
    keep="best",
    threshold="validation",
    patience=6,
)
ROBUST_FGSM = BALANCED.changed(
    name="robust-fgsm",
    summary="balanced, on random-start FGSM images, with PGD watching for a collapse",
    epochs=30,
    averaging=0.995,
    brightness=0.0,  # grey levels that an attack cannot cross are what is left to learn: they must stay put
    contrast=0.0,
    gamma=0.0,
    adversary="rfgsm",
    epsilon=0.1,
    epsilon_warmup=0.3,
    attack_steps=1,
    step_size=1.25,
    best_by="robust balanced accuracy",
    threshold="robust",
    patience=0,
    probe_images=256,
    on_collapse="step back",
)
ROBUST_PGD = ROBUST_FGSM.changed(
    name="robust-pgd",
    summary="balanced, on PGD images (PGD-AT): slower, and the one to trust",
    adversary="pgd",
    attack_steps=3,
    step_size=0.5,
    on_collapse="stop",
)
CERTIFIED = BALANCED.changed(
    name="certified",
    summary="balanced, on interval bounds (IBP): what no attack can break becomes provable; for bounded_cnn",
    epochs=40,
    batch_size=64,
    learning_rate=2e-3,
    averaging=0.998,
    shift=0.08,
    zoom=0.15,
    stretch=0.35,
    heighten_negatives=0.15,
    brightness=0.05,
    contrast=0.15,
    gamma=0.15,
    black=0.02,
    bound="ibp",
    epsilon=0.032,
    epsilon_warmup=0.5,
    best_by="certified balanced accuracy",
    threshold="certified",
    patience=0,
    probe_images=128,
)
RECIPES: Registry[Recipe] = Registry("recipe", otherwise="; or give a .toml or .json file")
for _recipe in (PAPER, BALANCED, ROBUST_FGSM, ROBUST_PGD, CERTIFIED):
    RECIPES.add(_recipe.name, _recipe)


@dataclass(frozen=True)
class TrainConfig:
    """One training, completely: what is trained, how, from which seed and where.

    architecture  a name of core.models.architectures()     options  its keyword options
    recipe        see Recipe                                seed     0 or more
    device        "auto", "cpu", "cuda" or "mps"
    excluded      images that are left out: their paths below the dataset's folder, with /
    """

    architecture: str = "paper_cnn"
    options: dict[str, object] = field(default_factory=dict)
    recipe: Recipe = PAPER
    seed: int = 0
    device: str = "auto"
    excluded: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if type(self.seed) is not int or not 0 <= self.seed < 2**63:
            raise SettingsError(f"The seed is {self.seed!r}.", hint="It must be a whole number from 0.")
