"""Classifiers: one architecture a file, a registry, checkpoints, the shipped ones, import and export."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
