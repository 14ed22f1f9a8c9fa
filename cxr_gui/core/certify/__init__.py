"""Bounds that no attack can cross: what of a classifier's decisions is proven."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
