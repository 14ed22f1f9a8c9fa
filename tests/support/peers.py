"""The other libraries, imported with their own deprecation warnings kept to themselves."""

from __future__ import annotations

import importlib
import warnings
from typing import Any


def peer(name: str) -> Any:
    """The module `name`; ImportError when it is not installed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)
