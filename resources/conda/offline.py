"""Builds the recipe beside it without a network: from a channel on the disk, made of the Python at hand.

    uv run --no-project --with py-rattler-build --with py-rattler resources/conda/offline.py OUT

OUT/channel stands in for conda-forge: a package `python` with pip and hatchling in it, and two empty ones by
those names. OUT/built/noarch then holds the package as conda-forge's builders would make it.
"""

from __future__ import annotations

import argparse
import asyncio
import platform
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import rattler_build
from rattler import Platform
from rattler.index import index_fs

RECIPE = Path(__file__).with_name("recipe.yaml")
LEFT_OUT = ("test", "tests", "idlelib", "turtledemo", "*.a", "share", "__pycache__", "site-packages")
KEPT = "python*"
"""Of the programs beside Python's own."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    out = parser.parse_args().out.resolve()
    channel, subdir = out / "channel", str(Platform.current())
    (channel / "noarch").mkdir(parents=True)
    (channel / subdir).mkdir()
    for name, version, files in (
        ("python", platform.python_version(), python(out / "python")),
        ("pip", "25.0", stand_in(out / "pip")),
        ("hatchling", "1.27", stand_in(out / "hatchling")),
    ):
        rattler_build.assemble_package(
            name, version, subdir, "0", channel / subdir, files_dir=files, detect_prefix=False
        )
    asyncio.run(index_fs(str(channel)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # what replaces it has no channels yet
        rattler_build.build_recipes(
            [RECIPE], channel=[channel.as_uri()], output_dir=out / "built", test="skip"
        )
    [built] = (out / "built" / "noarch").glob("*.conda")
    print(built, f"{len(rattler_build.Package.from_file(built).files)} files")


def python(tree: Path) -> Path:
    """A copy of this Python, with what the recipe builds with."""
    shutil.copytree(sys.base_prefix, tree, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for program in (tree / "bin").iterdir():
        if not program.match(KEPT):
            program.unlink()
    packages = tree / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    subprocess.run(["uv", "pip", "install", "--quiet", "--target", packages, "pip", "hatchling"], check=True)
    return tree


def stand_in(tree: Path) -> Path:
    (tree / "share").mkdir(parents=True)
    (tree / "share" / tree.name).write_text("It is in the package python.\n", encoding="utf-8")
    return tree


if __name__ == "__main__":
    main()
