"""How the paths of images are written down."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def relative_paths(paths: Sequence[Path], root: str | os.PathLike[str] | None) -> list[str]:
    """Paths as they are written down: relative to `root`, or to the folder they have in common."""
    folder = Path(root) if root is not None else Path(os.path.commonpath([path.parent for path in paths]))
    return [
        path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name for path in paths
    ]
