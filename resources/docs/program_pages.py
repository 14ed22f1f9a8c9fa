"""What the site takes from the program, as Markdown: the window's guide, options of commands, signatures.

So a page cannot say something else than the program does. It asks by a block such as ```{guide} numbers.
"""

from __future__ import annotations

import ast
import inspect
import re
from html import unescape
from importlib import import_module

import click

from cxr_gui.cli import program
from cxr_gui.core import choices
from cxr_gui.ui.help import pages

PLACES = {
    "numbers": "/numbers.md",
    "trust": "/trust.md",
    "published": "/guides/published.md",
    "proof": "/guides/robust.md",
    "robust": "/guides/robust.md",
    "shifts": "/guides/shifts.md",
    "cluster": "/guides/clusters.md",
    "runs": "/guides/runs.md",
    "extend": "/guides/your-own.md",
    "start": "/index.md",
}
"""page of the window's guide -> page of the site that has it, or takes its place"""

TAGS = {
    r"<h1>.*?</h1>": "",
    r"<h2>(.*?)</h2>": r"\n\n## \1\n\n",
    r"<a href=\"(\w+)\">(.*?)</a>": lambda found: f"[{found[2]}]({PLACES[found[1]]})",
    r"<a name=.*?></a>": "",
    r"<code>(.*?)</code>": lambda found: f"`{unescape(found[1])}`",
    r"</?b>": "**",
    r"</?i>": "*",
    r"</?(?:p|ol)>": "\n\n",
    r"<li>": "\n1. ",
    r"</li>": "",
}
"""what the guide's pages are written in -> Markdown"""


def guide_page(name: str) -> str:
    """A page of the window's guide, without its title. Raises ValueError for a tag that is not in TAGS."""
    text, *rest = re.split(r"<pre>(.*?)</pre>", pages.page(name, choices.catalog()), flags=re.DOTALL)
    written = [_markdown(text)]
    for code, text in zip(rest[::2], rest[1::2], strict=True):
        written += [f"\n\n```text\n{unescape(code)}\n```\n\n", _markdown(text)]
    return re.sub(r"\n{3,}", "\n\n", "".join(written)).strip() + "\n"


def _markdown(html: str) -> str:
    text = " ".join(html.split())
    for tag, written in TAGS.items():
        text = re.sub(tag, written, text)
    if left := re.search(r"<[^>]*>", re.sub(r"`.*?`", "", text)):
        raise ValueError(f"The guide's {left[0]} has no Markdown yet.")
    return re.sub(r" *\n *", "\n", text)


def options() -> str:
    """What `main.py NAME --help` says of every command, below a heading each."""
    said = []
    for name, command in sorted(program.commands.commands.items()):
        context = click.Context(command, info_name=f"main.py {name}", max_content_width=90, terminal_width=90)
        said.append(f"## {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "\n".join(said)


def signature(path: str) -> str:
    """`module.name` as its source has it, from `def` or `class` to the end of its docstring."""
    module, _, name = path.rpartition(".")
    defined = getattr(import_module(module), name)
    lines = inspect.getsource(defined).splitlines()
    [node] = ast.parse("\n".join(lines)).body
    shown = lines[node.lineno - 1 : node.body[0].end_lineno]
    return "\n".join(["```python", *shown, "```", ""])


WRITERS = {"guide": guide_page, "options": options, "signature": signature}
ASKED = re.compile(r"^```\{(guide|options|signature)\} *(\S*)\n```$", re.MULTILINE)


def filled(page: str) -> str:
    """A page with what it asks for in its place."""
    return ASKED.sub(lambda asked: WRITERS[asked[1]](*asked[2].split()), page)
