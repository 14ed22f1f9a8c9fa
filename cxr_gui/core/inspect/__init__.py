"""One film: its prediction, its attack, its explanation, and what is saved of it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
