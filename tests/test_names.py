"""A name has one meaning: no two modules define one, and the words are the field's."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

import cxr_gui

HOUSE = Path(cxr_gui.__file__).parent
SHARED = {
    "decode": "of images: one decoder a family of formats, all called alike",
    "main": "where a process begins",
    "register": "of a registry, which its things are decorated with",
    "run": "the window's, and the contract's progress.run",
}
"""Names that more than one module may define, and why."""
COMMANDS = "cli"
"""Its commands bear the names of what they call."""
AVOIDED = re.compile(
    r"(?i)\b(net|subset|cutoff|hack|exhibit|picture|evaluation run|sample list)s?\b",
)
"""Words that CONTRIBUTING.md replaces by others; Qt's own, as QPicture, are called and given to nothing."""


def definitions(source: str) -> set[str]:
    """The public classes and functions that a module defines at its top."""
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.name
        for node in ast.parse(source).body
        if isinstance(node, kinds) and not node.name.startswith("_")
    }


def identifiers(source: str) -> Iterator[str]:
    """Every name that a module gives to something: what it defines, binds and takes."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def avoided(name: str) -> bool:
    """Whether a word to avoid is among those of an identifier, in_this_case or inThisCase."""
    return bool(AVOIDED.search(re.sub(r"(?<=[a-z\d])(?=[A-Z])", " ", name).replace("_", " ")))


def doubled(modules: dict[str, str]) -> dict[str, list[str]]:
    """Names that several modules define, by name."""
    places = defaultdict(list)
    for module, source in modules.items():
        for name in definitions(source):
            places[name].append(module)
    return {name: found for name, found in places.items() if len(found) > 1}


@pytest.fixture(scope="module")
def modules() -> dict[str, str]:
    return {path.relative_to(HOUSE).as_posix(): path.read_text("utf-8") for path in HOUSE.rglob("*.py")}


def test_no_name_means_two_things(modules: dict[str, str]) -> None:
    rooms = {module: source for module, source in modules.items() if not module.startswith(f"{COMMANDS}/")}
    assert doubled(rooms).keys() == SHARED.keys() - {"main"}


def test_a_command_is_named_like_what_it_calls_and_nothing_else_is(modules: dict[str, str]) -> None:
    known = {module for module in modules if module.startswith(f"{COMMANDS}/")}
    commands = {
        node.name
        for module in known
        for node in ast.parse(modules[module]).body
        if isinstance(node, ast.FunctionDef) and any("command" in ast.unparse(d) for d in node.decorator_list)
    }
    assert doubled(modules).keys() - SHARED.keys() <= commands


def test_identifiers_use_the_words_of_the_field(modules: dict[str, str]) -> None:
    said = {
        module: sorted({name for name in (Path(module).stem, *identifiers(source)) if avoided(name)})
        for module, source in modules.items()
    }
    assert not {module: names for module, names in said.items() if names}


def test_two_meanings_are_seen() -> None:
    modules = {"a.py": "class Source: pass\ndef _own(): pass", "b.py": "def _own(): pass\nclass Source: pass"}
    assert doubled(modules) == {"Source": ["a.py", "b.py"]}


@pytest.mark.parametrize(
    "code",
    ["net = 1", "def cutoff(): pass", "def f(test_subset): pass", "self.pictures = []", "exhibitChanged = 1"],
)
def test_a_word_to_avoid_is_seen(code: str) -> None:
    assert any(avoided(name) for name in identifiers(code))


@pytest.mark.parametrize("code", ["label.setPicture(QPicture())", "network = 1", "film = self._film = shown"])
def test_a_word_of_others_or_of_the_field_is_no_word_to_avoid(code: str) -> None:
    assert not any(avoided(name) for name in identifiers(code))
