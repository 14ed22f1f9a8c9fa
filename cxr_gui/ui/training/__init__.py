"""The training tab: architecture, recipe, a run watched while it learns."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
