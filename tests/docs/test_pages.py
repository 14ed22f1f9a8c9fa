"""What README and the pages say is so: links, examples, commands, and what they take from the program."""

from __future__ import annotations

import doctest
import re
import shlex
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import click
import pytest
import torch
from click.testing import CliRunner

import cxr_gui
from cxr_gui.cli import program
from cxr_gui.core import attacks
from cxr_gui.core.models import create
from cxr_gui.ui.help import pages
from resources.docs import program_pages
from tests.support.places import ROOT

DOCS = ROOT / "resources" / "docs"
WRITTEN = sorted([*ROOT.glob("*.md"), *ROOT.glob(".github/*.md"), *DOCS.rglob("*.md")])
CARDS = sorted((ROOT / "resources" / "models").glob("*.md"))
CODE = re.compile(r"^```.*?^```$|^ {4}.*?$|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
STARTED = r"(?:srun .*?)?(?:uv run (?:--extra \w+ )?|python )?(?:torchrun .*?)?(?:main\.py|cxr-gui)"
CALLS = re.compile(rf"^ *{STARTED} (\w.*)$|`{STARTED} (\w+ [^`]+)`", re.MULTILINE)
"""On a line of its own, or among words with its arguments."""


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def named(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


# -- links ---------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """Headings as GitHub and the site name them."""
    headings = re.findall(r"^#+ (.*)$", text(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead(page: Path) -> Iterator[str]:
    for target in LINK.findall(CODE.sub("", text(page))):
        file, _, anchor = target.partition("#")
        if "://" in target:
            continue
        found = page.parent / file if file else page
        if not found.exists() or (anchor and anchor not in anchors(found)):
            yield target


@pytest.mark.parametrize("page", WRITTEN, ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    assert not list(dead(page))


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Here\n[a](page.md#here) [b](gone.md) [c](#nowhere) `[d](code.md)`\n")
    assert list(dead(page)) == ["gone.md", "#nowhere"]


def test_readme_is_one_page() -> None:
    assert len(text(ROOT / "README.md").splitlines()) < 120


# -- what is taken from the program --------------------------------------------------------------------------


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=named)
def test_a_page_gets_what_it_asks_the_program_for(page: Path) -> None:
    written = program_pages.filled(text(page))
    assert not re.search("|".join(f"{{{kind}}}" for kind in program_pages.WRITERS), written)


def test_every_page_of_the_guide_has_its_place() -> None:
    assert set(program_pages.PLACES) == set(pages.PAGES)
    assert all((DOCS / place.lstrip("/")).exists() for place in program_pages.PLACES.values())


def test_the_reference_has_every_command_with_every_option() -> None:
    written = program_pages.options()
    for name, command in program.commands.commands.items():
        said = written.partition(f"## {name}\n")[2].partition("\n## ")[0]
        for option in command.params:
            assert all(name in said for name in option.opts if name.startswith("-")), name


def test_a_tag_that_nobody_translates_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "page", lambda *_: "<h1>A</h1><p>1 &lt; 2 <u>b</u></p>")
    with pytest.raises(ValueError, match="<u>"):
        program_pages.guide_page("start")
    monkeypatch.setattr(pages, "page", lambda *_: "<pre>\na &lt; b\n</pre><ol>\n<li>c</li></ol>")
    assert program_pages.guide_page("start") == "```text\n\na < b\n\n```\n\n1. c\n"


# -- examples and commands -----------------------------------------------------------------------------------


def test_the_examples_of_the_python_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    examples = "\n".join(re.findall(r"^```python\n(.*?)^```$", text(DOCS / "python.md"), re.M | re.S))
    told: list[str] = []
    done = doctest.DocTestRunner().run(
        doctest.DocTestParser().get_doctest(examples, {}, "python.md", "python.md", 0), out=told.append
    )
    assert done.attempted > 30
    assert not done.failed, "".join(told)


def test_the_attack_of_the_guide_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it stands there, imports and all. It takes FGSM's step, so it is FGSM."""
    [written] = re.findall(r'^```text\n(""".*?)^```$', program_pages.guide_page("extend"), re.M | re.S)
    added: dict[str, type[attacks.Attack]] = {}
    monkeypatch.setattr(attacks.attacks(), "add", added.__setitem__)  # or all tests after this would meet it
    exec(written, {})  # noqa: S102
    classifier = create("compact_cnn", width=4).eval()
    pixels, labels = torch.rand(2, 1, 64, 64), torch.tensor([0.0, 1.0])
    made = added["mine"]()(classifier, pixels, labels, 0.02)
    assert torch.equal(made, attacks.fgsm(classifier, pixels, labels, 0.02))


def commands(page: str) -> Iterator[list[str]]:
    """The arguments of each call of the program that a page shows, but for lines that only list options."""
    for alone, among in CALLS.findall(re.sub(r"\\\n *", "", page)):
        line = alone or among
        if "   " not in line.rstrip() and not re.search(r"--[\w-]+,", line):
            yield shlex.split(line)


@pytest.mark.parametrize("page", [*WRITTEN, *CARDS], ids=named)
def test_every_call_that_is_shown_is_one(page: Path) -> None:
    for name, *arguments in commands(text(page)):
        refused(name, arguments)


@pytest.mark.parametrize("page", pages.PAGES)
def test_every_call_in_the_guide_is_one(page: str) -> None:
    shown = re.sub(r"</?pre>", "\n", pages.page(page))
    for name, *arguments in commands(unescape(shown)):
        refused(name, arguments)


def refused(name: str, arguments: list[str]) -> None:
    """Raises click.UsageError for a call that the program would refuse before it looks at a file."""
    command = program.commands.commands[name]
    context = click.Context(command, info_name=name)
    given, rest, _ = command.make_parser(context).parse_args(list(arguments))
    assert not rest, rest
    for parameter in command.params:
        value = given.get(parameter.name)
        if parameter.required and not value:
            raise click.MissingParameter(ctx=context, param=parameter)
        if isinstance(parameter.type, click.Choice) and value is not None:
            for each in value if parameter.multiple else [value]:
                parameter.type.convert(each, parameter, context)


@pytest.mark.parametrize(
    "call", ["sweep DATA --model CKPT", "demo D --trian 3", "sweep D --model C --out O --threat x"]
)
def test_a_wrong_call_is_seen(call: str) -> None:
    name, *arguments = call.split()
    with pytest.raises(click.UsageError):
        refused(name, arguments)


def test_the_walk_without_a_screen_of_the_readme_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As written, with fewer films; `study` is run by its own tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CXR_CACHE", str(tmp_path / "cache"))
    readme = text(ROOT / "README.md")
    walk = [line for line in commands(readme) if line[0] != "study"]
    assert [line[0] for line in walk] == ["demo", "audit", "sweep", "report"]
    for line in walk:
        fewer = ["2" if word == "24" else word for word in line]
        done = CliRunner().invoke(program.commands, fewer)
        assert done.exit_code == 0, done.output
    assert (tmp_path / "out" / "report.html").stat().st_size > 10_000


# -- what is reported, and how it is cited -------------------------------------------------------------------


def test_every_item_to_report_has_a_number_a_command_or_says_that_it_is_not_measured() -> None:
    rows = re.findall(r"^\| (\S.*?) \| (.*) \|$", text(DOCS / "reporting.md"), re.MULTILINE)
    told = [here for item, here in rows if item not in ("item", "paragraph")]
    assert len(told) > 50
    for here in told:
        assert "`" in here or "](" in here or "not measured" in here, here
        for call in re.findall(r"`([a-z]+) [^`]*`", here):
            assert call in program.commands.commands, here


def test_the_citation_names_this_version() -> None:
    assert f"\nversion: {cxr_gui.__version__}\n" in text(ROOT / "CITATION.cff")


def test_the_paper_cites_what_is_listed_and_counts_what_a_page_counts() -> None:
    paper = text(ROOT / "resources" / "paper" / "paper.md")
    listed = set(
        re.findall(r"^@\w+\{(\w+),$", text(ROOT / "resources" / "paper" / "paper.bib"), re.MULTILINE)
    )
    assert set(re.findall(r"@(\w+)", paper)) == listed
    told = " ".join(text(page) for page in [*DOCS.rglob("*.md"), *CARDS])
    shares = set(re.findall(r"(\d+\.\d) %", paper))
    assert len(shares) > 10
    assert not [share for share in shares if not re.search(rf"(?<![\d.]){re.escape(share)}(?!\d)", told)]


@pytest.mark.parametrize("name", ["standard", "robust", "certified"])
def test_the_classifiers_guide_has_the_numbers_of_their_cards(name: str) -> None:
    """Three seeds: clean accuracy, sensitivity, specificity, and what PGD leaves at four epsilons."""
    guide = text(DOCS / "guides" / "classifiers.md")
    card = text(ROOT / "resources" / "models" / f"{name}.md").partition("## Other seeds")[2]
    seeds = re.findall(r"^\| [012] \| PGD \| (.*) \|$", card, re.MULTILINE)
    measured = [[cell.partition(" %")[0] for cell in seed.split(" | ")] for seed in seeds]
    columns = [" / ".join(column) for column in zip(*measured, strict=True)]
    clean, *attacked, sensitivity, specificity = columns
    row = " | ".join([clean, sensitivity, specificity, *attacked])
    assert re.search(rf"^\| {name}: .* \| {re.escape(row)} \|$", guide, re.MULTILINE)
