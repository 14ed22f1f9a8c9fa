"""Registries: a name is found, refused where it is unknown, and refused where it is taken."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cxr_gui.core.attacks import registry as attacks
from cxr_gui.core.attacks.fast_gradient import FGSM
from cxr_gui.core.base.errors import ArgumentError, SettingsError
from cxr_gui.core.base.registry import Registry
from cxr_gui.core.models import registry as models
from cxr_gui.core.training.recipes import PAPER, RECIPES


def test_a_name_that_is_taken_is_refused_and_the_first_entry_stays() -> None:
    numbers: Registry[int] = Registry("number")
    assert numbers.add("one", 1) == 1
    with pytest.raises(ArgumentError, match=r"^one: is the name of another number\. Give this one "):
        numbers.add("one", 11)
    assert dict(numbers) == {"one": 1}


def test_an_unknown_name_is_told_what_there_is() -> None:
    numbers: Registry[int] = Registry(
        "number", first=("two",), extras={"pi": "maths"}, otherwise="; or type it"
    )
    for name, number in (("one", 1), ("two", 2)):
        numbers.add(name, number)
    assert numbers.find("one") == 1
    with pytest.raises(SettingsError) as refusal:
        numbers.find("three")
    assert str(refusal.value) == "There is no number 'three'. Known are: two, one; or type it."
    with pytest.raises(SettingsError, match=r"Number 'pi' needs .*pip install 'cxr-gui\[maths\]'"):
        numbers.find("pi")


@pytest.mark.parametrize(
    ("registry", "again", "name"),
    [
        (attacks.ATTACKS, lambda: attacks.register(FGSM), "fgsm"),
        (
            models.ARCHITECTURES,
            lambda: models.register("paper_cnn", title="", summary="")(models.create),
            "paper_cnn",
        ),
        (RECIPES, lambda: RECIPES.add("paper", PAPER), "paper"),
    ],
    ids=["attack", "architecture", "recipe"],
)
def test_every_registry_refuses_both(
    registry: Registry[object], again: Callable[[], object], name: str
) -> None:
    before = registry.find(name)
    with pytest.raises(ArgumentError, match=f"^{name}: is the name of another "):
        again()
    assert registry.find(name) is before
    with pytest.raises(SettingsError, match=rf"^There is no \w+ 'magic'\. Known are: {name}, "):
        registry.find("magic")


def test_the_modules_of_a_package_announce_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "tools_of_a_test"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from cxr_gui.core.base.registry import Registry\n"
        "TOOLS = Registry('tool', package=__name__, first=('saw',))\n"
    )
    for name in ("axe", "saw", "awl"):
        (package / f"{name}.py").write_text(f"from tools_of_a_test import TOOLS\nTOOLS.add('{name}', 1)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tools_of_a_test", raising=False)
    import tools_of_a_test  # type: ignore[import-not-found]

    assert list(tools_of_a_test.TOOLS) == ["saw", "awl", "axe"]
