"""The runs tab: every run, sweep and study in one table, and several of them held against each other."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
