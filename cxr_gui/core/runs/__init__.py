"""Every run, sweep and study below some folders, found again: an index of them, and what a person says."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
