"""Registries: a name is found, refused where it is unknown, and refused where it is taken."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from cxr_gui.core.attacks import registry as attacks
from cxr_gui.core.attacks.fast_gradient import FGSM
from cxr_gui.core.attacks.protocol import Attack, SingleStep
from cxr_gui.core.base.errors import ArgumentError, PartError, SettingsError
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
    for module in ("", ".axe", ".saw", ".awl"):
        monkeypatch.delitem(sys.modules, f"tools_of_a_test{module}", raising=False)
    import tools_of_a_test  # type: ignore[import-not-found]

    assert list(tools_of_a_test.TOOLS) == ["saw", "awl", "axe"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("\nADD = 1 / 0\n", r"line 2: ZeroDivisionError: division by zero\. Mend this file"),
        ("def broken(:\n", r"SyntaxError: .*bad\.py, line 1\)\. "),
        ("import nothing_of_this_name\n", r"line 1: ModuleNotFoundError: "),
    ],
)
def test_a_module_that_cannot_be_imported_is_named_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, told: str
) -> None:
    package = tmp_path / "broken_numbers"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "bad.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    numbers: Registry[int] = Registry("number", package="broken_numbers")
    for _ in range(2):
        with pytest.raises(PartError, match=told) as refusal:
            list(numbers)
        assert refusal.value.where == str(package / "bad.py")
        assert refusal.value.what.startswith("cannot be used, and so no number: ")
    del sys.modules["broken_numbers"]


SAID = {"name": "said", "title": "Said", "summary": "What an attack says"}


@pytest.mark.parametrize("without", ["name", "title", "summary"])
def test_an_attack_that_says_too_little_is_refused_at_once(without: str) -> None:
    told = f"^Lacking: has no {without}\\. Give it name, title and summary"
    for said in ({**SAID, without: ""}, {name: text for name, text in SAID.items() if name != without}):
        with pytest.raises(ArgumentError, match=told):
            attacks.register(type("Lacking", (SingleStep,), said))


def test_an_attack_whose_fields_do_not_describe_themselves_is_refused_at_once() -> None:
    with pytest.raises(ArgumentError, match=r"^Bare: is no dataclass\. Write @dataclass"):
        attacks.register(type("Bare", (FGSM,), {"name": "bare"}))
    with pytest.raises(ArgumentError, match=r"^Still: has no direction\. See Adding an attack"):
        attacks.register(dataclass(frozen=True)(type("Still", (SingleStep,), SAID)))
    with pytest.raises(ArgumentError, match=r"^Nothing: has no run\. See"):
        attacks.register(dataclass(frozen=True)(type("Nothing", (Attack,), SAID)))
    steps = dataclass(frozen=True)(type("Steps", (FGSM,), {"__annotations__": {"steps": "int"}, "steps": 3}))
    with pytest.raises(ArgumentError, match=r"^Steps\.steps: does not describe itself\. .* parameter\("):
        attacks.register(steps)
