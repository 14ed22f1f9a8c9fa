"""Shifts: changes a film suffers without an attacker. A new one is one file with one decorated function."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
