"""What the project is built of, each with its licence and last release.

    python -m tests.benchmarks.dependencies INDEX

INDEX is the address of a package index that answers in JSON at INDEX/NAME/json, as Python's own does: the
only reason to be online. Prints a row for each package: the version in use here, the latest with its day,
the licence that its authors state, and the size of what a Linux machine with Python 3.12 downloads of it.
Then how much all of it is, with what they need in turn.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, requires
from typing import Any

import requests

from tests.support.places import ROOT

LINUX = re.compile(
    r"-(py3|py2\.py3|cp312|cp3\d+-abi3)-.*(any|manylinux.*x86_64)\.whl$|-cp312-cp312-manylinux.*x86_64"
)
NAME = re.compile(r"[A-Za-z0-9._-]+")
LICENCES = 40
MEGABYTE = 1e6


@cache
def asked(name: str) -> dict[str, Any]:
    """What the index says of a package and its latest release."""
    answer = requests.get(f"{sys.argv[1]}/{name.lower()}/json", timeout=60)
    answer.raise_for_status()
    return dict(answer.json())


def licence(info: dict[str, Any]) -> str:
    """As an expression, else as the classifiers have it, else in the authors' words if they are few."""
    stated = info.get("license_expression")
    classes = [c.rpartition(" :: ")[2] for c in info.get("classifiers") or () if c.startswith("License")]
    words = (info.get("license") or "").strip().split("\n")[0]
    return str(stated or ", ".join(classes) or words[:LICENCES] or "not stated")


def download(files: list[dict[str, Any]]) -> float | None:
    """Megabytes of the wheel for Linux, or of the source where there is none."""
    wheels = [file["size"] for file in files if LINUX.search(file["filename"])]
    sizes = wheels or [file["size"] for file in files if file["packagetype"] == "sdist"]
    return max(sizes) / MEGABYTE if sizes else None


def needed(names: list[str]) -> set[str]:
    """These and all that they need in turn, as they are installed here."""
    found: set[str] = set()
    left = list(names)
    while left:
        name = left.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            lines = requires(name) or []
        except PackageNotFoundError:
            continue
        found.add(name)
        left += [match.group() for line in lines if "extra ==" not in line and (match := NAME.match(line))]
    return found


def rows(lines: list[str]) -> Iterator[str]:
    for line in sorted(lines, key=str.casefold):
        name = NAME.match(line)
        if name is None:
            continue
        said = asked(name.group())
        latest = said["info"]["version"]
        days = sorted(file["upload_time"][:10] for file in said["urls"])
        try:
            here = distribution(name.group()).version
        except PackageNotFoundError:
            here = "–"
        size = download(said["urls"])
        day, megabytes = days[-1] if days else "–", "–" if size is None else f"{size:.1f}"
        yield f"| {name.group()} | {here} | {latest}, {day} | {licence(said['info'])} | {megabytes} |\n"


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = {
        "needed": project["project"]["dependencies"],
        **project["project"]["optional-dependencies"],
        **project["dependency-groups"],
    }
    for part, lines in parts.items():
        sys.stdout.write(
            f"\n**{part}**\n\n| package | here | latest, of | licence | MB |\n|---|---|---|---|---|\n"
        )
        for row in rows(lines):
            sys.stdout.write(row)
            sys.stdout.flush()
    names = [match.group() for line in parts["needed"] if (match := NAME.match(line))]
    every = sorted(needed(names))
    sizes = {name: download(asked(name)["urls"]) or 0.0 for name in every}
    nvidia = sum(size for name, size in sizes.items() if name.startswith(("nvidia", "cuda", "triton")))
    sys.stdout.write(
        f"\n{len(every)} packages with what they need in turn, {sum(sizes.values()):,.0f} MB to download on "
        f"Linux, of which {nvidia:,.0f} MB are for GPUs and {sizes.get('torch', 0):,.0f} MB PyTorch.\n"
    )


if __name__ == "__main__":
    main()
